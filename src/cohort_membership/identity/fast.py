"""Ids in bulk, compiled by numba: BLAKE2b of several messages at a time, then base 36.

Messages of one block (128 bytes) are hashed here; longer ones go to the standard kernel, row by row.
Little-endian processors only. Importing this module imports numba, which takes a second: `identity.bulk`
does so only where it pays. The compiled code is cached by numba beside this file or in the user's cache
folder; all of it stands in this one file because the file decides whether the cache is still good.

BLAKE2b: RFC 7693, whose names (`IV`, `SIGMA`, `v`, `m`, `h`) are kept.
"""

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import numpy as np
from llvmlite import ir
from llvmlite.binding import get_host_cpu_features
from numba import config, njit, types, uint32, uint64
from numba.extending import intrinsic
from numpy.typing import NDArray

from cohort_membership.identity import DIGEST_SIZE, MAX_DIGITS
from cohort_membership.identity import standard
from cohort_membership.identity.slots import Ids, Rows, Texts, slot_width

BLOCK = 128
SHORT_BLOCK = 64
UNIT = 32
PITCH = 2 * BLOCK
VECTOR = int(__import__("os").environ.get("VEC","4"))
LANES = int(__import__("os").environ.get("LANES","32"))

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
PARAMETERS = 0x01010000 ^ DIGEST_SIZE

I8, I32, I64 = ir.IntType(8), ir.IntType(32), ir.IntType(64)
WORDS = ir.VectorType(I64, VECTOR)

def data_of(context, builder, kind, value):
    return context.make_array(kind)(context, builder, value).data

def constant(value):
    return ir.Constant(WORDS, [value] * VECTOR)

def shuffled(builder, first, second, order):
    return builder.shuffle_vector(first, second, ir.Constant(ir.VectorType(I32, len(order)), list(order)))

def rotated(builder, value, by):
    if by == 63:
        return builder.or_(builder.add(value, value), builder.lshr(value, constant(63)))
    unit = 32 if by == 32 else 8
    per = 64 // unit
    narrow = builder.bitcast(value, ir.VectorType(ir.IntType(unit), VECTOR * per))
    order = [g * per + (k + by // unit) % per for g in range(VECTOR) for k in range(per)]
    return builder.bitcast(shuffled(builder, narrow, narrow, order), WORDS)

def transposed(builder, rows):
    a, b, c, d = rows
    low = [shuffled(builder, x, y, (0, 4, 2, 6)) for x, y in ((a, b), (c, d))]
    high = [shuffled(builder, x, y, (1, 5, 3, 7)) for x, y in ((a, b), (c, d))]
    return [shuffled(builder, *pair, order) for order in ((0, 1, 4, 5), (2, 3, 6, 7)) for pair in (low, high)]

def message_words(builder, rows, size):
    four = ir.VectorType(I64, 4)
    m = []
    for start in range(0, size, 32):
        parts = []
        for group in range(0, VECTOR, 4):
            loaded = []
            for lane in range(group, group + 4):
                place = builder.bitcast(builder.gep(rows, [ir.Constant(I64, lane * PITCH + start)]), four.as_pointer())
                value = builder.load(place); value.align = 1
                loaded.append(value)
            parts.append(transposed(builder, loaded))
        m += parts[0] if VECTOR == 4 else [shuffled(builder, x, y, range(8)) for x, y in zip(*parts)]
    return m + [None] * (16 - len(m))

def emit_compression(builder, size, rows, lengths, first, second):
    def at(base):
        return builder.bitcast(base, WORDS.as_pointer())
    m = message_words(builder, rows, size)
    h = (IV[0] ^ PARAMETERS, *IV[1:])
    v = [constant(word) for word in h + IV]
    length = builder.load(at(lengths)); length.align = 8
    v[12] = builder.xor(v[12], length)
    v[14] = constant(IV[6] ^ (2**64 - 1))
    for round_ in range(ROUNDS):
        s = SIGMA[round_ % len(SIGMA)]
        for step, (a, b, c, d) in enumerate(MIXES):
            for word, r1, r2 in ((m[s[2 * step]], 32, 24), (m[s[2 * step + 1]], 16, 63)):
                if word is not None: v[a] = builder.add(v[a], word)
                v[a] = builder.add(v[a], v[b])
                v[d] = rotated(builder, builder.xor(v[d], v[a]), r1)
                v[c] = builder.add(v[c], v[d])
                v[b] = rotated(builder, builder.xor(v[b], v[c]), r2)
    for k, out in enumerate((first, second)):
        builder.store(builder.xor(builder.xor(v[k], v[k + 8]), constant(h[k])), at(out)).align = 8

def make_compress(size):
    @intrinsic
    def compress(typing, rows, lengths, first, second, lane):
        def generate(context, caller, signature, arguments):
            *arrays, lane = arguments
            bases = [data_of(context, caller, k, v) for k, v in zip(signature.args, arrays)]
            offs = [caller.mul(lane, ir.Constant(I64, PITCH)), lane, lane, lane]
            bases = [caller.gep(b, [o]) for b, o in zip(bases, offs)]
            function = ir.Function(caller.module, ir.FunctionType(ir.VoidType(), [b.type for b in bases]), f"blake2b_{size}")
            function.linkage = "internal"
            function.attributes.add("noinline"); function.attributes.add("nounwind")
            function.attributes.alignstack = 64
            builder = ir.IRBuilder(function.append_basic_block())
            emit_compression(builder, size, *function.args)
            builder.ret_void()
            caller.call(function, bases)
            return context.get_dummy_value()
        return types.void(rows, lengths, first, second, types.uint64), generate
    return compress
_compress_short = make_compress(64)
_compress_long = make_compress(128)

@intrinsic
def _copy(typing, to, to_offset, source, source_offset):
    def generate(context, builder, signature, arguments):
        target = builder.gep(data_of(context, builder, signature.args[0], arguments[0]), [arguments[1]])
        origin = builder.gep(data_of(context, builder, signature.args[2], arguments[2]), [arguments[3]])
        kind = ir.VectorType(I8, UNIT).as_pointer()
        v = builder.load(builder.bitcast(origin, kind)); v.align = 1
        builder.store(v, builder.bitcast(target, kind)).align = 1
        return context.get_dummy_value()
    return types.void(to, types.uint64, source, types.uint64), generate

@intrinsic
def _store(typing, word, data, offset):
    def generate(context, builder, signature, arguments):
        word, array, offset = arguments
        base = data_of(context, builder, signature.args[1], array)
        builder.store(word, builder.bitcast(builder.gep(base, [offset]), I64.as_pointer())).align = 1
        return context.get_dummy_value()
    return types.void(types.uint64, data, types.uint64), generate


@intrinsic
def _byteswap(typing, word):
    return types.uint64(types.uint64), lambda context, builder, signature, arguments: builder.bswap(*arguments)


@intrinsic
def _trailing_zeros(typing, word):
    def generate(context, builder, signature, arguments):
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 0))

    return types.uint64(types.uint64), generate

OPT = dict(cache=True, nogil=True, error_model="numpy", boundscheck=False)

ZERO8 = uint64(0x3030303030303030)
M16 = uint64(3**16); M8=uint32(3**8); M8L=uint64(3**8)

@njit(**OPT)
def _eight(h, low8, pairs):
    x = h // M8L
    y = ((h - x*M8L) << uint64(8)) | low8
    return _four(uint32(x), pairs) | (_four(uint32(y), pairs) << uint64(32))
@njit(**OPT)
def _four(x, pairs):
    p = uint32(x // uint32(1296))
    return uint64(pairs[p]) | (uint64(pairs[uint32(x - p*uint32(1296))]) << uint64(16))

@njit(**OPT)
def _fill(slots, prefix, heads, head_lengths, head_stride, tails, tail_lengths, size, head_index, tail_index, pairs, start, stop):
    rows = np.zeros(LANES*PITCH, np.uint8)
    lengths = np.zeros(LANES, np.uint64); first = np.zeros(LANES, np.uint64); second = np.zeros(LANES, np.uint64)
    label = uint64(len(prefix))
    width = label + uint64(16)
    size = uint64(size)
    head_stride=uint64(head_stride)
    row = uint64(start)
    stop=uint64(stop)
    edge = uint64(len(heads))
    while row < stop:
        count = min(uint64(LANES), stop - row)
        for lane in range(count):
            head = uint64(head_index[row+lane])
            tail = uint64(tail_index[row+lane])
            hl = uint64(head_lengths[head])
            at = head*head_stride
            to = lane*uint64(PITCH)
            if at+uint64(BLOCK) <= edge:
                for k in range(uint64(0), hl, uint64(UNIT)): _copy(rows, to+k, heads, at+k)
            else:
                for k in range(hl): rows[to+k] = heads[at+k]
            to += hl
            at = tail*size
            _copy(rows, to, tails, at)
            _copy(rows, to+uint64(32), tails, at+uint64(32))
            if size > uint64(64):
                _copy(rows, to+uint64(64), tails, at+uint64(64))
                _copy(rows, to+uint64(96), tails, at+uint64(96))
            lengths[lane] = hl + uint64(tail_lengths[tail])
        if size == uint64(64):
            for lane in range(uint64(0), count, uint64(VECTOR)):
                _compress_short(rows, lengths, first, second, lane)
        else:
            for lane in range(uint64(0), count, uint64(VECTOR)):
                _compress_long(rows, lengths, first, second, lane)
        for lane in range(count):
            a = _byteswap(first[lane]); b=_byteswap(second[lane]) >> uint64(48)
            top = a // M16
            A = _eight(top>>uint64(8), top&uint64(255), pairs)
            r = a - top*M16
            B = _eight((r << uint64(8)) | (b>>uint64(8)), b & uint64(255), pairs)
            if A == ZERO8:
                A = B; B = uint64(0)
                z = _trailing_zeros((A ^ ZERO8) | (uint64(1) << uint64(56))) & uint64(56)
                A = A >> z
            else:
                z = _trailing_zeros(A ^ ZERO8) & uint64(56)
                A = (A >> z) | ((B << uint64(1)) << (uint64(63) - z))
                B = B >> z
            at = (row+lane)*width
            for k in range(label): slots[at+k] = prefix[k]
            _store(A, slots, at+label)
            _store(B, slots, at+label+uint64(8))
        row += uint64(LANES)

def padded(texts, w):
    L = np.where(texts.lengths > BLOCK, 0, texts.lengths)
    return np.array([t if len(t)<=BLOCK else b"" for t in texts.items], f"S{w}").view(np.uint8), L

def make_slots(prefix, heads, tails, head_index, tail_index, threads=1):
    n=len(head_index)
    out=np.empty(n, f"S{slot_width(prefix)}")
    if isinstance(heads, Ids):
        h=heads.slots.view(np.uint8); hl=heads.lengths; hs=heads.slots.itemsize
    else:
        hs=int(heads.lengths.max(initial=1))
        h,hl=padded(heads,hs)
    size = 64 if int(hl.max(initial=0))+int(tails.lengths.max(initial=0)) <= 64 else 128
    t,tl=padded(tails,size)
    args=(out.view(np.uint8), np.frombuffer(prefix.encode(),np.uint8), h,hl,hs,t,tl,size,head_index.astype(np.uint32),tail_index.astype(np.uint32),standard.DIGIT_PAIRS)
    if threads==1: _fill(*args,0,n)
    else:
        cuts=list(range(0,n,1<<17))+[n]
        with ThreadPoolExecutor(threads) as p: list(p.map(lambda ab: _fill(*args,*ab), zip(cuts,cuts[1:])))
    return out
