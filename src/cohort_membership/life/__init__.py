"""PURE: the life of a cohort (contract §12): what is new, what is done, what runs next, what an id is."""
