"""Problems as people like to read them: the line of the spec itself, the level underlined, the hint.

error[unknown-level] answer_template: 'outline-frist' is not in templates/answer.csv
  --> data/cohorts/bad/spec/config.yaml:3:21
   |
 3 |   answer_template: [outline-frist]
   |                     ^^^^^^^^^^^^^
   = hint: did you mean 'outline-first'?
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from stat import S_ISREG
from typing import TYPE_CHECKING

from cohort_membership.cli.show.terminal import Terminal, hanging, styled, unwrapped
from cohort_membership.cli.told import Told
from cohort_membership.problems import counted
from cohort_membership.visible_text import visible_character

if TYPE_CHECKING:
    from rich.text import Text

MOST_SHOWN = 50
MOST_BYTES = 4 * 1024 * 1024
"""How much of a file is read to find a line in it."""

PIPE_ROOM = 100
"""The columns of a source line that are shown where there is no terminal to tell how many fit."""

RED, BLUE, CYAN, BOLD, DIM = "bold red", "blue", "cyan", "bold", "dim"


def show_problems(terminal: Terminal, problems: Sequence[Told], data_root: str | Path, ending: str) -> None:
    """All problems on stderr, the first ones in full, and a line that sums them up."""
    console = terminal.err
    room = min(console.width, 120) if console.is_terminal else PIPE_ROOM
    sources = Sources(Path(data_root))
    for problem in problems[:MOST_SHOWN]:
        head = styled(("error", RED), (f"[{problem.code}]", "red"), " ", (problem.message, BOLD))
        terminal.warn(hanging(head, console, 2))
        margin = " " * max(len(str(problem.location.line or 0)) if problem.location else 0, 2)
        terminal.warn(*_place(problem, sources, data_root, margin, room))
        if problem.hint:
            said, *to_write = problem.hint.split("\n")
            hint = styled((f"{margin} = ", BLUE), ("hint: ", CYAN), said)
            terminal.warn(hanging(hint, console, len(margin) + 9), *map(unwrapped, to_write))
        terminal.warn("")
    more = len(problems) - MOST_SHOWN
    if more > 0:
        terminal.warn(styled(f"… and {more:,} more (--json shows all)"), "")
    terminal.warn(hanging(styled((summary(problems), BOLD), f"; {ending}."), console, 2))


def summary(problems: Iterable[Told]) -> str:
    """'5 problems (4 unknown-level, 1 missing-axis)', the codes in order of appearance."""
    counts: dict[str, int] = {}
    for problem in problems:
        counts[problem.code] = counts.get(problem.code, 0) + 1
    codes = ", ".join(f"{count:,} {code}" for code, count in counts.items())
    return f"{counted(sum(counts.values()), 'problem')} ({codes})"


def _place(
    problem: Told, sources: "Sources", data_root: str | Path, margin: str, room: int
) -> "Iterator[Text]":
    at = problem.location
    if at is None:
        return
    is_whole = "://" in at.file or at.file.startswith("/")  # of another store than the data root
    parts = [
        at.file if is_whole else f"{str(data_root).rstrip('/')}/{at.file}",
        *(str(one) for one in (at.line, at.column) if one is not None),
    ]
    yield unwrapped((f"{margin}--> ", BLUE), ":".join(parts))
    line = sources.line(at.file, at.line) if at.line is not None else None
    if line is None:
        return
    shown, marks = underlined(line, at.column, at.width, room - len(margin) - 3)
    yield styled((f"{margin} |", BLUE))
    yield styled((f"{at.line:>{len(margin)}} | ", BLUE), shown)
    if marks:
        yield styled((f"{margin} | ", BLUE), (marks, RED))


def underlined(line: str, column: int | None, width: int, room: int) -> tuple[str, str]:
    r"""A line as shown in at most `room` cells, and below it the marks under `width` characters.

    Columns count characters from 1; wide characters take two cells, and what is hidden is made
    visible, so that the marks stand where a person sees the level.

    >>> print(*underlined("template: [十句话, plain]", 12, 3, 80), sep="\n")
    template: [十句话, plain]
               ^^^^^^
    >>> print(*underlined("a" * 50 + "LEVEL" + "b" * 50, 51, 5, 24), sep="\n")
    …aaaaaaaaLEVELbbbbbbbbb…
             ^^^^^
    """
    from rich.cells import cell_len

    start = 0 if column is None else min(column - 1, len(line))
    # No more than this can be shown; the line of a hostile file may be megabytes long.
    before, after = max(start - room, 0), start + room
    pieces = [visible_character(character) for character in line[before:after]]
    sizes = [cell_len(piece) for piece in pieces]
    start -= before
    is_whole = before == 0 and after >= len(line) and sum(sizes) <= room
    first, last = (0, len(sizes)) if is_whole else _window(sizes, start, width, room, can_start=before == 0)
    is_cut_before, is_cut_after = before + first > 0, before + last < len(line)
    shown = "…" * is_cut_before + "".join(pieces[first:last]) + "…" * is_cut_after
    if column is None:
        return shown, ""
    indent = is_cut_before + sum(sizes[first:start])
    marked = sum(sizes[start : min(start + width, last)])
    return shown, " " * indent + "^" * max(marked, 1)


def _window(sizes: Sequence[int], start: int, width: int, room: int, *, can_start: bool) -> tuple[int, int]:
    """Which pieces fit into `room` cells, the one at `start` among them; from the first, if possible."""
    first, used = start, 0
    lead = room if can_start and sum(sizes[: start + width]) <= room - 2 else room // 3
    while first > 0 and used + sizes[first - 1] <= lead:
        first -= 1
        used += sizes[first]
    last = start
    while last < len(sizes) and used + sizes[last] <= room - 2:
        used += sizes[last]
        last += 1
    while first > 0 and used + sizes[first - 1] <= room - 2:
        first -= 1
        used += sizes[first]
    return first, last


@dataclass(slots=True)
class Sources:
    """Lines of the files of a data root, for showing only: what cannot be read is not shown."""

    data_root: Path
    _lines: dict[str, list[str]] = field(default_factory=dict)

    def line(self, file: str, number: int) -> str | None:
        """A line without its end, as the loader counts lines."""
        from cohort_membership.load.text.lines import lines_of

        if file not in self._lines:
            self._lines[file] = list(lines_of(self._text(file)))
        lines = self._lines[file]
        return lines[number - 1].rstrip("\r\n") if 0 < number <= len(lines) else None

    def _text(self, file: str) -> str:
        """The first part of a plain file inside the data root; anything else is not looked into."""
        try:
            path = (self.data_root / file).resolve()
            if not path.is_relative_to(self.data_root.resolve()):
                return ""
            descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
            with os.fdopen(descriptor, "rb") as stream:
                if not S_ISREG(os.fstat(descriptor).st_mode):
                    return ""
                return stream.read(MOST_BYTES).decode("utf-8-sig", errors="replace")
        except (OSError, ValueError, RuntimeError):
            return ""
