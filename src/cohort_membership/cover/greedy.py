"""The greedy choice of rows that cover: row by row, axis by axis, the level that promises most.

A level's promise is the number of uncovered combinations that it makes sure, given the levels chosen, and
for axes that are still open the number to be expected if their levels were drawn by chance (the density of
Bryce and Colbourn). The whole is tried several times, and the smallest design is kept.
"""

from collections.abc import Sequence
from itertools import combinations
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Ints: TypeAlias = NDArray[np.int64]
Floats: TypeAlias = NDArray[np.float64]

Product: TypeAlias = Sequence[tuple[Sequence[int], Ints]]
"""A design: for each factor its axes by number, and its rows with the number of each level."""

LEAST_TRIES, MOST_TRIES, WORK = 2, 32, 40_000
"""A design is made so often, with ties and orders decided otherwise, and the smallest is kept: as often as
keeps tries times combinations within `WORK`. The count is of work and not of seconds, so that every machine
tries the same."""

_ROWS = 1_000_003
"""Salts from one try to the next: a row's salt is its try's, and its place in the design."""


def covering_rows(products: Sequence[Product], sizes: Sequence[int], strength: int) -> Ints:
    """The rows chosen, a column an axis with the number of its level; `sizes` are the axes' levels.

    >>> two = [([0], np.arange(2)[:, None]), ([1], np.arange(2)[:, None])]
    >>> len(covering_rows([two], [2, 2], 1))
    2
    """
    offsets = np.cumsum([0, *sizes])[:-1]
    shifted = [[(axes, rows + offsets[list(axes)]) for axes, rows in product] for product in products]
    wanted = _combinations(shifted, len(sizes), min(strength, len(sizes)))
    axis_of = np.repeat(np.arange(len(sizes)), sizes)
    least = int(np.unique(axis_of[wanted], axis=0, return_counts=True)[1].max(initial=0))
    tries = max(LEAST_TRIES, min(MOST_TRIES, WORK // max(1, len(wanted))))
    best = _covering(shifted, wanted, axis_of, 0)
    for salt in range(1, tries):
        if len(best) == least:
            break  # no row holds two combinations of the same axes
        best = min(best, _covering(shifted, wanted, axis_of, salt), key=len)
    rows: Ints = np.array(best, dtype=np.int64).reshape(len(best), len(sizes)) - offsets
    return rows


def _covering(products: Sequence[Product], wanted: Ints, axis_of: Ints, salt: int) -> list[Ints]:
    """Rows, in which all that is wanted occurs; each covers at least one combination that none before has."""
    chosen: list[Ints] = []
    while len(wanted):
        often = np.bincount(wanted.ravel(), minlength=len(axis_of))
        first = wanted[often[wanted].sum(axis=1).argmax()]
        row = next(
            row
            for product in products
            if (row := _row(product, wanted, axis_of, first, salt * _ROWS + len(chosen))) is not None
        )
        chosen.append(row)
        is_chosen = np.zeros(len(axis_of), dtype=bool)
        is_chosen[row] = True
        wanted = wanted[~is_chosen[wanted].all(axis=1)]
    return chosen


def _combinations(products: Sequence[Product], axes: int, strength: int) -> Ints:
    """Every combination that a product allows, each once: its levels by number, ascending."""
    parts = []
    for product in products:
        for subset in combinations(range(axes), strength):
            whole = np.empty((1, 0), dtype=np.int64)
            for own, rows in product:
                columns = [place for place, axis in enumerate(own) if axis in subset]
                if columns:
                    part = np.unique(rows[:, columns], axis=0)
                    whole = np.hstack((np.repeat(whole, len(part), axis=0), np.tile(part, (len(whole), 1))))
            parts.append(np.sort(whole, axis=1))
    return np.unique(np.concatenate(parts), axis=0)


def _row(product: Product, uncovered: Ints, axis_of: Ints, first: Ints, salt: int) -> Ints | None:
    """A row with the combination `first`; None where the product has none."""
    left = [rows for _, rows in product]
    holder = {axis: (at, place) for at, (own, _) in enumerate(product) for place, axis in enumerate(own)}
    row = np.full(len(holder), -1, dtype=np.int64)
    for level in first:
        at, place = holder[int(axis_of[level])]
        left[at] = left[at][left[at][:, place] == level]
        row[axis_of[level]] = level
        if not len(left[at]):
            return None
    weights = _weights(product, left, axis_of)
    open_axes = [axis for axis in range(len(row)) if row[axis] < 0]
    while open_axes:
        promise = _promise(uncovered, weights)
        axis = _next_axis(open_axes, promise, weights, axis_of, salt)
        open_axes.remove(axis)
        at, place = holder[axis]
        possible = np.unique(left[at][:, place])
        ties = possible[promise[possible] >= promise[possible].max() - 1e-9]
        level = ties[_mixed(salt, axis) % len(ties)]
        row[axis] = level
        left[at] = left[at][left[at][:, place] == level]
        _weigh(weights, product[at][0], left[at], axis_of)
    return row


def _weights(product: Product, left: Sequence[Ints], axis_of: Ints) -> Floats:
    """How likely each level is, if every axis took one that is possible by chance."""
    weights = np.zeros(len(axis_of))
    for (own, _), rows in zip(product, left, strict=True):
        _weigh(weights, own, rows, axis_of)
    return weights


def _weigh(weights: Floats, own: Sequence[int], rows: Ints, axis_of: Ints) -> None:
    """The weights of the axes of one factor, as its rows that are left have them."""
    for place, axis in enumerate(own):
        possible = np.unique(rows[:, place])
        weights[axis_of == axis] = 0
        weights[possible] = 1 / len(possible)


def _promise(uncovered: Ints, weights: Floats) -> Floats:
    """For each level, how many uncovered combinations are to be expected with it."""
    weighed = weights[uncovered]
    promise = np.zeros(len(weights))
    for place in range(uncovered.shape[1]):
        others = np.delete(weighed, place, axis=1).prod(axis=1)
        promise += np.bincount(uncovered[:, place], weights=others, minlength=len(weights))
    return promise


def _next_axis(open_axes: Sequence[int], promise: Floats, weights: Floats, axis_of: Ints, salt: int) -> int:
    """The open axis with most to gain; every other try takes them in a mixed order."""
    if salt // _ROWS % 2:
        return min(open_axes, key=lambda axis: _mixed(salt, axis))
    density = np.bincount(axis_of, weights=promise * (weights > 0))
    return max(open_axes, key=lambda axis: (round(float(density[axis]), 6), _mixed(salt, axis)))


def _mixed(salt: int, number: int) -> int:
    """A number that looks like chance and is the same everywhere (splitmix64)."""
    mask = 2**64 - 1
    value = (salt * 0x9E3779B97F4A7C15 + number * 0xD1B54A32D192ED03 + 1) & mask
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & mask
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & mask
    return value ^ (value >> 31)
