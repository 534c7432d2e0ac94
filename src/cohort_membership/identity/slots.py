"""The values that go into and come out of ids in bulk: texts as bytes, ids in slots of one width."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from cohort_membership.identity import MAX_DIGITS

if TYPE_CHECKING:
    import polars as pl

Rows: TypeAlias = NDArray[np.integer[Any]]
"""Indices into heads, tails or ids: a one-dimensional array of integers, one a row."""


def slot_width(prefix: str) -> int:
    """Bytes that an id with this prefix can need."""
    return len(prefix.encode()) + MAX_DIGITS


@dataclass(frozen=True, slots=True, eq=False)
class Ids:
    """The ids of a run of rows, in slots of one width: room for the prefix and 16 digits.

    `slots` is a contiguous array of fixed-width bytes, dtype `S18` for a prefix of two letters. An id
    with fewer digits ends in NULs, which numpy does not count as part of the value, and no id holds one;
    so the slots compare, sort and index as any array does, and are the heads of the next stage as they
    stand. They cannot be written to.
    """

    slots: NDArray[np.bytes_]

    def __post_init__(self) -> None:
        # A series made from the slots shares their memory, so nobody may write there.
        shielded = self.slots.view()
        shielded.flags.writeable = False
        object.__setattr__(self, "slots", shielded)

    def __len__(self) -> int:
        return len(self.slots)

    @property
    def lengths(self) -> NDArray[np.int64]:
        """The length of each id in bytes."""
        return np.char.str_len(self.slots).astype(np.int64, copy=False)

    def take(self, rows: "Rows | slice") -> "Ids":
        """The ids at these rows, in their order. A slice of step 1 is a view."""
        if isinstance(rows, slice):
            return Ids(np.ascontiguousarray(self.slots[rows]))
        return Ids(self.slots.take(rows))

    def picked(self, rows: Rows) -> list[bytes]:
        """The ids at these rows, as bytes."""
        return Ids(self.slots.take(rows)).tolist()

    def tolist(self) -> list[bytes]:
        """The ids as bytes."""
        values: list[bytes] = self.slots.tolist()
        return values

    def to_series(self, name: str = "gen_id") -> "pl.Series":
        """The ids as a polars String series.

        About 20 ns a row. For a column of parents, gather from the parents' series (3 ns a row) rather
        than convert their ids again for each child.

        >>> Ids(np.array([b"d_1z", b"d_0"], dtype="S18")).to_series().to_list()
        ['d_1z', 'd_0']
        """
        # polars' public operations alone; it takes over numpy's memory by itself, and lets go of it
        # safely on any thread. The Arrow C interface would save some 10 ns, but its release callback
        # would be ours, in Python, and run wherever the last reference goes, shutdown included.
        import polars as pl

        if not len(self):
            return pl.Series(name, [], dtype=pl.String)
        cells = self.slots.view(np.uint8).reshape(-1, self.slots.itemsize)
        series = pl.Series(name, cells).arr.to_list().cast(pl.Binary).cast(pl.String)
        padded = np.flatnonzero(cells[:, -1] == 0)
        if not len(padded):
            return series
        rows = pl.Series(padded)
        return series.scatter(rows, series.gather(rows).str.strip_chars_end("\0"))


@dataclass(frozen=True, eq=False)
class Texts:
    """Normalised texts as UTF-8. Batches that share texts share the value: what is derived is kept."""

    items: Sequence[bytes]
    _padded: dict[int, NDArray[np.uint8]] = field(default_factory=dict, init=False, repr=False)

    def __len__(self) -> int:
        return len(self.items)

    def __reduce__(self) -> tuple[type["Texts"], tuple[Sequence[bytes]]]:
        return Texts, (self.items,)  # what is derived is not sent to other processes

    @cached_property
    def lengths(self) -> NDArray[np.int64]:
        """The length of each text in bytes."""
        return np.fromiter(map(len, self.items), np.int64, len(self.items))

    @cached_property
    def _objects(self) -> NDArray[np.object_]:
        objects = np.empty(len(self.items), object)
        objects[:] = self.items
        return objects

    def picked(self, rows: Rows) -> list[bytes]:
        """The texts at these rows."""
        texts: list[bytes] = self._objects[rows].tolist()
        return texts

    def padded(self, width: int) -> NDArray[np.uint8]:
        """The texts one after the other, each filled up with NULs to `width` bytes.

        A text that is longer is left out: its bytes are NULs all through.
        """
        if width not in self._padded:
            short: Sequence[bytes] = self.items
            if self.lengths.max(initial=0) > width:
                short = [text if len(text) <= width else b"" for text in self.items]
            self._padded[width] = np.array(short, f"S{width}").view(np.uint8)
        return self._padded[width]
