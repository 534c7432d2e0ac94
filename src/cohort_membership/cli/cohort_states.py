"""The cohorts under a data root, each judged as `validate`, `build` and `verify` judge it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
from returns.pipeline import is_successful
from returns.result import Failure, Result, Success

from cohort_membership.cli.told import Told, no_cohorts_folder, told
from cohort_membership.follow.edges import open_followed
from cohort_membership.follow.status import done_counts
from cohort_membership.generate import generate
from cohort_membership.manifest import Manifest, plan_digest
from cohort_membership.membership import DEFAULT_MAX_ROWS, BuildReport, BuildRequest
from cohort_membership.persist import Guarded
from cohort_membership.pipeline import CohortMembershipBuilder
from cohort_membership.plan import Plan
from cohort_membership.ports import MembershipReader
from cohort_membership.problems import Problems
from cohort_membership.stores.local.os_errors import as_problem
from cohort_membership.stores.local.reader import LocalReader
from cohort_membership.stores.local.store import LocalStore
from cohort_membership.stores.reports import UNCHANGED
from cohort_membership.wiring import local_builder

MOST_LOOKED_AT = 10_000
"""Generations up to which metadata and artifacts are looked at: that takes about a tenth of a second."""


@dataclass(frozen=True, slots=True)
class Built:
    """What the manifest in force says of the build that wrote it."""

    rows: int
    seed: int | None
    plan_digest: str | None
    has_seeds: bool = True


@dataclass(frozen=True, slots=True)
class CohortState:
    """`built` is None where the cohort was never built; `problems` counts what `validate` would show, and
    `done` the generations that are done, None where that cannot be told.

    `notices` are what the metadata gives occasion to. Where `is_looked_at` is not so, the cohort is large:
    it is judged by its spec and its manifest alone, not by its metadata and artifacts.
    """

    cohort_id: str
    built: Built | None
    is_up_to_date: bool = False
    problems: int = 0
    done: int | None = None
    notices: tuple[str, ...] = ()
    is_looked_at: bool = True
    is_damaged: bool = False
    """Whether the plan is that of the last build, and what it wrote is not all there."""

    @property
    def missing(self) -> int | None:
        """The generations that are not done."""
        return None if self.built is None or self.done is None else self.built.rows - self.done

    def as_json(self) -> dict[str, Any]:
        return {
            "cohort_id": self.cohort_id,
            "built": self.built is not None,
            "up_to_date": self.is_up_to_date,
            "rows": None if self.built is None else self.built.rows,
            "done": self.done,
            "missing": self.missing,
            "seed": None if self.built is None else self.built.seed,
            "spec_problems": self.problems,
            "notices": list(self.notices),
            "files_checked": self.is_looked_at,
        }


def built_with(reader: MembershipReader, cohort_id: str) -> Built | None:
    """How a cohort was built; None where it was not, or its manifest cannot be read."""
    manifest = reader.manifest(cohort_id).value_or(None)
    if manifest is None or not manifest.counts:
        return None
    return Built(manifest.rows, manifest.seed, manifest.plan_digest, manifest.has_seeds)


def cohort_states(data_root: Path) -> Result[tuple[CohortState, ...], Told]:
    """Every folder of `cohorts` that holds a spec, by name. The catalogs and each manifest are read once."""
    cohorts = data_root / "cohorts"
    try:
        if not cohorts.is_dir():
            return Failure(no_cohorts_folder(str(data_root)))
        names = sorted(one.name for one in cohorts.iterdir() if (one / "spec").is_dir())
    except (OSError, ValueError) as error:
        cause = error if isinstance(error, OSError) else OSError(22, str(error))
        return Failure(told(as_problem(cause, f"list the cohorts of {data_root}")))
    builder, reader = local_builder(data_root), _read_once(LocalReader(data_root))
    catalogs = builder.read_catalogs()
    write = Guarded(LocalStore(data_root), reader)
    builder = replace(builder, read_catalogs=lambda: catalogs, write=write)
    states = tuple(_state(builder, name, built_with(reader, name)) for name in names)
    done = _done(data_root, [one.cohort_id for one in states if one.built is not None])
    return done.map(lambda counts: tuple(replace(one, done=counts.get(one.cohort_id)) for one in states))


def _done(data_root: Path, cohorts: Sequence[str]) -> Result[Mapping[str, int], Told]:
    """How many generations of each cohort are done; nothing where the experiment does not say what is."""
    followed = open_followed(str(data_root))
    if not is_successful(followed):
        return Success({})  # each cohort's state tells the problems of the experiment
    return done_counts(followed.unwrap(), cohorts).alt(lambda problems: told(problems[0]))


def request_as_built(cohort_id: str, built: Built | None) -> BuildRequest:
    """The build that would give what is there, if nothing has changed: with the same seed. What was built
    may have had a higher limit of rows."""
    if built is None:
        return BuildRequest(cohort_id)
    return BuildRequest(cohort_id, built.seed, max(built.rows, DEFAULT_MAX_ROWS))


def _state(builder: CohortMembershipBuilder, cohort_id: str, built: Built | None) -> CohortState:
    request = replace(request_as_built(cohort_id, built), dry_run=True)
    planned = builder.plan(request)
    if not is_successful(planned):
        return CohortState(cohort_id, built, problems=len(planned.failure()))
    plan = planned.unwrap()
    is_same = built is not None and built.plan_digest == plan_digest(plan)
    if plan.rows > MOST_LOOKED_AT:
        return CohortState(cohort_id, built, is_up_to_date=is_same, is_looked_at=False)
    looked = _looked_at(builder, request, plan, is_seeded=built is None or built.has_seeds)
    if not is_successful(looked):
        return CohortState(cohort_id, built, problems=len(looked.failure()))
    report = looked.unwrap()
    notices = tuple(one for one in report.notices if one != UNCHANGED and one not in plan.notices)
    is_whole = is_same and report.is_unchanged
    return CohortState(
        cohort_id, built, is_whole, notices=notices, is_damaged=is_same and not report.is_unchanged
    )


def _looked_at(
    builder: CohortMembershipBuilder, request: BuildRequest, plan: Plan, *, is_seeded: bool
) -> Result[BuildReport, Problems]:
    """What a build would do. A cohort without metadata is up to date without, and may still conflict."""
    membership = generate(plan)
    full = builder.write(membership, request)
    if is_seeded or not is_successful(full):
        return full
    return builder.write(membership, replace(request, seed_metadata=False))


@dataclass(frozen=True, slots=True)
class _ReadOnce:
    """A reader that reads each manifest once, whoever asks for it."""

    cohorts: Callable[[], Result[Sequence[str], Problems]]
    manifest: Callable[[str], Result[Manifest | None, Problems]]
    rows: Callable[[str, Sequence[str]], Result[Iterator[pl.DataFrame], Problems]]
    seeded: Callable[[str, pl.Series], Result[pl.Series, Problems]]


def _read_once(reader: LocalReader) -> MembershipReader:
    return _ReadOnce(cache(reader.cohorts), cache(reader.manifest), reader.rows, reader.seeded)
