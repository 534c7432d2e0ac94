"""`report`: all that can be told of a cohort, each thing as far as it can be told."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from itertools import islice
from typing import TypeVar

import polars as pl
from returns.pipeline import is_successful
from returns.result import Failure, Result, Success

from cohort_membership.experiment import Experiment
from cohort_membership.follow.cost import cost_of, cost_of_new
from cohort_membership.follow.edges import Followed, whole
from cohort_membership.follow.status import status
from cohort_membership.generate import generate
from cohort_membership.life.changes import Comparison, Side, StageChange, columns_to_compare, compare
from cohort_membership.life.drift import drift_notices
from cohort_membership.life.outcomes import Outcomes
from cohort_membership.load.text.lines import lines_of
from cohort_membership.manifest import plan_digest
from cohort_membership.membership import DEFAULT_MAX_ROWS, BuildRequest
from cohort_membership.plan import Plan
from cohort_membership.ports import ResultsReader
from cohort_membership.problems import Location, Problem, Problems
from cohort_membership.report.known import Known
from cohort_membership.report.page import MOST_PROBLEMS
from cohort_membership.stores.reports import UNCHANGED

MOST_BYTES = 4 * 1024 * 1024
"""How much of a file is read to find the line that a problem stands on."""

_T = TypeVar("_T")


def known(
    followed: Followed, cohort_id: str, seed: int | None = None, max_rows: int = DEFAULT_MAX_ROWS
) -> Known:
    """What is known of a cohort. What cannot be told is left out, and why is among its problems.

    Without a `seed` the plan has that of the membership in force. Problems are those of a dry run of a
    build, and of reading what there is.
    """
    problems: list[Problem] = []

    def told(result: Result[_T, Problems]) -> _T | None:
        if is_successful(result):
            return result.unwrap()
        problems.extend(result.failure())
        return None

    once = _read_once(followed)
    in_force = told(followed.reader.manifest(cohort_id))
    if seed is None and in_force is not None:
        seed = in_force.seed
    request = BuildRequest(cohort_id, seed, max_rows, dry_run=True)
    plan = told(followed.builder.plan(request))
    found = Known(cohort_id, plan, in_force)
    if in_force is not None:
        found = replace(found, status=told(status(once, cohort_id)))
    if plan is not None:
        report = told(followed.builder.write(generate(plan), request))
        found = replace(found, bill=told(cost_of(once, plan)))
        change = told(_change(once, plan, found))
        if change is not None:
            found = replace(found, compared=change.compared, usd_of_new=change.usd)
        found = replace(found, notices=_notices(found, () if report is None else report.notices))
    each = tuple(dict.fromkeys(problems))
    return replace(found, problems=each, lines=_lines(followed, each))


@dataclass(frozen=True, slots=True, eq=False)
class _Change:
    """What a build would change, and what that costs."""

    compared: Comparison
    usd: Decimal | None


@whole
def _change(followed: Followed, plan: Plan, found: Known) -> Result[_Change, Problems]:
    """Ids are compared only where the plan in force is another: else the counts tell it."""
    in_force = found.in_force
    if in_force is None:
        new = {stage: StageChange(0, 0, count) for stage, count in plan.counts.items()}
        return Success(_Change(Comparison(new, (), {}), found.bill.remaining_usd if found.bill else None))
    if in_force.plan_digest == plan_digest(plan):
        kept = {stage: StageChange(count, 0, 0) for stage, count in plan.counts.items()}
        return Success(_Change(Comparison(kept, (), {}), Decimal(0)))
    experiment = plan.experiment
    rows = followed.reader.rows(plan.cohort_id, columns_to_compare(experiment))
    outcomes = followed.results.outcomes(experiment)
    if not is_successful(rows):
        return Failure(rows.failure())
    if not is_successful(outcomes):
        return Failure(outcomes.failure())
    before, after = Side(rows.unwrap(), experiment), Side(generate(plan).batches(), experiment)
    compared = compare(before, after)
    usd = cost_of_new(followed, plan, after=after, new=compared.new, outcomes=outcomes.unwrap())
    return usd.map(lambda amount: _Change(compared, amount))


def _notices(found: Known, of_build: Iterable[str]) -> tuple[str, ...]:
    """Each once, in the order in which the commands tell them."""
    told = [*(found.plan.notices if found.plan else ()), *(one for one in of_build if one != UNCHANGED)]
    if found.status is not None:
        told += [*found.status.notices, *drift_notices(found.status.drift)]
    if found.bill is not None:
        told += found.bill.notices
    return tuple(dict.fromkeys(told))


def _lines(followed: Followed, problems: Problems) -> Mapping[Location, str]:
    """The lines that the first problems stand on; of a file that cannot be read, none."""

    @cache
    def text(file: str) -> str:
        read = followed.read(file, within=".", limit=MOST_BYTES)
        return read.value_or(b"").decode("utf-8-sig", errors="replace")

    found = {}
    for at in [one.location for one in problems[:MOST_PROBLEMS]]:
        if at is not None and at.line is not None and "://" not in at.file and not at.file.startswith("/"):
            line = next(islice(lines_of(text(at.file)), at.line - 1, None), None)
            if line is not None:
                found[at] = line.rstrip("\r\n")
    return found


@dataclass(frozen=True, slots=True)
class _ReadOnce:
    """Results that are read once, whichever question asks for them."""

    outcomes: Callable[..., Result[Outcomes, Problems]]
    folders: Callable[[Experiment], Result[Mapping[str, pl.Series], Problems]]


def _read_once(followed: Followed) -> Followed:
    read, catalogs = (
        cache(lambda: followed.results.outcomes(followed.experiment)),
        cache(followed.builder.read_catalogs),
    )
    results: ResultsReader = _ReadOnce(lambda *_, **__: read(), followed.results.folders)
    builder = replace(followed.builder, read_catalogs=lambda: catalogs())  # noqa: PLW0108 - it is no function
    return replace(followed, results=results, builder=builder)
