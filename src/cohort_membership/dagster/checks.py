"""Asset checks: what a build has left is still whole, and still makes sense."""

import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias, cast

import dagster as dg
import polars as pl
from returns.pipeline import is_successful
from returns.result import Result

from cohort_membership.catalog import Catalogs
from cohort_membership.dagster.assets import RESOURCE_KEY
from cohort_membership.dagster.partitions import dynamic_cohorts
from cohort_membership.dagster.reading import manifest_of, table_of
from cohort_membership.dagster.resources import MembershipService
from cohort_membership.dagster.translate import markdown, problem_metadata, problem_text
from cohort_membership.ports import ArtifactReader, MembershipReader
from cohort_membership.problems import Problems
from cohort_membership.verify import duplicate_ids, missing_parents, unknown_levels


@dataclass(frozen=True)
class Evidence:
    """What the checks of one cohort look at; each part is read when the first check asks for it."""

    cohort_id: str
    service: MembershipService

    @cached_property
    def memberships(self) -> MembershipReader:
        return self.service.memberships()

    @cached_property
    def catalogs(self) -> Result[Catalogs, Problems]:
        return self.service.builder().read_catalogs()

    @cached_property
    def table(self) -> Result[pl.DataFrame, Problems]:
        """The wide table, with the columns of the experiment in force."""
        return self.catalogs.bind(
            lambda found: table_of(self.memberships, self.cohort_id, found.experiment.wide_columns)
        )


Finding: TypeAlias = "Problems | str"
"""What a check finds; a text says why this store cannot answer it."""


def parents_are_present(evidence: Evidence) -> Finding:
    """Every generation past the first stage has its parent in the membership."""
    return _found(
        evidence.catalogs.bind(
            lambda found: evidence.table.map(lambda table: missing_parents(table, found.experiment))
        )
    )


def levels_are_catalogued(evidence: Evidence) -> Finding:
    """Every level of the membership is in its axis's catalog today."""
    return _found(
        evidence.catalogs.bind(lambda found: evidence.table.map(lambda table: unknown_levels(table, found)))
    )


def ids_are_unique(evidence: Evidence) -> Finding:
    """No id stands in two rows of the membership."""
    file = f"cohorts/{evidence.cohort_id}"
    return _found(evidence.table.map(lambda table: duplicate_ids(table, file)))


def artifacts_match_the_manifest(evidence: Evidence) -> Finding:
    """Every artifact has the SHA-256 that the manifest says."""
    memberships = evidence.memberships
    if not isinstance(memberships, ArtifactReader):
        return "this store does not tell the digests of what it holds"
    built = manifest_of(memberships, evidence.cohort_id)
    return _found(built.bind(lambda manifest: memberships.mismatches(evidence.cohort_id, manifest)))


CHECKS: Mapping[str, Callable[[Evidence], Finding]] = {
    "parent_integrity": parents_are_present,
    "catalog_coverage": levels_are_catalogued,
    "unique_ids": ids_are_unique,
    "artifact_digests": artifacts_match_the_manifest,
}


def cohort_membership_checks(
    asset: dg.AssetsDefinition | dg.AssetKey,
    *,
    cohorts: dg.PartitionsDefinition[str] | None = None,
    blocking: bool = False,
    resource_key: str = RESOURCE_KEY,
) -> dg.AssetChecksDefinition:
    """The four checks of `cohort_membership`, partitioned by cohort as the asset is.

    They run in one step, after a build or on their own, and read each artifact once.
    """
    key = asset if isinstance(asset, dg.AssetKey) else asset.key

    @dg.multi_asset_check(
        name="_".join([*key.path, "checks"]),
        specs=_specs(key, cohorts or dynamic_cohorts(), blocking),
        can_subset=True,
        required_resource_keys={resource_key},
    )
    def checks(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        service = cast(MembershipService, getattr(context.resources, resource_key))
        evidence = Evidence(context.partition_key, service)
        for name, check in CHECKS.items():
            if dg.AssetCheckKey(key, name) not in context.selected_asset_check_keys:
                continue
            found = check(evidence)
            if isinstance(found, str):  # Dagster shows a check without a result as skipped
                context.log.warning(f"{name} is skipped: {found}")
            else:
                yield check_result(key, name, found)

    return checks


def check_result(asset: dg.AssetKey, name: str, problems: Problems) -> dg.AssetCheckResult:
    """A check's outcome: the problems are told as a failed build tells them."""
    return dg.AssetCheckResult(
        passed=not problems,
        asset_key=asset,
        check_name=name,
        description=markdown(problem_text(problems)) if problems else None,  # drawn as markdown
        metadata=problem_metadata(problems) if problems else {},
    )


def _specs(
    key: dg.AssetKey, cohorts: dg.PartitionsDefinition[str], blocking: bool
) -> list[dg.AssetCheckSpec]:
    with warnings.catch_warnings():
        # Without partitions, the pass of one cohort would hide the failure of another. Dagster 1.13
        # has them on checks throughout, as a preview, and says so at every load.
        warnings.simplefilter("ignore", dg.PreviewWarning)
        return [
            dg.AssetCheckSpec(
                name,
                asset=key,
                description=check.__doc__,
                blocking=blocking,
                partitions_def=cohorts,
            )
            for name, check in CHECKS.items()
        ]


def _found(result: Result[Problems, Problems]) -> Problems:
    """What a check found, or what kept it from looking."""
    return result.unwrap() if is_successful(result) else result.failure()
