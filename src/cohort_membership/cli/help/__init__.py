"""`--help` as prepared text, so that it is there at once.

cyclopts and rich take a third of a second to import and to draw a page that never changes. The pages
beside this file are what they drew at 80 columns; a test holds that they say what cyclopts would say today.
`python -m cohort_membership.cli.help.draw` draws them again.
"""

import os
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from cohort_membership.cli.commands import COMMANDS
from cohort_membership.cli.streams import columns_of, is_terminal

COLUMNS = 80
PAGES: Mapping[str, tuple[str, ...]] = {
    "cohort-membership": (),
    **{command: (command,) for command in COMMANDS},
}
"""The command of each page, by the page's name."""

FOLDER = Path(__file__).parent
_FLAGS = ("--help", "-h")
_STYLE = re.compile(r"\x1b\[[0-9;]*m")


def prepared_help(tokens: Sequence[str]) -> str | None:
    """The page that these arguments ask for; None where they ask for more, or it does not fit."""
    if tokens and tokens[-1] not in _FLAGS:
        return None
    name = next((name for name, command in PAGES.items() if command == tuple(tokens[:-1])), None)
    if name is None or not _fits():
        return None
    try:
        page = (FOLDER / f"{name}.ansi").read_text(encoding="utf-8")
    except OSError:
        return None
    return page if _is_coloured() else _STYLE.sub("", page)


def _fits() -> bool:
    if (sys.stdout.encoding or "").lower().replace("-", "") != "utf8":
        return False
    return not is_terminal(sys.stdout) or columns_of(sys.stdout) >= COLUMNS


def _is_coloured() -> bool:
    return is_terminal(sys.stdout) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
