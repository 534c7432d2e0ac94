"""`validate COHORT`: every problem of a cohort; nothing is written."""

from cyclopts import App

from cohort_membership.cli.arguments import All, AsJson, DataRoot, MaxRows, MaybeCohort, one_or_all
from cohort_membership.cli.exit_codes import DONE
from cohort_membership.cli.show.terminal import Terminal

app = App(
    name="validate",
    usage="Usage: cohort-membership validate [OPTIONS] [COHORT]",
    help_epilogue="""Examples:
  cohort-membership validate first-steps
  cohort-membership validate --all
  cohort-membership validate first-steps --json | jq -r '.problems[].message'""",
)

_TOLD = ("cohort_id", "counts", "rows", "notices")
"""The keys of a dry run's report that a valid cohort is answered with."""


@app.default
def validate(
    cohort: MaybeCohort = None,
    /,
    *,
    all: All = False,
    max_rows: MaxRows = 10_000_000,
    data_root: DataRoot = "data",
    json: AsJson = False,
) -> int:
    """Show every problem of a cohort; write nothing.

    Reads the spec, the files it includes and the catalogs, and looks for metadata
    that would stop a build. Each problem is shown with its place in the spec and
    with what to do about it.
    """
    from returns.pipeline import is_successful
    from returns.result import Result, Success

    from cohort_membership.cli.building import Places, built
    from cohort_membership.cli.rejections import rejected
    from cohort_membership.cli.show.results import show_all_valid, show_valid
    from cohort_membership.membership import BuildRequest
    from cohort_membership.problems import Problems
    from cohort_membership.wiring import cohorts_with_spec

    one_or_all(cohort, everything=all)
    terminal, places = Terminal(json), Places(data_root)
    named: Result[tuple[str, ...], Problems] = (
        cohorts_with_spec(data_root) if cohort is None else Success((cohort,))
    )
    if not is_successful(named):
        return rejected(terminal, named.failure(), data_root)
    # A dry run: it also finds metadata that would stop a build.
    requests = [BuildRequest(one, max_rows=max_rows, dry_run=True) for one in named.unwrap()]
    results = [built(terminal, places, request) for request in requests]
    problems = [problem for one in results if not is_successful(one) for problem in one.failure()]
    if problems:
        # What is wrong with a catalog is wrong for every cohort, and told once.
        return rejected(terminal, tuple(dict.fromkeys(problems)), data_root)
    reports = [one.unwrap() for one in results]
    if not terminal.as_json:
        show_valid(terminal, reports[0]) if cohort is not None else show_all_valid(terminal, reports)
        return DONE
    found = [{key: report.as_json()[key] for key in _TOLD} for report in reports]
    terminal.result({"ok": True, "cohorts": found} if cohort is None else {"ok": True, **found[0]})
    return DONE
