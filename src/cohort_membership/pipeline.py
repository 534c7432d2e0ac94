"""The sentence: load → validate → generate → persist.

`CohortMembershipBuilder` holds the injected edges and says the sentence; the steps are plain
functions that a script can compose itself.
"""

from dataclasses import dataclass

from returns.pipeline import is_successful
from returns.result import Result

from cohort_membership.generate import generate
from cohort_membership.load import load
from cohort_membership.load.generations import nothing_stored
from cohort_membership.load.templates import without_texts
from cohort_membership.membership import BuildReport, BuildRequest
from cohort_membership.persist import persist
from cohort_membership.plan import Plan
from cohort_membership.ports import (
    CohortSpecReader,
    GenerationReader,
    MembershipCatalogReader,
    MembershipWriter,
    TextReader,
)
from cohort_membership.problems import CohortRejected, Problems
from cohort_membership.validate import validate

__all__ = ["CohortMembershipBuilder", "generate", "load", "persist", "unwrap_or_raise", "validate"]


@dataclass(frozen=True, slots=True)
class CohortMembershipBuilder:
    """Builds memberships over injected edges; a value, and safe to share.

    `read_generations` is asked for generations that a spec starts from; left out, there are none.
    `with_texts` adds the digests of templates' texts, which metadata holds; left out, there are none.
    """

    read_spec: CohortSpecReader
    read_catalogs: MembershipCatalogReader
    write: MembershipWriter
    read_generations: GenerationReader = nothing_stored
    with_texts: TextReader = without_texts

    def build(self, request: BuildRequest) -> Result[BuildReport, Problems]:
        """The membership of a cohort, persisted; or every problem there is, and nothing changed.

        It can return any problem of the contract's table.
        """
        return self.plan(request).map(generate).bind(persist(self.write, request))

    def plan(self, request: BuildRequest) -> Result[Plan, Problems]:
        """What would be built, found valid; nothing is generated or written."""
        sources = load(request, self.read_spec, self.read_catalogs, self.read_generations)
        return sources.bind(lambda one: validate(one).bind(lambda plan: self.with_texts(plan, one.catalogs)))

    def build_or_raise(self, request: BuildRequest) -> BuildReport:
        """As `build`, for callers who prefer exceptions: raises `CohortRejected` with all problems."""
        return unwrap_or_raise(self.build(request))


def unwrap_or_raise(result: Result[BuildReport, Problems]) -> BuildReport:
    """The report of a build, or `CohortRejected` with the full text of its problems."""
    if is_successful(result):
        return result.unwrap()
    raise CohortRejected(result.failure())
