"""The digests of a design's rows, to be compared: BLAKE2b-80 of each row's text, with the kernel of ids.

A row's text is `<seed>|<axis>=<level>|…`, axes by name, levels as ids count them. The sorted axes are cut
in two: what stands before the cut are the heads, what stands behind it the tails, both small dictionaries,
and a row is a pair of numbers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cohort_membership.design import Factors, axes_of
from cohort_membership.identity import MAX_DIGITS, normalised
from cohort_membership.identity.bulk import Ids, Kernel, Texts, bulk_ids, cross_check
from cohort_membership.projection import Projection, height, project
from cohort_membership.radix import Numbers, RadixSum, projected_numbers, row_numbers, sums_of

Words: TypeAlias = NDArray[np.uint64]

LARGEST_TABLE = 200_000
"""The most heads or tails that are made for all rows; above it each batch makes those it needs."""


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """One half of the rows' texts: for each row the number of its text, and what the texts are joined from.

    `columns` give, for each number, the number of the level of one axis after the other, and its text.
    """

    numbers: RadixSum
    count: int
    columns: tuple[tuple[RadixSum, tuple[str, ...]], ...]
    start: str
    whole: Texts | None

    def texts_of(self, numbers: Numbers) -> tuple[Texts, Numbers]:
        """A dictionary of texts, and the place in it of each of the texts with these numbers."""
        if self.whole is not None:
            return self.whole, numbers
        needed, places = np.unique(numbers, return_inverse=True)
        return Texts(_joined(self.start, self.columns, needed)), places


@dataclass(frozen=True, slots=True, eq=False)
class RowTexts:
    """The texts of a product's rows: row i's is the text of its head, then that of its tail."""

    head: Part
    tail: Part

    def of(self, rows: range | Numbers) -> tuple[Texts, Texts, Numbers, Numbers]:
        """Dictionaries of heads and tails, and each row's place in them."""
        (heads, head_index), (tails, tail_index) = (
            part.texts_of(sums_of(part.numbers, rows)) for part in (self.head, self.tail)
        )
        return heads, tails, head_index, tail_index


def row_texts(
    factors: Factors,
    seed: int,
    *,
    defaults: Mapping[str, str] | None = None,
    whole: frozenset[str] = frozenset(),
) -> RowTexts:
    """The texts of the rows of a product.

    An axis at its level in `defaults` (normalised) is left out; the levels of the axes `whole` stand as
    whole numbers.

    >>> from cohort_membership.design import axis_factor
    >>> texts = row_texts((axis_factor("y", ["A ", "b"]), axis_factor("x", ["1"])), 7, defaults={"y": "b"})
    >>> heads, tails, head_index, tail_index = texts.of(range(2))
    >>> [heads.items[h] + tails.items[t] for h, t in zip(head_index, tail_index)]
    [b'7|x=1|y=a', b'7|x=1']
    """
    axes = sorted(axes_of(factors))
    cut = min(range(len(axes) + 1), key=lambda cut: _heights(factors, axes[:cut], axes[cut:]))
    defaults = defaults or {}

    def part(start: str, axes: Sequence[str]) -> Part:
        projection = project(factors, axes)
        count = height(projection)
        numbers = RadixSum(projected_numbers([one.frame for one in factors], projection))
        columns = tuple(_column(projection, axis, defaults.get(axis), axis in whole) for axis in axes)
        texts = Texts(_joined(start, columns, np.arange(count))) if count <= LARGEST_TABLE else None
        return Part(numbers, count, columns, start, texts)

    return RowTexts(part(str(seed), axes[:cut]), part("", axes[cut:]))


def digests(
    texts: RowTexts, rows: range | Numbers, *, kernel: Kernel, threads: int = 1
) -> tuple[Words, Words]:
    """Two words for each row that compare as the digests of their texts do, the first before the second."""
    messages = texts.of(rows)
    ids = bulk_ids("", *messages, kernel=kernel, threads=threads)
    cross_check("", *messages, ids=ids)
    return order_of(ids)


def order_of(ids: Ids) -> tuple[Words, Words]:
    """Two words for each id without a prefix, which compare as the numbers that the ids stand for.

    An id is a number in base 36: of two with the same number of digits the order is that of the digits,
    which are in the order of their bytes, and else the one with more digits is larger. So the digits are
    moved to the right of sixteen bytes.

    >>> high, low = order_of(Ids(np.array([b"z", b"10", b"5gv2rma270x9hhj3"], "S16")))
    >>> high.tolist()[:2], low.tolist()[0] < low.tolist()[1] < high.tolist()[2]
    ([0, 0], True)
    """
    words = ids.slots.view(">u8").reshape(-1, 2).astype(np.uint64)
    high, low = words[:, 0].copy(), words[:, 1].copy()
    short = np.flatnonzero((low & np.uint64(0xFF)) == 0)
    missing = MAX_DIGITS - np.char.str_len(ids.slots[short])
    for count in np.unique(missing).tolist():
        places = short[missing == count]
        bits = np.uint64(8 * count % 64)
        upper, lower = (high[places], low[places]) if count < 8 else (np.uint64(0), high[places])
        carried = upper << (np.uint64(64) - bits) if bits else np.uint64(0)
        low[places] = (lower >> bits) | carried
        high[places] = upper >> bits
    return high, low


def _heights(factors: Factors, *halves: Sequence[str]) -> int:
    return sum(height(project(factors, axes)) for axes in halves)


def _column(
    projection: Projection, axis: str, default: str | None, is_whole: bool
) -> tuple[RadixSum, tuple[str, ...]]:
    """For each row of a projection the number of its level on an axis, and the levels' texts."""
    tables: list[Numbers] = [np.zeros(one.height, np.int64) for one in projection]
    place = next(place for place, one in enumerate(projection) if axis in one.identity)
    levels = projection[place].frame.select(axis)
    distinct = levels.unique(maintain_order=True)
    tables[place] = row_numbers(levels, distinct)
    return RadixSum(tables), tuple(_text(axis, level, default, is_whole) for level in distinct[axis])


def _text(axis: str, level: str, default: str | None, is_whole: bool) -> str:
    text = str(int(level)) if is_whole else normalised(level)
    return "" if text == default else f"|{axis}={text}"


def _joined(start: str, columns: Sequence[tuple[RadixSum, tuple[str, ...]]], numbers: Numbers) -> list[bytes]:
    parts = {
        str(place): pl.Series(texts, dtype=pl.String).gather(pl.Series(sums.at(numbers)))
        for place, (sums, texts) in enumerate(columns)
    }
    if not parts:
        return [start.encode()] * len(numbers)
    joined = pl.DataFrame(parts).select(pl.concat_str([pl.lit(start), *(pl.col(name) for name in parts)]))
    return [text.encode() for text in joined.to_series().to_list()]
