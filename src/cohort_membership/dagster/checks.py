"""Asset checks: what a build has left is still whole, and still makes sense."""

import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import cast

import dagster as dg
import polars as pl
from returns.pipeline import is_successful
from returns.result import Result

from cohort_membership.dagster.assets import RESOURCE_KEY
from cohort_membership.dagster.partitions import dynamic_cohorts
from cohort_membership.dagster.resources import MembershipService
from cohort_membership.dagster.translate import problem_metadata, problem_text
from cohort_membership.problems import Problems
from cohort_membership.verify import duplicate_ids, missing_parents, unknown_levels


@dataclass(frozen=True)
class Evidence:
    """What the checks of one cohort look at; each part is read when the first check asks for it."""

    cohort_id: str
    service: MembershipService

    @cached_property
    def table(self) -> Result[pl.DataFrame, Problems]:
        return self.service.memberships().table(self.cohort_id)


def parents_are_present(evidence: Evidence) -> Problems:
    """Every generation past the first stage has its parent in the membership."""
    return _found(evidence.table.map(missing_parents))


def levels_are_catalogued(evidence: Evidence) -> Problems:
    """Every template, model and combo of the membership is in its catalog today."""
    catalogs = evidence.service.builder().read_catalogs()
    return _found(evidence.table.bind(lambda table: catalogs.map(lambda one: unknown_levels(table, one))))


def ids_are_unique(evidence: Evidence) -> Problems:
    """No id stands in two rows of the membership."""
    file = f"cohorts/{evidence.cohort_id}"
    return _found(evidence.table.map(lambda table: duplicate_ids(table, file)))


def artifacts_match_the_manifest(evidence: Evidence) -> Problems:
    """Every artifact has the SHA-256 that the manifest says."""
    return _found(evidence.service.memberships().mismatches(evidence.cohort_id))


CHECKS: Mapping[str, Callable[[Evidence], Problems]] = {
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
            if dg.AssetCheckKey(key, name) in context.selected_asset_check_keys:
                yield check_result(key, name, check(evidence))

    return checks


def check_result(asset: dg.AssetKey, name: str, problems: Problems) -> dg.AssetCheckResult:
    """A check's outcome: the problems are told as a failed build tells them."""
    return dg.AssetCheckResult(
        passed=not problems,
        asset_key=asset,
        check_name=name,
        description=problem_text(problems) if problems else None,
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
