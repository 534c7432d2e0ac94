"""The rows of a product that are in none of several other products: counted, found and ranked.

Whether a row is in another product is decided table by table: each of its parts must be possible
there. With one bit for each other product, a row is in those whose bits are left in the AND over its
parts; it is *fresh* where none is left. Going through the tables from the first, all that matters of
the parts seen so far is that AND, the *state*. There are few distinct states, so for each state before
each table the number of fresh rows that follow is known, and from there rank and select are a walk of
one step a table.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from returns.result import Failure, Result, Success

Bits: TypeAlias = NDArray[np.uint64]
"""One number for each row of a table: bit j says that this part of a row is possible in product j."""
Numbers: TypeAlias = NDArray[np.int64]
Counts: TypeAlias = NDArray[Any]
"""Numbers of rows: of 64 bits, or Python's own where 64 bits are too few."""

MOST_OTHERS = 63
"""Other products: a bit of a word for each."""

MOST_CELLS = 1 << 24
"""Cells of all tables by state and row: eight bytes each once rows are asked for."""

LARGEST_PRODUCT = 1 << 62
"""Rows of a product up to which they can be addressed; it can be counted whatever its size."""

RUN_ROWS = 1 << 13
"""Tables that stand side by side are walked through in one step where they have so few rows together."""


@dataclass(frozen=True, slots=True)
class Unwieldy:
    """Why the rows that products share cannot be told: `what` there are too many of, and where.

    `others`: other products. `rows`: rows of the tables of `axes`, which another product couples.
    `states`: ways in which the products overlap, times the rows of the tables they are found in.
    """

    what: Literal["others", "rows", "states"]
    size: int
    limit: int
    axes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class _Step:
    """One table, or a run of them: `kinds[row]` is the number of the row's bits among the distinct ones.

    `following[state, kind]` is the state after it, `fresh[state, kind]` the fresh rows that then follow.
    """

    kinds: NDArray[np.intp]
    following: NDArray[np.intp]
    fresh: Counts

    @property
    def height(self) -> int:
        return len(self.kinds)


@dataclass(frozen=True, slots=True, eq=False)
class _Live:
    """A step's rows that fresh rows follow, state after state: those of a state are `starts[state]` to
    `starts[state + 1]`. For each its number, the fresh rows before it in its state, and the state after it.
    """

    starts: NDArray[np.intp]
    digits: Numbers
    before: Numbers
    after: NDArray[np.intp]

    def holding(self, state: int, ranks: Numbers | int) -> Numbers:
        """The place here of the row that holds each of these ranks among the fresh rows of a state."""
        start = self.starts[state]
        before = self.before[start : self.starts[state + 1]]
        return np.asarray(start + np.searchsorted(before, ranks, side="right") - 1, np.int64)


@dataclass(frozen=True, eq=False)
class Fresh:
    """The fresh rows of a product, in its order: `count` of the product's `size` rows."""

    size: int
    count: int
    steps: tuple[_Step, ...]

    @property
    def is_all(self) -> bool:
        """Whether every row is fresh: then ranks are row numbers."""
        return self.count == self.size

    def over(self, start: int, stop: int) -> Numbers:
        """The row numbers of the fresh rows with the ranks `start` to `stop` (not included).

        It takes a tenth of the time of `select`: rows that stand together are laid out together.

        >>> bits = [np.array([0b1, 0b0], np.uint64), np.array([0b1, 0b1, 0b0], np.uint64)]
        >>> fresh_of(bits, 1).unwrap().over(1, 4)
        array([3, 4, 5])
        """
        if self.is_all or stop <= start:
            return np.arange(start, max(start, stop), dtype=np.int64)
        rows, states = np.zeros(1, np.int64), np.zeros(1, np.intp)
        first, last = start, stop - 1  # ranks: among the fresh rows of the first part, and of the last
        for step, live in zip(self.steps, self._live, strict=True):
            begin, end = live.starts[states], live.starts[states + 1]
            begin[0] = live.holding(int(states[0]), first)
            final = int(live.holding(int(states[-1]), last))
            first, last = first - int(live.before[begin[0]]), last - int(live.before[final])
            end[-1] = final + 1
            counts = end - begin
            places = np.repeat(begin - (np.cumsum(counts) - counts), counts)
            places += np.arange(len(places))
            rows = np.repeat(rows * step.height, counts)
            rows += live.digits[places]
            if step is not self.steps[-1]:
                states = live.after[places]
        return rows

    def select(self, ranks: Numbers) -> Numbers:
        """The row numbers of the fresh rows with these ranks, in any order, between 0 and `count`.

        >>> bits = [np.array([0b1, 0b0], np.uint64), np.array([0b1, 0b1, 0b0], np.uint64)]
        >>> fresh_of(bits, 1).unwrap().select(np.array([3, 0]))
        array([5, 2])
        """
        rest = np.asarray(ranks, np.int64)
        if self.is_all:
            return rest
        rows, states = np.zeros(len(rest), np.int64), np.zeros(len(rest), np.intp)
        for step, live in zip(self.steps, self._live, strict=True):
            places = live.starts[states] + rest
            if step is not self.steps[-1]:  # where it is the last, each row is one rank
                places = _held(live, states, rest)
                rest = rest - live.before[places]
                states = live.after[places]
            rows = rows * step.height + live.digits[places]
        return rows

    def rank(self, rows: Numbers) -> Numbers:
        """How many fresh rows come before each of these rows of the product."""
        if self.is_all:
            return np.asarray(rows, np.int64)
        ranks, states = np.zeros(len(rows), np.int64), np.zeros(len(rows), np.intp)
        for step, before, digits in zip(self.steps, self._before, self._digits(rows), strict=True):
            ranks += before[states, digits]
            states = step.following[states, step.kinds[digits]]
        return ranks

    def holds(self, rows: Numbers) -> NDArray[np.bool_]:
        """Whether each of these rows of the product is fresh."""
        states = np.zeros(len(rows), np.intp)
        left = np.full(len(rows), self.count > 0)
        for step, digits in zip(self.steps, self._digits(rows), strict=True):
            kinds = step.kinds[digits]
            left, states = step.fresh[states, kinds] > 0, step.following[states, kinds]
        return left

    @cached_property
    def _before(self) -> tuple[Numbers, ...]:
        """For each step, `[state, row]`: the fresh rows of the rows before this one."""
        if self.size > LARGEST_PRODUCT:
            raise ValueError(f"the rows of a product of {self.size} cannot be addressed")
        tables = []
        for step in self.steps:
            fresh = step.fresh[:, step.kinds]
            tables.append(np.cumsum(fresh, axis=1) - fresh)
        return tuple(tables)

    @cached_property
    def _live(self) -> tuple[_Live, ...]:
        tables = []
        for step, before in zip(self.steps, self._before, strict=True):
            is_live = step.fresh[:, step.kinds] > 0
            states, digits = np.nonzero(is_live)
            starts = np.cumsum([0, *np.count_nonzero(is_live, axis=1)])
            after = step.following[states, step.kinds[digits]]
            tables.append(_Live(starts, digits, before[states, digits], after))
        return tuple(tables)

    def _digits(self, rows: Numbers) -> list[Numbers]:
        digits, rest = [], np.asarray(rows, np.int64)
        for step in reversed(self.steps):
            rest, digit = np.divmod(rest, step.height)
            digits.append(digit)
        return digits[::-1]


def fresh_of(bits: Sequence[Bits], others: int, *, most_cells: int = MOST_CELLS) -> Result[Fresh, Unwieldy]:
    """The fresh rows of a product of tables with these bits (one array a table) beside `others` products.

    The states before a table are at most 2**others, and at most the rows of the tables before it. More
    cells than `most_cells` (states times rows, over all tables) are `Unwieldy`.

    >>> bits = [np.array([0b01, 0b11, 0b10], np.uint64), np.array([0b10, 0b01], np.uint64)]
    >>> fresh_of(bits, 2).unwrap().count
    2
    """
    if others > MOST_OTHERS:
        return Failure(Unwieldy("others", others, MOST_OTHERS))
    size = math.prod(len(table) for table in bits)
    shared = (1 << others) - 1
    for table in bits:
        shared &= int(np.bitwise_or.reduce(table, initial=0))  # the others share no row with this product
    tables = [table & np.uint64(shared) for table in bits]
    walked = _walked(_runs(tables, RUN_ROWS), shared, most_cells).lash(
        lambda _: _walked(tables, shared, most_cells)  # fewer rows a step, and so fewer cells
    )
    return walked.map(lambda found: _counted(size, *found))


_Walked: TypeAlias = tuple[list[tuple[NDArray[np.intp], NDArray[np.intp]]], Bits]
"""For each table its rows' kinds and the following states; and the states after the last table."""


def _runs(tables: Sequence[Bits], most: int) -> list[Bits]:
    """The bits of tables side by side put together, the last varying fastest, up to so many rows."""
    runs: list[Bits] = []
    for table in reversed(tables):
        if runs and len(runs[-1]) * len(table) <= most:
            runs[-1] = np.bitwise_and.outer(table, runs[-1]).ravel()
        else:
            runs.append(table)
    return runs[::-1]


def _walked(tables: Sequence[Bits], shared: int, most_cells: int) -> Result[_Walked, Unwieldy]:
    """The states from the first table on."""
    # A product that every row from here on is possible in keeps its bit: where one is left that is so,
    # no fresh row follows. All such states are one, `shared`.
    possible = (int(np.bitwise_and.reduce(table, initial=shared)) for table in reversed(tables))
    certain = list(accumulate(possible, int.__and__, initial=shared))[::-1]
    states = np.array([shared], np.uint64)
    cells, steps = 0, []
    for table, certain_after in zip(tables, certain[1:], strict=True):
        distinct, kinds = np.unique(table, return_inverse=True)
        cells += len(states) * len(table)
        if cells > most_cells:
            return Failure(Unwieldy("states", cells, most_cells))
        left = np.bitwise_and.outer(states, distinct)
        left[(left & np.uint64(certain_after)) != 0] = shared
        states, following = np.unique(left, return_inverse=True)
        steps.append((kinds.reshape(-1), following.reshape(left.shape)))
    return Success((steps, states))


def _counted(size: int, steps: Sequence[tuple[NDArray[np.intp], NDArray[np.intp]]], states: Bits) -> Fresh:
    """The walk with the number of fresh rows that follow, from the last table to the first."""
    dtype: Any = np.int64 if size <= LARGEST_PRODUCT else object
    ahead = (states == 0).astype(dtype)
    counted = []
    for kinds, following in reversed(steps):
        fresh = ahead[following]
        counted.append(_Step(kinds, following, fresh))
        rows_of_kind = np.bincount(kinds, minlength=following.shape[1]).astype(dtype)
        ahead = (fresh * rows_of_kind).sum(axis=1)
    return Fresh(size, int(ahead[0]), tuple(counted[::-1]))


def _held(live: _Live, states: NDArray[np.intp], ranks: Numbers) -> Numbers:
    """`_Live.holding` of ranks in several states."""
    if len(live.starts) == 2:
        return live.holding(0, ranks)
    places = np.empty(len(ranks), np.int64)
    order = np.argsort(states, kind="stable")
    ends = np.cumsum(np.bincount(states, minlength=len(live.starts) - 1)).tolist()
    for state, (start, end) in enumerate(zip([0, *ends], ends, strict=False)):
        if start < end:
            rows = order[start:end]
            places[rows] = live.holding(state, ranks[rows])
    return places
