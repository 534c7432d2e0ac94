"""The edges that every question is put to, and how what they fail with is carried."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Never, ParamSpec, TypeVar

import polars as pl
from returns.pipeline import is_successful
from returns.result import Failure, Result

from cohort_membership.experiment import Experiment
from cohort_membership.load.experiment.reader import read_experiment
from cohort_membership.load.templates import SubjectRows, TemplateTexts
from cohort_membership.pipeline import CohortMembershipBuilder
from cohort_membership.ports import FileReader, MembershipReader, ReadFailed, ResultsReader
from cohort_membership.problems import Problems, fail
from cohort_membership.wiring import DataRoot, open_builder, open_data_root, open_reader

_P = ParamSpec("_P")
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Followed:
    """The edges that the questions after a build are put to."""

    experiment: Experiment
    builder: CohortMembershipBuilder
    reader: MembershipReader
    results: ResultsReader
    texts: TemplateTexts
    subjects: SubjectRows
    read: FileReader
    cohorts: Callable[[], Sequence[str]]


def open_followed(data_root: str, store: str | None = None) -> Result[Followed, Problems]:
    """The edges over a data root, and over another store of its memberships where there is one.

    It can return `storage-denied` (an address that is none), and the problems of the experiment file.

    >>> open_followed("nowhere").unwrap().experiment.is_built_in
    True
    """

    def followed(
        root: DataRoot, builder: CohortMembershipBuilder, reader: MembershipReader
    ) -> Result[Followed, Problems]:
        return read_experiment(root.read).map(
            lambda experiment: Followed(
                experiment,
                builder,
                reader,
                root.results,
                TemplateTexts(root.read, experiment),
                SubjectRows(builder.read_catalogs, experiment.subject),
                root.read,
                root.cohorts,
            )
        )

    return open_data_root(data_root).bind(
        lambda root: open_builder(data_root, store).bind(
            lambda builder: open_reader(store or data_root).bind(
                lambda reader: followed(root, builder, reader)
            )
        )
    )


def whole(answer: Callable[_P, Result[_T, Problems]]) -> Callable[_P, Result[_T, Problems]]:
    """Takes what a batch of rows failed with out of its iterator."""

    @wraps(answer)
    def whole(*given: _P.args, **named: _P.kwargs) -> Result[_T, Problems]:
        try:
            return answer(*given, **named)
        except ReadFailed as failed:
            return fail(failed.problem)

    return whole


def raised(rows: Result[Iterator[pl.DataFrame], Problems]) -> Iterator[pl.DataFrame]:
    if not is_successful(rows):
        raise ReadFailed(rows.failure()[0])
    return rows.unwrap()


def failures(*results: Result[object, Problems]) -> Result[Never, Problems]:
    """Every problem of those that failed, each once."""
    problems = (problem for one in results if not is_successful(one) for problem in one.failure())
    return Failure(tuple(dict.fromkeys(problems)))
