"""`build --plan`: a build that is held to a saved plan."""

from dataclasses import dataclass

from returns.result import Result, Success

from cohort_membership.life.saved_plan import SavedPlan, moved
from cohort_membership.manifest import Manifest
from cohort_membership.membership import BuildReport, BuildRequest, Membership
from cohort_membership.ports import MembershipReader, MembershipWriter
from cohort_membership.problems import PlanOutdated, Problems, fail


@dataclass(frozen=True, slots=True)
class HeldToPlan:
    """A writer that writes only what a saved plan saw: else `plan-outdated`, which names what moved.

    `reader` is that of the store that `write` writes to.
    """

    saved: SavedPlan
    reader: MembershipReader
    write: MembershipWriter

    def __call__(self, membership: Membership, request: BuildRequest, /) -> Result[BuildReport, Problems]:
        def judged(in_force: Manifest | None) -> Result[None, Problems]:
            changed = moved(self.saved, membership.plan, in_force)
            return fail(PlanOutdated(moved=changed)) if changed else Success(None)

        in_force: Result[Manifest | None, Problems] = self.reader.manifest(request.cohort_id)
        return in_force.bind(judged).bind(lambda _: self.write(membership, request))
