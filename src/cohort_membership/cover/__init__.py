"""PURE: a covering design, the few rows of a large one in which every combination of a few levels occurs.

`cover` chooses the rows; `coverage` counts by other means what they cover.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import polars as pl
from returns.result import Failure, Result, Success

from cohort_membership.cover.greedy import Product, covering_rows
from cohort_membership.design import Factors
from cohort_membership.projection import distinct, project

MOST_COMBINATIONS = 2_000_000
"""The combinations that one covering design may have to hold: more take minutes, and gigabytes."""


@dataclass(frozen=True, slots=True)
class TooManyCombinations:
    """A covering design that is not made: it would have to hold more combinations than `limit`."""

    count: int
    limit: int


def cover(
    designs: Sequence[Factors], axes: Sequence[str], strength: int
) -> Result[pl.DataFrame, TooManyCombinations]:
    """Rows of the designs, on these axes, that hold every combination of levels of `strength` of them.

    A combination counts if a row of a design has it; every row is one of a design. The same input gives
    the same rows on every machine. The columns are `axes`, all text.

    >>> from cohort_membership.design import axis_factor
    >>> squares = tuple(axis_factor(axis, ["1", "2", "3"]) for axis in "wxyz")
    >>> cover([squares], list("wxyz"), 2).unwrap().height
    9
    """
    allowed = [_frames(factors, axes) for factors in designs]
    count = sum(
        _height(frames, subset)
        for frames in allowed
        for subset in combinations(axes, min(strength, len(axes)))
    )
    if count > MOST_COMBINATIONS:
        return Failure(TooManyCombinations(count, MOST_COMBINATIONS))
    levels = _levels(allowed, axes)
    rows = covering_rows(
        [_product(frames, axes, levels) for frames in allowed], [len(levels[axis]) for axis in axes], strength
    )
    columns = [levels[axis].gather(rows[:, place]).alias(axis) for place, axis in enumerate(axes)]
    return Success(pl.DataFrame(columns))


def allowed_rows(designs: Sequence[Factors], axes: Sequence[str]) -> int:
    """How many rows the designs have on these axes, each design's counted for itself."""
    return sum(_height(_frames(factors, axes), axes) for factors in designs)


def _frames(factors: Factors, axes: Sequence[str]) -> list[pl.DataFrame]:
    return [one.frame for one in project(factors, axes)]


def _height(frames: Sequence[pl.DataFrame], axes: Sequence[str]) -> int:
    count = 1
    for frame in frames:
        own = [axis for axis in frame.columns if axis in axes]
        if own:
            count *= distinct(frame, own).height
    return count


def _levels(allowed: Sequence[Sequence[pl.DataFrame]], axes: Sequence[str]) -> dict[str, pl.Series]:
    """The levels of each axis, in order of first appearance."""
    return {
        axis: pl.concat(
            [frame[axis] for frames in allowed for frame in frames if axis in frame.columns]
        ).unique(maintain_order=True)
        for axis in axes
    }


def _product(frames: Sequence[pl.DataFrame], axes: Sequence[str], levels: dict[str, pl.Series]) -> Product:
    return [
        (
            [axes.index(axis) for axis in frame.columns],
            np.column_stack([_codes(frame[axis], levels[axis]) for axis in frame.columns]),
        )
        for frame in frames
    ]


def _codes(column: pl.Series, levels: pl.Series) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    numbers = pl.DataFrame({"level": levels, "code": np.arange(len(levels))})
    joined = pl.DataFrame({"level": column}).join(numbers, on="level", how="left", maintain_order="left")
    return joined["code"].to_numpy().astype(np.int64)


@dataclass(frozen=True, slots=True)
class Coverage:
    """What rows cover: of `combinations` that a design allows, `missing` are in no row; `strays` are rows
    that no design has."""

    combinations: int
    missing: int
    strays: int

    @property
    def is_whole(self) -> bool:
        return self.missing == self.strays == 0


def coverage(rows: pl.DataFrame, designs: Sequence[Factors], axes: Sequence[str], strength: int) -> Coverage:
    """What the rows cover, counted by joins of the tables: nothing of how they were chosen is used."""
    expected = missing = 0
    for subset in combinations(axes, min(strength, len(axes))):
        wanted = pl.concat([_combined(factors, subset) for factors in designs]).unique()
        expected += wanted.height
        missing += wanted.join(rows.select(subset).unique(), on=subset, how="anti").height
    return Coverage(expected, missing, _strays(rows, designs, axes))


def _combined(factors: Factors, axes: Sequence[str]) -> pl.DataFrame:
    parts = [frame.unique() for _, frame in _parts(factors, axes)]
    whole = parts[0]
    for part in parts[1:]:
        whole = whole.join(part, how="cross")
    return whole.select(axes)


def _strays(rows: pl.DataFrame, designs: Sequence[Factors], axes: Sequence[str]) -> int:
    strays = rows
    for factors in designs:
        held = strays
        for own, frame in _parts(factors, axes):
            held = held.join(frame, on=own, how="semi")
        strays = strays.join(held, on=list(axes), how="anti")
    return strays.height


def _parts(factors: Factors, axes: Sequence[str]) -> Iterator[tuple[list[str], pl.DataFrame]]:
    """The factors that have some of the axes: which, and their columns."""
    for one in factors:
        own = [axis for axis in one.axes if axis in axes]
        if own:
            yield own, one.frame.select(own)
