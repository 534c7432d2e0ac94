"""The first user of `cohort_membership.dagster`: the DayDreaming code location. Not part of the wheel."""
