"""`plan COHORT`: what a build would change."""

from typing import Annotated

from cyclopts import App, Parameter

from cohort_membership.cli.arguments import AsJson, Cohort, DataRoot, File, MaxRows, Seed, Store
from cohort_membership.cli.exit_codes import DONE
from cohort_membership.cli.show.terminal import Terminal

app = App(
    name="plan",
    help_epilogue="""Examples:
  cohort-membership plan first-steps
  cohort-membership plan first-steps --out plan.json
  cohort-membership build first-steps --plan plan.json""",
)


@app.default
def plan(
    cohort: Cohort,
    /,
    *,
    seed: Seed = None,
    out: Annotated[
        File | None,
        Parameter(help="A file to save the plan in, for review and for `build --plan`."),
    ] = None,
    max_rows: MaxRows = 10_000_000,
    store: Store = None,
    data_root: DataRoot = "data",
    json: AsJson = False,
) -> int:
    """Show what a build would change; change nothing.

    Compares with the membership in force. Counts for each stage the generations
    that are new, kept and gone, how many of the new ones have metadata already
    (reused), and how many of all are done. Then lists the levels that were added or
    removed, with the generations that carry them.
    """
    from returns.pipeline import is_successful

    from cohort_membership.cli.rejections import rejected
    from cohort_membership.cli.show.life import show_plan
    from cohort_membership.cli.write_file import write_file
    from cohort_membership.follow.edges import open_followed
    from cohort_membership.follow.plan import plan as plan_of
    from cohort_membership.life.saved_plan import plan_text

    terminal = Terminal(json)
    result = open_followed(data_root, store).bind(lambda followed: plan_of(followed, cohort, seed, max_rows))
    if not is_successful(result):
        return rejected(terminal, result.failure(), data_root)
    change, saved = result.unwrap()
    if out is not None:
        written = write_file(out, [plan_text(saved)])
        if not is_successful(written):
            return rejected(terminal, written.failure(), data_root)
    if terminal.as_json:
        terminal.result(change.as_json())
    else:
        show_plan(terminal, change, out)
    return DONE
