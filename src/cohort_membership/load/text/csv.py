"""A CSV file that a spec includes to a list of levels or of rows, each with the line it starts on."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice

import polars as pl
from returns.result import Failure, Result, Success

from cohort_membership.columns import RowColumns, TextColumn
from cohort_membership.document import quoted
from cohort_membership.load.text.faults import MAX_FAULTS, Fault, Faults
from cohort_membership.load.text.lines import LineNumbers, LinePlaces, RowPlaces
from cohort_membership.load.text.sheet import Sheet, read_sheet
from cohort_membership.problems import Location
from cohort_membership.spec import Levels, Rows


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A CSV file with a header: levels where it has one column, flat rows where it has several."""

    header: tuple[str, ...]
    content: Levels | Rows


def parse_csv(text: str, file: str) -> Result[Table, Faults]:
    r"""The table, or all faults found in it (at most a thousand): a header that leaves a column
    without a name or names two alike, rows of another width (told once), and empty cells.

    >>> parse_csv("left,right\n\ndepth,fjord\n", "a.csv").unwrap().content.rows[0]
    ('depth', 'fjord')
    >>> [fault.location.line for fault in parse_csv("a,b\n1\n2\n4,\n", "a.csv").failure()]
    [2, 4]
    """
    return read_sheet(text, file).bind(_table)


def _table(sheet: Sheet) -> Result[Table, Faults]:
    faults = _header_faults(sheet)
    if faults:
        return Failure(faults)
    found = sorted(chain(_empty_cells(sheet), sheet.faults), key=_line)
    if found:
        return Failure(tuple(found[:MAX_FAULTS]))
    if len(sheet.header) == 1:
        levels = Levels(TextColumn(sheet.columns[0]), LinePlaces(sheet.file, LineNumbers(sheet.lines)))
        return Success(Table(sheet.header, levels))
    places = RowPlaces(sheet.file, LineNumbers(sheet.lines), len(sheet.header))
    return Success(Table(sheet.header, Rows(RowColumns(sheet.columns), places, flat=True)))


def _header_faults(sheet: Sheet) -> Faults:
    at = Location(sheet.file, sheet.header_line)
    if sheet.header[0].casefold().startswith("sep="):
        got = f"{quoted(sheet.header[0])}, which only tells a spreadsheet how to read the file: delete it"
        return (Fault("a header with the names of the columns, separated by ','", got, at),)
    nameless = (
        Fault("a name for each column in the header", f"none for column {number}", at)
        for number, name in enumerate(sheet.header, start=1)
        if not name
    )
    twice = (
        Fault("each column name once in the header", f"{quoted(name)} {times} times", at)
        for name, times in Counter(sheet.header).items()
        if name and times > 1
    )
    return tuple(islice(chain(nameless, twice), MAX_FAULTS))


def _empty_cells(sheet: Sheet) -> Iterator[Fault]:
    """The first empty cell of each row that has one; of a thousand rows."""
    empty = [column == "" for column in sheet.columns]
    if not any(one.any() for one in empty):
        return
    first = pl.select(pl.coalesce(pl.when(one).then(number) for number, one in enumerate(empty, start=1)))
    numbered = pl.DataFrame({"line": sheet.lines, "cell": first.to_series()}).drop_nulls().head(MAX_FAULTS)
    for line, cell in numbered.iter_rows():
        yield Fault("a text in each cell", f"none in cell {cell}", Location(sheet.file, line))


def _line(fault: Fault) -> int:
    return (fault.location and fault.location.line) or 0
