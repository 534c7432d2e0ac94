"""The rows with the smallest digests, of a stream of rows, in memory that depends on how many are kept."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Numbers: TypeAlias = NDArray[np.int64]
Words: TypeAlias = NDArray[np.uint64]

SPARE_ROWS = 1 << 16
"""Rows held beyond those kept before they are sorted out again."""


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Rows of a stream: each its number, its digest in two words (the first counts more), and its group.

    `groups` are numbers from 0; None where all rows are of one group.
    """

    numbers: Numbers
    high: Words
    low: Words
    groups: NDArray[np.intp] | None = None

    def take(self, places: NDArray[np.intp]) -> "Batch":
        groups = None if self.groups is None else self.groups[places]
        return Batch(self.numbers[places], self.high[places], self.low[places], groups)


def smallest(batches: Iterable[Batch], rows: int, *, groups: int = 1) -> Numbers:
    """The numbers of the rows with the `rows` smallest digests of each group, ascending.

    Of equal digests the row with the smaller number is kept. A group of fewer rows is kept whole.

    >>> words = np.array([5, 1, 9, 3], np.uint64)
    >>> smallest([Batch(np.arange(4), words, words)], 2)
    array([1, 3])
    """
    none = np.zeros(0, np.int64)
    words = none.astype(np.uint64)
    kept = Batch(none, words, words, np.zeros(0, np.intp))
    waiting: list[Batch] = []
    bounds = np.full(groups, ~np.uint64(0))  # of each group the largest first word that can still be kept
    for batch in batches:
        own = np.zeros(len(batch.numbers), np.intp) if batch.groups is None else batch.groups
        bound = bounds[0] if groups == 1 else bounds[own]
        places = np.flatnonzero(batch.high <= bound)
        waiting.append(Batch(batch.numbers, batch.high, batch.low, own).take(places))
        if sum(len(one.numbers) for one in waiting) > len(kept.numbers) + SPARE_ROWS:
            kept, waiting = _sorted_out([kept, *waiting], rows), []
            bounds = _bounds(kept, rows, groups)
    return np.sort(_sorted_out([kept, *waiting], rows).numbers)


def _sorted_out(parts: list[Batch], rows: int) -> Batch:
    """The smallest of all parts, group after group, by digest and number."""
    groups = np.concatenate([one.groups for one in parts if one.groups is not None])
    held = Batch(
        np.concatenate([one.numbers for one in parts]),
        np.concatenate([one.high for one in parts]),
        np.concatenate([one.low for one in parts]),
        groups,
    )
    order = np.lexsort((held.numbers, held.low, held.high, groups))
    in_order = groups[order]
    return held.take(order[np.arange(len(order)) - np.searchsorted(in_order, in_order) < rows])


def _bounds(kept: Batch, rows: int, groups: int) -> Words:
    bounds = np.full(groups, ~np.uint64(0))
    if kept.groups is not None:
        counts = np.bincount(kept.groups, minlength=groups)
        full = counts >= rows
        bounds[full] = kept.high[np.cumsum(counts)[full] - 1]
    return bounds
