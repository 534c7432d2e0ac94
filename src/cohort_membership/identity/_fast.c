/* Ids in bulk, compiled: BLAKE2b of four messages at once, then base 36.

   Messages of one block (128 bytes) only; `fast.py` gives longer ones to the standard kernel. Every
   buffer's size and every index is checked here, so that no caller can make it read or write elsewhere.
   The GIL is released: threads can share the rows of a batch.

   BLAKE2b is RFC 7693, whose names (IV, SIGMA as the arguments of ROUND, h, m, v) are kept. Vectors are
   those of GCC and Clang; the loader picks the clone for the processor it finds. */

#define Py_LIMITED_API 0x030B0000
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <string.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "words are stored as they are: little endian only"
#endif

#define INLINE static inline __attribute__((always_inline))
#if defined(__x86_64__) && defined(__GLIBC__) && !defined(WITHOUT_CLONES) /* sanitizers start too late for clones */
#define CLONES __attribute__((target_clones("avx2", "default")))
#else
#define CLONES
#endif

enum {
    BLOCK = 128,
    SHORT_BLOCK = 64, /* most messages fit; half of their block is zeros, which need not be added */
    UNIT = 32,        /* bytes that texts are copied by */
    PITCH = 256,      /* from one message to the next: a head of a block and a tail of a block fit */
    LANES = 32,       /* messages laid out before the first is hashed, so that its stores have settled */
    VECTOR = 4,       /* messages in one vector of words */
    DIGITS = 16,
    LONGEST_LABEL = 8,
};

typedef uint64_t words __attribute__((vector_size(8 * VECTOR)));
typedef uint32_t halves __attribute__((vector_size(8 * VECTOR)));
typedef uint8_t octets __attribute__((vector_size(8 * VECTOR)));

/* ------------------------------------------------------------------ BLAKE2b */

#define DIGEST_SIZE 10
#define PARAMETERS (UINT64_C(0x01010000) ^ DIGEST_SIZE) /* no key; fan-out and depth 1 */

static const uint64_t IV[8] = {
    UINT64_C(0x6A09E667F3BCC908), UINT64_C(0xBB67AE8584CAA73B), UINT64_C(0x3C6EF372FE94F82B),
    UINT64_C(0xA54FF53A5F1D36F1), UINT64_C(0x510E527FADE682D1), UINT64_C(0x9B05688C2B3E6C1F),
    UINT64_C(0x1F83D9ABFB41BD6B), UINT64_C(0x5BE0CD19137E2179),
};

INLINE words all(uint64_t word) { return (words){word, word, word, word}; }

/* Words rotated right, by shuffles of whole halves and bytes where they do. */
INLINE words rotated_32(words x) {
    halves y = (halves)x;
    return (words)__builtin_shufflevector(y, y, 1, 0, 3, 2, 5, 4, 7, 6);
}
INLINE words rotated_24(words x) {
    octets y = (octets)x;
    return (words)__builtin_shufflevector(y, y, 3, 4, 5, 6, 7, 0, 1, 2, 11, 12, 13, 14, 15, 8, 9, 10, 19,
                                          20, 21, 22, 23, 16, 17, 18, 27, 28, 29, 30, 31, 24, 25, 26);
}
INLINE words rotated_16(words x) {
    octets y = (octets)x;
    return (words)__builtin_shufflevector(y, y, 2, 3, 4, 5, 6, 7, 0, 1, 10, 11, 12, 13, 14, 15, 8, 9, 18,
                                          19, 20, 21, 22, 23, 16, 17, 26, 27, 28, 29, 30, 31, 24, 25);
}
INLINE words rotated_63(words x) { return (x >> 63) | (x + x); }

#define MIX(a, b, c, d, x, y)                \
    v[a] += v[b] + (x);                      \
    v[d] = rotated_32(v[d] ^ v[a]);          \
    v[c] += v[d];                            \
    v[b] = rotated_24(v[b] ^ v[c]);          \
    v[a] += v[b] + (y);                      \
    v[d] = rotated_16(v[d] ^ v[a]);          \
    v[c] += v[d];                            \
    v[b] = rotated_63(v[b] ^ v[c]);

#define ROUND(s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, s12, s13, s14, s15) \
    MIX(0, 4, 8, 12, m[s0], m[s1])                                                  \
    MIX(1, 5, 9, 13, m[s2], m[s3])                                                  \
    MIX(2, 6, 10, 14, m[s4], m[s5])                                                 \
    MIX(3, 7, 11, 15, m[s6], m[s7])                                                 \
    MIX(0, 5, 10, 15, m[s8], m[s9])                                                 \
    MIX(1, 6, 11, 12, m[s10], m[s11])                                               \
    MIX(2, 7, 8, 13, m[s12], m[s13])                                                \
    MIX(3, 4, 9, 14, m[s14], m[s15])

/* The function F on the first and last block of four messages, of which the first `size` bytes can be
   other than zero. An id needs the first two words of the eight. */
INLINE void compress(const uint8_t *messages, size_t size, const uint64_t *lengths, uint64_t *first,
                     uint64_t *second) {
    words m[BLOCK / 8], v[16];
    for (size_t k = 0; k < BLOCK / 8; k += 4) {
        if (8 * k >= size) {
            m[k] = m[k + 1] = m[k + 2] = m[k + 3] = all(0);
            continue;
        }
        words a, b, c, d; /* four words of each message, transposed */
        memcpy(&a, messages + 8 * k, 32);
        memcpy(&b, messages + PITCH + 8 * k, 32);
        memcpy(&c, messages + 2 * PITCH + 8 * k, 32);
        memcpy(&d, messages + 3 * PITCH + 8 * k, 32);
        words even_ab = __builtin_shufflevector(a, b, 0, 4, 2, 6);
        words odd_ab = __builtin_shufflevector(a, b, 1, 5, 3, 7);
        words even_cd = __builtin_shufflevector(c, d, 0, 4, 2, 6);
        words odd_cd = __builtin_shufflevector(c, d, 1, 5, 3, 7);
        m[k] = __builtin_shufflevector(even_ab, even_cd, 0, 1, 4, 5);
        m[k + 1] = __builtin_shufflevector(odd_ab, odd_cd, 0, 1, 4, 5);
        m[k + 2] = __builtin_shufflevector(even_ab, even_cd, 2, 3, 6, 7);
        m[k + 3] = __builtin_shufflevector(odd_ab, odd_cd, 2, 3, 6, 7);
    }
    for (int k = 0; k < 8; k++) {
        v[k] = v[k + 8] = all(IV[k]);
    }
    v[0] = all(IV[0] ^ PARAMETERS);
    words length;
    memcpy(&length, lengths, sizeof length);
    v[12] ^= length;
    v[14] = ~v[14];
    ROUND(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
    ROUND(14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3)
    ROUND(11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4)
    ROUND(7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8)
    ROUND(9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13)
    ROUND(2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9)
    ROUND(12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11)
    ROUND(13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10)
    ROUND(6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5)
    ROUND(10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0)
    ROUND(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
    ROUND(14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3)
    v[0] ^= v[8] ^ all(IV[0] ^ PARAMETERS);
    v[1] ^= v[9] ^ all(IV[1]);
    memcpy(first, &v[0], sizeof v[0]);
    memcpy(second, &v[1], sizeof v[1]);
}

/* ------------------------------------------------------------------ base 36 */

/* The ids of `count` digests, given by their first two words, into slots of `label_size` + 16 bytes.
   The steps are separate loops, so that the compiler makes vectors of those in the middle. */
INLINE void write_digits(uint8_t *slot, uint64_t label, size_t label_size, size_t count,
                         const uint64_t *first, const uint64_t *second) {
    uint32_t fours[4 * LANES], pairs[4 * LANES];
    uint16_t characters[8 * LANES];
    for (size_t lane = 0; lane < LANES; lane++) {
        /* A digest is big endian, 64 bits and 16 more; 36**8 is 3**16 * 2**16, so eight digits come off
           by a division of the 64 alone. 36**4 is 3**8 * 2**8: the same again, twice. */
        uint64_t upper = __builtin_bswap64(first[lane]);
        uint64_t top = upper / 43046721;
        uint64_t bottom = ((upper - top * 43046721) << 16) | (__builtin_bswap64(second[lane]) >> 48);
        uint32_t high = (uint32_t)(top >> 8) / 6561;
        uint32_t low = (uint32_t)((bottom >> 8) / 6561);
        fours[4 * lane] = high;
        fours[4 * lane + 1] = (uint32_t)(top - (uint64_t)high * 1679616);
        fours[4 * lane + 2] = low;
        fours[4 * lane + 3] = (uint32_t)(bottom - (uint64_t)low * 1679616);
    }
    for (size_t k = 0; k < 4 * LANES; k++) { /* by 36**2: a product that is exact in the range */
        uint32_t high = ((fours[k] >> 4) * 25891) >> 21;
        pairs[k] = high | ((fours[k] - high * 1296) << 16);
    }
    for (size_t k = 0; k < 4 * LANES; k++) { /* two pairs a word, and each by 36 */
        for (int part = 0; part < 2; part++) {
            uint32_t pair = (pairs[k] >> (16 * part)) & 0xFFFF;
            uint32_t high = (pair * 1821) >> 16;
            uint32_t both = high | ((pair - high * 36) << 8);
            uint32_t letters = ((both + 0x7676) >> 7) & 0x0101; /* a byte over 9? */
            characters[2 * k + part] = (uint16_t)(both + 0x3030 + letters * ('a' - '9' - 1));
        }
    }
    const uint64_t zeros = UINT64_C(0x3030303030303030);
    for (size_t lane = 0; lane < count; lane++) {
        uint64_t left, right;
        memcpy(&left, characters + 8 * lane, 8);
        memcpy(&right, characters + 8 * lane + 4, 8);
        if (left == zeros) {
            left = right;
            right = 0;
        }
        /* Bits of leading zeros to shift out: none out of a last digit, of which zero keeps one. */
        uint64_t last = right ? 0 : UINT64_C(1) << 56;
        int shift = __builtin_ctzll((left ^ zeros) | last) & 56;
        left = (left >> shift) | ((right << 1) << (63 - shift));
        right >>= shift;
        memcpy(slot, &label, 8); /* the digits are written over what is too long of it */
        memcpy(slot + label_size, &left, 8);
        memcpy(slot + label_size + 8, &right, 8);
        slot += label_size + DIGITS;
    }
}

/* ---------------------------------------------------------------- the batch */

typedef struct {
    uint8_t *slots;
    uint64_t label;
    size_t label_size;
    const uint8_t *heads, *head_sizes, *tails, *tail_sizes;
    size_t head_pitch, head_count, tail_pitch, tail_count;
    const uint32_t *head_index, *tail_index;
    size_t start, stop;
} batch;

INLINE int write_rows(const batch *b, size_t size) {
    uint8_t messages[LANES * PITCH] __attribute__((aligned(64)));
    uint64_t lengths[LANES] = {0}, first[LANES] = {0}, second[LANES] = {0};
    memset(messages, 0, sizeof messages);
    for (size_t row = b->start; row < b->stop; row += LANES) {
        size_t count = b->stop - row < LANES ? b->stop - row : LANES;
        for (size_t lane = 0; lane < count; lane++) {
            size_t head = b->head_index[row + lane], tail = b->tail_index[row + lane];
            if (head >= b->head_count || tail >= b->tail_count) {
                return -1;
            }
            size_t head_size = b->head_sizes[head];
            uint8_t *message = messages + lane * PITCH;
            for (size_t k = 0; k < head_size; k += UNIT) {
                memcpy(message + k, b->heads + head * b->head_pitch + k, UNIT);
            }
            /* Whatever the last unit held past the head, the tail and its NULs are written over it. */
            memcpy(message + head_size, b->tails + tail * size, size);
            lengths[lane] = head_size + b->tail_sizes[tail];
        }
        for (size_t lane = 0; lane < count; lane += VECTOR) {
            compress(messages + lane * PITCH, size, lengths + lane, first + lane, second + lane);
        }
        write_digits(b->slots + row * (b->label_size + DIGITS), b->label, b->label_size, count, first,
                     second);
    }
    return 0;
}

CLONES static int write_short(const batch *b) { return write_rows(b, SHORT_BLOCK); }
CLONES static int write_long(const batch *b) { return write_rows(b, BLOCK); }

static size_t longest(const uint8_t *sizes, size_t count) {
    size_t most = 0;
    for (size_t k = 0; k < count; k++) {
        most = sizes[k] > most ? sizes[k] : most;
    }
    return most;
}

/* Whether the buffers hold what the batch says; else a ValueError. */
static int fits(const batch *b, const Py_buffer *slots, const Py_buffer *heads, const Py_buffer *tails,
                const Py_buffer *head_index, const Py_buffer *tail_index) {
    size_t head_most = longest(b->head_sizes, b->head_count);
    size_t tail_most = longest(b->tail_sizes, b->tail_count);
    size_t rows = (size_t)head_index->len / sizeof(uint32_t);
    if ((b->tail_pitch == SHORT_BLOCK || b->tail_pitch == BLOCK) && b->label_size <= LONGEST_LABEL &&
        head_most <= b->head_pitch && b->head_pitch <= BLOCK && tail_most <= b->tail_pitch &&
        (size_t)heads->len >= b->head_count * b->head_pitch + UNIT &&
        (size_t)tails->len >= b->tail_count * b->tail_pitch && tail_index->len == head_index->len &&
        (uintptr_t)b->head_index % sizeof(uint32_t) == 0 && (uintptr_t)b->tail_index % sizeof(uint32_t) == 0 &&
        b->start <= b->stop && b->stop <= rows &&
        (size_t)slots->len == rows * (b->label_size + DIGITS)) {
        return 1;
    }
    PyErr_SetString(PyExc_ValueError, "buffers that do not fit each other");
    return 0;
}

PyDoc_STRVAR(ids_into_doc,
             "ids_into(slots, label, heads, head_sizes, head_pitch, tails, tail_sizes, tail_pitch,\n"
             "         head_index, tail_index, start, stop)\n--\n\n"
             "Write the ids of the rows start to stop into their slots.\n\n"
             "heads: texts every head_pitch bytes, and 32 bytes more. tails: texts filled up with NULs to\n"
             "tail_pitch, 64 or 128. sizes: a byte a text. indices: uint32, one a row.");

static PyObject *ids_into(PyObject *module, PyObject *arguments) {
    (void)module;
    Py_buffer slots, label, heads, head_sizes, tails, tail_sizes, head_index, tail_index;
    Py_ssize_t head_pitch, tail_pitch, start, stop;
    if (!PyArg_ParseTuple(arguments, "w*y*y*y*ny*y*ny*y*nn", &slots, &label, &heads, &head_sizes,
                          &head_pitch, &tails, &tail_sizes, &tail_pitch, &head_index, &tail_index, &start,
                          &stop)) {
        return NULL;
    }
    batch b = {
        .slots = slots.buf,
        .label_size = (size_t)label.len,
        .heads = heads.buf,
        .head_sizes = head_sizes.buf,
        .head_pitch = (size_t)head_pitch,
        .head_count = (size_t)head_sizes.len,
        .tails = tails.buf,
        .tail_sizes = tail_sizes.buf,
        .tail_pitch = (size_t)tail_pitch,
        .tail_count = (size_t)tail_sizes.len,
        .head_index = head_index.buf,
        .tail_index = tail_index.buf,
        .start = (size_t)start,
        .stop = (size_t)stop,
    };
    int is_fit = fits(&b, &slots, &heads, &tails, &head_index, &tail_index);
    if (is_fit) {
        int failed;
        memcpy(&b.label, label.buf, b.label_size);
        Py_BEGIN_ALLOW_THREADS
        failed = b.tail_pitch == SHORT_BLOCK ? write_short(&b) : write_long(&b);
        Py_END_ALLOW_THREADS
        if (failed) {
            PyErr_SetString(PyExc_IndexError, "an index does not fit its texts");
            is_fit = 0;
        }
    }
    Py_buffer *all_of_them[] = {&slots, &label, &heads, &head_sizes,
                                &tails, &tail_sizes, &head_index, &tail_index};
    for (size_t k = 0; k < sizeof all_of_them / sizeof *all_of_them; k++) {
        PyBuffer_Release(all_of_them[k]);
    }
    if (!is_fit) {
        return NULL;
    }
    Py_RETURN_NONE;
}

PyDoc_STRVAR(lines_into_doc, "lines_into(lines, label, slots, width)\n--\n\n"
                              "Write label, id and a line feed for each slot; the number of bytes.");

static PyObject *lines_into(PyObject *module, PyObject *arguments) {
    (void)module;
    Py_buffer lines, label, slots;
    Py_ssize_t width;
    if (!PyArg_ParseTuple(arguments, "w*y*y*n", &lines, &label, &slots, &width)) {
        return NULL;
    }
    uint8_t *end = lines.buf;
    /* Divided and not multiplied: a product of sizes that a caller makes up may be too large to be told. */
    size_t rows = width > 0 ? (size_t)slots.len / (size_t)width : 0;
    int is_fit = width > 0 && slots.len % width == 0 &&
                 (!rows || (size_t)lines.len / rows >= (size_t)label.len + (size_t)width + 1);
    if (is_fit) {
        Py_BEGIN_ALLOW_THREADS
        const uint8_t *stop = (const uint8_t *)slots.buf + slots.len;
        for (const uint8_t *slot = slots.buf; slot < stop; slot += width) {
            memcpy(end, label.buf, (size_t)label.len);
            end += label.len;
            Py_ssize_t size = width;
            while (size && !slot[size - 1]) {
                size--;
            }
            memcpy(end, slot, (size_t)size);
            end += size;
            *end++ = '\n';
        }
        Py_END_ALLOW_THREADS
    }
    Py_ssize_t written = end - (uint8_t *)lines.buf;
    PyBuffer_Release(&lines);
    PyBuffer_Release(&label);
    PyBuffer_Release(&slots);
    if (!is_fit) {
        PyErr_SetString(PyExc_ValueError, "lines that cannot hold their ids");
        return NULL;
    }
    return PyLong_FromSsize_t(written);
}

PyDoc_STRVAR(digits_into_doc,
             "digits_into(slots, label, digests)\n--\n\n"
             "Write the ids of digests of 16 bytes, of which 10 count: base 36 alone, for its proof.");

static PyObject *digits_into(PyObject *module, PyObject *arguments) {
    (void)module;
    Py_buffer slots, label, digests;
    if (!PyArg_ParseTuple(arguments, "w*y*y*", &slots, &label, &digests)) {
        return NULL;
    }
    size_t label_size = (size_t)label.len, rows = (size_t)digests.len / 16;
    int is_fit = label_size <= LONGEST_LABEL && (size_t)slots.len == rows * (label_size + DIGITS);
    if (is_fit) {
        uint64_t text = 0;
        memcpy(&text, label.buf, label_size);
        for (size_t row = 0; row < rows; row += LANES) {
            size_t count = rows - row < LANES ? rows - row : LANES;
            uint64_t first[LANES] = {0}, second[LANES] = {0};
            for (size_t lane = 0; lane < count; lane++) {
                memcpy(&first[lane], (const uint8_t *)digests.buf + 16 * (row + lane), 8);
                memcpy(&second[lane], (const uint8_t *)digests.buf + 16 * (row + lane) + 8, 8);
            }
            write_digits((uint8_t *)slots.buf + row * (label_size + DIGITS), text, label_size, count, first,
                         second);
        }
    }
    PyBuffer_Release(&slots);
    PyBuffer_Release(&label);
    PyBuffer_Release(&digests);
    if (!is_fit) {
        PyErr_SetString(PyExc_ValueError, "slots that do not fit their digests");
        return NULL;
    }
    Py_RETURN_NONE;
}

/* --------------------------------------------------------------- the module */

static PyMethodDef functions[] = {
    {"ids_into", ids_into, METH_VARARGS, ids_into_doc},
    {"lines_into", lines_into, METH_VARARGS, lines_into_doc},
    {"digits_into", digits_into, METH_VARARGS, digits_into_doc},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "_fast", "Ids in bulk, compiled (see fast.py).", 0, functions, NULL, NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit__fast(void) { return PyModuleDef_Init(&definition); }
