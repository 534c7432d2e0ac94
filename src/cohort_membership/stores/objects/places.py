"""Where the artifacts of a membership stand in an object store."""


def artifact_path(cohort_id: str, name: str) -> str:
    """The contract's name of an artifact."""
    return f"cohorts/{cohort_id}/{name}"


def version_path(cohort_id: str, name: str, sha256: str) -> str:
    """Where an artifact stands under its digest; it is never written over with anything else.

    >>> version_path("demo", "membership.csv", "ab" * 32)[:30]
    'cohorts/demo/versions/abababab'
    """
    return f"{versions_home(cohort_id)}/{sha256}/{name}"


def versions_home(cohort_id: str) -> str:
    """What all versions of a cohort's artifacts stand under."""
    return f"cohorts/{cohort_id}/versions"
