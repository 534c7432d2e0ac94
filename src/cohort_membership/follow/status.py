"""`status`: how far built cohorts are."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

import polars as pl
from returns.pipeline import is_successful
from returns.result import Failure, Result, Success

from cohort_membership.follow.edges import Followed, failures, whole
from cohort_membership.follow.rows import built_rows, held_by_none, without
from cohort_membership.follow.stale import stale_rows
from cohort_membership.life.drift import Drift, drift_counts
from cohort_membership.life.outcomes import Outcomes
from cohort_membership.life.states import Status, tallied, with_states
from cohort_membership.problems import Problems
from cohort_membership.stage import TEMPLATE


@whole
def status(followed: Followed, cohort_id: str) -> Result[Status, Problems]:
    """How far a built cohort is, read in batches.

    It can return `spec-not-found`, `artifact-corrupt` (not built, or a table that is none) and the storage
    problems.
    """
    outcomes = followed.results.outcomes(followed.experiment)
    if not is_successful(outcomes):
        return failures(outcomes, _rows(followed, cohort_id))
    marks = outcomes.unwrap()
    counted = _counted(followed, cohort_id, marks, marks.marks["gen_id"])
    if not is_successful(counted):
        return Failure(counted.failure())
    found, left = counted.unwrap()
    return held_by_none(followed, left, {cohort_id}).map(lambda ids: replace(found, unexpected=len(ids)))


@whole
def statuses(followed: Followed) -> Result[tuple[Status, ...], Problems]:
    """How far each built cohort is; results are read once for all of them. It can return what `status` can,
    of every cohort.
    """
    outcomes, cohorts = followed.results.outcomes(followed.experiment), followed.reader.cohorts()
    if not is_successful(outcomes) or not is_successful(cohorts):
        return failures(outcomes, cohorts)
    marks = outcomes.unwrap()
    left = marks.marks["gen_id"]
    found: list[Status] = []
    failed: list[Result[object, Problems]] = []
    for cohort in cohorts.unwrap():
        counted = _counted(followed, cohort, marks, left)
        if is_successful(counted):
            one, left = counted.unwrap()
            found.append(one)
        else:
            failed.append(counted)
    if failed:
        return failures(*failed)
    return Success(tuple(replace(one, unexpected=len(left)) for one in found))


@whole
def _counted(
    followed: Followed, cohort_id: str, outcomes: Outcomes, left: pl.Series
) -> Result[tuple[Status, pl.Series], Problems]:
    """A cohort's status, and the ids of `left` that it does not hold."""
    rows = _rows(followed, cohort_id)
    if not is_successful(rows):
        return Failure(rows.failure())
    counts: list[tuple[str, str, int]] = []
    drift: Counter[Drift] = Counter()
    for batch in rows.unwrap():
        left = without(left, batch["gen_id"])
        states = with_states(batch, outcomes).group_by("stage", "state").len()
        counts += list(states.cast({"state": pl.String}).iter_rows())
        stale = stale_rows(followed, batch)
        if not is_successful(stale):
            return Failure(stale.failure())
        by_stage = stale.unwrap().group_by("stage").len()
        counts += [(stage, "stale", count) for stage, count in by_stage.iter_rows()]
        drift += drift_counts(stale.unwrap(), followed.experiment.subject)
    tally = tallied(counts, followed.experiment)
    return Success((Status(cohort_id, tally, 0, outcomes.unread, drift), left))


def _rows(followed: Followed, cohort_id: str) -> Result[Iterator[pl.DataFrame], Problems]:
    columns = ("stage", "gen_id", "parent_gen_id", TEMPLATE, followed.experiment.subject)
    return built_rows(followed, cohort_id, columns)


@whole
def done_counts(followed: Followed, cohorts: Iterable[str]) -> Result[Mapping[str, int], Problems]:
    """How many generations of each of these built cohorts are done; one whose table cannot be read is left
    out. It can return the problems of reading results.
    """
    return followed.results.outcomes(followed.experiment).map(
        lambda outcomes: {
            cohort: count
            for cohort in cohorts
            if (count := _done(followed, cohort, outcomes).value_or(None)) is not None
        }
    )


@whole
def _done(followed: Followed, cohort_id: str, outcomes: Outcomes) -> Result[int, Problems]:
    if not outcomes.marks.height:
        return Success(0)
    rows = followed.reader.rows(cohort_id, ("gen_id",))
    return rows.map(lambda found: sum(outcomes.done_among(one["gen_id"]) for one in found))
