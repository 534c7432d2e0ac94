"""A design is a product of small tables, and every rule is a function on them.

The rows of a design are the Cartesian product of its *factors*, the last varying fastest (as
`itertools.product`). An axis is a factor of one column; a rule filters one factor or replaces several
by one. So a design of a billion rows is held as a few small tables: its size is the product of their
heights, and its row `i` is a mixed-radix decoding of `i`.

The projection of a product on some axes is the product of the projections; that is how stages are
read off a design without ever building its rows.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import polars as pl


@dataclass(frozen=True, slots=True, eq=False)
class Factor:
    """A small table: one text column an axis, one row a combination of their levels, no row twice."""

    frame: pl.DataFrame

    @property
    def axes(self) -> tuple[str, ...]:
        return tuple(self.frame.columns)

    @property
    def height(self) -> int:
        return self.frame.height

    def levels(self, axis: str) -> pl.Series:
        """The distinct levels of one axis, in order of first appearance."""
        levels = self.frame[axis]
        return levels if len(self.axes) == 1 else levels.unique(maintain_order=True)


Factors: TypeAlias = tuple[Factor, ...]
"""A design: its factors in order, the last varying fastest."""


def factor(axes: Sequence[str], rows: Sequence[Sequence[str]]) -> Factor:
    """A factor of these rows, repeats dropped, order kept.

    >>> factor(["x", "y"], [("1", "a"), ("2", "b"), ("1", "a")]).height
    2
    """
    columns = list(zip(*rows, strict=True)) if rows else [() for _ in axes]
    frame = pl.DataFrame(
        [pl.Series(axis, column, dtype=pl.String) for axis, column in zip(axes, columns, strict=True)]
    )
    return Factor(frame.unique(maintain_order=True))


def axis_factor(axis: str, levels: Sequence[str]) -> Factor:
    """The factor of one axis: its levels, repeats dropped, order kept."""
    return Factor(pl.DataFrame({axis: pl.Series(list(dict.fromkeys(levels)), dtype=pl.String)}))


def size(factors: Factors) -> int:
    """How many rows the design has, exactly.

    >>> size((axis_factor("x", ["1", "2"]), axis_factor("y", ["a", "b", "c"])))
    6
    """
    return math.prod(one.height for one in factors)


def holder(factors: Factors, axis: str) -> int | None:
    """The position of the factor that has the axis."""
    return next((place for place, one in enumerate(factors) if axis in one.axes), None)


def axes_of(factors: Factors) -> tuple[str, ...]:
    return tuple(axis for one in factors for axis in one.axes)


# -------------------------------------------------- rules: factors to factors


def subset(factors: Factors, axis: str, keep: Sequence[str]) -> Factors:
    """Keep the rows whose level on `axis` is listed; their order stays."""
    place = _held(factors, axis)
    kept = factors[place].frame.filter(pl.col(axis).is_in(pl.Series(keep, dtype=pl.String).implode()))
    return (*factors[:place], Factor(kept), *factors[place + 1 :])


def tie(factors: Factors, axes: Sequence[str], at_axis: str | None = None) -> Factors:
    """Let all `axes` take the same level, in the order of the first one's levels.

    The tied factor stands at the place of `at_axis`, or of the earliest where that is None.

    >>> tied = tie((axis_factor("x", ["1", "2"]), axis_factor("y", ["2", "3"])), ["x", "y"])
    >>> tied[0].frame.rows()
    [('2', '2')]
    """
    places = sorted({_held(factors, axis) for axis in axes})
    first = factors[_held(factors, axes[0])].levels(axes[0])
    tied = pl.DataFrame({_LEVEL: first})
    for place in places:
        own = [axis for axis in factors[place].axes if axis in axes]
        agreeing = factors[place].frame.filter(pl.all_horizontal(pl.col(own) == pl.col(own[0])))
        tied = tied.join(
            agreeing.with_columns(pl.col(own[0]).alias(_LEVEL)), on=_LEVEL, maintain_order="left_right"
        )
    at = places[0] if at_axis is None else _held(factors, at_axis)
    return _replaced(factors, places, Factor(tied.drop(_LEVEL)), at)


def pair(factors: Factors, left: Sequence[str], right: Sequence[str], allowed: Factor) -> Factors:
    """Replace the factors of `left` and `right` by the allowed combinations, in their given order.

    `allowed` has the columns of left and right. The new factor stands at the earlier one's place.
    """
    places = sorted({_held(factors, axis) for axis in (*left, *right)})
    paired = allowed.frame
    for place in places:
        shared = [axis for axis in factors[place].axes if axis in paired.columns]
        paired = paired.join(factors[place].frame, on=shared, maintain_order="left_right")
    return _replaced(factors, places, Factor(paired), places[0])


def pair_height(factors: Factors, left: Sequence[str], right: Sequence[str], allowed: Factor) -> int:
    """How many rows `pair` would give its factor, without building it."""
    counted = allowed.frame.with_columns(pl.lit(1, pl.Int64).alias(_COUNT))
    for place in sorted({_held(factors, axis) for axis in (*left, *right)}):
        shared = [axis for axis in factors[place].axes if axis in allowed.axes]
        heights = factors[place].frame.group_by(shared).agg(pl.len().cast(pl.Int64).alias(_HERE))
        counted = counted.join(heights, on=shared).with_columns(pl.col(_COUNT) * pl.col(_HERE)).drop(_HERE)
    return int(counted[_COUNT].sum())


def give(factors: Factors, given: Factor) -> Factors:
    """Add a factor whose axes are declared nowhere else: it comes last."""
    return (*factors, given)


# ------------------------------------------------------------------ projection


@dataclass(frozen=True, slots=True, eq=False)
class Projected:
    """What is left of the design's factor number `origin` on some axes: `frame` has distinct `identity`."""

    origin: int
    frame: pl.DataFrame
    identity: tuple[str, ...]

    @property
    def height(self) -> int:
        return self.frame.height


Projection: TypeAlias = tuple[Projected, ...]


def project(factors: Factors, identity: Sequence[str], attributes: Sequence[str] = ()) -> Projection:
    """The distinct combinations of `identity`, factor by factor, in order of first appearance.

    Attributes come along from the first row of each; a factor that has neither is left out.

    >>> halves = factor(["x", "y"], [("1", "a"), ("1", "b"), ("2", "a")])
    >>> [one.frame.rows() for one in project((halves,), ["x"], ["y"])]
    [[('1', 'a'), ('2', 'a')]]
    """
    projected = []
    for origin, one in enumerate(factors):
        own = tuple(axis for axis in one.axes if axis in identity)
        carried = [axis for axis in one.axes if axis in attributes]
        if own:
            projected.append(Projected(origin, distinct(one.frame, own, carried), own))
        elif carried:
            projected.append(Projected(origin, one.frame.select(carried).head(1), ()))
    return tuple(projected)


def distinct(frame: pl.DataFrame, axes: Sequence[str], carried: Sequence[str] = ()) -> pl.DataFrame:
    """The first row of each combination of `axes`, with what is carried along; of a frame as factors have.

    >>> halves = pl.DataFrame({"x": ["1", "1", "2"], "y": ["a", "b", "a"]})
    >>> distinct(halves, ["x"])["x"].to_list()
    ['1', '2']
    """
    shown = [*axes, *carried]
    own = frame if shown == frame.columns else frame[shown]
    if set(axes) == set(frame.columns):
        return own  # no row of a factor is there twice
    return own.unique(axes, keep="first", maintain_order=True)


def height(projection: Projection) -> int:
    return math.prod(one.height for one in projection)


_LEVEL, _COUNT, _HERE = "\0level", "\0count", "\0here"
"""Names of passing columns; no axis can be called so."""


def _held(factors: Factors, axis: str) -> int:
    place = holder(factors, axis)
    if place is None:
        raise KeyError(axis)
    return place


def _replaced(factors: Factors, places: Sequence[int], by: Factor, at: int) -> Factors:
    """The factors at `places` replaced by one, which stands where the one at `at` stood."""
    return tuple(
        by if place == at else one for place, one in enumerate(factors) if place == at or place not in places
    )
