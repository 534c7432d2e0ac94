"""The one thing that breaks the product: a seeded shuffle of the design's rows.

The shuffle is `random.Random(seed).shuffle` of the list of all rows; what it does depends on their
number only, so it is done on row numbers. Memory is in proportion to the design.
"""

from collections.abc import Sequence
from random import Random

import numpy as np

from cohort_membership.design import Factors, Projection, size
from cohort_membership.generate.radix import Numbers, RadixSum, projected_numbers


def shuffled_rows(factors: Factors, seed: int) -> Numbers:
    """The design's row numbers in shuffled order."""
    rows = list(range(size(factors)))
    Random(seed).shuffle(rows)
    return np.array(rows, np.int64)


def first_appearances(factors: Factors, projection: Projection, rows: Numbers) -> Numbers:
    """Of a stage's generations the design rows on which each appears first, in that order."""
    tables = projected_numbers([one.frame for one in factors], projection)
    generations = RadixSum(tables).at(rows)
    _, first = np.unique(generations, return_index=True)
    return np.asarray(rows[np.sort(first)], np.int64)


def shuffled_origins(factors: Factors, projections: Sequence[Projection], seed: int) -> list[Numbers]:
    """For each stage: the design row of each of its generations, in shuffled membership order."""
    rows = shuffled_rows(factors, seed)
    return [first_appearances(factors, projection, rows) for projection in projections]
