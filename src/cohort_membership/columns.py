"""Long lists of texts and of rows that stand in columns and read as sequences.

Who asks one by one gets Python's texts; who can work on columns asks for them, and no text is made.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias, overload

import polars as pl

Cell: TypeAlias = str | tuple[str, ...]
"""A level, or the level of a tuple: its levels in the tuple's order."""


@dataclass(frozen=True, slots=True, eq=False)
class TextColumn(Sequence[str]):
    """The texts of a column of strings without nulls. It equals any sequence of the same texts.

    >>> TextColumn(pl.Series(["depth", "fjord"])) == ("depth", "fjord")
    True
    """

    series: pl.Series

    def __len__(self) -> int:
        return len(self.series)

    def __iter__(self) -> Iterator[str]:
        return iter(self.series.to_list())

    @overload
    def __getitem__(self, index: int) -> str: ...

    @overload
    def __getitem__(self, index: slice) -> "TextColumn": ...

    def __getitem__(self, index: int | slice) -> "str | TextColumn":
        return TextColumn(self.series[index]) if isinstance(index, slice) else str(self.series[index])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(tuple(self))


@dataclass(frozen=True, slots=True, eq=False)
class RowColumns(Sequence[tuple[Cell, ...]]):
    """Rows that stand in equally long columns of strings, one at least. It equals any sequence of such rows.

    >>> RowColumns((pl.Series(["1", "2"]), pl.Series(["a", "b"]))) == (("1", "a"), ("2", "b"))
    True
    """

    columns: tuple[pl.Series, ...]

    def __len__(self) -> int:
        return len(self.columns[0])

    def __iter__(self) -> Iterator[tuple[Cell, ...]]:
        return zip(*(column.to_list() for column in self.columns), strict=True)

    @overload
    def __getitem__(self, index: int) -> tuple[Cell, ...]: ...

    @overload
    def __getitem__(self, index: slice) -> "RowColumns": ...

    def __getitem__(self, index: int | slice) -> "tuple[Cell, ...] | RowColumns":
        if isinstance(index, slice):
            return RowColumns(tuple(column[index] for column in self.columns))
        return tuple(str(column[index]) for column in self.columns)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(tuple(self))


def series_of(texts: Sequence[str]) -> pl.Series:
    """The texts as a column of strings, without a copy where they stand in one.

    >>> series_of(("depth", "fjord")).to_list()
    ['depth', 'fjord']
    """
    return texts.series if isinstance(texts, TextColumn) else pl.Series(texts, dtype=pl.String)


def columns_of(rows: Sequence[tuple[Cell, ...]]) -> tuple[pl.Series, ...]:
    """The columns of rows that are equally wide; none where there is no row and no column.

    A column holds strings, or, where one of its cells is the level of a tuple, lists of strings: a
    level beside such a cell is then a list of one.

    >>> [column.to_list() for column in columns_of([("depth", ("m1", "long")), ("style", "m2")])]
    [['depth', 'style'], [['m1', 'long'], ['m2']]]
    """
    if isinstance(rows, RowColumns):
        return rows.columns
    return tuple(map(_column, zip(*rows, strict=True)))


def _column(cells: Sequence[Cell]) -> pl.Series:
    if all(isinstance(cell, str) for cell in cells):
        return pl.Series(cells, dtype=pl.String)
    lists = [[cell] if isinstance(cell, str) else list(cell) for cell in cells]
    return pl.Series(lists, dtype=pl.List(pl.String))
