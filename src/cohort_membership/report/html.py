"""The page as text: the templates of this folder, filled by Jinja, which escapes all that it puts in."""

from functools import cache
from typing import TYPE_CHECKING

from returns.result import Result, Success

from cohort_membership.problems import Problems, StorageDenied, fail
from cohort_membership.report.page import Page

if TYPE_CHECKING:
    from jinja2 import Template

EXTRA = "pip install 'cohort-membership[report]'"


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
