"""The assets: a cohort's membership, and its generations registered as partitions.

Orchestration only: resolve the resource, call the builder, unwrap the result, translate it.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import dagster as dg
from pydantic import Field

from cohort_membership.dagster.partitions import GenerationSets, dynamic_cohorts
from cohort_membership.dagster.progress import progress_log
from cohort_membership.dagster.reading import manifest_of
from cohort_membership.dagster.registration import (
    MANY_PARTITIONS,
    MODES,
    Registration,
    register,
    registration_metadata,
)
from cohort_membership.dagster.resources import MembershipService
from cohort_membership.dagster.translate import column_schema, data_version, report_metadata, unwrap
from cohort_membership.experiment import Experiment
from cohort_membership.generate import generate
from cohort_membership.persist import persist

RESOURCE_KEY = "cohort_membership"

RETRIES = dg.RetryPolicy(max_retries=3, delay=10, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.PLUS_MINUS)
"""What is retryable is a busy or full disk, or another build of the same cohort: it takes seconds."""

CODE_VERSION = "1"
"""Raised when the same spec would give another membership; ids never change, so that it hardly can."""

MEMBERSHIP_DESCRIPTION = """\
**Every generation of a cohort, each with a deterministic id and a parent.**

One partition is one cohort. A build reads `cohorts/<cohort>/spec/`, the experiment and its catalogs, and
finds every problem in one pass: a rejected cohort changes nothing. An accepted one gets

- `gens/<stage>/<gen_id>/metadata.json`: written once for each generation, never overwritten;
- `membership.parquet`: the wide table, one row a generation;
- `membership.csv`: `stage,gen_id`, what downstream reads;
- `manifest.json`: written last, with the digests of the others.

A store of tables holds the same in its tables. The data version is the digest of all that the membership
follows from (experiment, spec, catalogs, seed): building what is unchanged shows as unchanged.
"""

REGISTRATION_DESCRIPTION = """\
**The cohort's generations as dynamic partitions, one set for each stage.**

{sets} An asset that runs one stage is partitioned by its set: `partitions_def=generation_partitions(stage)`.

{mode}
"""


class CohortBuildConfig(dg.Config):
    """What one run may choose."""

    seed: int | None = Field(
        default=None,
        ge=0,
        description="Shuffles the design; the same seed always gives the same order. None: the resource's.",
    )


def cohort_membership_assets(
    *,
    experiment: Experiment | None = None,
    cohorts: dg.PartitionsDefinition[str] | None = None,
    registration: Registration = "add-only",
    partition_sets: Mapping[str, str] | None = None,
    deps: Sequence[dg.AssetKey | str] = (),
    key_prefix: Sequence[str] = (),
    group_name: str = "cohorts",
    owners: Sequence[str] = (),
    retry_policy: dg.RetryPolicy | None = RETRIES,
    resource_key: str = RESOURCE_KEY,
) -> tuple[dg.AssetsDefinition, dg.AssetsDefinition]:
    """The assets `cohort_membership` and `registered_generations`, partitioned by cohort.

    `experiment` gives the columns and partition sets that they show; a run always follows the one of the
    data root. `cohorts` is the partition set (`dynamic_cohorts()` by default), `partition_sets` the name
    of a stage's set where it has another than `GenerationSets` gives, `deps` what `cohort_membership`
    waits for, `resource_key` names the `MembershipService` that they use. A policy retries only what is
    retryable.

    >>> [asset.key.to_user_string() for asset in cohort_membership_assets(key_prefix=["study"])]
    ['study/cohort_membership', 'study/registered_generations']
    """
    sets = GenerationSets(tuple(key_prefix), partition_sets or {})

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

    def is_last_try(context: dg.AssetExecutionContext) -> bool:
        return retry_policy is not None and context.retry_number >= retry_policy.max_retries

    @asset(
        name="cohort_membership",
        description=MEMBERSHIP_DESCRIPTION,
        kinds={"python", "polars", "parquet"},
        metadata={} if experiment is None else {"dagster/column_schema": column_schema(experiment)},
        deps=list(deps),
    )
    def cohort_membership(
        context: dg.AssetExecutionContext, config: CohortBuildConfig
    ) -> dg.MaterializeResult[Any]:
        request = service(context).request(context.partition_key, config.seed)
        builder = service(context).builder(progress_log(context.log.info))
        last = is_last_try(context)
        membership = generate(unwrap(builder.plan(request), is_last_try=last))
        report = unwrap(persist(builder.write, request)(membership), is_last_try=last)
        for notice in report.notices:
            context.log.warning(notice)
        return dg.MaterializeResult(
            metadata=report_metadata(report, membership), data_version=data_version(membership.plan)
        )

    @asset(
        name="registered_generations",
        description=REGISTRATION_DESCRIPTION.format(sets=_told(sets, experiment), mode=MODES[registration]),
        kinds={"python", "dagster"},
        deps=[cohort_membership],
    )
    def registered_generations(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
        memberships, cohort_id = service(context).memberships(), context.partition_key
        manifest = unwrap(manifest_of(memberships, cohort_id), is_last_try=is_last_try(context))
        done = register(
            context.instance, cohort_id, memberships, mode=registration, sets=sets, say=context.log.info
        )
        for stage, one in done.items():
            if one.held > MANY_PARTITIONS:
                context.log.warning(f"{stage}: {one.held:,} partitions; Dagster's pages on them will be slow")
        return dg.MaterializeResult(
            metadata=registration_metadata(done),
            data_version=dg.DataVersion(manifest.plan_digest or "unknown"),
        )

    return cohort_membership, registered_generations


def _told(sets: GenerationSets, experiment: Experiment | None) -> str:
    if experiment is None:
        return ""
    return f"Sets: {', '.join(f'`{sets.name(stage.name)}`' for stage in experiment.stages)}."
