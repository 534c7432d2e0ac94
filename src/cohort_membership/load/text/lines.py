"""The lines of a text, and places in a file that cost one number a line."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import overload

import polars as pl

from cohort_membership.problems import Location

LINE = re.compile(r"[^\r\n]*+(?:\r\n?|\n)|[^\r\n]++")
BREAK = re.compile(r"\r\n?|\n")

WHITE_SPACE = (
    "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009"
    "\u200a\u2028\u2029\u202f\u205f\u3000"
)
"""What `str.strip` takes away; polars by itself strips less."""


def lines_of(text: str) -> Iterator[str]:
    r"""The lines with their ends, one at a time; only \n, \r\n and \r end a line.

    >>> list(lines_of("a\r\nb\u2028c\rd"))
    ['a\r\n', 'b\u2028c\r', 'd']
    """
    return (match.group() for match in LINE.finditer(text))


def place_at(text: str, index: int, file: str) -> Location:
    r"""The line and column of the character number `index` (from 0).

    >>> place_at("ab\ncd", 4, "f")
    Location(file='f', line=2, column=2, width=1)
    """
    breaks = [found.end() for found in BREAK.finditer(text, 0, index)]
    return Location(file, len(breaks) + 1, index - (breaks[-1] if breaks else 0) + 1)


@dataclass(frozen=True, slots=True, eq=False)
class LineNumbers:
    """Numbers of lines, four bytes each."""

    series: pl.Series

    def __len__(self) -> int:
        return len(self.series)

    @overload
    def __getitem__(self, index: int) -> int: ...

    @overload
    def __getitem__(self, index: slice) -> "LineNumbers": ...

    def __getitem__(self, index: int | slice) -> "int | LineNumbers":
        return LineNumbers(self.series[index]) if isinstance(index, slice) else int(self.series[index])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LineNumbers) and self.series.equals(other.series)

    def __hash__(self) -> int:
        return hash(tuple(self.series.to_list()))


@dataclass(frozen=True, slots=True)
class LinePlaces(Sequence[Location | None]):
    """Item i stands on line `lines[i]` of `file`."""

    file: str
    lines: LineNumbers

    def __len__(self) -> int:
        return len(self.lines)

    @overload
    def __getitem__(self, index: int) -> Location: ...

    @overload
    def __getitem__(self, index: slice) -> "LinePlaces": ...

    def __getitem__(self, index: int | slice) -> "Location | LinePlaces":
        if isinstance(index, slice):
            return LinePlaces(self.file, self.lines[index])
        return Location(self.file, self.lines[index])


@dataclass(frozen=True, slots=True)
class RowPlaces(Sequence[Sequence[Location | None]]):
    """Row i, and each of its `width` cells, stands on line `lines[i]` of `file`."""

    file: str
    lines: LineNumbers
    width: int

    def __len__(self) -> int:
        return len(self.lines)

    @overload
    def __getitem__(self, index: int) -> tuple[Location, ...]: ...

    @overload
    def __getitem__(self, index: slice) -> "RowPlaces": ...

    def __getitem__(self, index: int | slice) -> "tuple[Location, ...] | RowPlaces":
        if isinstance(index, slice):
            return RowPlaces(self.file, self.lines[index], self.width)
        return (Location(self.file, self.lines[index]),) * self.width
