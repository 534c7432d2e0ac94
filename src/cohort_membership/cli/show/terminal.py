"""The one place where the command line speaks: results on stdout, progress and problems on stderr.

People are spoken to through rich, in colour only on a terminal and never where NO_COLOR is set;
programs get one JSON object on stdout, and rich is not even imported.
"""

import json
import os
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO, cast

from cohort_membership.cli.streams import columns_of, gave_up, is_terminal, write_text
from cohort_membership.visible_text import visible

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.text import Text

PIPE_WIDTH = 10_000
"""In a pipe nothing is wrapped: lines are for grep."""

_WORD = re.compile(r"(?:`[^`]*`|\S)+\s*")
"""What stands on one line: a word, or a command between backticks."""


@dataclass(frozen=True)
class Terminal:
    """Where a command's words go. With `as_json` only `result` is heard."""

    as_json: bool = False

    @cached_property
    def out(self) -> "Console":
        return _console(sys.stdout)

    @cached_property
    def err(self) -> "Console":
        return _console(sys.stderr)

    def result(self, value: Mapping[str, Any]) -> None:
        """The one object that `--json` prints. ASCII, so that it reads the same in every encoding."""
        write_text(sys.stdout, json.dumps(value) + "\n")

    def document(self, text: str) -> None:
        """A text on stdout as it is, to be saved as a file."""
        write_text(sys.stdout, text)

    def show(self, *parts: "RenderableType") -> None:
        """To people, on stdout, one part below the other."""
        self._print(self.out, parts)

    def warn(self, *parts: "RenderableType") -> None:
        """To people, on stderr."""
        self._print(self.err, parts)

    def _print(self, console: "Console", parts: "tuple[RenderableType, ...]") -> None:
        if self.as_json:
            return
        try:
            for part in parts:
                console.print(part, soft_wrap=bool(getattr(part, "no_wrap", False)))
        except OSError as error:
            console.quiet = True
            gave_up(cast(TextIO, console.file), error)


def styled(*parts: str | tuple[str, str]) -> "Text":
    """A line of safe text from parts, each plain or (text, style)."""
    from rich.text import Text

    shown = [visible(part) if isinstance(part, str) else (visible(part[0]), part[1]) for part in parts]
    return Text.assemble(*shown, overflow="fold")


def unwrapped(*parts: str | tuple[str, str]) -> "Text":
    """A line as `styled` makes it, in which no line break is put however narrow the terminal: to copy."""
    text = styled(*parts)
    text.no_wrap = True
    return text


def hanging(text: "Text", console: "Console", indent: int) -> "Text":
    """The text in lines that fit, all but the first indented; one line where nothing is wrapped.

    A command between backticks is not broken, and neither is a long word: they are there to be copied.
    """
    from rich.text import Text

    lines = text.divide(_line_starts(text.plain, max(console.width - indent, 20), indent))
    for line in lines:
        line.rstrip()
    whole = Text("\n" + " " * indent).join(lines)
    whole.no_wrap = True
    return whole


def _line_starts(text: str, width: int, more: int) -> Iterator[int]:
    """Where lines begin, but for the first, so that each has at most `width` cells (the first one `more`),
    or is one word."""
    from rich.cells import cell_len

    start, room = 0, width + more
    for word in _WORD.finditer(text):
        if word.start() > start and cell_len(word[0].rstrip()) > room:
            yield word.start()
            start, room = word.start(), width
        room -= cell_len(word[0])


def shown_path(path: str | os.PathLike[str]) -> str:
    """A path as a person would type it here: relative where it lies below the working folder. An address
    stays as it is, so that it can be given again."""
    if "://" in str(path):
        return str(path)
    try:
        return str(Path(path).absolute().relative_to(Path.cwd()))
    except (ValueError, OSError):
        return str(path)


def help_console() -> "Console":
    return _console(sys.stdout, pipe_width=80)


def _console(stream: TextIO, pipe_width: int = PIPE_WIDTH) -> "Console":
    from rich.console import Console

    class QuietConsole(Console):
        def on_broken_pipe(self) -> None:
            raise  # noqa: PLE0704 - called while a BrokenPipeError is handled

    is_coloured = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    on_terminal = is_terminal(stream)
    return QuietConsole(
        file=stream,
        color_system="auto" if is_coloured else None,
        width=columns_of(stream) if on_terminal else pipe_width,
        height=25,  # with both given, rich does not read COLUMNS itself, where "²" is a digit to it
        markup=False,
        emoji=False,
        highlight=False,
    )
