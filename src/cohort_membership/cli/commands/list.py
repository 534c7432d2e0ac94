"""`list`: the cohorts under a data root, whether each is built and up to date, and how much of it is done."""

from pathlib import Path

from cyclopts import App

from cohort_membership.cli.arguments import AsJson, LocalRoot
from cohort_membership.cli.exit_codes import DONE
from cohort_membership.cli.show.terminal import Terminal

app = App(
    name="list",
    help_epilogue="""Examples:
  cohort-membership list
  cohort-membership list --json | jq '.cohorts[] | select(.up_to_date | not)'""",
)


@app.default
def list_cohorts(*, data_root: LocalRoot = Path("data"), json: AsJson = False) -> int:
    """List the cohorts and the state of each.

    A cohort is not built, up to date, not up to date, or has problems: those that
    validate shows. It is up to date if a build with the same seed would write
    nothing: its spec and what it uses of the catalogs are unchanged, and its files
    are there. Of a cohort of more than 10 000 generations, the files are not
    checked: use verify. Of a built cohort also the generations that are done and
    those that are missing.
    """
    from returns.pipeline import is_successful

    from cohort_membership.cli.cohort_states import cohort_states
    from cohort_membership.cli.rejections import tell
    from cohort_membership.cli.show.results import show_cohorts

    terminal, result = Terminal(json), cohort_states(data_root)
    if not is_successful(result):
        return tell(terminal, [result.failure()], data_root)
    states = result.unwrap()
    if terminal.as_json:
        terminal.result({"ok": True, "cohorts": [state.as_json() for state in states]})
    else:
        show_cohorts(terminal, states, data_root)
    return DONE
