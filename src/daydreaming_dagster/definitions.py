"""The code location: `uv run dg dev`, or `dagster dev -m daydreaming_dagster.definitions`."""

from pathlib import Path

import dagster as dg

from cohort_membership.dagster import cohort_membership_definitions
from daydreaming_dagster.services.cohort_membership import cohort_membership_resource


@dg.definitions
def defs() -> dg.Definitions:
    """Loaded when Dagster asks, so that importing this module touches no data."""
    return dg.Definitions.merge(
        cohort_membership_definitions(
            cohort_membership_resource(), group_name="daydreaming", owners=["team:daydreaming"]
        ),
        dg.load_from_defs_folder(path_within_project=Path(__file__).parent),
    )
