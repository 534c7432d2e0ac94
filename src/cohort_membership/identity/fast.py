"""Ids in bulk, compiled by numba: BLAKE2b of four or eight messages at once, then base 36.

Messages of one block (128 bytes) are hashed here; the rows of longer ones go to the standard kernel.
Importing this module imports numba, and its first call loads the compiled code (half a second together;
some seconds where the code must be compiled first). numba keeps the code beside this file or in the
user's cache folder, and takes it as good for as long as this file stays the same: hence one file.

BLAKE2b is RFC 7693, whose names (`IV`, `SIGMA`, `h`, `m`, `v`) are kept.
"""
# ruff: noqa: ARG001, PLR0917 - numba passes all it has, and by position

import sys
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar, cast

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped, import-not-found, unused-ignore]
from llvmlite.binding import get_host_cpu_features  # type: ignore[import-untyped, import-not-found, unused-ignore]
from numba import extending, njit, types, uint32, uint64  # type: ignore[import-not-found, unused-ignore]
from numba.core import config  # type: ignore[import-not-found, unused-ignore]
from numpy.typing import NDArray

from cohort_membership.identity import DIGEST_SIZE, MAX_DIGITS, standard
from cohort_membership.identity.slots import Ids, Rows, Texts, slot_width

if vars(config).get("DISABLE_JIT") or sys.byteorder != "little":
    raise ImportError("the fast kernel needs numba's compiler and a little-endian processor")

Code = TypeVar("Code", bound=Callable[..., Any])
intrinsic: Any = extending.intrinsic  # its own annotations count the typing context as an argument

BLOCK = 128
SHORT_BLOCK = 64  # most messages fit; half of their block is zeros, which then need not be added
UNIT = 32  # bytes that texts are copied by
PITCH = 2 * BLOCK  # bytes from one message to the next: a head of a block and a tail of a block fit
LANES = 32  # messages laid out before the first of them is hashed, so that its stores have settled
VECTOR = 8 if get_host_cpu_features().get("avx512f") else 4  # messages in one vector of words
LONGEST_LABEL = 8

# ------------------------------------------------------- BLAKE2b, as instructions
# Written as LLVM vectors by hand: the same compiles in a tenth of the time of unrolled Python source,
# and no pass has to discover that it is parallel.

IV = (
    0x6A09E667F3BCC908, 0xBB67AE8584CAA73B, 0x3C6EF372FE94F82B, 0xA54FF53A5F1D36F1,
    0x510E527FADE682D1, 0x9B05688C2B3E6C1F, 0x1F83D9ABFB41BD6B, 0x5BE0CD19137E2179,
)  # fmt: skip
SIGMA = (
    (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15),
    (14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3),
    (11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4),
    (7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8),
    (9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13),
    (2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9),
    (12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11),
    (13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10),
    (6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5),
    (10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0),
)
ROUNDS = 12
MIXES = (
    (0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15),
    (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14),
)  # fmt: skip
PARAMETERS = 0x01010000 ^ DIGEST_SIZE  # no key; fan-out and depth 1

I8, I32, I64 = ir.IntType(8), ir.IntType(32), ir.IntType(64)
VECTOR_OF_WORDS = ir.VectorType(I64, VECTOR)


def _all(word: int) -> ir.Constant:
    return ir.Constant(VECTOR_OF_WORDS, [word] * VECTOR)


def _shuffled(builder: Any, pair: Sequence[Any], order: Iterable[int]) -> Any:
    lanes = list(order)
    return builder.shuffle_vector(*pair, ir.Constant(ir.VectorType(I32, len(lanes)), lanes))


def _load(builder: Any, kind: Any, place: Any) -> Any:
    value = builder.load(builder.bitcast(place, kind.as_pointer()))
    value.align = 1
    return value


def _store(builder: Any, value: Any, place: Any) -> None:
    builder.store(value, builder.bitcast(place, value.type.as_pointer())).align = 1


def _rotated(builder: Any, value: Any, by: int) -> Any:
    """Each word rotated right: one instruction with AVX-512, else shuffles of whole bytes where they do."""
    if VECTOR == 4 and by % 8 == 0:
        parts = 2 if by == 32 else 8
        narrow = builder.bitcast(value, ir.VectorType(ir.IntType(64 // parts), VECTOR * parts))
        order = [
            word * parts + (part + by * parts // 64) % parts
            for word in range(VECTOR)
            for part in range(parts)
        ]
        return builder.bitcast(_shuffled(builder, (narrow, narrow), order), VECTOR_OF_WORDS)
    return builder.or_(builder.lshr(value, _all(by)), builder.shl(value, _all(64 - by)))


def _message_words(builder: Any, messages: Any, size: int) -> list[Any]:
    """The messages' words, transposed: element k holds word k of each message; None where all are zero."""
    four_words = ir.VectorType(I64, 4)
    m: list[Any] = [None] * (BLOCK // 8)
    for offset in range(0, size, 32):
        fours = []
        for lane in range(0, VECTOR, 4):
            a, b, c, d = (
                _load(builder, four_words, builder.gep(messages, [I64((lane + k) * PITCH + offset)]))
                for k in range(4)
            )
            even = [_shuffled(builder, pair, (0, 4, 2, 6)) for pair in ((a, b), (c, d))]
            odd = [_shuffled(builder, pair, (1, 5, 3, 7)) for pair in ((a, b), (c, d))]
            orders = ((0, 1, 4, 5), (2, 3, 6, 7))
            fours.append([_shuffled(builder, pair, order) for order in orders for pair in (even, odd)])
        m[offset // 8 : offset // 8 + 4] = (
            fours[0]
            if VECTOR == 4
            else [_shuffled(builder, pair, range(8)) for pair in zip(*fours, strict=True)]
        )
    return m


def _write_compression(builder: Any, size: int, messages: Any, lengths: Any, outputs: Sequence[Any]) -> None:
    """The function F of RFC 7693 on the first and last block of messages of at most `size` bytes."""
    m = _message_words(builder, messages, size)
    h = (IV[0] ^ PARAMETERS, *IV[1:])
    v = [_all(word) for word in h + IV]
    v[12] = builder.xor(v[12], _load(builder, VECTOR_OF_WORDS, lengths))
    v[14] = _all(IV[6] ^ (2**64 - 1))
    for round_ in range(ROUNDS):
        s = SIGMA[round_ % len(SIGMA)]
        for mix, (a, b, c, d) in enumerate(MIXES):
            for word, r1, r2 in ((m[s[2 * mix]], 32, 24), (m[s[2 * mix + 1]], 16, 63)):
                if word is not None:
                    v[a] = builder.add(v[a], word)
                v[a] = builder.add(v[a], v[b])
                v[d] = _rotated(builder, builder.xor(v[d], v[a]), r1)
                v[c] = builder.add(v[c], v[d])
                v[b] = _rotated(builder, builder.xor(v[b], v[c]), r2)
    for k, place in enumerate(outputs):  # an id needs the first two words of the eight
        _store(builder, builder.xor(builder.xor(v[k], v[k + 8]), _all(h[k])), place)


# ------------------------------------------------- what compiled Python cannot say


def _pointer(context: Any, builder: Any, kind: Any, array: Any, offset: Any) -> Any:
    return builder.gep(context.make_array(kind)(context, builder, array).data, [offset])


def _compression(size: int) -> Any:
    """An intrinsic that hashes `VECTOR` messages of at most `size` bytes, from a lane on."""

    def compress(typing: Any, messages: Any, lengths: Any, first: Any, second: Any, lane: Any) -> Any:
        def generate(context: Any, caller: Any, signature: Any, arguments: Any) -> Any:
            *arrays, lane = arguments
            offsets = (caller.mul(lane, I64(PITCH)), lane, lane, lane)
            places = [
                _pointer(context, caller, kind, array, offset)
                for kind, array, offset in zip(signature.args[:-1], arrays, offsets, strict=True)
            ]
            # A function of its own: its stack can then be aligned, and vectors spill to it unsplit.
            kind = ir.FunctionType(ir.VoidType(), [place.type for place in places])
            function = ir.Function(caller.module, kind, caller.module.get_unique_name("blake2b"))
            function.linkage = "internal"
            function.attributes.add("noinline")
            function.attributes.alignstack = 64
            builder = ir.IRBuilder(function.append_basic_block())
            bytes_of, lengths_of, *outputs = function.args
            _write_compression(builder, size, bytes_of, lengths_of, outputs)
            builder.ret_void()
            caller.call(function, places)
            return context.get_dummy_value()

        return types.void(messages, lengths, first, second, types.uint64), generate

    return intrinsic(compress)


_compress_short = _compression(SHORT_BLOCK)
_compress_long = _compression(BLOCK)


def _copy_unit(typing: Any, to: Any, to_offset: Any, source: Any, offset: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        target = _pointer(context, builder, signature.args[0], *arguments[:2])
        origin = _pointer(context, builder, signature.args[2], *arguments[2:])
        _store(builder, _load(builder, ir.VectorType(I8, UNIT), origin), target)
        return context.get_dummy_value()

    return types.void(to, types.uint64, source, types.uint64), generate


def _store_word(typing: Any, to: Any, offset: Any, word: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        _store(builder, arguments[2], _pointer(context, builder, signature.args[0], *arguments[:2]))
        return context.get_dummy_value()

    return types.void(to, types.uint64, types.uint64), generate


def _byteswap(typing: Any, word: Any) -> Any:
    return types.uint64(types.uint64), lambda _, builder, __, arguments: builder.bswap(*arguments)


def _trailing_zeros(typing: Any, word: Any) -> Any:
    return types.uint64(types.uint64), lambda _, builder, __, arguments: builder.cttz(
        *arguments, ir.Constant(ir.IntType(1), False)
    )


copy_unit, store_word = intrinsic(_copy_unit), intrinsic(_store_word)
byteswap, trailing_zeros = intrinsic(_byteswap), intrinsic(_trailing_zeros)


def compiled(function: Code) -> Code:
    """The function, compiled at its first call; cached on disk unless nothing there can be written."""
    options: dict[str, Any] = {"nogil": True, "error_model": "numpy", "boundscheck": False}
    compiler: Any = njit
    try:
        return cast(Code, compiler(cache=True, **options)(function))
    except RuntimeError:  # "no locator available": neither this folder nor the user's can be written
        return cast(Code, compiler(**options)(function))


# ------------------------------------------------------------------ the kernel
# All integers are unsigned and of 64 bits unless said: numba makes floats of mixed signs.

UPPER, FOUR_UPPER, FOUR_DIGITS = uint64(3**16), uint64(3**8), uint64(36**4)
TWO_DIGITS, ONE_DIGIT = uint32(36**2), uint32(36)
LETTER = uint32(ord("a") - ord("9") - 1)
ZERO_DIGITS = uint64(int.from_bytes(b"0" * 8, "little"))


@compiled
def write_digits(  # pragma: no cover - compiled
    slots: Any, width: Any, label: Any, label_size: Any, row: Any, count: Any, first: Any, second: Any,
    fours: Any, pairs: Any, digits: Any,
) -> None:  # fmt: skip
    """Writes the ids of `count` digests from `row` on. `first`, `second`: their words, (LANES,) uint64.

    `fours` (4 * LANES) and `pairs` (4 * LANES) uint32, `digits` (2 * LANES) uint64 are room to work in;
    the steps are separate loops so that the compiler makes vectors of the two in the middle.
    """
    for lane in range(count):
        # A digest is big endian, 64 bits and 16 more; 36**8 is 3**16 * 2**16, so eight digits come off
        # by a division of the 64 alone. 36**4 is 3**8 * 2**8: the same again, twice.
        upper = byteswap(first[lane])
        top = upper // UPPER
        bottom = ((upper - top * UPPER) << uint64(16)) | (byteswap(second[lane]) >> uint64(48))
        high = uint64(uint32(top >> uint64(8)) // uint32(FOUR_UPPER))
        low = (bottom >> uint64(8)) // FOUR_UPPER
        fours[uint64(4) * lane] = high
        fours[uint64(4) * lane + uint64(1)] = top - high * FOUR_DIGITS
        fours[uint64(4) * lane + uint64(2)] = low
        fours[uint64(4) * lane + uint64(3)] = bottom - low * FOUR_DIGITS
    # Division by a product that is exact in the range. Each step is cut back to 32 bits, since numba
    # widens them all to 64, which halves what a vector holds.
    for k in range(4 * LANES):
        high_pair = uint32(uint32(uint32(fours[k] >> uint32(4)) * uint32(25891)) >> uint32(21))
        pairs[k] = high_pair | uint32(uint32(fours[k] - uint32(high_pair * TWO_DIGITS)) << uint32(16))
    pair, characters = pairs.view(np.uint16), digits.view(np.uint16)
    for k in range(8 * LANES):
        high_digit = uint32(uint32(uint32(pair[k]) * uint32(1821)) >> uint32(16))
        both = uint32(high_digit | uint32(uint32(pair[k] - uint32(high_digit * ONE_DIGIT)) << uint32(8)))
        letters = uint32(uint32(both + uint32(0x7676)) >> uint32(7)) & uint32(0x0101)  # a byte over 9?
        characters[k] = uint32(both + uint32(0x3030)) + uint32(letters * LETTER)
    for lane in range(count):
        left, right = digits[uint64(2) * lane], digits[uint64(2) * lane + uint64(1)]
        if left == ZERO_DIGITS:
            left, right = right, uint64(0)
        # Bits of leading zeros to shift out: none out of a last digit, of which zero itself keeps one.
        last = uint64(0) if right else uint64(1) << uint64(56)
        zeros = trailing_zeros((left ^ ZERO_DIGITS) | last) & uint64(56)
        at = (row + lane) * width
        store_word(slots, at, label)  # the digits are written over what is too long of it
        store_word(slots, at + label_size, (left >> zeros) | ((right << uint64(1)) << (uint64(63) - zeros)))
        store_word(slots, at + label_size + uint64(8), right >> zeros)


@compiled
def write_ids(  # pragma: no cover - compiled
    slots: Any, label: Any, label_size: Any, heads: Any, head_sizes: Any, head_pitch: Any,
    tails: Any, tail_sizes: Any, size: Any, head_index: Any, tail_index: Any, start: Any, stop: Any,
) -> None:  # fmt: skip
    """Writes the ids of rows `start` to `stop` into their slots.

    `heads`: texts every `head_pitch` bytes, and a unit more at the end. `tails`: texts filled up with
    NULs to `size`, which is the part of a block that can be other than zero (`SHORT_BLOCK` or `BLOCK`).
    """
    messages = np.zeros(LANES * PITCH, np.uint8)
    lengths = np.zeros(LANES, np.uint64)
    first, second = np.zeros(LANES, np.uint64), np.zeros(LANES, np.uint64)
    fours, pairs = np.zeros(4 * LANES, np.uint32), np.zeros(4 * LANES, np.uint32)
    digits = np.zeros(2 * LANES, np.uint64)
    row = start
    while row < stop:
        count = min(uint64(LANES), stop - row)
        for lane in range(count):
            head, tail = uint64(head_index[row + lane]), uint64(tail_index[row + lane])
            head_size = uint64(head_sizes[head])
            at = lane * uint64(PITCH)
            for k in range(uint64(0), head_size, uint64(UNIT)):
                copy_unit(messages, at + k, heads, head * head_pitch + k)
            # Whatever the last unit held past the head, the tail and its NULs are written over it.
            at += head_size
            for k in range(uint64(0), uint64(SHORT_BLOCK), uint64(UNIT)):
                copy_unit(messages, at + k, tails, tail * size + k)
            if size > uint64(SHORT_BLOCK):
                for k in range(uint64(SHORT_BLOCK), uint64(BLOCK), uint64(UNIT)):
                    copy_unit(messages, at + k, tails, tail * size + k)
            lengths[lane] = head_size + uint64(tail_sizes[tail])
        if size == uint64(SHORT_BLOCK):
            for lane in range(uint64(0), count, uint64(VECTOR)):
                _compress_short(messages, lengths, first, second, lane)
        else:
            for lane in range(uint64(0), count, uint64(VECTOR)):
                _compress_long(messages, lengths, first, second, lane)
        write_digits(
            slots, label_size + uint64(MAX_DIGITS), label, label_size, row, count, first, second,
            fours, pairs, digits,
        )  # fmt: skip
        row += uint64(LANES)


@compiled
def write_lines(  # pragma: no cover - compiled
    lines: Any, label: Any, label_size: Any, slots: Any, width: Any
) -> int:  # fmt: skip
    """Writes `<label><id>\\n` for each slot; the number of bytes. `lines` has a unit to spare at the end."""
    end = uint64(0)
    for at in range(uint64(0), uint64(len(slots)), width):
        for k in range(uint64(0), label_size, uint64(UNIT)):
            copy_unit(lines, end + k, label, k)
        end += label_size
        size = width
        while size > uint64(0) and slots[at + size - uint64(1)] == 0:
            size -= uint64(1)
        if at + width + uint64(UNIT) <= uint64(len(slots)):
            for k in range(uint64(0), size, uint64(UNIT)):
                copy_unit(lines, end + k, slots, at + k)
        else:
            for k in range(size):
                lines[end + k] = slots[at + k]
        lines[end + size] = ord("\n")
        end += size + uint64(1)
    return int(end)


# ------------------------------------------------------------- the kernel's two faces

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
        slots.view(np.uint8), uint64(int.from_bytes(label, "little")), uint64(len(label)),
        head_bytes, _block_lengths(heads), uint64(head_pitch),
        tails.padded(size), _block_lengths(tails), uint64(size),
        _index(head_index), _index(tail_index),
    )  # fmt: skip

    def write(start: int) -> None:
        write_ids(*arguments, uint64(start), uint64(min(start + step, len(slots))))

    step = len(slots) if threads == 1 else THREAD_ROWS
    starts = range(0, len(slots), step)
    if threads == 1:
        write(0)
    else:
        with ThreadPoolExecutor(threads) as pool:
            for _ in pool.map(write, starts):
                pass
    if longest > BLOCK:
        rows = np.flatnonzero(heads.lengths[head_index] + tails.lengths[tail_index] > BLOCK)
        slots[rows] = standard.make_slots(prefix, heads, tails, head_index[rows], tail_index[rows])
    return slots


def _index(rows: Rows) -> NDArray[np.uint32]:
    """The index as the one kind of array that the kernel is compiled for: each other kind costs seconds."""
    return np.require(rows, np.uint32, ["C", "A", "W"])


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
    text = f"{stage},".encode()
    label = np.zeros(-(-len(text) // UNIT) * UNIT, np.uint8)
    label[: len(text)] = np.frombuffer(text, np.uint8)
    lines = np.empty(len(slots) * (len(text) + slots.itemsize + 1) + 2 * UNIT, np.uint8)
    end = write_lines(lines, label, uint64(len(text)), slots.view(np.uint8), uint64(slots.itemsize))
    return lines.data[:end]
