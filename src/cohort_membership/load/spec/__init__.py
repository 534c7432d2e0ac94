"""A cohort's spec bundle, to a `Spec`."""
