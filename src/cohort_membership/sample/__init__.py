"""A sample of a design's rows, chosen by what they are and not by where they stand.

Each row has a text, `<seed>|<axis>=<level>|…`, and the rows with the smallest digests of it are kept.
So a larger sample holds the smaller one, and a design that gains a level keeps most of its sample.
All rows are gone through once, a batch at a time; what is held are the rows kept so far.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce

import numpy as np
import polars as pl

from cohort_membership.design import Factors
from cohort_membership.identity.bulk import Kernel
from cohort_membership.projection import Projection, project
from cohort_membership.radix import RadixSum, projected_numbers, row_numbers, sums_of
from cohort_membership.sample.kept_rows import Batch, Numbers, smallest
from cohort_membership.sample.text_digests import RowTexts, digests, row_texts
from cohort_membership.union import Fresh

__all__ = ["Batch", "RowTexts", "Sampling", "digests", "row_texts", "sample", "smallest"]

BATCH_ROWS = 1 << 17
"""Rows gone through at a time."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """Keep `rows` rows of a design, or of each combination of levels of the axes `by`.

    `defaults` are the levels that leave an axis out of a row's text (as ids do for added axes), and
    `whole` the axes whose levels are whole numbers (replicates).
    """

    rows: int
    seed: int
    by: tuple[str, ...] = ()
    defaults: Mapping[str, str] = field(default_factory=dict)
    whole: frozenset[str] = frozenset()


def sample(
    blocks: Sequence[tuple[Factors, Fresh]],
    sampling: Sampling,
    *,
    kernel: Kernel,
    threads: int = 1,
    batch_rows: int = BATCH_ROWS,
) -> list[Numbers]:
    """For each block of a design its row numbers (as its product numbers them) that are in the sample.

    A design is its blocks' fresh rows, one block after the other; the numbers are ascending. All blocks
    have all axes. A block of its own has `Fresh(size, size, ())`: every row is fresh.

    >>> from cohort_membership.design import axis_factor, size
    >>> from cohort_membership.identity.bulk import STANDARD
    >>> factors = (axis_factor("x", ["1", "2", "3"]), axis_factor("y", ["a", "b"]))
    >>> block = (factors, Fresh(6, 6, ()))
    >>> [rows.tolist() for rows in sample([block], Sampling(2, seed=7), kernel=STANDARD)]
    [[0, 3]]
    """
    starts = np.cumsum([0, *(fresh.count for _, fresh in blocks)]).tolist()
    groups, count = _groups([factors for factors, _ in blocks], sampling.by)

    def batches() -> Iterator[Batch]:
        for (factors, fresh), group, offset in zip(blocks, groups, starts, strict=False):
            texts = row_texts(factors, sampling.seed, defaults=sampling.defaults, whole=sampling.whole)
            for start in range(0, fresh.count, batch_rows):
                stop = min(start + batch_rows, fresh.count)
                rows = range(start, stop) if fresh.is_all else fresh.over(start, stop)
                keys = digests(texts, rows, kernel=kernel, threads=threads)
                yield Batch(np.arange(start, stop) + offset, *keys, None if group is None else group.of(rows))

    kept = smallest(batches(), sampling.rows, groups=count)
    cuts = np.searchsorted(kept, starts).tolist()
    return [
        fresh.select(kept[begin:end] - offset)
        for (_, fresh), begin, end, offset in zip(blocks, cuts, cuts[1:], starts, strict=False)
    ]


@dataclass(frozen=True, slots=True, eq=False)
class _Groups:
    """The group of each row of a product: its combination of levels has a number there, and one for all."""

    combinations: RadixSum
    numbers: Numbers

    def of(self, rows: range | Numbers) -> Numbers:
        taken: Numbers = self.numbers[sums_of(self.combinations, rows)]
        return taken


def _groups(blocks: Sequence[Factors], by: Sequence[str]) -> tuple[Sequence[_Groups | None], int]:
    """The groups of each block's rows, and how many there are over all blocks."""
    if not by:
        return [None] * len(blocks), 1
    projections = [project(factors, by) for factors in blocks]
    combinations = [_rows(projection).select(by) for projection in projections]
    every = pl.concat(combinations).unique(maintain_order=True)
    groups = []
    for factors, projection, own in zip(blocks, projections, combinations, strict=True):
        tables = projected_numbers([one.frame for one in factors], projection)
        groups.append(_Groups(RadixSum(tables), row_numbers(own, every).astype(np.int64)))
    return groups, every.height


def _rows(projection: Projection) -> pl.DataFrame:
    """A projection's rows, laid out."""
    first, *others = [one.frame for one in projection]
    return reduce(
        lambda rows, frame: rows.join(frame, how="cross", maintain_order="left_right"), others, first
    )
