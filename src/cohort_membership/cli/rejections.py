"""A failure as a command ends with it: the problems, shown or as JSON, and the exit code."""

from collections.abc import Sequence
from pathlib import Path

from cohort_membership.cli.exit_codes import REJECTED, TRY_AGAIN
from cohort_membership.cli.show.problems import show_problems
from cohort_membership.cli.show.terminal import Terminal
from cohort_membership.cli.told import Told, told
from cohort_membership.problems import Problems

NOTHING_WRITTEN = "nothing was written"


def rejected(
    terminal: Terminal, problems: Problems, data_root: str | Path, ending: str = NOTHING_WRITTEN
) -> int:
    """Show the problems of the pipeline; give the exit code."""
    return tell(terminal, [told(problem) for problem in problems], data_root, ending)


def tell(
    terminal: Terminal, problems: Sequence[Told], data_root: str | Path, ending: str = NOTHING_WRITTEN
) -> int:
    """Show problems that are in words already; give the exit code."""
    if terminal.as_json:
        terminal.result({"ok": False, "problems": [problem.as_json() for problem in problems]})
    else:
        show_problems(terminal, problems, data_root, ending)
    return TRY_AGAIN if all(problem.retryable for problem in problems) else REJECTED
