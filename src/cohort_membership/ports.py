"""The slim protocols between the pipeline and the world: each one callable.

A port can be a plain function; the in-memory fakes in the tests are.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

from returns.result import Result

from cohort_membership.catalog import Catalogs
from cohort_membership.membership import BuildReport, BuildRequest, Membership
from cohort_membership.problems import Problems
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


Notify: TypeAlias = Callable[[str, int, int], None]
"""Told of progress: the stage, the rows done, the rows in all."""
