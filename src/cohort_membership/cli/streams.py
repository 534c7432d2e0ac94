"""stdout and stderr as they come: closed, a pipe that nobody reads, a full disk, an old encoding."""

import os
import sys
from contextlib import suppress
from io import TextIOWrapper
from typing import TextIO

LEAST_COLUMNS, USUAL_COLUMNS, MOST_COLUMNS = 20, 80, 1_000
"""A terminal says 0 where it does not know; on fewer than 20 nothing could be read, or drawn by rich."""


class CannotWrite(Exception):
    """stdout or stderr took no more. A closed pipe is not that: to stop reading is a reader's right."""

    def __init__(self, cause: OSError) -> None:
        super().__init__(str(cause))
        self.cause = cause


def prepare_streams() -> None:
    """What the encoding lacks is escaped, not an error; what is written to a closed stream is gone."""
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w")  # noqa: PTH123, SIM115
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w")  # noqa: PTH123, SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def write_text(stream: TextIO, text: str) -> None:
    try:
        stream.write(text)
        stream.flush()
    except OSError as error:
        gave_up(stream, error)


def gave_up(stream: TextIO, error: OSError) -> None:
    """Write no more to this stream, not even at exit; raises `CannotWrite` unless its pipe was closed."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
    if not isinstance(error, BrokenPipeError):
        raise CannotWrite(error) from error


def columns_of(stream: TextIO) -> int:
    """How many columns a terminal has, as COLUMNS or the terminal itself says; 80 where that is no answer."""
    try:
        told = os.environ.get("COLUMNS") or os.get_terminal_size(stream.fileno()).columns
        columns = int(told)
    except (OSError, ValueError):
        return USUAL_COLUMNS
    return min(columns, MOST_COLUMNS) if columns >= LEAST_COLUMNS else USUAL_COLUMNS


def is_terminal(stream: TextIO) -> bool:
    try:
        return stream.isatty()
    except ValueError:
        return False
