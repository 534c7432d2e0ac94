"""PURE: a cohort as one page of HTML, to show somebody: `Known` → `Page` → text.

`page_of` says what the page shows; the templates beside it say how. The page asks for nothing: no script, no
font, no image.
"""

from collections.abc import Sequence

from returns.result import Result

from cohort_membership.cost.bill import Bill
from cohort_membership.life.changes import Comparison
from cohort_membership.life.states import Status
from cohort_membership.manifest import Manifest
from cohort_membership.plan import Plan
from cohort_membership.problems import Problems
from cohort_membership.report.html import render
from cohort_membership.report.known import Known
from cohort_membership.report.page import page_of


def render_report(
    plan: Plan,
    status: Status | None = None,
    *,
    bill: Bill | None = None,
    compared: Comparison | None = None,
    in_force: Manifest | None = None,
    notices: Sequence[str] = (),
) -> Result[str, Problems]:
    """A cohort as one page of HTML, as the command `report` writes it.

    `plan` is what a builder's `plan` gives; what else is known of the cohort is shown as well: how far it is,
    what it costs, what is new against the membership in force, and notices besides the plan's. The same
    values give the same text. `storage-denied` without the extra `report`.
    """
    known = Known(
        plan.cohort_id,
        plan,
        in_force=in_force,
        compared=compared,
        status=status,
        bill=bill,
        notices=(*plan.notices, *notices),
    )
    return render(page_of(known))
