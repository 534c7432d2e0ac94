"""EDGE: a membership to its artifacts, by the injected writer."""

from collections.abc import Callable

from returns.result import Result

from cohort_membership.membership import BuildReport, BuildRequest, Membership
from cohort_membership.ports import MembershipWriter
from cohort_membership.problems import Problems


def persist(
    write: MembershipWriter, request: BuildRequest
) -> Callable[[Membership], Result[BuildReport, Problems]]:
    """The last step of the pipeline: what the writer makes of a membership, as the request asks."""

    def step(membership: Membership) -> Result[BuildReport, Problems]:
        return write(membership, request)

    return step
