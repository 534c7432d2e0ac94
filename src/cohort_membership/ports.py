"""The slim protocols between the pipeline and the world: each one callable.

A port can be a plain function; the in-memory fakes in the tests are.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias, runtime_checkable

import polars as pl
from returns.result import Result

from cohort_membership.catalog import Catalogs
from cohort_membership.experiment import Experiment
from cohort_membership.life.outcomes import Outcomes
from cohort_membership.manifest import Manifest
from cohort_membership.membership import BuildReport, BuildRequest, Membership
from cohort_membership.plan import Plan
from cohort_membership.problems import Problem, Problems
from cohort_membership.spec import Spec


class CohortSpecReader(Protocol):
    """Gives the decoded spec of a cohort; a failure where there is nothing to decode."""

    def __call__(self, cohort_id: str, /) -> Result[Spec, Problems]: ...


class MembershipCatalogReader(Protocol):
    """Gives the catalogs; what could not be read is None in them and named in their problems."""

    def __call__(self) -> Result[Catalogs, Problems]: ...


class MembershipWriter(Protocol):
    """Persists a membership, or says what it would write where the request is a dry run."""

    def __call__(self, membership: Membership, request: BuildRequest, /) -> Result[BuildReport, Problems]: ...


class GenerationReader(Protocol):
    """Gives for each of these generations of a stage its metadata as JSON text; null where none is there."""

    def __call__(self, stage: str, ids: pl.Series, /) -> Result[pl.Series, Problems]: ...


class TextReader(Protocol):
    """Gives the plan with the digests of the texts that its templates have, and of its subjects' rows."""

    def __call__(self, plan: Plan, catalogs: Catalogs | None, /) -> Result[Plan, Problems]: ...


class MembershipReader(Protocol):
    """Reads what builds have left in a store: the one read side that every store has.

    What is asked for and was never built is no problem; what is there and cannot be read is one.
    """

    def cohorts(self) -> Result[Sequence[str], Problems]:
        """The cohorts that have a manifest, sorted."""
        ...

    def manifest(self, cohort_id: str, /) -> Result[Manifest | None, Problems]:
        """The manifest in force; None where the cohort was never built."""
        ...

    def rows(self, cohort_id: str, columns: Sequence[str], /) -> Result[Iterator[pl.DataFrame], Problems]:
        """These columns of the wide table in force, in membership order, in batches: all text (String)
        but `replicate` (Int32); null where a stage has no such column, or a table of old lacks one. Nothing
        where it was never built. A batch that cannot be read after all raises `ReadFailed`.
        """
        ...

    def seeded(self, stage: str, ids: pl.Series, /) -> Result[pl.Series, Problems]:
        """For each of these generations the metadata that is there, as JSON text; null where none is."""
        ...


class ResultsReader(Protocol):
    """Reads what workers have left in a data root. What cannot be read is a problem, never missing."""

    def outcomes(
        self, experiment: Experiment, /, among: Collection[str] | None = None
    ) -> Result[Outcomes, Problems]:
        """The generations that are done or failed; of those `among` which are asked for, at least."""
        ...

    def folders(self, experiment: Experiment, /) -> Result[Mapping[str, pl.Series], Problems]:
        """The ids that have a folder below `gens`, by stage, sorted."""
        ...


@runtime_checkable
class ArtifactReader(Protocol):
    """What a reader may offer besides: whether what the manifest lists has the digests that it gives."""

    def mismatches(self, cohort_id: str, manifest: Manifest, /) -> Result[Problems, Problems]:
        """`artifact-corrupt` for each artifact that is not there or holds something else."""
        ...


class ReadFailed(Exception):
    """Carries a problem out of an iterator of rows to the edge that returns it."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class ReadFault:
    """Why a file could not be read. `reason` completes the sentence "got …"."""

    kind: Literal["missing", "outside", "too-large", "not-a-file", "denied", "unavailable"]
    reason: str


class FileReader(Protocol):
    """Gives the bytes of one file of a data root.

    `path` and `within` are relative to the data root, with '/' between parts; after resolving links
    the file must lie inside the folder `within`. More than `limit` bytes are not read.
    """

    def __call__(self, path: str, /, *, within: str, limit: int) -> Result[bytes, ReadFault]: ...


class CohortNames(Protocol):
    """Gives the cohorts of a data root by name, for suggestions: none where they cannot be told."""

    def __call__(self) -> Sequence[str]: ...


Notify: TypeAlias = Callable[[str, int, int], None]
"""Told of progress: the stage, the rows done, the rows in all."""
