"""CSV text (RFC 4180, read strictly) to columns: what is in order at the speed of polars, the rest with care.

The text is read in pieces that end with a line. A piece in which every row is as wide as the header and
nothing needs its quotes goes to polars; any other is read by Python's `csv`, row by row. Both give the same
answer (the tests prove that), so where a piece ends matters to nobody.
"""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain, compress, islice
from operator import not_

import polars as pl
from returns.result import Failure, Result, Success

from cohort_membership.load.text.faults import Fault, Faults
from cohort_membership.load.text.in_order import held, in_order, with_plain_ends, without_quotes
from cohort_membership.load.text.lines import BREAK, LINE, WHITE_SPACE, place_at
from cohort_membership.problems import Location, counted

PIECE = 2**20
"""Characters that are read together: what one odd row costs, and what is in memory twice."""

MAX_ROW = 4 * PIECE
"""Characters of a row, in all the lines that it takes."""

MOST_RAGGED = 100_000
"""A text with more rows of another width is the wrong file: it is not read on."""


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """The rows that hold anything and are as wide as the `header`: a column of strings each, stripped.

    A cell may be empty; `lines` tells for each row the line where it starts. `faults` are the rows of
    another width, told once, and what ended the reading early.
    """

    file: str
    header: tuple[str, ...]
    header_line: int
    columns: tuple[pl.Series, ...]
    lines: pl.Series
    faults: Faults = ()


def read_sheet(text: str, file: str) -> Result[Sheet, Faults]:
    r"""The sheet, or why there is none: no header, no text.

    >>> sheet = read_sheet("a,b\n\n 1,'x\n", "a.csv").unwrap()
    >>> sheet.header, [column.to_list() for column in sheet.columns], sheet.lines.to_list()
    (('a', 'b'), [['1'], ["'x"]], [3])
    """
    nul = nul_fault(text, file)
    if nul:
        return Failure((nul,))
    reading = _Reading(text, file)
    header = reading.header()
    if header:
        return Success(reading.sheet(*header))
    empty = Fault("a header with the names of the columns", "an empty file", Location(file))
    return Failure((reading.fault or empty,))


def nul_fault(text: str, file: str) -> Fault | None:
    """NUL characters: UTF-16 or binary data that happens to be UTF-8."""
    index = text.find("\0")
    return None if index < 0 else Fault("text", "a NUL character", place_at(text, index, file))


@dataclass(slots=True)
class _Reading:
    """How far a text is read: `position` is the start of a row, which stands on `line`."""

    text: str
    file: str
    position: int = 0
    line: int = 1
    fault: Fault | None = None

    @property
    def is_over(self) -> bool:
        return self.fault is not None or self.position >= len(self.text)

    def header(self) -> tuple[tuple[str, ...], int] | None:
        """The first row that holds anything, stripped, and its line."""
        size = _HEADER
        while not self.is_over:
            start, first = self.position, self.line
            rows = self.rows(size)
            for number, cells in enumerate(rows.each()):
                names = tuple(cell.strip() for cell in cells)
                if any(names):
                    after = rows.lines[number + 1] if number + 1 < len(rows.lines) else self.line
                    *_, end = islice(LINE.finditer(self.text, start), after - first)
                    self.position, self.line, self.fault = end.end(), after, None
                    return names, rows.lines[number]
            size = min(size * 2, PIECE)
        return None

    def sheet(self, header: tuple[str, ...], header_line: int) -> Sheet:
        """The rest of the text, as rows under this header."""
        parts, lines = [[_EMPTY] for _ in header], [_NO_LINES]
        ragged = _Ragged(len(header))
        while not self.is_over and ragged.number < MOST_RAGGED:
            columns, numbers = self._piece(ragged)
            for part, column in zip(parts, columns, strict=True):
                part.append(column)
            lines.append(numbers)
        faults = (*ragged.faults(self.file), *((self.fault,) if self.fault else ()))
        return Sheet(self.file, header, header_line, tuple(map(pl.concat, parts)), pl.concat(lines), faults)

    def _piece(self, ragged: "_Ragged") -> tuple[list[pl.Series], pl.Series]:
        """Columns and lines of the next rows."""
        end = self._end(PIECE)
        piece = with_plain_ends(without_quotes(self.text[self.position : end]))
        found = in_order(piece, ragged.width) if piece else None
        if found is None:
            return _columns(self.rows(PIECE), ragged)
        columns, numbers = found
        numbers = (numbers + self.line).cast(pl.UInt32)
        self.position, self.line = end, self.line + piece.count("\n")
        return columns, numbers

    def rows(self, size: int) -> "_Rows":
        """About as many rows as `size` characters hold; some, or the fault."""
        found = _Rows()
        while not found.lines and not self.is_over:
            end = self._end(size)
            lines = LINE.findall(self.text, self.position, end)
            rows = csv.reader(lines, strict=True)
            first, before = self.line, 0
            try:
                for cells in rows:
                    if not cells:
                        before = rows.line_num
                        continue
                    found.cells += cells
                    found.widths.append(len(cells))
                    found.lines.append(first + before)
                    before = rows.line_num
            except csv.Error as error:
                if rows.line_num < len(lines) or end == len(self.text):
                    self._stop("valid CSV", f"a row that does not read: {error}", first + before)
                # Or else the row goes on after the piece.
            if (not found.lines and size >= MAX_ROW) or end == self.position:
                self._stop(f"rows of at most {MAX_ROW:,} characters", "a longer one", first + before)
            self.position += sum(map(len, lines[:before]))
            self.line, size = first + before, min(size * 2, MAX_ROW)
        return found

    def _end(self, size: int) -> int:
        """Where the line ends that is `size` characters from here, or the last one within the longest row."""
        limit = self.position + MAX_ROW
        broken = BREAK.search(self.text, self.position + size, limit)
        if broken:
            end = broken.end()
        elif len(self.text) <= limit:
            return len(self.text)
        else:
            end = max(self.text.rfind(one, self.position, limit) for one in "\r\n") + 1
        return end + (self.text[end - 1 : end + 1] == "\r\n") or self.position

    def _stop(self, expected: str, got: str, line: int) -> None:
        self.fault = Fault(expected, got, Location(self.file, line))


_HEADER = 2**10
"""Characters in which a header is looked for first."""

_EMPTY, _NO_LINES = pl.Series(dtype=pl.String), pl.Series(dtype=pl.UInt32)


@dataclass(slots=True)
class _Rows:
    """Rows end to end: no list a row, as millions of lists would keep the garbage collector busy."""

    cells: list[str] = field(default_factory=list)
    widths: list[int] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)

    def each(self) -> Iterator[list[str]]:
        cells = iter(self.cells)
        return (list(islice(cells, width)) for width in self.widths)


def _columns(rows: _Rows, ragged: "_Ragged") -> tuple[list[pl.Series], pl.Series]:
    """The columns and lines of the rows that are as wide as they should be and hold anything."""
    width = ragged.width
    cells, lines = rows.cells, rows.lines
    if set(rows.widths) != {width}:
        is_fit = [one == width for one in rows.widths]
        ragged.take(compress(zip(rows.each(), lines, strict=True), map(not_, is_fit)))
        cells = list(chain.from_iterable(compress(rows.each(), is_fit)))
        lines = list(compress(lines, is_fit))
    columns = [
        pl.Series(cells[number::width], dtype=pl.String).str.strip_chars(WHITE_SPACE)
        for number in range(width)
    ]
    return held(columns, pl.Series(lines, dtype=pl.UInt32))


@dataclass(slots=True)
class _Ragged:
    """Rows of another width than the header's: how many, and the first."""

    width: int
    number: int = 0
    first: tuple[int, int] | None = None

    def take(self, rows: Iterable[tuple[list[str], int]]) -> None:
        """Counts those among rows of another width that hold anything."""
        for cells, line in rows:
            if any(cell.strip() for cell in cells):
                self.number += 1
                self.first = self.first or (line, len(cells))

    def faults(self, file: str) -> Faults:
        if self.first is None:
            return ()
        line, cells = self.first
        others = f"; {counted(self.number - 1, 'more row')} of another width" if self.number > 1 else ""
        expected = f"{counted(self.width, 'cell')}, as in the header"
        return (Fault(expected, f"{cells:,}{others}", Location(file, line)),)
