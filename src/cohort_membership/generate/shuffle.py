"""The one thing that breaks the product: a seeded shuffle of the design's rows.

The shuffle is `random.Random(seed).shuffle` of the list of all rows; what it does depends on their
number only, so it is done on row numbers. Memory is in proportion to the design.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

import numpy as np
from numpy.typing import NDArray

from cohort_membership.design import Factors, place_of
from cohort_membership.radix import Numbers, RadixSum


@dataclass(frozen=True, slots=True, eq=False)
class Listed:
    """Rows in an order of their own: row i is the row `rows[i]` of the block `blocks[i]`."""

    blocks: NDArray[np.uint8]
    rows: NDArray[np.int64]

    def take(self, places: Numbers) -> "Listed":
        return Listed(self.blocks[places], self.rows[places])


def shuffled(rows_of_blocks: Sequence[NDArray[np.int64]], seed: int) -> Listed:
    """The rows of all blocks, which stand one after the other, in shuffled order."""
    counts = [len(rows) for rows in rows_of_blocks]
    blocks = np.repeat(np.arange(len(counts), dtype=np.uint8), counts)
    order = list(range(sum(counts)))
    Random(seed).shuffle(order)
    return Listed(blocks, np.concatenate(rows_of_blocks)).take(np.array(order, np.int64))


def first_appearances(every: Listed, designs: Sequence[Factors], axes: Sequence[str]) -> Listed:
    """Of each combination of levels of `axes` the first row that has it, in their order."""
    keys = np.zeros(len(every.rows), np.int64)
    combinations = 1
    for axis in axes:
        levels, codes = _codes(every, designs, axis)
        if combinations * levels > _LARGEST_KEY:
            distinct, keys = np.unique(keys, return_inverse=True)
            combinations = len(distinct)
        keys = keys * levels + codes
        combinations *= levels
    _, first = np.unique(keys, return_index=True)
    return every.take(np.sort(first))


_LARGEST_KEY = 2**62


def _codes(every: Listed, designs: Sequence[Factors], axis: str) -> tuple[int, NDArray[np.int64]]:
    """How many levels the axis has over all designs, and for each row the number of its level."""
    number_of: dict[str, int] = {}
    codes = np.zeros(len(every.rows), np.int64)
    for block, factors in enumerate(designs):
        place = place_of(factors, axis)
        tables: list[Numbers] = [np.zeros(one.height, np.int64) for one in factors]
        levels = factors[place].frame[axis].to_list()
        tables[place] = np.array([number_of.setdefault(level, len(number_of)) for level in levels], np.int64)
        own = every.blocks == block
        codes[own] = RadixSum(tables).at(every.rows[own])
    return len(number_of), codes
