"""Products drawn at random: small tables over a few columns, and the rows they stand for."""

import itertools
from collections.abc import Sequence

import polars as pl
from hypothesis import strategies as st

AXES = ("u", "v", "w", "x")
LEVELS = ("a", "b", "c")

Product = list[pl.DataFrame]


@st.composite
def products(draw: st.DrawFn, axes: Sequence[str] = AXES, levels: Sequence[str] = LEVELS) -> Product:
    """Tables that together have these columns, in any order and any grouping."""
    order = draw(st.permutations(list(axes)))
    cuts = sorted(draw(st.sets(st.integers(1, len(order) - 1)))) if len(order) > 1 else []
    tables = []
    for start, stop in itertools.pairwise([0, *cuts, len(order)]):
        columns = order[start:stop]
        combinations = list(itertools.product(levels, repeat=len(columns)))
        rows = draw(st.lists(st.sampled_from(combinations), min_size=1, max_size=9, unique=True))
        tables.append(pl.DataFrame(rows, schema=dict.fromkeys(columns, pl.String), orient="row"))
    return tables


def rows_of(product: Sequence[pl.DataFrame], axes: Sequence[str] = AXES) -> list[tuple[str, ...]]:
    """The product's rows in its order, each with its levels in the order of `axes`."""
    columns = [axis for table in product for axis in table.columns]
    order = [columns.index(axis) for axis in axes]
    expanded = (
        tuple(itertools.chain(*parts)) for parts in itertools.product(*(table.rows() for table in product))
    )
    return [tuple(row[place] for place in order) for row in expanded]
