"""A build as a command starts it: over addresses, with its progress shown, and what is true if it fails."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from returns.pipeline import is_successful
from returns.result import Result, Success

from cohort_membership.cli.rejections import NOTHING_WRITTEN
from cohort_membership.cli.show.progress import progress
from cohort_membership.cli.show.terminal import Terminal
from cohort_membership.executors import USE
from cohort_membership.membership import BuildReport, BuildRequest
from cohort_membership.pipeline import CohortMembershipBuilder
from cohort_membership.problems import Location, Problems, StorageDenied, fail
from cohort_membership.regular_files import read_regular
from cohort_membership.stores.addresses import parse_address
from cohort_membership.wiring import open_builder, open_reader

if TYPE_CHECKING:
    from cohort_membership.life.saved_plan import SavedPlan

UNFINISHED = "the build did not finish: the next one completes it"
NO_MEMBERSHIP = "this build wrote no membership, but may have written metadata"

_MID_WRITE = frozenset({"storage-unavailable", "storage-denied", "storage-full"})
"""Problems that a build may meet after it wrote its first file."""

_LATE_ELSEWHERE = frozenset({"cohort-locked", "generation-conflict", "artifact-corrupt", "missing-parent"})
"""Problems that stores other than the local one may find after they wrote metadata."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where a command reads, writes and works, as typed."""

    data_root: str
    store: str | None = None
    executor: str = "inline"

    @property
    def writes_locally(self) -> bool:
        address = parse_address(self.store or self.data_root)
        return is_successful(address) and address.unwrap().is_local


def built(
    terminal: Terminal, places: Places, request: BuildRequest, saved: "SavedPlan | None" = None
) -> Result[BuildReport, Problems]:
    """The report of the build, or of the dry run, that the request asks for; or all problems.

    With a saved plan, `plan-outdated` where the build would be another.
    """

    def held(builder: CohortMembershipBuilder) -> Result[CohortMembershipBuilder, Problems]:
        if saved is None:
            return Success(builder)
        from cohort_membership.follow.planned_build import HeldToPlan

        held_to, reader = saved, open_reader(places.store or places.data_root)
        return reader.map(lambda one: replace(builder, write=HeldToPlan(held_to, one, builder.write)))

    with progress(terminal, request.cohort_id) as notify:
        opened = open_builder(places.data_root, places.store, notify, places.executor)
        return opened.bind(held).bind(lambda builder: builder.build(request))


def read_plan(file: Path) -> "Result[SavedPlan, Problems]":
    """A saved plan; `artifact-corrupt` where the file holds none, and the storage problems."""
    from cohort_membership.life.saved_plan import parse_plan

    try:
        data = read_regular(file, file.absolute().anchor)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        return fail(StorageDenied(action=f"read {file}", reason=reason, location=Location(_whole(file))))
    return parse_plan(data, _whole(file))


def _whole(file: Path) -> str:
    """Its whole path: the files of problems are otherwise relative to the data root."""
    return str(file.absolute())


def ending(problems: Problems, places: Places, request: BuildRequest) -> str:
    """What is true of the files after a build that failed with these problems."""
    codes = {problem.code for problem in problems}
    is_executor_unfit = any(getattr(problem, "action", None) == USE for problem in problems)
    if request.dry_run or is_executor_unfit:
        return NOTHING_WRITTEN
    if codes & _MID_WRITE:
        return UNFINISHED
    return NO_MEMBERSHIP if codes & _LATE_ELSEWHERE and not places.writes_locally else NOTHING_WRITTEN
