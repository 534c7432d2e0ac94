"""Rows of two products that one id cannot tell apart: what the small tables say is what expansion finds."""

from collections import Counter

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from cohort_membership.identity import normalised
from cohort_membership.union import Collision, Unwieldy, reattributed, respelled
from tests.union.conftest import AXES, Product, products, rows_of


def respelled_at_random(draw: st.DrawFn, product: Product) -> Product:
    """Other spellings of some levels, the same all over the product: no row of it collides with another."""
    spelling = {
        (axis, level): draw(st.sampled_from([level, level.upper(), f" {level}"]))
        for axis in AXES
        for level in "abc"
    }
    return [
        table.select(
            pl.Series(axis, [spelling[axis, level] for level in table[axis]], pl.String)
            for axis in table.columns
        )
        for table in product
    ]


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Product, Product]:
    return draw(products()), respelled_at_random(draw, draw(products()))


def check(
    found: tuple[Collision, ...], expected: Counter[tuple[str, str, str]], first: Product, second: Product
) -> None:
    assert {(one.axis, *one.levels): one.touched for one in found} == {
        key: 2 * n for key, n in expected.items()
    }
    assert len(found) == len(expected)
    for one in found:
        assert tuple(one.first[axis] for axis in AXES) in rows_of(first)
        assert tuple(one.second[axis] for axis in AXES) in rows_of(second)
        assert (one.first[one.axis], one.second[one.axis]) == one.levels


@given(pairs())
@settings(max_examples=80)
def test_other_spellings_are_found_with_all_the_rows_they_touch(
    drawn: tuple[Product, Product],
) -> None:
    first, second = drawn
    expected: Counter[tuple[str, str, str]] = Counter()
    there = {tuple(map(normalised, row)): row for row in rows_of(second)}
    for row in rows_of(first):
        other = there.get(tuple(map(normalised, row)), row)
        expected.update(
            (axis, mine, its) for axis, mine, its in zip(AXES, row, other, strict=True) if mine != its
        )
    check(respelled(first, second, AXES).unwrap(), expected, first, second)


def one_each(product: Product, attributes: tuple[str, ...]) -> Product:
    """As a projection carries attributes: those of each identity's first row, or of the table's."""
    counted = [[axis for axis in table.columns if axis not in attributes] for table in product]
    return [
        table.unique(axes, keep="first", maintain_order=True) if axes else table.head(1)
        for table, axes in zip(product, counted, strict=True)
    ]


@given(products(), products(), st.sampled_from([("x",), ("u", "x")]))
@settings(max_examples=80)
def test_other_attributes_are_found_with_all_the_rows_they_touch(
    first: Product, second: Product, attributes: tuple[str, ...]
) -> None:
    first, second = one_each(first, attributes), one_each(second, attributes)
    places = [place for place, axis in enumerate(AXES) if axis not in attributes]
    there = {tuple(row[place] for place in places): row for row in rows_of(second)}
    expected: Counter[tuple[str, str, str]] = Counter()
    for row in rows_of(first):
        other = there.get(tuple(row[place] for place in places), row)
        expected.update(
            (axis, mine, its) for axis, mine, its in zip(AXES, row, other, strict=True) if mine != its
        )
    identity = [AXES[place] for place in places]
    check(reattributed(first, second, identity, attributes).unwrap(), expected, first, second)


def test_products_whose_levels_are_spelled_alike_are_not_joined() -> None:
    frames = [pl.DataFrame({axis: [str(level) for level in range(10)]}) for axis in "uv"]
    assert respelled(frames, frames, "uv", limit=0).unwrap() == ()
    assert reattributed(frames, frames, "uv", (), limit=0).unwrap() == ()


def test_a_component_of_too_many_rows_is_told_with_its_axes() -> None:
    frames = [pl.DataFrame({axis: [f"a{level}" for level in range(10)]}) for axis in "uv"]
    coupled = frames[0].join(frames[1].select(pl.col("v").str.to_uppercase()), how="cross")
    assert respelled(frames, [coupled], "uv", limit=99).failure() == Unwieldy("rows", 100, 99, ("u",))
    found = respelled(frames, [coupled], "uv", limit=100).unwrap()
    assert Counter(one.axis for one in found) == {"v": 10}
    assert {one.touched for one in found} == {20}
