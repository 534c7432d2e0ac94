"""Everything at once: assets, checks, the sensor and the resource of a data root."""

from collections.abc import Sequence
from typing import Literal, TypeAlias, cast

import dagster as dg

from cohort_membership.dagster.assets import RESOURCE_KEY, RETRIES, cohort_membership_assets
from cohort_membership.dagster.checks import cohort_membership_checks
from cohort_membership.dagster.partitions import Registration, dynamic_cohorts, static_cohorts
from cohort_membership.dagster.resources import MembershipService
from cohort_membership.dagster.sensors import cohort_sensor

CohortSet: TypeAlias = Literal["dynamic", "static"]
"""Whether new cohorts appear by the sensor, or at the next load of the code location."""


def cohort_membership_definitions(
    service: MembershipService,
    *,
    cohorts: CohortSet = "dynamic",
    registration: Registration = "add-only",
    key_prefix: Sequence[str] = (),
    group_name: str = "cohorts",
    owners: Sequence[str] = (),
    retry_policy: dg.RetryPolicy | None = RETRIES,
    blocking_checks: bool = False,
    resource_key: str = RESOURCE_KEY,
) -> dg.Definitions:
    """The definitions of a code location that builds memberships; merge them with a project's own.

    >>> from cohort_membership.dagster import CohortMembershipResource
    >>> defs = cohort_membership_definitions(CohortMembershipResource(data_root="data"))
    >>> sorted(key.to_user_string() for key in defs.resolve_asset_graph().get_all_asset_keys())
    ['cohort_membership', 'registered_generations']
    """
    dynamic = dynamic_cohorts("_".join([*key_prefix, "cohorts"]))
    static = cohorts == "static"
    partitions = static_cohorts(_loaded(service).cohort_ids()) if static else dynamic
    assets = cohort_membership_assets(
        cohorts=partitions,
        registration=registration,
        key_prefix=key_prefix,
        group_name=group_name,
        owners=owners,
        retry_policy=retry_policy,
        resource_key=resource_key,
    )
    sensor = cohort_sensor(
        cohorts=dynamic, name="_".join([*key_prefix, "new_cohorts"]), resource_key=resource_key
    )
    return dg.Definitions(
        assets=assets,
        asset_checks=[
            cohort_membership_checks(
                assets[0], cohorts=partitions, blocking=blocking_checks, resource_key=resource_key
            )
        ],
        sensors=[] if static else [sensor],
        resources={resource_key: service},
    )


def _loaded(service: MembershipService) -> MembershipService:
    """The service with its configuration resolved, such as a data root from the environment."""
    if isinstance(service, dg.ConfigurableResource):
        return cast(MembershipService, service.process_config_and_initialize())
    return service
