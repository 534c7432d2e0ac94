"""The values that go into and come out of ids in bulk: texts as bytes, ids in slots of one width."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from cohort_membership.identity import MAX_DIGITS

if TYPE_CHECKING:
    import polars as pl

Rows: TypeAlias = NDArray[np.integer[Any]]
"""Indices into heads, tails or ids, one a row: a one-dimensional array of integers."""


@dataclass(frozen=True, slots=True, eq=False)
class Ids:
    """The ids of a run of rows, in slots of one width: the prefix and 16 digits.

    `slots` is a contiguous array of fixed-width bytes (`S18` for a prefix of two letters). An id with
    fewer digits ends in NULs, which numpy does not count as part of the value; no id holds one. So the
    slots compare, sort and index as any array does, and serve as the heads of the next stage as they are.
    """

    slots: NDArray[np.bytes_]

    def __len__(self) -> int:
        return len(self.slots)

    @property
    def lengths(self) -> NDArray[np.int64]:
        """The length of each id in bytes."""
        return np.char.str_len(self.slots).astype(np.int64, copy=False)

    def take(self, rows: "Rows | slice") -> "Ids":
        """The ids at these rows, in their order; a slice is a view and copies nothing."""
        if isinstance(rows, slice):
            return Ids(np.ascontiguousarray(self.slots[rows]))
        return Ids(self.slots.take(rows))

    def tolist(self) -> list[bytes]:
        """The ids as bytes."""
        return self.slots.tolist()

    def to_series(self, name: str = "gen_id") -> "pl.Series":
        """The ids as a polars String series.

        About 20 ns a row: where a child's column of parents is wanted, gather the parents' series (3 ns)
        rather than convert again.

        >>> Ids(np.array([b"d_1z", b"d_0"], dtype="S18")).to_series().to_list()
        ['d_1z', 'd_0']
        """
        # Public polars operations alone. Handing over numpy's memory through the Arrow C interface would
        # save some 10 ns, but its release callback would run Python on whichever thread drops the last
        # reference, and could do so while the interpreter shuts down.
        import polars as pl

        if not len(self):
            return pl.Series(name, [], dtype=pl.String)
        width = self.slots.itemsize
        padded = pl.Series(name, self.slots.view(np.uint8).reshape(-1, width))
        series = padded.arr.to_list().cast(pl.Binary).cast(pl.String)
        short = np.flatnonzero(self.slots.view(np.uint8)[width - 1 :: width] == 0)
        if not len(short):
            return series
        rows = pl.Series(short)
        return series.scatter(rows, series.gather(rows).str.strip_chars_end("\0"))


@dataclass(frozen=True, eq=False)
class Texts:
    """Normalised texts as UTF-8, laid out once for every batch that uses them."""

    items: Sequence[bytes]

    def __len__(self) -> int:
        return len(self.items)

    @cached_property
    def lengths(self) -> NDArray[np.int64]:
        """The length of each text in bytes."""
        return np.fromiter(map(len, self.items), np.int64, len(self.items))

    @cached_property
    def objects(self) -> NDArray[np.object_]:
        """The texts as Python objects, to be picked by index."""
        objects = np.empty(len(self.items), object)
        objects[:] = self.items
        return objects


def slot_width(prefix: str) -> int:
    """Bytes that an id with this prefix can need."""
    return len(prefix.encode()) + MAX_DIGITS
