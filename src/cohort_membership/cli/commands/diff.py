"""`diff A B`: what two cohorts share."""

from typing import Annotated

from cyclopts import App, Parameter

from cohort_membership.cli.arguments import AsJson, DataRoot, Store
from cohort_membership.cli.exit_codes import DONE
from cohort_membership.cli.show.terminal import Terminal

app = App(
    name="diff",
    help_epilogue="""Examples:
  cohort-membership diff first-steps coupled-judges
  cohort-membership diff first-steps coupled-judges --json | jq .changes""",
)


@app.default
def diff(
    a: Annotated[str, Parameter(name="A", help="A built cohort.")],
    b: Annotated[str, Parameter(name="B", help="Another one.")],
    /,
    *,
    store: Store = None,
    data_root: DataRoot = "data",
    json: AsJson = False,
) -> int:
    """Compare two built cohorts.

    Counts for each stage the generations that both hold, and that only one of them
    holds; then lists the levels that only one of them has.
    """
    from returns.pipeline import is_successful

    from cohort_membership.cli.rejections import rejected
    from cohort_membership.cli.show.life import show_diff
    from cohort_membership.follow.diff import diff as diff_of
    from cohort_membership.follow.edges import open_followed

    terminal = Terminal(json)
    result = open_followed(data_root, store).bind(lambda followed: diff_of(followed, a, b))
    if not is_successful(result):
        return rejected(terminal, result.failure(), data_root)
    if terminal.as_json:
        terminal.result(result.unwrap().as_json())
    else:
        show_diff(terminal, result.unwrap(), a, b)
    return DONE
