"""`report COHORT`: a cohort as one page of HTML, to show somebody."""

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from cohort_membership.cli.arguments import AsJson, Cohort, DataRoot, File, MaxRows, Seed, Store
from cohort_membership.cli.exit_codes import DONE
from cohort_membership.cli.show.terminal import Terminal, shown_path, unwrapped

app = App(
    name="report",
    help_epilogue="""Examples:
  cohort-membership report first-steps
  cohort-membership report first-steps --out /tmp/first-steps.html""",
)

_NO_COHORT = frozenset({"invalid-cohort-id", "spec-not-found"})
"""Problems with which there is nothing to show a page of."""


@app.default
def report(
    cohort: Cohort,
    /,
    *,
    out: Annotated[
        File | None,
        Parameter(help="The file to write, which is replaced. [default: report-COHORT.html]"),
    ] = None,
    seed: Seed = None,
    max_rows: MaxRows = 10_000_000,
    store: Store = None,
    data_root: DataRoot = "data",
    json: AsJson = False,
) -> int:
    """Write a page that shows a cohort: its design, what it costs, how far it is.

    One HTML file that needs nothing else: it can be mailed, printed and read on a
    phone. It shows the axes, what each rule leaves, the stages, what a build would
    change, how far the cohort is, what it costs, and how to build it again. Without
    --seed it is of the seed of the last build. A cohort with problems has a page
    too, which shows them; the exit code is that of `validate`. Needs the extra
    report.
    """
    from returns.pipeline import is_successful

    from cohort_membership.cli.rejections import rejected
    from cohort_membership.cli.write_file import write_file
    from cohort_membership.follow.edges import open_followed
    from cohort_membership.follow.report import known as known_of
    from cohort_membership.report.html import render
    from cohort_membership.report.known import Known
    from cohort_membership.report.page import page_of

    terminal = Terminal(json)
    opened = open_followed(data_root, store)
    known = (
        known_of(opened.unwrap(), cohort, seed, max_rows)
        if is_successful(opened)
        else Known(cohort, problems=opened.failure())
    )
    if not _NO_COHORT.isdisjoint(problem.code for problem in known.problems):
        return rejected(terminal, known.problems, data_root)
    file = Path(f"report-{cohort}.html") if out is None else out
    written = render(page_of(known)).bind(lambda text: write_file(file, [text]))
    if not is_successful(written):
        return rejected(terminal, (*known.problems, *written.failure()), data_root)
    if known.problems:
        return rejected(terminal, known.problems, data_root, f"{shown_path(file)} shows them")
    if terminal.as_json:
        terminal.result({"ok": True, "cohort_id": cohort, "file": str(file)})
    else:
        terminal.show(unwrapped("Wrote ", (shown_path(file), "bold")))
    return DONE
