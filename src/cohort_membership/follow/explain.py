"""`explain`: what an id is."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import polars as pl
from returns.pipeline import is_successful
from returns.result import Failure, Result, Success

from cohort_membership.follow.edges import Followed, failures, raised, whole
from cohort_membership.follow.stale import stale_rows
from cohort_membership.generate import generate
from cohort_membership.life.drift import drift_counts
from cohort_membership.life.explained import Explained, Rows, explained, known_like
from cohort_membership.manifest import plan_digest
from cohort_membership.membership import BuildRequest
from cohort_membership.plan import Plan
from cohort_membership.problems import Problems, UnknownGeneration, fail
from cohort_membership.stage import TEMPLATE
from cohort_membership.suggest import nearest

AT_ONCE = 4
"""Cohorts that are looked through at once."""


@whole
def explain(followed: Followed, gen_id: str) -> Result[Explained, Problems]:
    """What an id is, from every cohort that holds it; where none does, from what specs would give.

    It can return `unknown-generation`, with the nearest id, and the problems of reading.
    """
    experiment, cohorts = followed.experiment, followed.reader.cohorts()
    if not is_successful(cohorts):
        return Failure(cohorts.failure())

    def rows(cohort: str, columns: Sequence[str]) -> Iterable[pl.DataFrame]:
        return raised(followed.reader.rows(cohort, columns))

    found = explained(gen_id, _holders(gen_id, cohorts.unwrap(), rows), rows, experiment)
    if found is None:
        planned = _planned_rows(followed)
        found = explained(gen_id, _holders(gen_id, followed.cohorts(), planned), planned, experiment)
    if found is None:
        known = [
            like
            for one in cohorts.unwrap()
            for batch in rows(one, ("gen_id",))
            for like in known_like(gen_id, batch["gen_id"])
        ]
        return fail(UnknownGeneration(gen_id=gen_id, suggestion=nearest(gen_id, known)))
    return _with_what_came_of_it(followed, found)


def _with_what_came_of_it(followed: Followed, found: Explained) -> Result[Explained, Problems]:
    subject = followed.experiment.subject
    outcomes = followed.results.outcomes(followed.experiment, {one for _, one, _ in found.lineage[-2:]})
    metadata = followed.reader.seeded(found.stage, pl.Series("gen_id", [found.gen_id]))
    keys = {key: found.columns.get(key) for key in (TEMPLATE, subject)}
    own = {"stage": found.stage, "gen_id": found.gen_id, **keys}
    stale = stale_rows(followed, pl.DataFrame([own], schema=dict.fromkeys(own, pl.String)))
    if not is_successful(outcomes) or not is_successful(metadata) or not is_successful(stale):
        return failures(outcomes, metadata, stale)
    drift = drift_counts(stale.unwrap(), subject)
    return Success(found.with_state(outcomes.unwrap()).with_metadata(metadata.unwrap().item(), drift))


def _holders(gen_id: str, cohorts: Iterable[str], rows: Rows) -> Sequence[str]:
    """The cohorts that hold the id, sorted."""

    def holds(cohort: str) -> bool:
        return any((batch["gen_id"] == gen_id).any() for batch in rows(cohort, ("gen_id",)))

    names = sorted(cohorts)
    with ThreadPoolExecutor(AT_ONCE) as threads:
        return [name for name, is_held in zip(names, threads.map(holds, names), strict=True) if is_held]


def _planned_rows(followed: Followed) -> Rows:
    """What builds of the specs would give: nothing for one that is not valid, or that is built as it is."""
    plans: dict[str, Plan | None] = {}

    def planned(cohort: str) -> Plan | None:
        manifest = followed.reader.manifest(cohort).value_or(None)
        made = followed.builder.plan(BuildRequest(cohort, manifest.seed if manifest else None)).value_or(None)
        is_built = made is not None and manifest is not None and manifest.plan_digest == plan_digest(made)
        return None if is_built else made

    def rows(cohort: str, columns: Sequence[str]) -> Iterator[pl.DataFrame]:
        if cohort not in plans:
            plans[cohort] = planned(cohort)
        made = plans[cohort]
        for batch in () if made is None else generate(made).batches():
            yield batch.select(columns).with_columns(pl.col(pl.Enum).cast(pl.String))

    return rows
