"""A design is a product of small tables, and every rule is a function on them.

The rows of a design are the Cartesian product of its *factors*, the last varying fastest (as
`itertools.product`). An axis is a factor of one column; a rule filters one factor or replaces several
by one. So a design of a billion rows is held as a few small tables: its size is the product of their
heights, and its row `i` is a mixed-radix decoding of `i`.

The projection of a product on some axes is the product of the projections; that is how stages are
read off a design without ever building its rows.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import polars as pl
from returns.pipeline import is_successful
from returns.result import Failure, Result, Success

from cohort_membership.columns import series_of


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


def factor(axes: Sequence[str], columns: Sequence[Sequence[str]]) -> Factor:
    """A factor of these columns, one an axis; repeated rows dropped, order kept.

    >>> factor(["x", "y"], [("1", "2", "1"), ("a", "b", "a")]).height
    2
    """
    return deduplicated(
        pl.DataFrame([series_of(column).alias(axis) for axis, column in zip(axes, columns, strict=True)])
    )


def deduplicated(frame: pl.DataFrame) -> Factor:
    """A factor of these rows of text, repeats dropped, order kept.

    >>> deduplicated(pl.DataFrame({"x": ["1", "2", "1"], "y": ["a", "b", "a"]})).height
    2
    """
    return Factor(frame.unique(maintain_order=True) if _has_repeats(frame) else frame)


def _has_repeats(frame: pl.DataFrame) -> bool:
    """Whether a row is there twice; of millions of rows of text it takes seconds to remove them."""
    levels = [frame[axis].unique() for axis in frame.columns]
    if not levels or math.prod(len(one) for one in levels) >= 2**63:
        return True
    codes = pl.lit(0, pl.UInt64)
    for axis, own in zip(frame.columns, levels, strict=True):
        codes = codes * len(own) + pl.col(axis).cast(pl.Enum(own)).to_physical()
    return int(frame.select(codes.n_unique()).item()) < frame.height


def axis_factor(axis: str, levels: Sequence[str]) -> Factor:
    """The factor of one axis: its levels, repeats dropped, order kept."""
    own = series_of(levels)
    return Factor(
        pl.DataFrame({axis: own if own.n_unique() == len(own) else own.unique(maintain_order=True)})
    )


def size(factors: Factors) -> int:
    """How many rows the design has, exactly.

    >>> size((axis_factor("x", ["1", "2"]), axis_factor("y", ["a", "b", "c"])))
    6
    """
    return math.prod(one.height for one in factors)


def holder(factors: Factors, axis: str) -> int | None:
    """The position of the factor that has the axis."""
    return next((place for place, one in enumerate(factors) if axis in one.axes), None)


def place_of(factors: Factors, axis: str) -> int:
    """As `holder`, of an axis that is there."""
    place = holder(factors, axis)
    if place is None:
        raise KeyError(axis)
    return place


def axes_of(factors: Factors) -> tuple[str, ...]:
    return tuple(axis for one in factors for axis in one.axes)


# -------------------------------------------------- couplings: several factors to one

MOST_CELLS = 10_000_000
"""The cells that a joined table may have: with what is made of it they stay below a gigabyte."""


@dataclass(frozen=True, slots=True)
class TooTall:
    """A table that a coupling would need and that is not made: it would have more rows than `limit`."""

    height: int
    limit: int


Coupled: TypeAlias = Result[tuple[Factors, int], TooTall]
"""The factors with those coupled replaced by one, and the place of that one."""


def keep(factors: Factors, place: int, mask: pl.Series) -> Factors:
    """The rows of one factor for which `mask` is true; their order stays."""
    return _replaced(factors, [place], Factor(factors[place].frame.filter(mask)), place)


def subset(factors: Factors, axis: str, levels: Sequence[str]) -> Factors:
    """Keep the rows whose level on `axis` is listed; their order stays."""
    place = place_of(factors, axis)
    return keep(factors, place, factors[place].frame[axis].is_in(series_of(levels).implode()))


def merge(factors: Factors, axes: Iterable[str], limit: int) -> Coupled:
    """One factor for all that hold one of `axes`: the rows of their product, the later varying faster.

    It stands at the place of the earliest. Where it would have more rows than `limit` it is `TooTall`.

    >>> merged = merge((axis_factor("x", ["1", "2"]), axis_factor("y", ["a", "b"])), ["x", "y"], 10)
    >>> merged.unwrap()[0][0].frame.rows()
    [('1', 'a'), ('1', 'b'), ('2', 'a'), ('2', 'b')]
    """
    places = sorted({place_of(factors, axis) for axis in axes})
    first, *others = places
    if not others:
        return Success((factors, first))
    merged = [factors[place] for place in places]
    height = size(tuple(merged))
    most = _most_rows(limit, sum(len(one.axes) for one in merged))
    if height > most:
        return Failure(TooTall(height, most))
    frame = merged[0].frame
    for one in merged[1:]:
        frame = frame.join(one.frame, how="cross", maintain_order="left_right")
    return Success((_replaced(factors, places, Factor(frame), first), first))


def tie(factors: Factors, axes: Sequence[str], limit: int, at_axis: str | None = None) -> Coupled:
    """Let all `axes` take the same level, in the order of the first one's levels.

    The tied factor stands at the place of `at_axis`, or of the earliest where that is None.

    >>> tied = tie((axis_factor("x", ["1", "2"]), axis_factor("y", ["2", "3"])), ["x", "y"], 10).unwrap()
    >>> tied[0][0].frame.rows()
    [('2', '2')]
    """
    places = sorted({place_of(factors, axis) for axis in axes})
    tied = pl.DataFrame({_LEVEL: factors[place_of(factors, axes[0])].levels(axes[0])})
    for place in places:
        own = [axis for axis in factors[place].axes if axis in axes]
        agreeing = factors[place].frame.filter(pl.all_horizontal(pl.col(own) == pl.col(own[0])))
        joined = _joined(tied, agreeing.with_columns(pl.col(own[0]).alias(_LEVEL)), [_LEVEL], limit)
        if not is_successful(joined):
            return Failure(joined.failure())
        tied = joined.unwrap()
    at = places[0] if at_axis is None else place_of(factors, at_axis)
    return Success(_placed(_replaced(factors, places, Factor(tied.drop(_LEVEL)), at), axes[0]))


def pair(factors: Factors, allowed: Factor, limit: int) -> Coupled:
    """Replace the factors of the axes that `allowed` has by its rows, in their given order.

    The new factor stands at the place of the earliest. Each level of `allowed` is one that its axis has;
    a combination that the factors do not hold gives nothing.
    """
    places = sorted({place_of(factors, axis) for axis in allowed.axes})
    paired = allowed.frame
    for place in places:
        if len(factors[place].axes) == 1:
            continue  # its levels are those of `allowed` that are left
        shared = [axis for axis in factors[place].axes if axis in allowed.axes]
        joined = _joined(paired, factors[place].frame, shared, max(limit, allowed.height))
        if not is_successful(joined):
            return Failure(joined.failure())
        paired = joined.unwrap()
    earliest_first = sorted(paired.columns, key=lambda axis: axis not in factors[places[0]].axes)
    paired = paired.select(earliest_first)  # a factor begins with the axis at whose place it stands
    return Success(_placed(_replaced(factors, places, Factor(paired), places[0]), allowed.axes[0]))


def nest(factors: Factors, within: str, levels: Factor, limit: int) -> Coupled:
    """Follow each row of the factor that holds `within` by the rows of `levels` with its level.

    `levels` has the columns `within` and the new axis.

    >>> nested = nest((axis_factor("x", ["1", "2"]),), "x", factor(["x", "y"], [["1", "1"], ["a", "b"]]), 9)
    >>> nested.unwrap()[0][0].frame.rows()
    [('1', 'a'), ('1', 'b')]
    """
    place = place_of(factors, within)
    joined = _joined(factors[place].frame, levels.frame, [within], limit)
    return joined.map(lambda frame: (_replaced(factors, [place], Factor(frame), place), place))


def without(factors: Factors, place: int, rows: Factor) -> Factors:
    """The rows of one factor whose levels are not among `rows`; their order stays."""
    frame = factors[place].frame.join(rows.frame, on=rows.axes, how="anti", maintain_order="left")
    return _replaced(factors, [place], Factor(frame), place)


def _joined(
    left: pl.DataFrame, right: pl.DataFrame, on: Sequence[str], limit: int
) -> Result[pl.DataFrame, TooTall]:
    """Each row of `left` with the rows of `right` that agree with it; not made where that is too much."""
    is_narrow = len(on) == len(right.columns)  # then no row of `left` meets two
    most = _most_rows(limit, len({*left.columns, *right.columns}))
    if not is_narrow and left.height * right.height > most:
        heights = right.group_by(on).agg(pl.len().cast(pl.Int64).alias(_COUNT))
        height = int(left.join(heights, on=on)[_COUNT].sum())
        if height > most:
            return Failure(TooTall(height, most))
    return Success(left.join(right, on=on, maintain_order="left_right"))


def _most_rows(limit: int, columns: int) -> int:
    return min(limit, MOST_CELLS // columns)


_LEVEL, _COUNT = "\0level", "\0count"
"""Names of passing columns; no axis can be called so."""


def _placed(factors: Factors, axis: str) -> tuple[Factors, int]:
    return factors, place_of(factors, axis)


def _replaced(factors: Factors, places: Sequence[int], by: Factor, at: int) -> Factors:
    """The factors at `places` replaced by one, which stands where the one at `at` stood."""
    return tuple(
        by if place == at else one for place, one in enumerate(factors) if place == at or place not in places
    )
