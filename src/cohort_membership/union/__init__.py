"""The union of several products: which rows of one are in none of those before it, and by what number.

The rows of a union of designs are those of each design, one after the other, less the rows that were
there before. So each product needs to know its *fresh* rows: how many there are, which row of the
product has a given rank among them, and how many come before a given row. All of it is arithmetic on
the products' small tables; no row of a product is built to find it.

>>> import numpy as np
>>> first = [pl.DataFrame({"x": ["1", "2"]}), pl.DataFrame({"y": ["a", "b"]})]
>>> second = [pl.DataFrame({"y": ["b", "c"]}), pl.DataFrame({"x": ["2", "3"]})]
>>> fresh = fresh_rows(second, [first]).unwrap()
>>> fresh.count, fresh.select(np.arange(fresh.count)).tolist()
(3, [1, 2, 3])
"""

from collections.abc import Sequence

import polars as pl
from returns.result import Result

from cohort_membership.union.collisions import Collision, reattributed, respelled
from cohort_membership.union.fresh import Fresh, Unwieldy, fresh_of
from cohort_membership.union.overlap import MOST_RUN_ROWS, possible_rows

__all__ = [
    "Collision",
    "Fresh",
    "Unwieldy",
    "fresh_of",
    "fresh_rows",
    "possible_rows",
    "reattributed",
    "respelled",
]


def fresh_rows(
    frames: Sequence[pl.DataFrame], others: Sequence[Sequence[pl.DataFrame]], *, limit: int = MOST_RUN_ROWS
) -> Result[Fresh, Unwieldy]:
    """The rows of the product of `frames` that are in none of the products `others`.

    All products have the same columns (texts), however they are spread over tables; a table has no row
    twice. Rows are numbered as the product of `frames` numbers them, the last varying fastest. `limit`
    bounds the rows of a run of tables that has to be looked at as one (see `possible_rows`).
    """
    return possible_rows(frames, others, limit=limit).bind(lambda bits: fresh_of(bits, len(others)))
