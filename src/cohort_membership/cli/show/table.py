"""The one way in which commands draw a table: aligned, with bars and totals where there are some.

    Table(
        (Column("stage"), Column("rows", "number"), Column("", "bar")),
        [("answer", 12, 12), ("verdict", 36, 36)],
        total=("total", 48),
    )

In a pipe a table is plain: no bars, and as wide as it is. A terminal that is too narrow for it shows no bars,
and, if that is not enough, its rows one below the other as names and values: no column is left out.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from cohort_membership.cli.show.terminal import styled

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
    from rich.table import Table as Grid
    from rich.text import Text

Cell: TypeAlias = "str | float | tuple[str, str] | None"
"""Text, a number, (text, style), or None where there is no value."""

INDENT, GAP = 2, 2
NONE = "–"
DIM = "dim"
LEAST_WRAPPED, LEAST_BAR, MOST_BAR, BAR_COLOUR = 16, 6, 24, "cyan"


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
    """A table for `Terminal.show`; each row, and the total, has a cell for each of the first columns."""

    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    total: Sequence[Cell] | None = None

    def width(self) -> int:
        """The columns that the table needs at least, without bars."""
        from rich.cells import cell_len

        widths = [INDENT - GAP]
        for place, column in enumerate(self.columns):
            if column.kind != "bar":
                texts = [column.name, *(_text(cell).plain for cell in self._cells(place, with_total=True))]
                needed = max(map(cell_len, texts))
                widths.append(GAP + (min(needed, LEAST_WRAPPED) if column.wraps else needed))
        return sum(widths)

    def __rich_console__(self, console: "Console", options: "ConsoleOptions") -> "RenderResult":
        from rich.padding import Padding

        room = options.max_width - self.width()
        bars = sum(column.kind == "bar" for column in self.columns)
        bar = room // bars - GAP if bars and options.is_terminal and not options.ascii_only else 0
        shown = self._stacked() if room < 0 else self._side_by_side(min(bar, MOST_BAR))
        yield Padding(shown, (0, 0, 0, INDENT), expand=False)

    def _cells(self, place: int, *, with_total: bool = False) -> "Iterator[Cell]":
        rows = [*self.rows, self.total] if with_total and self.total is not None else self.rows
        return (row[place] for row in rows if place < len(row))

    def _side_by_side(self, bar: int) -> "Grid":
        """The table with bars of that many columns, or without them where that is too few."""
        from rich.rule import Rule

        grid, has_bars = _grid(), bar >= LEAST_BAR
        places = [at for at, column in enumerate(self.columns) if has_bars or column.kind != "bar"]
        for column in (self.columns[place] for place in places):
            grid.add_column(
                styled(column.name),
                justify="right" if column.kind == "number" else "left",
                no_wrap=not column.wraps,
                overflow="fold",
                width=bar if column.kind == "bar" else None,
            )
        largest = [_largest(self._cells(place)) for place in range(len(self.columns))]
        for row in self.rows:
            grid.add_row(*(_drawn(self.columns[at], row[at], largest[at]) for at in places if at < len(row)))
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


def _drawn(column: Column, cell: Cell, largest: float) -> "RenderableType":
    if column.kind != "bar":
        return _text(cell)
    from rich.bar import Bar

    size = cell if isinstance(cell, int | float) else 0
    return Bar(
        largest or 1, 0, max(size, largest / 32) if size else 0, color=BAR_COLOUR
    )  # seen, if not nothing


def _text(cell: Cell) -> "Text":
    match cell:
        case None:
            return styled(NONE)
        case int():
            return styled(f"{cell:,}")
        case float():
            return styled(f"{cell:,.2f}")
        case _:
            return styled(cell)
