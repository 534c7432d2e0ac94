"""The assets: a cohort's membership, and its generations registered as partitions.

Orchestration only: resolve the resource, call the builder, unwrap the result, translate it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import dagster as dg

from cohort_membership.dagster.building import (
    CohortBuildConfig,
    Execute,
    build_cohorts,
    filled,
    register_cohorts,
)
from cohort_membership.dagster.partitions import GenerationSets, dynamic_cohorts
from cohort_membership.dagster.registration import MODES, Registration
from cohort_membership.dagster.resources import MembershipService
from cohort_membership.dagster.translate import column_schema, without_retries
from cohort_membership.experiment import Experiment

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


@dataclass(frozen=True, slots=True)
class OpSettings:
    """How the steps run: `pool` limits how many run at once, `tags` are those of the steps, `name` and
    `description` those of the step that builds. `backfill_policy` says how many cohorts a run takes; one,
    where it is left out. `config` is what a run has that gives nothing."""

    name: str | None = None
    tags: Mapping[str, Any] = field(default_factory=dict)
    description: str | None = None
    pool: str | None = None
    backfill_policy: dg.BackfillPolicy | None = None
    config: CohortBuildConfig = field(default_factory=CohortBuildConfig)


def unchanged(spec: dg.AssetSpec) -> dg.AssetSpec:
    """The spec as it is."""
    return spec


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
    io_manager_key: str | None = None,
    op: OpSettings | None = None,
    execute: Execute = build_cohorts,
    change_spec: Callable[[dg.AssetSpec], dg.AssetSpec] = unchanged,
) -> tuple[dg.AssetsDefinition, dg.AssetsDefinition]:
    """The assets `cohort_membership` and `registered_generations`, partitioned by cohort.

    `experiment` gives the columns and partition sets that they show; a run always follows the one of the
    data root. `cohorts` is the partition set (`dynamic_cohorts()` by default), `partition_sets` the name
    of a stage's set where it has another than `GenerationSets` gives, `deps` what `cohort_membership`
    waits for, `resource_key` names the `MembershipService` that they use, and
    `io_manager_key` what gives the membership to assets that take it (`cohort_frames()`). A policy retries
    only what is retryable. `execute` is what builds, and `change_spec` what each asset's spec becomes.

    >>> [asset.key.to_user_string() for asset in cohort_membership_assets(key_prefix=["study"])]
    ['study/cohort_membership', 'study/registered_generations']
    """
    sets, settings = GenerationSets(tuple(key_prefix), partition_sets or {}), op or OpSettings()

    def spec(name: str, **own: Any) -> dg.AssetSpec:
        return change_spec(
            dg.AssetSpec(
                [*key_prefix, name],
                partitions_def=cohorts or dynamic_cohorts(),
                group_name=group_name,
                owners=list(owners),
                code_version=CODE_VERSION,
                **own,
            )
        )

    def managed(spec: dg.AssetSpec) -> dg.AssetSpec:
        return spec if io_manager_key is None else spec.with_io_manager_key(io_manager_key)

    def asset(
        spec: dg.AssetSpec, name: str | None = None, description: str | None = None
    ) -> Callable[[Callable[..., Any]], dg.AssetsDefinition]:
        return dg.multi_asset(
            name=name or "__".join(spec.key.path),
            description=description,
            specs=[spec],
            op_tags=settings.tags,
            pool=settings.pool,
            backfill_policy=settings.backfill_policy,
            retry_policy=retry_policy,
            required_resource_keys={resource_key},
        )

    def service(context: dg.AssetExecutionContext) -> MembershipService:
        return cast(MembershipService, getattr(context.resources, resource_key))

    def tried(
        context: dg.AssetExecutionContext, step: Callable[[], dg.MaterializeResult[Any]]
    ) -> dg.MaterializeResult[Any]:
        try:
            return step()
        except dg.Failure as failed:
            is_last = retry_policy is not None and context.retry_number >= retry_policy.max_retries
            raise (without_retries(failed) if is_last else failed) from None

    membership_spec = spec(
        "cohort_membership",
        description=MEMBERSHIP_DESCRIPTION,
        kinds={"python", "polars", "parquet"},
        metadata={} if experiment is None else {"dagster/column_schema": column_schema(experiment)},
        deps=list(deps),
    )

    @asset(managed(membership_spec), settings.name, settings.description)
    def cohort_membership(
        context: dg.AssetExecutionContext, config: CohortBuildConfig
    ) -> dg.MaterializeResult[Any]:
        return tried(context, lambda: execute(context, service(context), filled(config, settings.config)))

    @asset(
        spec(
            "registered_generations",
            description=REGISTRATION_DESCRIPTION.format(
                sets=_told(sets, experiment), mode=MODES[registration]
            ),
            kinds={"python", "dagster"},
            deps=[membership_spec.key],
        )
    )
    def registered_generations(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
        return tried(context, lambda: register_cohorts(context, service(context), registration, sets))

    return cohort_membership, registered_generations


def _told(sets: GenerationSets, experiment: Experiment | None) -> str:
    if experiment is None:
        return ""
    return f"Sets: {', '.join(f'`{sets.name(stage.name)}`' for stage in experiment.stages)}."
