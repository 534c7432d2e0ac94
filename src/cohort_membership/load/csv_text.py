"""CSV text (RFC 4180, read strictly) to a list of levels or of rows, each with the line it starts on."""

import csv
from array import array
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice

from returns.result import Failure, Result, Success

from cohort_membership.load.faults import MAX_FAULTS, Fault, Faults, quoted
from cohort_membership.load.lines import LinePlaces, RowPlaces, lines_of, place_at
from cohort_membership.problems import Location, counted
from cohort_membership.spec import Levels, Rows


class NumberedRows:
    r"""The rows that hold anything, their cells stripped, each with the line where it starts.

    The rows end at the first fault of syntax, which `fault` then holds.

    >>> list(NumberedRows("a,b\n\n 1,'x\n", "a.csv"))
    [(1, ['a', 'b']), (3, ['1', "'x"])]
    """

    def __init__(self, text: str, file: str) -> None:
        self.fault = nul_fault(text, file)
        self._text = text
        self._file = file

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        if self.fault:
            return
        rows = csv.reader(lines_of(self._text), strict=True)
        line = 1
        try:
            for cells in rows:
                stripped = [cell.strip() for cell in cells]
                if any(stripped):
                    yield line, stripped
                line = rows.line_num + 1
        except csv.Error as error:
            self.fault = Fault("valid CSV", f"a row that does not read: {error}", Location(self._file, line))


@dataclass(frozen=True, slots=True)
class Table:
    """A CSV file with a header: levels where it has one column, flat rows where it has several."""

    header: tuple[str, ...]
    content: Levels | Rows


def parse_csv(text: str, file: str) -> Result[Table, Faults]:
    r"""The table, or all faults found in it (at most a thousand): a header that leaves a column
    without a name or names two alike, rows of another width, and empty cells.

    >>> parse_csv("left,right\n\ndepth,fjord\n", "a.csv").unwrap().content.rows
    (('depth', 'fjord'),)
    >>> [fault.location.line for fault in parse_csv("a,b\n1\n2,3\n4,\n", "a.csv").failure()]
    [2, 4]
    """
    rows = NumberedRows(text, file)
    body = iter(rows)
    first = next(body, None)
    if first is None:
        empty = Fault("a header with the names of the columns", "an empty file", Location(file))
        return Failure((rows.fault or empty,))
    line, header = first
    at = Location(file, line)
    faults = _header_faults(header, at)
    if faults:
        return Failure(faults)
    lines = array("I")
    checked = _Checked(body, len(header), file, lines)
    content: Levels | Rows
    if len(header) == 1:
        content = Levels(tuple(cells[0] for cells in checked), LinePlaces(file, lines))
    else:
        content = Rows(tuple(map(tuple, checked)), RowPlaces(file, lines, len(header)), flat=True)
    faults = (*checked.faults, *((rows.fault,) if rows.fault else ()))
    return Failure(faults) if faults else Success(Table(tuple(header), content))


def nul_fault(text: str, file: str) -> Fault | None:
    """NUL characters: UTF-16 or binary data that happens to be UTF-8."""
    index = text.find("\0")
    return None if index < 0 else Fault("text", "a NUL character", place_at(text, index, file))


def _header_faults(header: list[str], at: Location) -> Faults:
    nameless = (
        Fault("a name for each column in the header", f"none for column {number}", at)
        for number, name in enumerate(header, start=1)
        if not name
    )
    twice = (
        Fault("each column name once in the header", f"{quoted(name)} {times} times", at)
        for name, times in Counter(header).items()
        if name and times > 1
    )
    return tuple(islice(chain(nameless, twice), MAX_FAULTS))


class _Checked:
    """The rows that have a text in each of their `width` cells; their lines, and the others' faults."""

    def __init__(
        self, body: Iterator[tuple[int, list[str]]], width: int, file: str, lines: "array[int]"
    ) -> None:
        self.faults: list[Fault] = []
        self._body = body
        self._width = width
        self._file = file
        self._lines = lines

    def __iter__(self) -> Iterator[list[str]]:
        for line, cells in self._body:
            if len(cells) == self._width and "" not in cells:
                self._lines.append(line)
                yield cells
            elif len(self.faults) < MAX_FAULTS:
                self.faults.append(self._fault(line, cells))
            else:
                return

    def _fault(self, line: int, cells: list[str]) -> Fault:
        at = Location(self._file, line)
        if len(cells) != self._width:
            return Fault(f"{counted(self._width, 'cell')}, as in the header", f"{len(cells):,}", at)
        return Fault("a text in each cell", f"none in cell {cells.index('') + 1}", at)
