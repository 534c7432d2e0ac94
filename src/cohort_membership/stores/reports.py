"""What a build into any store reports."""

from collections.abc import Mapping

from cohort_membership.membership import BuildReport, BuildRequest, Membership
from cohort_membership.metadata import OtherMode, mode_notices

UNCHANGED = "nothing has changed since the last build: nothing was written"

NO_MODES: Mapping[OtherMode, int] = {}


def report_of(
    membership: Membership,
    request: BuildRequest,
    places: Mapping[str, str],
    seeded: int,
    *,
    is_unchanged: bool = False,
    modes: Mapping[OtherMode, int] = NO_MODES,
) -> BuildReport:
    """The report of a build, or of a dry run, by the places of its artifacts; `seeded` of all generations are
    new to the store. `modes` are the metadata files that record another mode than the catalog has."""
    plan = membership.plan
    notices = (*plan.notices, *mode_notices(modes), *([UNCHANGED] if is_unchanged else []))
    return BuildReport(
        cohort_id=plan.cohort_id,
        counts=plan.counts,
        seeded=seeded,
        reused=membership.rows - seeded if request.seed_metadata else 0,
        artifacts=places,
        notices=notices,
        dry_run=request.dry_run,
        is_unchanged=is_unchanged,
        metadata={"spec_digest": plan.spec_digest, "seed": plan.seed, "kernel": membership.kernel},
    )
