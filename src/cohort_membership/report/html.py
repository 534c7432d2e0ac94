"""The page as text: the templates of this folder, filled by Jinja, which escapes all that it puts in."""

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

from returns.result import Result, Success

from cohort_membership.cost.bill import Bill
from cohort_membership.life.changes import Comparison
from cohort_membership.life.states import Status
from cohort_membership.manifest import Manifest
from cohort_membership.plan import Plan
from cohort_membership.problems import Problems, StorageDenied, fail
from cohort_membership.report.known import Known
from cohort_membership.report.page import Page, page_of

if TYPE_CHECKING:
    from jinja2 import Template

EXTRA = "pip install 'cohort-membership[report]'"


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


def render(page: Page) -> Result[str, Problems]:
    """The page as HTML; `storage-denied` where the extra `report` is not installed."""
    try:
        template = _template()
    except ModuleNotFoundError as error:
        return fail(
            StorageDenied(
                action="make the report",
                reason=f"no module {error.name!r}",
                remedy=f"install the extra: {EXTRA}",
            )
        )
    return Success(template.render(page=page))


@cache
def _template() -> "Template":
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("cohort_membership.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = lambda value: "–" if value is None else f"{value:,}"
    environment.filters["share"] = lambda value: f"{100 * value:.4g}"
    return environment.get_template("page.html")
