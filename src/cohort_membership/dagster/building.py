"""What the assets do in a run: build the cohorts of its partitions, and register their generations."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import dagster as dg
from pydantic import Field
from returns.pipeline import is_successful
from returns.result import Result

from cohort_membership.dagster.partitions import GenerationSets
from cohort_membership.dagster.progress import progress_log
from cohort_membership.dagster.reading import digest_of, manifest_of
from cohort_membership.dagster.registration import (
    MANY_PARTITIONS,
    Registration,
    register,
    registration_metadata,
)
from cohort_membership.dagster.resources import MembershipService
from cohort_membership.dagster.translate import data_version, failure, report_metadata
from cohort_membership.generate import generate
from cohort_membership.manifest import Manifest
from cohort_membership.persist import persist
from cohort_membership.problems import Problems


class CohortBuildConfig(dg.Config):
    """What one run may choose."""

    seed: int | None = Field(
        default=None,
        ge=0,
        description="Shuffles the design; the same seed always gives the same order. None: the resource's.",
    )
    new_ids: bool = Field(
        default=False,
        description="Build although the experiment gives other ids than the cohorts that are built have.",
    )


class Execute(Protocol):
    """What materializes cohorts: `build_cohorts`, or a step around it."""

    def __call__(
        self, context: dg.AssetExecutionContext, service: MembershipService, config: CohortBuildConfig, /
    ) -> dg.MaterializeResult[Any]: ...


@dataclass(frozen=True, slots=True)
class Done:
    """What materializing one cohort gives: its metadata, and its data version."""

    metadata: Mapping[str, dg.MetadataValue[Any]]
    version: dg.DataVersion


def build_cohorts(
    context: dg.AssetExecutionContext, service: MembershipService, config: CohortBuildConfig, /
) -> dg.MaterializeResult[Any]:
    """Builds the cohort of the run, or each of them where a single run has many (a backfill policy).

    All are tried. A cohort that is rejected fails the run with its problems; those that were built are
    recorded as materialized.
    """

    def built(cohort_id: str) -> Result[Done, Problems]:
        request = replace(service.request(cohort_id, config.seed), new_ids=config.new_ids)
        builder = service.builder(progress_log(context.log.info))
        membership = builder.plan(request).map(generate)
        report = membership.bind(persist(builder.write, request))
        for notice in report.map(lambda one: one.notices).value_or(()):
            context.log.warning(notice)
        return report.bind(
            lambda one: membership.map(lambda made: Done(report_metadata(one, made), data_version(made.plan)))
        )

    return materialized(context, built)


def register_cohorts(
    context: dg.AssetExecutionContext, service: MembershipService, mode: Registration, sets: GenerationSets, /
) -> dg.MaterializeResult[Any]:
    """Registers the generations of the cohorts of the run."""
    memberships = service.memberships()
    catalogs = service.builder().read_catalogs()
    experiment = catalogs.map(lambda one: one.experiment).value_or(None)

    def registered(cohort_id: str) -> Result[Done, Problems]:
        def done(manifest: Manifest) -> Done:
            found = register(
                context.instance,
                cohort_id,
                memberships,
                mode=mode,
                sets=sets,
                say=context.log.info,
                told=() if experiment is None else (experiment.subject, *experiment.columns),
            )
            for stage, one in found.items():
                if one.held > MANY_PARTITIONS:
                    context.log.warning(
                        f"{stage}: {one.held:,} partitions; Dagster's pages on them will be slow"
                    )
            return Done(registration_metadata(found), dg.DataVersion(manifest.plan_digest or "unknown"))

        return manifest_of(memberships, cohort_id).map(done)

    return materialized(context, registered)


def filled(config: CohortBuildConfig, defaults: CohortBuildConfig) -> CohortBuildConfig:
    """What a run asks for, and the defaults where it asks for nothing."""
    return CohortBuildConfig(
        seed=defaults.seed if config.seed is None else config.seed,
        new_ids=config.new_ids or defaults.new_ids,
    )


def materialized(
    context: dg.AssetExecutionContext, each: Callable[[str], Result[Done, Problems]]
) -> dg.MaterializeResult[Any]:
    """What an asset gives for the partitions of its run, each with its own metadata.

    Dagster takes one data version a run. That of many partitions is the digest of theirs, so that none that
    has changed shows as unchanged.
    """
    cohorts = cohorts_of(context)
    results = {one: each(one) for one in cohorts}
    done = {one: found.unwrap() for one, found in results.items() if is_successful(found)}
    problems = tuple(
        problem for one in results.values() if not is_successful(one) for problem in one.failure()
    )
    if problems:
        for cohort_id, one in done.items():
            context.log_event(_materialization(context.asset_key, cohort_id, one))
        raise failure(problems)
    if len(done) == 1:
        (one,) = done.values()
        return dg.MaterializeResult(metadata=one.metadata, data_version=one.version)
    for cohort_id, one in done.items():
        context.add_asset_metadata(one.metadata, partition_key=cohort_id)
    joint = digest_of(f"{cohort_id} {one.version.value}" for cohort_id, one in sorted(done.items()))
    return dg.MaterializeResult(data_version=dg.DataVersion(joint))


def cohorts_of(context: dg.AssetExecutionContext | dg.AssetCheckExecutionContext) -> Sequence[str]:
    """The cohorts of a run: one, or many where a backfill runs them all at once."""
    return context.partition_keys if context.has_partition_key_range else [context.partition_key]


def _materialization(key: dg.AssetKey, cohort_id: str, one: Done) -> dg.AssetMaterialization:
    return dg.AssetMaterialization(
        key, partition=cohort_id, metadata=one.metadata, tags={"dagster/data_version": one.version.value}
    )
