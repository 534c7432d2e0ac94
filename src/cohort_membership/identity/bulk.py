"""Ids by the million, from the parents' ids and the stage's own texts.

A stage's generations are a few texts combined many ways, so a batch is two small dictionaries and two
indices: row *i* is the message `heads[head_index[i]] + tails[tail_index[i]]`. Heads are the parents' ids
(for the first stage, its first component); tails are the stage's own components, each with the
separator before it. The ids of one stage are the heads of the next, with no Python string in between.

>>> first = bulk_ids("d_", [b"combo_v1_a1"], [b"|outline-first|atlas-70b|1"], [0], [0], kernel=STANDARD)
>>> second = bulk_ids("e_", first, [b"|long-form-v4|1", b"|long-form-v4|2"], [0, 0], [0, 1], kernel=STANDARD)
>>> second.tolist()[0]
b'e_5aj8fnanmk6g209s'

Two kernels give the same ids: `identity.standard` (hashlib and numpy, always there) and `identity.fast`
(C, where the package was built with a compiler).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cohort_membership.identity import id_of_message, standard
from cohort_membership.identity.slots import Ids, Rows, Texts

__all__ = [
    "FAST",
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


class MakeSlots(Protocol):
    """Gives the slots of the rows' ids (see `Ids`); the indices fit heads and tails."""

    def __call__(
        self,
        prefix: str,
        heads: Ids | Texts,
        tails: Texts,
        head_index: Rows,
        tail_index: Rows,
        *,
        threads: int,
    ) -> NDArray[np.bytes_]: ...


@dataclass(frozen=True, slots=True)
class Kernel:
    """A way to make ids; `name` is what the build report tells. All ways give the same bytes.

    Its functions are those of a module, so that a kernel can be sent to another process.
    """

    name: Literal["standard", "fast"]
    make_slots: MakeSlots
    make_lines: Callable[[str, NDArray[np.bytes_]], bytes | memoryview]


STANDARD = Kernel("standard", standard.make_slots, standard.make_lines)


class KernelMismatch(AssertionError):
    """A kernel gave an id that the plain reference does not: a bug, and never to be written down."""


def _compiled() -> Kernel | None:
    """The compiled kernel; None where the package was built without a C compiler."""
    try:
        from cohort_membership.identity import fast
    except ImportError:
        return None
    return Kernel("fast", fast.make_slots, fast.make_lines)


FAST = _compiled()


def choose_kernel() -> Kernel:
    """The kernel for a build: `fast` where it is there. It takes no time to start, so for any size."""
    return FAST or STANDARD


def bulk_ids(
    prefix: str,
    heads: Ids | Texts | Sequence[bytes],
    tails: Texts | Sequence[bytes],
    head_index: ArrayLike,
    tail_index: ArrayLike,
    *,
    kernel: Kernel,
    threads: int = 1,
) -> Ids:
    """The ids of the messages `heads[head_index[i]] + tails[tail_index[i]]`, in the rows' order.

    Heads and tails are normalised and encoded; the tails hold the separators. The indices are integers,
    one a row. Rows that share a head cost least when they stand together. `threads` divides the rows
    among so many threads where the kernel runs without the GIL (`fast`).
    """
    heads = heads if isinstance(heads, Ids | Texts) else Texts(heads)
    tails = tails if isinstance(tails, Texts) else Texts(tails)
    head_rows, tail_rows = _rows(head_index, len(heads)), _rows(tail_index, len(tails))
    if len(head_rows) != len(tail_rows):
        raise ValueError(f"{len(head_rows)} rows of heads, but {len(tail_rows)} of tails")
    return Ids(kernel.make_slots(prefix, heads, tails, head_rows, tail_rows, threads=threads))


def _rows(index: ArrayLike, size: int) -> Rows:
    """The index as an array, proven to lie within `size`: the fast kernel reads memory unchecked."""
    rows = np.asarray(index, dtype=None if np.size(index) else np.uint32)
    if rows.ndim != 1 or not np.issubdtype(rows.dtype, np.integer):
        raise TypeError(f"an index is a row of integers, not {rows.dtype} of {rows.ndim} dimensions")
    if len(rows) and (rows.min() < 0 or rows.max() >= size):
        raise IndexError(f"an index from {rows.min()} to {rows.max()} does not fit {size} texts")
    return rows


def csv_lines(stage: str, ids: Ids, *, kernel: Kernel) -> bytes | memoryview:
    r"""The lines `<stage>,<gen_id>` of `membership.csv`, each ended by a line feed.

    >>> csv_lines("answer", Ids(np.array([b"a_1z", b"a_0"], dtype="S18")), kernel=STANDARD)
    b'answer,a_1z\nanswer,a_0\n'
    """
    return kernel.make_lines(stage, ids.slots)


def cross_check(
    prefix: str,
    heads: Ids | Texts | Sequence[bytes],
    tails: Texts | Sequence[bytes],
    head_index: ArrayLike,
    tail_index: ArrayLike,
    *,
    ids: Ids,
    sample: int = 64,
) -> None:
    """Compares evenly spaced rows of a batch, the first and the last among them, with plain hashlib.

    Raises `KernelMismatch` at the first that differs. The rows taken depend on the batch's size alone.
    """
    heads = heads if isinstance(heads, Ids | Texts) else Texts(heads)
    tails = tails if isinstance(tails, Texts) else Texts(tails)
    head_rows, tail_rows = np.asarray(head_index), np.asarray(tail_index)
    if len(ids) != len(head_rows):
        raise KernelMismatch(f"{len(head_rows)} rows gave {len(ids)} ids")
    if not len(ids):
        return
    rows = np.unique(np.linspace(0, len(ids) - 1, sample).astype(np.int64))
    messages = zip(heads.picked(head_rows[rows]), tails.picked(tail_rows[rows]), strict=True)
    for row, got, (head, tail) in zip(rows.tolist(), ids.picked(rows), messages, strict=True):
        expected = id_of_message(prefix, head + tail).encode()
        if got != expected:
            raise KernelMismatch(f"row {row}, {head + tail!r}: expected {expected!r}, got {got!r}")
