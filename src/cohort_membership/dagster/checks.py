"""Asset checks: what a build has left is still whole and makes sense, and how far the cohort is."""

import warnings
from collections.abc import Callable, Iterator, Mapping
from inspect import cleandoc
from typing import Literal, TypeAlias, cast

import dagster as dg

from cohort_membership.dagster.assets import RESOURCE_KEY
from cohort_membership.dagster.building import cohorts_of
from cohort_membership.dagster.evidence import Evidence, Finding, Outcome, Skipped, found
from cohort_membership.dagster.life_checks import is_complete, is_nothing_stale, is_up_to_date
from cohort_membership.dagster.partitions import dynamic_cohorts
from cohort_membership.dagster.reading import manifest_of
from cohort_membership.dagster.resources import MembershipService
from cohort_membership.ports import ArtifactReader
from cohort_membership.verify import duplicate_ids, missing_parents, unknown_levels


def parents_are_present(evidence: Evidence) -> Finding:
    """Every generation past the first stage has its parent in the membership."""
    return found(
        evidence.catalogs.bind(
            lambda read: evidence.table.map(lambda table: missing_parents(table, read.experiment))
        )
    )


def levels_are_catalogued(evidence: Evidence) -> Finding:
    """Every level of the membership is in its axis's catalog today."""
    return found(
        evidence.catalogs.bind(lambda read: evidence.table.map(lambda table: unknown_levels(table, read)))
    )


def ids_are_unique(evidence: Evidence) -> Finding:
    """No id stands in two rows of the membership."""
    file = f"cohorts/{evidence.cohort_id}"
    return found(evidence.table.map(lambda table: duplicate_ids(table, file)))


def artifacts_match_the_manifest(evidence: Evidence) -> Finding:
    """Every artifact has the SHA-256 that the manifest says."""
    memberships = evidence.memberships
    if not isinstance(memberships, ArtifactReader):
        return Skipped("this store does not tell the digests of what it holds")
    built = manifest_of(memberships, evidence.cohort_id)
    return found(built.bind(lambda manifest: memberships.mismatches(evidence.cohort_id, manifest)))


Check: TypeAlias = Callable[[Evidence], Finding]

OF_THE_ARTIFACTS: Mapping[str, Check] = {
    "parent_integrity": parents_are_present,
    "catalog_coverage": levels_are_catalogued,
    "unique_ids": ids_are_unique,
    "artifact_digests": artifacts_match_the_manifest,
}
OF_LIFE: Mapping[str, Check] = {
    "up_to_date": is_up_to_date,
    "nothing_stale": is_nothing_stale,
    "complete": is_complete,
}
CHECKS: Mapping[str, Check] = {**OF_THE_ARTIFACTS, **OF_LIFE}

Severity: TypeAlias = Literal["ERROR", "WARN"]


def severity_of(name: str, chosen: Mapping[str, Severity]) -> dg.AssetCheckSeverity:
    """What a failed check counts as: what is damaged is an error, what is left to do a warning."""
    return dg.AssetCheckSeverity(chosen.get(name, "WARN" if name in OF_LIFE else "ERROR"))


def cohort_membership_checks(
    asset: dg.AssetsDefinition | dg.AssetKey,
    *,
    cohorts: dg.PartitionsDefinition[str] | None = None,
    blocking: bool = False,
    severities: Mapping[str, Severity] | None = None,
    resource_key: str = RESOURCE_KEY,
) -> dg.AssetChecksDefinition:
    """The checks of `cohort_membership`, partitioned by cohort as the asset is.

    They run in one step, after a build or on their own, and read each artifact once. `severities` are those
    that are not the usual: `WARN` for `up_to_date`, `nothing_stale` and `complete`, `ERROR` for the others.
    A check that fails as an error stops what is downstream where it is `blocking`.
    """
    key = asset if isinstance(asset, dg.AssetKey) else asset.key
    chosen = severities or {}
    unknown = sorted(set(chosen) - set(CHECKS))
    if unknown:
        raise dg.DagsterInvalidDefinitionError(
            f"there is no check {unknown[0]!r}: there are {', '.join(CHECKS)}"
        )

    @dg.multi_asset_check(
        name="_".join([*key.path, "checks"]),
        specs=_specs(key, cohorts or dynamic_cohorts(), blocking),
        can_subset=True,
        required_resource_keys={resource_key},
    )
    def checks(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        service = cast(MembershipService, getattr(context.resources, resource_key))
        wanted = [name for name in CHECKS if dg.AssetCheckKey(key, name) in context.selected_asset_check_keys]
        evidence = [Evidence(cohort_id, service) for cohort_id in cohorts_of(context)]
        for name in wanted:
            outcomes = {one.cohort_id: CHECKS[name](one) for one in evidence}
            severity = severity_of(name, chosen)
            for outcome in outcomes.values():
                if isinstance(outcome, Skipped):  # Dagster shows a check without a result as skipped
                    context.log.warning(f"{name} is skipped: {outcome.reason}")
            known = {one: found for one, found in outcomes.items() if isinstance(found, Outcome)}
            for cohort_id, one in known.items() if len(evidence) > 1 else ():
                context.instance.report_runless_asset_event(
                    dg.AssetCheckEvaluation(
                        asset_key=key,
                        check_name=name,
                        partition=cohort_id,
                        passed=one.passed,
                        severity=severity,
                        description=one.description,
                        metadata=one.metadata,
                        blocking=blocking,
                    )
                )
            if known:
                joint = _joint(known)
                yield dg.AssetCheckResult(
                    asset_key=key,
                    check_name=name,
                    passed=joint.passed,
                    severity=severity,
                    description=joint.description,
                    metadata=joint.metadata,
                )

    return checks


def _joint(outcomes: Mapping[str, Outcome]) -> Outcome:
    """The outcome of all cohorts of a run: Dagster takes one of a check. Each has its own besides."""
    if len(outcomes) == 1:
        return next(iter(outcomes.values()))
    failed = [cohort_id for cohort_id, one in outcomes.items() if not one.passed]
    return Outcome(not failed, f"Failed for {', '.join(failed)}." if failed else None)


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
                description=cleandoc(check.__doc__ or ""),
                blocking=blocking,
                partitions_def=cohorts,
            )
            for name, check in CHECKS.items()
        ]
