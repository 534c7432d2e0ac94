"""What the cohorts of one store mean to one another: ids are for ever, and each is of one generation."""
