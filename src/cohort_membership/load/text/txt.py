"""Plain text to a list of levels: a line each."""

from collections.abc import Iterator

import polars as pl
from returns.result import Failure, Result, Success

from cohort_membership.columns import TextColumn
from cohort_membership.load.text.faults import Faults
from cohort_membership.load.text.lines import WHITE_SPACE, LineNumbers, LinePlaces
from cohort_membership.load.text.sheet import PIECE, nul_fault
from cohort_membership.spec import Levels


def parse_txt(text: str, file: str) -> Result[Levels, Faults]:
    r"""The lines that hold anything, stripped.

    >>> parse_txt("depth\n\n  fjord \n", "a.txt").unwrap().texts[1]
    'fjord'
    """
    nul = nul_fault(text, file)
    if nul:
        return Failure((nul,))
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    texts, numbers, before = [pl.Series(dtype=pl.String)], [pl.Series(dtype=pl.UInt32)], 1
    for piece in _pieces(text):
        lines = pl.Series(piece.split("\n"), dtype=pl.String).str.strip_chars(WHITE_SPACE)
        is_held = lines != ""
        texts.append(lines.filter(is_held))
        numbers.append((is_held.arg_true() + before).cast(pl.UInt32))
        before += len(lines)
    return Success(Levels(TextColumn(pl.concat(texts)), LinePlaces(file, LineNumbers(pl.concat(numbers)))))


def _pieces(text: str) -> Iterator[str]:
    """The text in pieces of whole lines, the end of the last line left out."""
    start = 0
    while start <= len(text):
        end = text.find("\n", start + PIECE)
        end = len(text) if end < 0 else end
        yield text[start:end]
        start = end + 1
