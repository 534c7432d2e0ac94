"""Rows of a product addressed by number: sums over its factors, for a range or for any rows.

Row `i` of a product of factors with heights h1, ..., hn takes row c1 of the first factor, ..., cn of
the last, where c1 ... cn are the digits of `i` in the mixed radix h1, ..., hn. Everything that
generation needs of a row (a level's number, its parent's number) is a sum of one number per factor,
so a table of numbers per factor is enough, and no row is ever built to find it.
"""

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import polars as pl
from numpy.typing import DTypeLike, NDArray

from cohort_membership.projection import Projection

Numbers: TypeAlias = NDArray[np.integer[Any]]

INNER_ROWS = 1 << 16
"""The block that is laid out once and repeated: it fits a core's cache."""


class RadixSum:
    """For each row of a product: the sum of one number per factor, `tables[f][digit f of the row]`.

    The sums are of `dtype`, by default of 32 bits where they fit: half the memory to go through.

    >>> RadixSum([np.array([0, 10, 20]), np.array([1, 2])]).over(1, 5)
    array([ 2, 11, 12, 21], dtype=uint32)
    """

    def __init__(self, tables: Sequence[Numbers], dtype: DTypeLike | None = None) -> None:
        if dtype is None:
            largest = sum(int(table.max(initial=0)) for table in tables)
            dtype = np.uint32 if largest < 2**32 else np.int64
        self._tables = [table.astype(dtype) for table in tables]
        self._dtype = dtype
        split, rows = len(tables), 1
        while split and rows * len(tables[split - 1]) <= INNER_ROWS:
            split -= 1
            rows *= len(tables[split])
        self._outer, self._inner_rows = self._tables[:split], rows
        self._inner = np.zeros(1, dtype)
        for table in self._tables[split:]:
            self._inner = np.add.outer(self._inner, table).ravel()

    def over(self, start: int, stop: int) -> NDArray[Any]:
        """The sums of the rows `start` to `stop` (not included)."""
        if stop <= start:
            return np.zeros(0, self._dtype)
        first, last = start // self._inner_rows, -(-stop // self._inner_rows)
        outer = _at(self._outer, np.arange(first, last), self._dtype)
        sums: NDArray[Any] = np.add.outer(outer, self._inner).ravel()
        offset = first * self._inner_rows
        return sums[start - offset : stop - offset]

    def at(self, rows: Numbers) -> NDArray[Any]:
        """The sums of any rows."""
        outer, inner = np.divmod(rows, self._inner_rows)
        return np.asarray(_at(self._outer, outer, self._dtype) + self._inner[inner], self._dtype)


def sums_of(sums: RadixSum, rows: range | Numbers) -> NDArray[Any]:
    """The sums of a run of rows, or of any rows."""
    return sums.over(rows.start, rows.stop) if isinstance(rows, range) else sums.at(rows)


def strides(heights: Sequence[int]) -> list[int]:
    """What a step of each digit adds to the row's number.

    >>> strides([2, 3, 5])
    [15, 5, 1]
    """
    steps = [1]
    for height in reversed(heights[1:]):
        steps.append(steps[-1] * height)
    return steps[::-1][-len(heights) :] if heights else []


def row_numbers(frame: pl.DataFrame, distinct: pl.DataFrame) -> Numbers:
    """For each row of `frame`: the number of the row of `distinct` that is equal on its columns."""
    if frame.columns == distinct.columns and frame.equals(distinct):
        return np.arange(frame.height)
    numbered = distinct.with_row_index(_ROW)
    joined = frame.select(distinct.columns).join(
        numbered, on=distinct.columns, how="left", maintain_order="left"
    )
    return joined[_ROW].to_numpy().astype(np.int64)


def projected_numbers(frames: Sequence[pl.DataFrame], projection: Projection) -> list[Numbers]:
    """Tables whose sum is the number, in a projection, of each row of a product of `frames`."""
    tables: list[Numbers] = [np.zeros(frame.height, np.int64) for frame in frames]
    for one, step in zip(projection, strides([one.height for one in projection]), strict=True):
        if one.identity:
            place = next(place for place, frame in enumerate(frames) if one.identity[0] in frame.columns)
            tables[place] = row_numbers(frames[place], one.keys) * step
    return tables


_ROW = "\0row"
"""The name of a passing column; no axis can be called so."""


def _at(tables: Sequence[NDArray[Any]], rows: Numbers, dtype: DTypeLike) -> NDArray[Any]:
    """The sums of any rows of a product, digit by digit from the last."""
    sums = np.zeros(len(rows), dtype)
    rest = rows
    for table in reversed(tables):
        rest, digit = np.divmod(rest, len(table))
        sums += table[digit]
    return sums
