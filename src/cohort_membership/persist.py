"""EDGE: a membership to its artifacts, by the injected writer."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from returns.pipeline import is_successful
from returns.result import Failure, Result, Success

from cohort_membership.membership import BuildReport, BuildRequest, Membership
from cohort_membership.other_cohorts.identities import changed_identities, new_ids_notice
from cohort_membership.other_cohorts.reading import held_otherwise, manifests
from cohort_membership.ports import MembershipReader, MembershipWriter
from cohort_membership.problems import Problems


def persist(
    write: MembershipWriter, request: BuildRequest
) -> Callable[[Membership], Result[BuildReport, Problems]]:
    """The last step of the pipeline: what the writer makes of a membership, as the request asks."""

    def step(membership: Membership) -> Result[BuildReport, Problems]:
        return write(membership, request)

    return step


@dataclass(frozen=True, slots=True)
class Guarded:
    """A writer that first looks at the memberships that its store holds: no id may get a second meaning.

    It can return `experiment-changed` where the experiment gives other ids than cohorts that are built
    have (a request with `new_ids` goes on, and the report says what that costs), and
    `generation-conflict` where another cohort holds an id for a different generation.
    """

    write: MembershipWriter
    reader: MembershipReader

    def __call__(self, membership: Membership, request: BuildRequest, /) -> Result[BuildReport, Problems]:
        plan = membership.plan
        read = manifests(self.reader)
        if not is_successful(read):
            return Failure(read.failure())
        built = read.unwrap()
        changed = () if request.new_ids else changed_identities(plan.experiment, built)
        if changed:
            return Failure(changed)
        held = held_otherwise(
            self.reader, plan, built, membership.batches, has_seeds=request.seed_metadata
        ).bind(lambda problems: Failure(problems) if problems else Success(built))
        notices = new_ids_notice(plan.experiment, built)
        return held.bind(lambda _: self.write(membership, request)).map(
            lambda report: replace(report, notices=(*report.notices, *notices))
        )
