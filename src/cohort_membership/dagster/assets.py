"""The assets: a cohort's membership, and its generations registered as partitions.

Orchestration only: resolve the resource, call the builder, unwrap the result, translate it.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import dagster as dg
from pydantic import Field

from cohort_membership.dagster.partitions import (
    MANY_PARTITIONS,
    Registered,
    Registration,
    dynamic_cohorts,
    generation_partitions,
    register,
)
from cohort_membership.dagster.progress import progress_log
from cohort_membership.dagster.resources import MembershipService
from cohort_membership.dagster.translate import (
    COLUMN_SCHEMA,
    PREVIEW_ROWS,
    data_version,
    report_metadata,
    table,
    unwrap,
)
from cohort_membership.stages import CHAIN

RESOURCE_KEY = "cohort_membership"

RETRIES = dg.RetryPolicy(max_retries=3, delay=10, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.PLUS_MINUS)
"""What is retryable is a busy or full disk, or another build of the same cohort: it takes seconds."""

CODE_VERSION = "1"
"""Raised when the same spec would give another membership; ids never change, so that it hardly can."""

MEMBERSHIP_DESCRIPTION = """\
**Every generation of a cohort, each with a deterministic id and a parent.**

One partition is one cohort. A build reads `cohorts/<cohort>/spec/` and the catalogs, and finds every
problem in one pass: a rejected cohort changes nothing. An accepted one gets

- `gens/<stage>/<gen_id>/metadata.json`: the seed of each generation, written once, never overwritten;
- `membership.parquet`: the wide table, one row a generation;
- `membership.csv`: `stage,gen_id`, what downstream reads;
- `manifest.json`: written last, with the digests of the others.

The data version is the spec's digest: building an unchanged spec again shows as unchanged.
"""

REGISTRATION_DESCRIPTION = """\
**The cohort's generations as dynamic partitions, one set for each stage.**

Sets: {sets}. An asset that runs one stage is partitioned by its set:
`partitions_def=generation_partitions("draft")`.

{mode}
"""

_MODES: Mapping[Registration, str] = {
    "add-only": "Registration adds what is new and removes nothing.",
    "reconcile": (
        "Registration adds what is new, and removes what this cohort seeded and no cohort holds any longer."
    ),
}


class CohortBuildConfig(dg.Config):
    """What one run may choose."""

    seed: int | None = Field(
        default=None, description="Shuffles the design; the same seed always gives the same order."
    )


def cohort_membership_assets(
    *,
    cohorts: dg.PartitionsDefinition[str] | None = None,
    registration: Registration = "add-only",
    key_prefix: Sequence[str] = (),
    group_name: str = "cohorts",
    owners: Sequence[str] = (),
    retry_policy: dg.RetryPolicy | None = RETRIES,
    resource_key: str = RESOURCE_KEY,
) -> tuple[dg.AssetsDefinition, dg.AssetsDefinition]:
    """The assets `cohort_membership` and `registered_generations`, partitioned by cohort.

    `cohorts` is the partition set (`dynamic_cohorts()` by default), `resource_key` names the
    `MembershipService` that they use. A policy retries only what is retryable (README, "Dagster").

    >>> [asset.key.to_user_string() for asset in cohort_membership_assets(key_prefix=["study"])]
    ['study/cohort_membership', 'study/registered_generations']
    """

    def asset(**own: Any) -> Callable[[Callable[..., Any]], dg.AssetsDefinition]:
        decorator: Callable[[Callable[..., Any]], dg.AssetsDefinition] = dg.asset(
            partitions_def=cohorts or dynamic_cohorts(),
            key_prefix=list(key_prefix) or None,
            group_name=group_name,
            owners=list(owners),
            retry_policy=retry_policy,
            code_version=CODE_VERSION,
            required_resource_keys={resource_key},
            **own,
        )
        return decorator

    def service(context: dg.AssetExecutionContext) -> MembershipService:
        return cast(MembershipService, getattr(context.resources, resource_key))

    @asset(
        name="cohort_membership",
        description=MEMBERSHIP_DESCRIPTION,
        kinds={"python", "polars", "parquet"},
        metadata={"dagster/column_schema": COLUMN_SCHEMA},
    )
    def cohort_membership(
        context: dg.AssetExecutionContext, config: CohortBuildConfig
    ) -> dg.MaterializeResult[Any]:
        membership, cohort_id = service(context), context.partition_key
        builder = membership.builder(progress_log(context.log.info))
        report = unwrap(builder.build(membership.request(cohort_id, config.seed)))
        for notice in report.notices:
            context.log.warning(notice)
        # What is shown is what was stored; that it cannot be shown is no reason for the build to fail.
        preview = membership.memberships().preview(cohort_id, PREVIEW_ROWS).value_or(None)
        return dg.MaterializeResult(
            metadata=report_metadata(report, preview), data_version=data_version(report)
        )

    @asset(
        name="registered_generations",
        description=REGISTRATION_DESCRIPTION.format(
            sets=", ".join(f"`{generation_partitions(stage.name).name}`" for stage in CHAIN),
            mode=_MODES[registration],
        ),
        kinds={"python", "dagster"},
        deps=[cohort_membership],
    )
    def registered_generations(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
        memberships, cohort_id = service(context).memberships(), context.partition_key
        generations = unwrap(memberships.generations(cohort_id))
        done = register(
            context.instance, cohort_id, generations, memberships, mode=registration, say=context.log.info
        )
        for stage, one in done.items():
            if one.held > MANY_PARTITIONS:
                context.log.warning(f"{stage}: {one.held:,} partitions; Dagster's pages on them will be slow")
        return dg.MaterializeResult(
            metadata=registration_metadata(done),
            data_version=dg.DataVersion(unwrap(memberships.membership_digest(cohort_id))),
        )

    return cohort_membership, registered_generations


def registration_metadata(done: Mapping[str, Registered]) -> dict[str, dg.MetadataValue[Any]]:
    """What registering did: a table with a line a stage, and every key that was removed."""
    removed = {stage: list(one.removed) for stage, one in done.items() if one.removed}
    return {
        "dagster/row_count": dg.MetadataValue.int(sum(one.held for one in done.values())),
        "added": dg.MetadataValue.int(sum(one.added for one in done.values())),
        "removed": dg.MetadataValue.int(sum(len(one.removed) for one in done.values())),
        "sets": table(
            {
                "partitions": str(generation_partitions(stage).name),
                "held": one.held,
                "added": one.added,
                "removed": len(one.removed),
                "unclaimed": one.unclaimed,
            }
            for stage, one in done.items()
        ),
        **({"removed_keys": dg.MetadataValue.json(removed)} if removed else {}),
    }
