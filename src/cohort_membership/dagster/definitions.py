"""Everything at once: assets, checks, the sensor and the resource of a data root."""

from collections.abc import Callable, Mapping, Sequence

import dagster as dg

from cohort_membership.dagster.assets import (
    RESOURCE_KEY,
    RETRIES,
    OpSettings,
    cohort_membership_assets,
    unchanged,
)
from cohort_membership.dagster.building import Execute, build_cohorts
from cohort_membership.dagster.checks import Severity, cohort_membership_checks
from cohort_membership.dagster.frames import cohort_frames
from cohort_membership.dagster.partitions import CohortSet, dynamic_cohorts, static_cohorts
from cohort_membership.dagster.registration import Registration
from cohort_membership.dagster.resources import MembershipService, loaded
from cohort_membership.dagster.sensors import cohort_sensor
from cohort_membership.experiment import Experiment


def cohort_membership_definitions(
    service: MembershipService,
    *,
    experiment: Experiment | None = None,
    cohorts: CohortSet = "dynamic",
    registration: Registration = "add-only",
    partition_sets: Mapping[str, str] | None = None,
    deps: Sequence[dg.AssetKey | str] = (),
    key_prefix: Sequence[str] = (),
    group_name: str = "cohorts",
    owners: Sequence[str] = (),
    retry_policy: dg.RetryPolicy | None = RETRIES,
    blocking_checks: bool = False,
    check_severities: Mapping[str, Severity] | None = None,
    resource_key: str = RESOURCE_KEY,
    op: OpSettings | None = None,
    execute: Execute = build_cohorts,
    change_spec: Callable[[dg.AssetSpec], dg.AssetSpec] = unchanged,
) -> dg.Definitions:
    """The definitions of a code location that builds memberships; merge them with a project's own.

    What they show of the experiment (columns, partition sets) is that of `experiment`, or what the data
    root has at load; where it cannot be read then, they show none, and a run tells the problem.

    >>> from cohort_membership.dagster import CohortMembershipResource
    >>> defs = cohort_membership_definitions(CohortMembershipResource(data_root="data"))
    >>> sorted(key.to_user_string() for key in defs.resolve_asset_graph().get_all_asset_keys())
    ['cohort_membership', 'registered_generations']
    """
    dynamic = dynamic_cohorts("_".join([*key_prefix, "cohorts"]))
    static = cohorts == "static"
    partitions = static_cohorts(loaded(service).cohort_ids()) if static else dynamic
    assets = cohort_membership_assets(
        experiment=experiment or _experiment(service),
        cohorts=partitions,
        registration=registration,
        partition_sets=partition_sets,
        deps=deps,
        key_prefix=key_prefix,
        group_name=group_name,
        owners=owners,
        retry_policy=retry_policy,
        resource_key=resource_key,
        io_manager_key=f"{resource_key}_frames",
        op=op,
        execute=execute,
        change_spec=change_spec,
    )
    sensor = cohort_sensor(
        cohorts=dynamic, name="_".join([*key_prefix, "new_cohorts"]), resource_key=resource_key
    )
    return dg.Definitions(
        assets=assets,
        asset_checks=[
            cohort_membership_checks(
                assets[0],
                cohorts=partitions,
                blocking=blocking_checks,
                severities=check_severities,
                resource_key=resource_key,
            )
        ],
        sensors=[] if static else [sensor],
        resources={resource_key: service, f"{resource_key}_frames": cohort_frames(resource_key)},
    )


def _experiment(service: MembershipService) -> Experiment | None:
    """The experiment of the data root, where it can be read when the code location is loaded."""
    try:
        catalogs = loaded(service).builder().read_catalogs()
    except (dg.DagsterError, dg.Failure):  # configured only at launch, by a run or a variable of its machine
        return None
    return catalogs.map(lambda found: found.experiment).value_or(None)
