"""The one way in which commands draw a table: aligned, with bars and totals where there are some.

    Table(
        (Column("stage"), Column("rows", "number"), Column("", "bar")),
        [("answer", 12, 12), ("verdict", 36, 36)],
        total=("total", 48),
    )

In a pipe a table is plain: no bars, no groups, and as wide as it is. A terminal that is too narrow breaks the
names of columns, then shows no bars, then breaks texts that wrap, and, if that is not enough, shows rows one
below the other as names and values: no column is left out.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Literal, TypeAlias

from cohort_membership.cli.show.terminal import styled

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
    from rich.table import Table as Grid
    from rich.text import Text

INDENT, GAP = 2, 2
NONE = "–"
DIM = "dim"
LEAST_WRAPPED, LEAST_BAR, MOST_BAR, BAR_COLOUR = 16, 6, 24, "cyan"


@dataclass(frozen=True, slots=True)
class Parts:
    """A bar of several parts, which are all of it: each its share, a character and a style."""

    parts: Sequence[tuple[float, str, str]]


Cell: TypeAlias = "str | float | tuple[str, str] | Parts | None"
"""Text, a number, (text, style), a bar's parts, or None where there is no value."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: text, numbers (to the right, with separators), or bars (the largest is the longest).

    Text that `wraps` is broken into lines where the terminal is narrow; other text never is.
    """

    name: str
    kind: Literal["text", "number", "bar"] = "text"
    wraps: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table for `Terminal.show`; each row, and the total, has a cell for each of the first columns.

    With `grouped` the first column stands above the rows that share it.
    """

    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    total: Sequence[Cell] | None = None
    grouped: bool = False

    def width(self, *, breaks: bool = False, wraps: bool = True) -> int:
        """The columns that the table needs at least, without bars; names of columns broken between words, and
        texts that wrap broken, or whole."""
        from rich.cells import cell_len

        widths = [INDENT - GAP]
        for place, column in enumerate(self.columns):
            if column.kind != "bar":
                name = column.name.split(" ") if breaks else [column.name]
                texts = [*name, *(_text(cell).plain for cell in self._cells(place, with_total=True))]
                needed = max(map(cell_len, texts))
                widths.append(GAP + (min(needed, LEAST_WRAPPED) if column.wraps and wraps else needed))
        return sum(widths)

    def __rich_console__(self, console: "Console", options: "ConsoleOptions") -> "RenderResult":
        from rich.padding import Padding

        shown = self._in_groups() if self.grouped and options.is_terminal else self
        fit = shown._fit(options)
        drawn = self._stacked() if fit is None else shown._side_by_side(*fit)
        yield Padding(drawn, (0, 0, 0, INDENT), expand=False)

    def _fit(self, options: "ConsoleOptions") -> tuple[int, bool] | None:
        """How wide bars are (0: there are none), and whether names break; None where nothing fits."""
        room = options.max_width
        bars = sum(column.kind == "bar" for column in self.columns)
        if bars and options.is_terminal and not options.ascii_only:
            for breaks in (False, True):
                bar = (room - self.width(breaks=breaks, wraps=False)) // bars - GAP
                if bar >= LEAST_BAR:
                    return min(bar, MOST_BAR), breaks
        for wraps, breaks in product((False, True), (False, True)):
            if self.width(breaks=breaks, wraps=wraps) <= room:
                return 0, breaks
        return None

    def _in_groups(self) -> "Table":
        rows: list[Sequence[Cell]] = []
        before: object = object()
        for group, first, *rest in self.rows:
            if group != before:
                rows.append(((str(group), "bold"),))
                before = group
            rows.append((f"  {_text(first).plain}", *rest))
        total = None if self.total is None else (self.total[0], *self.total[2:])
        return Table(self.columns[1:], rows, total)

    def _cells(self, place: int, *, with_total: bool = False) -> "Iterator[Cell]":
        rows = [*self.rows, self.total] if with_total and self.total is not None else self.rows
        return (row[place] for row in rows if place < len(row))

    def _side_by_side(self, bar: int, breaks: bool) -> "Grid":
        """The table with bars of that many columns, or without them."""
        from rich.rule import Rule

        grid = _grid()
        places = [at for at, column in enumerate(self.columns) if bar or column.kind != "bar"]
        for column in (self.columns[place] for place in places):
            grid.add_column(
                _name(column, breaks=breaks),
                justify="right" if column.kind == "number" else "left",
                no_wrap=not column.wraps,
                overflow="fold",
                width=bar if column.kind == "bar" else None,
            )
        largest = [_largest(self._cells(place)) for place in range(len(self.columns))]
        for row in self.rows:
            grid.add_row(
                *(_drawn(self.columns[at], row[at], largest[at], bar) for at in places if at < len(row))
            )
        if self.total is not None:
            known = len(self.total)
            grid.add_row(*(Rule(style=DIM) for at in places if at < known))
            grid.add_row(*(_text(self.total[at]) for at in places if at < known))
        return grid

    def _stacked(self) -> "Grid":
        grid = _grid(show_header=False)
        grid.add_column(style=DIM, overflow="fold")
        grid.add_column(overflow="fold")
        for number, row in enumerate([*self.rows, self.total] if self.total is not None else self.rows):
            if number:
                grid.add_row("", "")
            for column, cell in zip(self.columns, row, strict=False):
                if column.kind != "bar":
                    grid.add_row(styled(column.name), _text(cell))
        return grid


def _grid(*, show_header: bool = True) -> "Grid":
    from rich.table import Table as Grid

    return Grid(box=None, show_header=show_header, header_style=DIM, padding=(0, GAP, 0, 0), pad_edge=False)


def _largest(cells: "Iterator[Cell]") -> float:
    return max((cell for cell in cells if isinstance(cell, int | float)), default=0)


def _name(column: Column, *, breaks: bool) -> "Text":
    from rich.text import Text

    words = column.name.split(" ") if breaks else [column.name]
    return Text("\n").join(map(styled, words))


def _drawn(column: Column, cell: Cell, largest: float, bar: int) -> "RenderableType":
    if column.kind != "bar":
        return _text(cell)
    if isinstance(cell, Parts):
        return _of_parts(cell, bar)
    from rich.bar import Bar

    size = cell if isinstance(cell, int | float) else 0
    seen = max(size, largest / 32) if size else 0  # what is not nothing is seen
    return Bar(largest or 1, 0, seen, color=BAR_COLOUR)


def _of_parts(cell: Parts, bar: int) -> "Text":
    """Each part that is not nothing is seen; the largest one gives and takes what rounding leaves."""
    lengths = [max(int(share * bar), 1 if share else 0) for share, _, _ in cell.parts]
    if any(lengths):
        lengths[lengths.index(max(lengths))] += bar - sum(lengths)
    drawn = zip(cell.parts, lengths, strict=True)
    return styled(*((character * length, style) for (_, character, style), length in drawn))


def _text(cell: Cell) -> "Text":
    match cell:
        case None:
            return styled(NONE)
        case int():
            return styled(f"{cell:,}")
        case float():
            return styled(f"{cell:,.2f}")
        case Parts():
            return styled("")
        case _:
            return styled(cell)
