"""Ids in bulk on the standard library and numpy: `hashlib` for the digests, arrays for base 36."""

from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from cohort_membership.identity import DIGEST_SIZE, DIGITS, MAX_DIGITS
from cohort_membership.identity.slots import Ids, Rows, Texts, slot_width

CHUNK = 1 << 15
"""Rows at a time: what one chunk holds stays in the processor's second cache."""

SHARED_RUN = 3
"""Rows with one head from which it pays to hash the head once and copy its state: a copy, an update and
a digest cost two thirds of a hash from the start, and making the state costs one such hash."""

_U64 = np.uint64
_HALF = 36**8  # 80 bits are two numbers of eight digits
_QUARTER = 36**4
_WORD_QUOTIENT, _WORD_REMAINDER = divmod(2**64, _HALF)

_DIGEST = np.dtype([("high", ">u2"), ("low", ">u8")])
"""Ten bytes, read as a big-endian number: high * 2**64 + low."""

_ALPHABET = np.frombuffer(DIGITS.encode(), np.uint8)
DIGIT_PAIRS: NDArray[np.uint16] = np.ascontiguousarray(
    np.stack([np.repeat(_ALPHABET, 36), np.tile(_ALPHABET, 36)], axis=1)
).view(np.uint16)[:, 0]
"""The two digits of each number below 36**2, as they lie in memory: shape (1296,)."""


def make_slots(
    prefix: str, heads: "Ids | Texts", tails: Texts, head_index: Rows, tail_index: Rows, threads: int = 1
) -> NDArray[np.bytes_]:
    """The ids' slots, one a row. `threads` is for kernels that run without the GIL; this one does not."""
    rows = len(head_index)
    slots = np.empty(rows, f"S{slot_width(prefix)}")
    order = _grouping(head_index, len(heads))
    for start in range(0, rows, CHUNK):
        chunk: slice | Rows = slice(start, start + CHUNK)
        if order is not None:
            chunk = order[chunk]
        slots[chunk] = slots_of_digests(prefix, _digests(heads, tails, head_index[chunk], tail_index[chunk]))
    return slots


def _grouping(head_index: Rows, heads: int) -> Rows | None:
    """An order of the rows that brings equal heads together, where that is worth a sort; else None."""
    runs = 1 + np.count_nonzero(head_index[1:] != head_index[:-1])
    if runs * SHARED_RUN <= len(head_index) or heads * SHARED_RUN > len(head_index):
        return None
    return np.argsort(head_index)


def _digests(heads: "Ids | Texts", tails: Texts, head_index: Rows, tail_index: Rows) -> bytes:
    """The rows' digests, one after the other. Equal heads that stand together are hashed once."""
    bounds = np.flatnonzero(head_index[1:] != head_index[:-1]) + 1
    starts = [0, *bounds.tolist()]
    used = head_index[starts]
    run_heads = heads.take(used).tolist() if isinstance(heads, Ids) else heads.objects[used].tolist()
    row_tails = tails.objects[tail_index].tolist()
    digests: list[bytes] = []
    for head, start, stop in zip(run_heads, starts, [*starts[1:], len(row_tails)], strict=True):
        if stop - start < SHARED_RUN:
            for tail in row_tails[start:stop]:
                digests.append(blake2b(head + tail, digest_size=DIGEST_SIZE).digest())
            continue
        copied = blake2b(head, digest_size=DIGEST_SIZE).copy
        for tail in row_tails[start:stop]:
            state = copied()
            state.update(tail)
            digests.append(state.digest())
    return b"".join(digests)


def slots_of_digests(prefix: str, digests: bytes) -> NDArray[np.bytes_]:
    """Digests of ten bytes each as ids: prefix, then base 36 without padding; dtype `S<width>`.

    >>> slots_of_digests("d_", (36**8).to_bytes(10, "big") + bytes(10)).tolist()
    [b'd_100000000', b'd_0']
    """
    number = np.frombuffer(digests, _DIGEST)
    high, low = number["high"].astype(_U64), number["low"].astype(_U64)
    # Long division by 36**8 in two words; no step passes 2**58 but `low` itself.
    quotient = low // _U64(_HALF)
    rest = high * _U64(_WORD_REMAINDER) + (low - quotient * _U64(_HALF))
    carry = rest // _U64(_HALF)
    top = high * _U64(_WORD_QUOTIENT) + quotient + carry
    bottom = rest - carry * _U64(_HALF)

    pairs = np.empty((len(number), MAX_DIGITS // 2), np.uint16)
    for column, half in ((0, top), (4, bottom)):
        first = half // _U64(_QUARTER)
        for offset, quarter in ((0, first), (2, half - first * _U64(_QUARTER))):
            pair = quarter // _U64(1296)
            pairs[:, column + offset] = DIGIT_PAIRS.take(pair.view(np.int64))
            pairs[:, column + offset + 1] = DIGIT_PAIRS.take((quarter - pair * _U64(1296)).view(np.int64))

    label = prefix.encode()
    layout = np.dtype([("prefix", f"S{len(label)}"), ("digits", f"S{MAX_DIGITS}")])
    slots = np.empty(len(number), layout)
    slots["prefix"] = label
    slots["digits"] = pairs.view(f"S{MAX_DIGITS}")[:, 0]
    _strip_leading_zeros(slots["digits"], top)
    return slots.view(f"S{slot_width(prefix)}")


def _strip_leading_zeros(digits: NDArray[np.bytes_], top: NDArray[np.uint64]) -> None:
    """Moves the digits of numbers below 36**15 to the left; one id in five is that short."""
    short = np.flatnonzero(top < _U64(36**7))
    padded = np.ascontiguousarray(digits[short])
    each = padded.view(np.uint8).reshape(-1, MAX_DIGITS) != ord("0")
    each[:, -1] = True  # zero is one digit
    zeros = each.argmax(axis=1)
    for count in np.unique(zeros).tolist():
        group = zeros == count
        kept = padded[group].view(np.uint8).reshape(-1, MAX_DIGITS)[:, count:]
        digits[short[group]] = np.ascontiguousarray(kept).view(f"S{MAX_DIGITS - count}")[:, 0]


def make_lines(stage: str, slots: NDArray[np.bytes_]) -> bytes:
    """`<stage>,<gen_id>` lines: written at full width, then rid of the NULs that pad short ids."""
    label = f"{stage},".encode()
    layout = np.dtype([("label", f"S{len(label)}"), ("id", slots.dtype), ("end", "S1")])
    lines = np.empty(min(CHUNK, len(slots)), layout)
    lines["label"], lines["end"] = label, b"\n"
    pieces = []
    for start in range(0, len(slots), CHUNK):
        part = slots[start : start + CHUNK]
        lines["id"][: len(part)] = part
        pieces.append(lines[: len(part)].tobytes().replace(b"\0", b""))
    return b"".join(pieces)
