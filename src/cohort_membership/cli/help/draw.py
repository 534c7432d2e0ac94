"""Draws the pages of `help` again: `python -m cohort_membership.cli.help.draw`."""

from collections.abc import Sequence
from io import StringIO

from rich.console import Console

from cohort_membership.cli.app import run
from cohort_membership.cli.help import COLUMNS, FOLDER, PAGES


def drawn_help(command: Sequence[str]) -> str:
    """The page as cyclopts draws it now, with its colours."""
    page = StringIO()
    console = Console(file=page, width=COLUMNS, force_terminal=True, color_system="standard", _environ={})
    run([*command, "--help"], console)
    return "\n".join(line.rstrip() for line in page.getvalue().splitlines()) + "\n"


if __name__ == "__main__":
    for name, command in PAGES.items():
        (FOLDER / f"{name}.ansi").write_text(drawn_help(command), encoding="utf-8")
