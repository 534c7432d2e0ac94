"""Ids in bulk on the standard library and numpy: `hashlib` for the digests, arrays for base 36."""

from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from cohort_membership.identity import DIGEST_SIZE, MAX_DIGITS
from cohort_membership.identity.slots import Ids, Rows, Texts, slot_width

CHUNK = 1 << 15
"""Rows at a time: what one chunk holds stays in the processor's second cache."""

SHARED_RUN = 3
"""Rows with one head from which it pays to hash the head once and copy its state: copy, update and
digest cost two thirds of a hash from the start, and making the state costs about one such hash."""

_DIGEST = np.dtype([("first", ">u8"), ("last", ">u2")])
"""Ten bytes, read as a big-endian number: first * 2**16 + last."""


def make_slots(
    prefix: str, heads: Ids | Texts, tails: Texts, head_index: Rows, tail_index: Rows, *, threads: int = 1
) -> NDArray[np.bytes_]:
    """The ids' slots, one a row. hashlib holds the GIL for texts this short, so one thread does it all."""
    del threads
    rows = len(head_index)
    slots = np.empty(rows, f"S{slot_width(prefix)}")
    order = _grouping(head_index)
    for start in range(0, rows, CHUNK):
        chunk: slice | Rows = slice(start, start + CHUNK)
        if order is not None:
            chunk = order[chunk]
        slots[chunk] = slots_of_digests(prefix, _digests(heads, tails, head_index[chunk], tail_index[chunk]))
    return slots


def _grouping(head_index: Rows) -> Rows | None:
    """An order of the rows that brings equal heads together, where that is worth a sort; else None."""
    if not len(head_index):
        return None
    runs = 1 + int(np.count_nonzero(head_index[1:] != head_index[:-1]))
    heads = int(head_index.max()) - int(head_index.min()) + 1  # at most: a slice has those of a stretch
    if runs * SHARED_RUN <= len(head_index) or heads * SHARED_RUN > len(head_index):
        return None
    return np.argsort(head_index)


def _digests(heads: Ids | Texts, tails: Texts, head_index: Rows, tail_index: Rows) -> bytes:
    """The rows' digests, one after the other; a head is hashed once for the run of rows that share it."""
    starts = [0, *(np.flatnonzero(head_index[1:] != head_index[:-1]) + 1).tolist()]
    run_heads = heads.picked(head_index[starts])
    row_tails = tails.picked(tail_index)
    digests: list[bytes] = []
    for head, start, stop in zip(run_heads, starts, [*starts[1:], len(row_tails)], strict=True):
        if stop - start < SHARED_RUN:
            digests += [
                blake2b(head + tail, digest_size=DIGEST_SIZE).digest() for tail in row_tails[start:stop]
            ]
            continue
        copy_of_head = blake2b(head, digest_size=DIGEST_SIZE).copy
        for tail in row_tails[start:stop]:
            state = copy_of_head()
            state.update(tail)
            digests.append(state.digest())
    return b"".join(digests)


def slots_of_digests(prefix: str, digests: bytes) -> NDArray[np.bytes_]:
    """Digests of ten bytes each as ids: the prefix, then base 36 without padding; dtype `S<width>`.

    >>> slots_of_digests("d_", (36**8).to_bytes(10, "big") + bytes(10)).tolist()
    [b'd_100000000', b'd_0']
    """
    number = np.frombuffer(digests, _DIGEST)
    first = number["first"].astype(np.uint64)
    # 36**8 is 3**16 * 2**16, so eight digits come off 80 bits by a division of the upper 64 alone; and
    # each step after it halves the digits, down to one, in the narrowest integers that hold them. The
    # halves are laid down as little-endian integers, so that in memory the higher one comes first.
    top = first // np.uint64(3**16)
    bottom = ((first - top * np.uint64(3**16)) << np.uint64(16)) | number["last"]
    fours = np.empty((len(number), 4), "<u4")
    for column, eight in ((0, top), (2, bottom)):
        upper = eight // np.uint64(36**4)
        fours[:, column] = upper
        fours[:, column + 1] = eight - upper * np.uint64(36**4)
    high_pair = fours // np.uint32(36**2)
    pairs = (high_pair | ((fours - high_pair * np.uint32(36**2)) << np.uint32(16))).view("<u2")
    high_digit = pairs // np.uint16(36)
    digits = (high_digit | ((pairs - high_digit * np.uint16(36)) << np.uint16(8))).view(np.uint8)
    digits += np.multiply(digits > 9, ord("a") - ord("9") - 1, dtype=np.uint8)
    digits += np.uint8(ord("0"))

    label = prefix.encode()
    slots = np.empty(len(number), [("prefix", f"S{len(label)}"), ("digits", f"S{MAX_DIGITS}")])
    slots["prefix"] = label
    slots["digits"] = digits.view(f"S{MAX_DIGITS}")[:, 0]
    _strip_leading_zeros(slots["digits"], np.flatnonzero(top < np.uint64(36**7)))
    return slots.view(f"S{slot_width(prefix)}")


def _strip_leading_zeros(digits: NDArray[np.bytes_], short: Rows) -> None:
    """Moves the digits of the rows that begin with zeros to the left, in place; one id in five does."""
    padded = digits[short].view(np.uint8).reshape(-1, MAX_DIGITS)
    significant = padded != ord("0")
    significant[:, -1] = True  # zero itself is one digit
    zeros = significant.argmax(axis=1)
    for count in np.unique(zeros).tolist():
        group = zeros == count
        kept = np.ascontiguousarray(padded[group, count:])
        digits[short[group]] = kept.view(f"S{MAX_DIGITS - count}")[:, 0]


def make_lines(stage: str, slots: NDArray[np.bytes_]) -> bytes:
    """`<stage>,<gen_id>` lines: written at full width, then rid of the NULs that pad short ids."""
    label = f"{stage},".encode()
    lines = np.empty(
        min(CHUNK, len(slots)), [("label", f"S{len(label)}"), ("id", slots.dtype), ("end", "S1")]
    )
    lines["label"], lines["end"] = label, b"\n"
    pieces = []
    for start in range(0, len(slots), CHUNK):
        part = slots[start : start + CHUNK]
        lines["id"][: len(part)] = part
        pieces.append(lines[: len(part)].tobytes().replace(b"\0", b""))
    return b"".join(pieces)
