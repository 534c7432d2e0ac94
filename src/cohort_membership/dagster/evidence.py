"""What asset checks look at, and what they find."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeAlias

import dagster as dg
import polars as pl
from returns.pipeline import is_successful
from returns.result import Result

from cohort_membership.catalog import Catalogs
from cohort_membership.dagster.reading import table_of
from cohort_membership.dagster.resources import FollowedService, MembershipService
from cohort_membership.dagster.translate import markdown, problem_metadata, problem_text
from cohort_membership.follow.edges import Followed
from cohort_membership.follow.status import status
from cohort_membership.life.states import Status
from cohort_membership.ports import MembershipReader
from cohort_membership.problems import Problems


@dataclass(frozen=True, slots=True)
class Outcome:
    """Whether a check passes; `description` is drawn as markdown."""

    passed: bool
    description: str | None = None
    metadata: Mapping[str, dg.MetadataValue[Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Skipped:
    """Why a store, or a service, cannot answer a check."""

    reason: str


Finding: TypeAlias = Outcome | Skipped


def found(result: Result[Problems, Problems]) -> Outcome:
    """What a check found, or what kept it from looking; it passes where that is nothing."""
    problems = result.unwrap() if is_successful(result) else result.failure()
    return rejected(problems) if problems else Outcome(True)


def rejected(problems: Problems) -> Outcome:
    """The problems, told as a failed build tells them."""
    return Outcome(False, markdown(problem_text(problems)), problem_metadata(problems))


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
            lambda read: table_of(self.memberships, self.cohort_id, read.experiment.wide_columns)
        )

    @cached_property
    def followed(self) -> Followed | None:
        """The edges that tell how far a cohort is; None where the service has none."""
        return self.service.followed() if isinstance(self.service, FollowedService) else None

    @cached_property
    def status(self) -> Result[Status, Problems] | None:
        """How far the cohort is; None where `followed` is not there."""
        return None if self.followed is None else status(self.followed, self.cohort_id)
