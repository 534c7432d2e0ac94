"""Shards: which worker runs a generation, told by its id alone."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cohort_membership.identity import DIGITS, MAX_DIGITS

MOST_SHARDS = 10**6

_VALUE = np.zeros(256, np.int64)
_VALUE[np.frombuffer(DIGITS.encode(), np.uint8)] = np.arange(36)


@dataclass(frozen=True, slots=True)
class Shard:
    """Shard `number` (from 1) of `of`."""

    number: int
    of: int

    def mask(self, gen_ids: pl.Series) -> pl.Series:
        """Which of these ids are the shard's: those whose number mod `of` is `number` - 1.

        >>> Shard(2, 3).mask(pl.Series(["d_1", "d_2", "d_10"])).to_list()
        [True, False, False]
        """
        return pl.Series(remainders(gen_ids, self.of) == self.number - 1, dtype=pl.Boolean)


def remainders(gen_ids: pl.Series, of: int) -> NDArray[np.int64]:
    """The ids' numbers (base 36 after the prefix), modulo `of`.

    >>> remainders(pl.Series(["d_1z", "e_10"]), 1000).tolist()
    [71, 36]
    """
    numbers = (
        gen_ids.cast(pl.String).str.extract(r"([^_]*)$").str.slice(-MAX_DIGITS).str.pad_start(MAX_DIGITS, "0")
    )
    text = numbers.str.join("").item() or ""
    digits = _VALUE[np.frombuffer(text.encode(), np.uint8)].reshape(len(gen_ids), MAX_DIGITS)
    rest = np.zeros(len(gen_ids), np.int64)
    for place in range(MAX_DIGITS):
        rest = (rest * 36 + digits[:, place]) % of
    return rest
