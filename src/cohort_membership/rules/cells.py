"""The rows that a rule lists, as a table over axes, with the cells that are no levels."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from cohort_membership import design
from cohort_membership.columns import Cell, columns_of
from cohort_membership.document import quoted
from cohort_membership.problems import LevelOutsideAxis, Location, Problem, SpecInvalid, counted
from cohort_membership.rules.rule import AxisNames, Scope
from cohort_membership.spec import Rows

MOST_PROBLEMS = 1_000
"""How many cells of one list are reported: a wrong file would else fill a log with millions."""

_ROW = "\0row"
"""The name of a passing column; no axis can be called so."""


@dataclass(frozen=True, slots=True, eq=False)
class Listed:
    """Rows over the axes of `sides`, one after the other, repeats and all; what is wrong with them."""

    frame: pl.DataFrame
    problems: tuple[Problem, ...]


def listed_rows(where: str, rows: Rows, sides: Sequence[AxisNames], scope: Scope) -> Listed:
    """The rows with a column an axis. `sides[j]` are the axes that cell j stands for.

    A row of the wrong shape is `spec-invalid`; a cell that is no level of its side, as the rules before
    left it, `level-outside-axis`.
    """
    axes = tuple(axis for side in sides for axis in side)
    if rows.flat:
        columns = columns_of(rows.rows)
        if len(columns) != len(axes):
            width = _row_width(where, len(columns), axes, rows.places[0][0])
            return Listed(_frame(axes, []), (width,))
        frame = pl.DataFrame([column.alias(axis) for axis, column in zip(axes, columns, strict=True)])
        numbers: Sequence[int] = range(frame.height)
        misfits: list[Problem] = []
    else:
        frame, numbers, misfits = _flattened(where, rows, sides, axes)
    places = _Places(rows, numbers)
    outside = _outside(where, frame, sides, scope, places)
    return Listed(frame, (*misfits, *outside))


@dataclass(frozen=True, slots=True)
class _Places:
    """Where a cell stands: by row of the frame, and side."""

    rows: Rows
    numbers: Sequence[int]

    def at(self, row: int, side: int) -> Location | None:
        places = self.rows.places[self.numbers[row]]
        return places[0 if self.rows.flat else side]


def _flattened(
    where: str, rows: Rows, sides: Sequence[AxisNames], axes: AxisNames
) -> tuple[pl.DataFrame, list[int], list[Problem]]:
    """Rows whose cells may be lists, the level of a tuple each."""
    flat: list[tuple[str, ...]] = []
    numbers: list[int] = []
    problems: dict[Problem, None] = {}
    for number, (row, places) in enumerate(zip(rows.rows, rows.places, strict=True)):
        cells = tuple(map(_flat, row))
        wrong = [
            _cell_width(where, side, cell, place)
            for side, cell, place in zip(sides, cells, places, strict=True)
            if len(cell) != len(side)
        ]
        problems |= dict.fromkeys(wrong)
        if not wrong:
            flat.append(tuple(text for cell in cells for text in cell))
            numbers.append(number)
    return _frame(axes, flat), numbers, list(problems)


def _frame(axes: AxisNames, rows: Sequence[tuple[str, ...]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=dict.fromkeys(axes, pl.String), orient="row")


def _outside(
    where: str, frame: pl.DataFrame, sides: Sequence[AxisNames], scope: Scope, places: _Places
) -> Iterator[Problem]:
    for number, side in enumerate(sides):
        known = scope.factors[design.place_of(scope.factors, side[0])].frame.select(side)
        if len(side) == 1 and frame[side[0]].is_in(known[side[0]].implode()).all():
            continue
        strangers = (
            frame.select(side)
            .with_row_index(_ROW)
            .unique(side, keep="first", maintain_order=True)
            .join(known, on=side, how="anti", maintain_order="left")
        )
        for row, *level in strangers.head(MOST_PROBLEMS).iter_rows():
            yield LevelOutsideAxis(
                where=where,
                axis=", ".join(side),
                level=", ".join(level),
                suggestion=scope.suggestions.nearest(level[0], known[side[0]].unique())
                if len(side) == 1
                else None,
                location=places.at(row, number),
            )


def _flat(cell: Cell) -> tuple[str, ...]:
    return (cell,) if isinstance(cell, str) else cell


def _row_width(where: str, width: int, axes: AxisNames, place: Location | None) -> Problem:
    return SpecInvalid(
        where=where,
        expected=f"{counted(len(axes), 'cell')} ({', '.join(axes)})",
        got=str(width),
        location=place,
    )


def _cell_width(where: str, side: AxisNames, cell: Sequence[str], place: Location | None) -> Problem:
    expected = (
        f"a level of {side[0]}" if len(side) == 1 else f"a list of {len(side)} levels ({', '.join(side)})"
    )
    return SpecInvalid(where=where, expected=expected, got=" ".join(map(quoted, cell)), location=place)
