"""Which parts of a product's rows are possible in other products over the same columns.

A table of another product may span columns that lie in several tables of this one. Those tables, with
all that stand between them, are then looked at as one *run*, so that rows keep their order and number.
Nothing but bits is laid out for a run: eight bytes a row, never its texts.
"""

import math
from collections.abc import Iterator, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray
from returns.result import Failure, Result, Success

from cohort_membership.radix import row_numbers
from cohort_membership.union.fresh import MOST_OTHERS, Bits, Unwieldy

MOST_RUN_ROWS = 1 << 24
"""Rows of a run: 128 MiB of bits."""


def possible_rows(
    frames: Sequence[pl.DataFrame], others: Sequence[Sequence[pl.DataFrame]], *, limit: int = MOST_RUN_ROWS
) -> Result[list[Bits], Unwieldy]:
    """For each run of this product's tables the bits of its rows: bit j, that the row is possible in other j.

    All products have the same columns (texts), however they are spread over tables. The runs multiply to
    the same rows in the same order as the tables do. A run of more rows than `limit` is `Unwieldy`.

    >>> frames = [pl.DataFrame({"x": ["1", "2"]}), pl.DataFrame({"y": ["1", "2"]})]
    >>> coupled = [pl.DataFrame({"x": ["1", "2"], "y": ["2", "1"]})]
    >>> [bits.tolist() for bits in possible_rows(frames, [coupled, frames[::-1]]).unwrap()]
    [[2, 3, 3, 2]]
    """
    if len(others) > MOST_OTHERS:
        return Failure(Unwieldy("others", len(others), MOST_OTHERS))
    place_of = {axis: place for place, frame in enumerate(frames) for axis in frame.columns}
    spans = [sorted({place_of[axis] for axis in table.columns}) for other in others for table in other]
    every = np.uint64((1 << len(others)) - 1)
    runs: list[Bits] = []
    for start, stop in _runs(len(frames), spans):
        heights = [frame.height for frame in frames[start:stop]]
        if (rows := math.prod(heights)) > limit:
            axes = tuple(axis for frame in frames[start:stop] for axis in frame.columns)
            return Failure(Unwieldy("rows", rows, limit, axes))
        bits = np.full(heights, every, np.uint64)
        for number, other in enumerate(others):
            for table in other:
                if table.width and start <= place_of[table.columns[0]] < stop:
                    _mark(bits, frames[start:stop], table, ~np.uint64(1 << number))
        runs.append(bits.reshape(-1))
    return Success(runs)


def _runs(count: int, spans: Sequence[Sequence[int]]) -> Iterator[tuple[int, int]]:
    """The places cut into runs, start and stop, so that each span lies within one."""
    joined = {place for span in spans if span for place in range(span[0], span[-1])}
    starts = [place for place in range(count) if place - 1 not in joined]
    return zip(starts, [*starts[1:], count], strict=False)  # where there is no start there is no run


def _mark(bits: Bits, frames: Sequence[pl.DataFrame], table: pl.DataFrame, without: np.uint64) -> None:
    """Take the table's bit from the rows of the run that do not have a row of the table in them."""
    if any(frame.equals(table) for frame in frames if frame.columns == table.columns):
        return
    shape = [1] * len(frames)
    numbers: list[NDArray[np.integer]] = []
    heights: list[int] = []
    found = table
    for place, frame in enumerate(frames):
        axes = [axis for axis in frame.columns if axis in table.columns]
        if axes:
            parts = frame.select(axes).unique(maintain_order=True)
            numbers.append(row_numbers(frame.select(axes), parts))
            found = found.join(parts.with_row_index(f"\0{len(heights)}"), on=axes)
            heights.append(parts.height)
            shape[place] = frame.height
    there = np.zeros(heights, np.bool_)
    there[tuple(found[f"\0{place}"].to_numpy() for place in range(len(heights)))] = True
    is_there = there[np.ix_(*numbers)].reshape(shape)
    bits &= np.where(is_there, ~np.uint64(0), without)
