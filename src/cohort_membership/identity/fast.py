"""Ids in bulk, compiled: the module `_fast`, written in C, made into what a kernel has to be.

It is there where the package was built with a C compiler (GCC 12, Clang 15, or newer, on a little-endian
processor), as published wheels are; without it this module cannot be imported, and `standard` serves.
Messages of one block (128 bytes) are hashed there; the rows of longer ones go to the standard kernel.
"""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from cohort_membership.identity import _fast, standard
from cohort_membership.identity.slots import Ids, Rows, Texts, slot_width

BLOCK = 128
SHORT_BLOCK = 64
UNIT = 32
LONGEST_LABEL = 8
"""As in `_fast.c`."""

THREAD_ROWS = 1 << 17
"""Rows that a thread takes at a time: some milliseconds of work, so that no thread waits long for another."""


def make_slots(
    prefix: str, heads: Ids | Texts, tails: Texts, head_index: Rows, tail_index: Rows, *, threads: int = 1
) -> NDArray[np.bytes_]:
    """The ids' slots, one a row."""
    label = prefix.encode()
    if len(label) > LONGEST_LABEL or not len(head_index):
        return standard.make_slots(prefix, heads, tails, head_index, tail_index)
    slots = np.empty(len(head_index), f"S{slot_width(prefix)}")
    longest = int(heads.lengths.max()) + int(tails.lengths.max())
    size = SHORT_BLOCK if longest <= SHORT_BLOCK else BLOCK
    head_bytes, head_pitch = _spread(heads)
    arguments = (
        slots.view(np.uint8), label,
        head_bytes, _block_lengths(heads), head_pitch,
        tails.padded(size), _block_lengths(tails), size,
        np.require(head_index, np.uint32, ["C", "A"]), np.require(tail_index, np.uint32, ["C", "A"]),
    )  # fmt: skip
    if threads == 1:
        _fast.ids_into(*arguments, 0, len(slots))
    else:
        starts = range(0, len(slots), THREAD_ROWS)
        stops = [min(start + THREAD_ROWS, len(slots)) for start in starts]
        with ThreadPoolExecutor(threads) as pool:
            for _ in pool.map(lambda start, stop: _fast.ids_into(*arguments, start, stop), starts, stops):
                pass
    if longest > BLOCK:
        rows = np.flatnonzero(heads.lengths[head_index] + tails.lengths[tail_index] > BLOCK)
        slots[rows] = standard.make_slots(prefix, heads, tails, head_index[rows], tail_index[rows])
    return slots


def _block_lengths(texts: Ids | Texts) -> NDArray[np.uint8]:
    """The texts' lengths; 0 for one over a block, all of whose rows the standard kernel makes."""
    lengths = texts.lengths
    return np.where(lengths > BLOCK, 0, lengths).astype(np.uint8)


def _spread(heads: Ids | Texts) -> tuple[NDArray[np.uint8], int]:
    """The heads at even distances, with a unit to spare, since a head is read by whole units."""
    if isinstance(heads, Ids):
        pitch, source = heads.slots.itemsize, heads.slots.view(np.uint8)
    else:
        pitch = max(1, min(BLOCK, int(heads.lengths.max())))
        source = heads.padded(pitch)
    spread = np.empty(len(source) + UNIT, np.uint8)
    spread[: len(source)] = source
    return spread, pitch


def make_lines(stage: str, slots: NDArray[np.bytes_]) -> memoryview:
    """`<stage>,<gen_id>` lines."""
    label = f"{stage},".encode()
    lines = np.empty(len(slots) * (len(label) + slots.itemsize + 1), np.uint8)
    end = _fast.lines_into(lines, label, slots.view(np.uint8), slots.itemsize)
    return lines.data[:end]
