"""Rows of two products that have one id and are not the same: respelled, or with another attribute.

An id counts the levels of some axes, normalised. Two rows of two products have one id exactly if their
parts have in every *component*: a set of tables, of both products, that share no axis with the others. So
it is enough to join the tables of each component, and what is found in one of them is multiplied by
what the others have in common.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

import polars as pl
from returns.result import Failure, Result, Success

from cohort_membership.identity import normalised
from cohort_membership.union.fresh import Unwieldy

MOST_JOINED_ROWS = 1 << 24

Tables = Sequence[pl.DataFrame]


@dataclass(frozen=True, slots=True)
class Collision:
    """Rows with one id that differ in the levels of `axis`: of the first product, and of the second.

    `first` and `second` are an example of them, on all axes; `touched` is how many rows of both there are.
    """

    axis: str
    levels: tuple[str, str]
    first: Mapping[str, str]
    second: Mapping[str, str]
    touched: int


def respelled(
    first: Tables, second: Tables, identity: Sequence[str], *, limit: int = MOST_JOINED_ROWS
) -> Result[tuple[Collision, ...], Unwieldy]:
    """Levels that ids do not tell apart, but that are written otherwise in the second product.

    Tables have distinct rows of texts; both products have all axes of `identity`, and no row of a
    product has the id of another row of it. One collision for each pair of levels. A component whose
    tables have more rows in common than `limit` is `Unwieldy`.

    >>> x, y, other_y = (pl.DataFrame(one) for one in ({"x": ["1", "2"]}, {"y": ["a", "b"]}, {"y": ["B"]}))
    >>> found = respelled([x, y], [x, other_y], ["x", "y"]).unwrap()
    >>> [(one.axis, one.levels, one.touched) for one in found]
    [('y', ('b', 'B'), 4)]
    """
    axes = [axis for axis in identity if _is_respelled(_levels([*first, *second], axis))]
    if not axes:
        return Success(())
    return _joined(first, second, identity, (), limit).map(lambda parts: tuple(_differing(parts, axes)))


def reattributed(
    first: Tables,
    second: Tables,
    identity: Sequence[str],
    attributes: Sequence[str],
    *,
    limit: int = MOST_JOINED_ROWS,
) -> Result[tuple[Collision, ...], Unwieldy]:
    """Rows that are the same on `identity` and differ in what ids do not count, `attributes`.

    As `respelled`; of each `identity` a product has one row, with its attributes beside it.

    >>> first = pl.DataFrame({"x": ["1", "2"], "by": ["m", "n"]})
    >>> second = pl.DataFrame({"x": ["2"], "by": ["m"]})
    >>> [(one.levels, one.first) for one in reattributed([first], [second], ["x"], ["by"]).unwrap()]
    [(('n', 'm'), {'x': '2', 'by': 'n'})]
    """
    axes = [axis for axis in attributes if len(_levels([*first, *second], axis)) > 1]
    if not axes:
        return Success(())
    return _joined(first, second, identity, attributes, limit).map(
        lambda parts: tuple(_differing([_same(part, identity) for part in parts], axes))
    )


def _differing(parts: Sequence[pl.DataFrame], axes: Sequence[str]) -> Iterator[Collision]:
    """What differs in one of the joined components, once for each pair of levels."""
    if not all(part.height for part in parts):
        return
    for axis in axes:
        part = next(part for part in parts if _FIRST + axis in part.columns)
        others = [other for other in parts if other is not part]
        times = math.prod(other.height for other in others)
        sides = _FIRST + axis, _SECOND + axis
        differing = part.filter(pl.col(sides[0]) != pl.col(sides[1]))
        differing = differing.with_columns(pl.len().over(sides).alias(_ROWS))
        for row in differing.unique(sides, keep="first", maintain_order=True).rows(named=True):
            example = reduce(dict.__or__, (other.row(0, named=True) for other in others), row)
            yield Collision(
                axis=axis,
                levels=(row[sides[0]], row[sides[1]]),
                first=_side(example, _FIRST),
                second=_side(example, _SECOND),
                touched=2 * row[_ROWS] * times,
            )


def _joined(
    first: Tables, second: Tables, identity: Sequence[str], attributes: Sequence[str], limit: int
) -> Result[list[pl.DataFrame], Unwieldy]:
    """Each component as one table: pairs of rows with one id, their levels as both products write them."""
    tables = [
        _prepared(table, side, identity, attributes)
        for side, product in ((_FIRST, first), (_SECOND, second))
        for table in product
        if {*table.columns} & {*identity, *attributes}
    ]
    parts: list[pl.DataFrame] = []
    while tables:
        part = tables.pop(0)
        while tables:
            # A table that shares what ids count is taken first: it can only be cut down by that.
            place = max(range(len(tables)), key=lambda place: _shared(part, tables[place], identity))
            if not any(_shared(part, tables[place], identity)):
                break
            table = tables.pop(place)
            on = [axis for axis in identity if axis in part.columns and axis in table.columns]
            if (rows := _height(part, table, on)) > limit:
                axes = tuple(column[len(_FIRST) :] for column in part.columns if column.startswith(_FIRST))
                return Failure(Unwieldy("rows", rows, limit, axes))
            how, by = ("inner", {"on": on}) if on else ("cross", {})
            part = part.join(table, how=how, maintain_order="left_right", **by)  # type: ignore[arg-type]
        parts.append(part)
    return Success(parts)


_FIRST, _SECOND, _ROWS = "\0first ", "\0other ", "\0rows"
"""Marks of columns of one length, and a passing column; no axis can be called so."""


def _prepared(
    table: pl.DataFrame, side: str, identity: Sequence[str], attributes: Sequence[str]
) -> pl.DataFrame:
    """The levels as written, under the mark of their side, and beside those of `identity` what ids count."""
    counted = [axis for axis in table.columns if axis in identity]
    written = [axis for axis in table.columns if axis in identity or axis in attributes]
    return table.select(
        *(table[axis].alias(side + axis) for axis in written),
        *(pl.Series(axis, [normalised(level) for level in table[axis]], pl.String) for axis in counted),
    ).unique(maintain_order=True)


def _shared(part: pl.DataFrame, table: pl.DataFrame, identity: Sequence[str]) -> tuple[int, int]:
    """How many axes two tables share: of those that ids count, and of those that are carried."""
    mine, its = ({name[len(_FIRST) :] for name in one.columns if name[0] == "\0"} for one in (part, table))
    return len(mine & its & set(identity)), len(mine & its)


def _height(part: pl.DataFrame, table: pl.DataFrame, on: Sequence[str]) -> int:
    """How many rows the two have joined."""
    if not on:
        return part.height * table.height
    counts = (one.group_by(on).agg(pl.len().cast(pl.Int64).alias(_ROWS)) for one in (part, table))
    left, right = counts
    return int(left.join(right, on=on).select((pl.col(_ROWS) * pl.col(f"{_ROWS}_right")).sum()).item())


def _same(part: pl.DataFrame, identity: Sequence[str]) -> pl.DataFrame:
    return part.filter(
        *(pl.col(_FIRST + axis) == pl.col(_SECOND + axis) for axis in identity if axis in part.columns)
    )


def _levels(tables: Tables, axis: str) -> set[str]:
    return {level for table in tables if axis in table.columns for level in table[axis].unique()}


def _is_respelled(levels: set[str]) -> bool:
    return len({normalised(level) for level in levels}) < len(levels)


def _side(row: Mapping[str, str], side: str) -> dict[str, str]:
    return {name[len(side) :]: level for name, level in row.items() if name.startswith(side)}
