"""Ids by the million, from the parents' ids and the stage's own texts.

A stage's generations are few texts combined many ways, so a batch is told by two small dictionaries and
two indices: row *i* is `heads[head_index[i]] + tails[tail_index[i]]`. The heads are the parents' ids (or
the combos), the tails the stage's own components with the separators between them. The ids of one
stage are the heads of the next, without a Python string in between.

Two kernels give the same ids: `identity.standard` (hashlib and numpy, always there) and `identity.fast`
(numba, the extra `fast`).
"""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cohort_membership.identity import id_of_message, standard
from cohort_membership.identity.slots import Ids, Rows, Texts

__all__ = [
    "STANDARD",
    "Ids",
    "Kernel",
    "KernelMismatch",
    "Rows",
    "Texts",
    "bulk_ids",
    "choose_kernel",
    "cross_check",
    "csv_lines",
]

FAST_FROM_ROWS = 500_000
"""Rows from which numba's import and the loading of its compiled code (half a second) are repaid."""


@dataclass(frozen=True, slots=True)
class Kernel:
    """A way to make ids. `name` is what the build report tells; both ways give the same bytes."""

    name: Literal["standard", "fast"]
    make_slots: Callable[["str, Ids | Texts, Texts, Rows, Rows, int"], NDArray[np.bytes_]]
    make_lines: Callable[[str, NDArray[np.bytes_]], bytes | memoryview]


STANDARD = Kernel("standard", standard.make_slots, standard.make_lines)
"""hashlib and numpy: always there."""


class KernelMismatch(AssertionError):
    """A kernel gave another id than hashlib: a bug, and no id of it may be used."""


def choose_kernel(rows: int) -> Kernel:
    """The kernel for so many rows: the fast one where numba is installed and its start is repaid."""
    if rows < FAST_FROM_ROWS or find_spec("numba") is None:
        return STANDARD
    from cohort_membership.identity import fast

    return Kernel("fast", fast.make_slots, fast.make_lines)


def bulk_ids(
    prefix: str,
    heads: "Ids | Texts",
    tails: Texts,
    head_index: Rows,
    tail_index: Rows,
    *,
    kernel: Kernel = STANDARD,
    threads: int = 1,
) -> Ids:
    """The ids of rows whose messages are `heads[head_index[i]] + tails[tail_index[i]]`."""
    return Ids(kernel.make_slots(prefix, heads, tails, head_index, tail_index, threads))


def cross_check(
    prefix: str, heads: "Ids | Texts", tails: Texts, head_index: Rows, tail_index: Rows, ids: Ids
) -> None:
    """Compare a sample of the ids, first and last among them, with plain hashlib."""
    for row in np.unique(np.linspace(0, len(ids) - 1, 64, dtype=np.int64)) if len(ids) else ():
        head = heads.take(head_index[row : row + 1]).tolist()[0] if isinstance(heads, Ids) else heads.items[head_index[row]]
        expected = id_of_message(prefix, head + tails.items[tail_index[row]])
        got = ids.take(slice(row, row + 1)).tolist()[0].decode()
        if got != expected:
            raise KernelMismatch(f"row {row}: expected {expected}, got {got}")


def csv_lines(stage: str, ids: Ids, *, kernel: Kernel = STANDARD) -> bytes | memoryview:
    """The lines `<stage>,<gen_id>` of a batch."""
    return kernel.make_lines(stage, ids.slots)
