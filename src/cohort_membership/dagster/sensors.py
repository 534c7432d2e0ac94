"""The sensor that makes a new spec folder a cohort partition, without a restart."""

from typing import cast

import dagster as dg

from cohort_membership.dagster.assets import RESOURCE_KEY
from cohort_membership.dagster.partitions import COHORTS, dynamic_cohorts, is_partition_key
from cohort_membership.dagster.resources import MembershipService

SECONDS_BETWEEN_LOOKS = 15


def cohort_sensor(
    *,
    cohorts: dg.DynamicPartitionsDefinition | None = None,
    name: str = "new_cohorts",
    resource_key: str = RESOURCE_KEY,
) -> dg.SensorDefinition:
    """A sensor that adds each cohort with a spec to the dynamic set; it removes none.

    A cohort whose folder has gone stays, with its history, until it is removed by hand.
    """
    partitions = cohorts or dynamic_cohorts()

    @dg.sensor(
        name=name,
        description=(
            f"Looks for spec folders under cohorts/ and adds each new one to the partition set "
            f"{partitions.name or COHORTS!r}."
        ),
        minimum_interval_seconds=SECONDS_BETWEEN_LOOKS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        required_resource_keys={resource_key},
    )
    def new_cohorts(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        service = cast(MembershipService, getattr(context.resources, resource_key))
        found = service.cohort_ids()
        known = set(context.instance.get_dynamic_partitions(str(partitions.name)))
        new = [one for one in found if one not in known and is_partition_key(one)]
        for one in found:
            if not is_partition_key(one):
                context.log.warning(f"{one}: three dots mean a range to Dagster; rename the cohort")
        if not new:
            return dg.SkipReason(f"no new cohort; {len(found):,} with a spec")
        return dg.SensorResult(
            dynamic_partitions_requests=[partitions.build_add_request(new)],
            skip_reason=f"new cohorts: {', '.join(new)}; a person decides when they are built",
        )

    return new_cohorts
