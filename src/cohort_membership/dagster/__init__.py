"""EDGE: the reusable Dagster boundary (extra `dagster`).

import dagster as dg
from cohort_membership.dagster import CohortMembershipResource, cohort_membership_definitions
defs = cohort_membership_definitions(CohortMembershipResource(data_root="data"))
"""

from cohort_membership.dagster.assets import OpSettings, cohort_membership_assets
from cohort_membership.dagster.building import CohortBuildConfig, build_cohorts
from cohort_membership.dagster.checks import cohort_membership_checks
from cohort_membership.dagster.children import children_sensor
from cohort_membership.dagster.component import CohortMembershipComponent
from cohort_membership.dagster.definitions import cohort_membership_definitions
from cohort_membership.dagster.frames import CohortFrames, cohort_frame, cohort_frames
from cohort_membership.dagster.lineage import (
    StaticGenerations,
    lineage_only,
    static_generations,
)
from cohort_membership.dagster.partitions import (
    GenerationSets,
    dynamic_cohorts,
    generation_partitions,
    static_cohorts,
)
from cohort_membership.dagster.resources import (
    CohortMembershipResource,
    MembershipService,
    catalog_reader_by_axis,
    catalog_reader_from,
    spec_reader_from,
)
from cohort_membership.dagster.sensors import cohort_sensor
from cohort_membership.dagster.translate import data_version, failure, report_metadata, unwrap

__all__ = [
    "CohortBuildConfig",
    "CohortFrames",
    "CohortMembershipComponent",
    "CohortMembershipResource",
    "GenerationSets",
    "MembershipService",
    "OpSettings",
    "StaticGenerations",
    "build_cohorts",
    "catalog_reader_by_axis",
    "catalog_reader_from",
    "children_sensor",
    "cohort_frame",
    "cohort_frames",
    "cohort_membership_assets",
    "cohort_membership_checks",
    "cohort_membership_definitions",
    "cohort_sensor",
    "data_version",
    "dynamic_cohorts",
    "failure",
    "generation_partitions",
    "lineage_only",
    "report_metadata",
    "spec_reader_from",
    "static_cohorts",
    "static_generations",
    "unwrap",
]
