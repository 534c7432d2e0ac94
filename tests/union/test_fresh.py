"""The rows of a product that are in none of several others: what arithmetic finds is what expansion finds."""

import itertools
import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from returns.pipeline import is_successful

from cohort_membership.union import Fresh, Unwieldy, fresh_of, fresh_rows, possible_rows
from tests.union.conftest import Product, products, rows_of


def bit_table(values: list[int]) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    return np.array(values, np.uint64)


def check(found: Fresh, expected: list[bool]) -> None:
    """Everything that can be asked of `found`, where row i of the product is fresh if `expected[i]`."""
    numbers = np.arange(len(expected))
    rows = np.flatnonzero(np.array(expected, np.bool_))
    assert (found.size, found.count) == (len(expected), len(rows))
    assert found.is_all == all(expected)
    assert found.select(np.arange(found.count)).tolist() == rows.tolist()
    assert found.select(np.arange(found.count)[::-1]).tolist() == rows[::-1].tolist()
    for start, stop in itertools.combinations_with_replacement(range(min(found.count, 6) + 1), 2):
        assert found.over(start, stop).tolist() == rows[start:stop].tolist()
        shifted = found.count - stop, found.count - start
        assert found.over(*shifted).tolist() == rows[slice(*shifted)].tolist()
    assert found.holds(numbers).tolist() == expected
    before = np.cumsum([0, *expected])[:-1] if expected else np.zeros(0)
    assert found.rank(numbers).tolist() == before.tolist()


@given(
    st.integers(0, 4).flatmap(
        lambda others: st.tuples(
            st.just(others), st.lists(st.lists(st.integers(0, 2**others - 1), max_size=4), max_size=5)
        )
    )
)
@settings(max_examples=150)
def test_a_row_is_fresh_where_no_bit_is_left_of_its_parts(drawn: tuple[int, list[list[int]]]) -> None:
    others, tables = drawn
    every = 2**others - 1
    expected = []
    for parts in itertools.product(*tables):
        left = every
        for part in parts:
            left &= part
        expected.append(left == 0)
    check(fresh_of([bit_table(table) for table in tables], others).unwrap(), expected)


@given(products(), st.lists(products(), max_size=4))
@settings(max_examples=150)
def test_fresh_rows_are_those_in_no_other_product(product: Product, others: list[Product]) -> None:
    there = {row for other in others for row in rows_of(other)}
    check(fresh_rows(product, others).unwrap(), [row not in there for row in rows_of(product)])


@given(products(), st.lists(products(), min_size=1, max_size=3))
@settings(max_examples=60)
def test_single_steps_and_runs_find_the_same(product: Product, others: list[Product]) -> None:
    there = {row for other in others for row in rows_of(other)}
    bits = possible_rows(product, others).unwrap()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("cohort_membership.union.fresh.RUN_ROWS", 1)
        check(fresh_of(bits, len(others)).unwrap(), [row not in there for row in rows_of(product)])


def test_without_other_products_every_row_is_fresh() -> None:
    found = fresh_rows([pl.DataFrame({"x": ["1", "2"]}), pl.DataFrame({"y": ["a", "b"]})], []).unwrap()
    check(found, [True] * 4)


def test_a_product_of_no_tables_is_one_row() -> None:
    check(fresh_of([], 0).unwrap(), [True])
    check(fresh_rows([], [[]]).unwrap(), [False])


def test_counts_are_exact_above_64_bits_and_rows_addressed_up_to_62() -> None:
    """The one other product holds the last row alone."""
    tables = [bit_table([0, 0, 0, 1])] * 31
    found = fresh_of(tables, 1).unwrap()
    assert (found.size, found.count) == (2**62, 2**62 - 1)
    ranks = np.array([0, 2**61 + 12345, 2**62 - 2])
    assert found.select(ranks).tolist() == ranks.tolist()
    assert found.rank(np.array([2**62 - 1])).tolist() == [2**62 - 1]
    larger = fresh_of([bit_table([0, 1, 1])] * 60, 1).unwrap()
    assert (larger.size, larger.count) == (3**60, 3**60 - 2**60)
    with pytest.raises(ValueError, match="cannot be addressed"):
        larger.select(np.array([0]))


def test_a_stretch_without_fresh_rows_is_no_work_to_pass() -> None:
    """All but the last of a product of 2**60 rows is in another: the one fresh row is found at once."""
    covered = [bit_table([0b1, 0b0])] + [bit_table([0b1, 0b1])] * 59
    found = fresh_of(covered, 1).unwrap()
    assert found.count == 2**59
    assert found.select(np.array([0, found.count - 1])).tolist() == [2**59, 2**60 - 1]
    assert found.over(found.count - 2, found.count).tolist() == [2**60 - 2, 2**60 - 1]


def test_sixty_three_other_products_are_told_apart_and_sixty_four_are_refused() -> None:
    frame = pl.DataFrame({"x": [str(level) for level in range(70)]})
    others = [[pl.DataFrame({"x": [str(level)]})] for level in range(64)]
    check(fresh_rows([frame], others[:63]).unwrap(), [level >= 63 for level in range(70)])
    assert fresh_rows([frame], others).failure() == Unwieldy("others", 64, 63)
    assert fresh_of([bit_table([0])], 64).failure() == Unwieldy("others", 64, 63)


def test_more_states_than_the_limit_are_told() -> None:
    """Each of the products lacks another level of each table: every set of products is a state."""
    others = 12
    table = bit_table([(2**others - 1) ^ (1 << number) for number in range(others)])
    assert is_successful(fresh_of([table] * 6, others))
    failed = fresh_of([table] * 6, others, most_cells=1000).failure()
    assert (failed.what, failed.limit) == ("states", 1000)
    assert failed.size > 1000


def test_a_run_of_too_many_rows_is_told_with_its_axes() -> None:
    frames = [pl.DataFrame({axis: [str(level) for level in range(10)]}) for axis in "uvwx"]
    coupled = [
        pl.DataFrame({"u": ["1"], "w": ["2"]}),
        *(frame for frame in frames if frame.columns[0] in "vx"),
    ]
    assert fresh_rows(frames, [coupled], limit=999).failure() == Unwieldy("rows", 1000, 999, ("u", "v", "w"))
    found = fresh_rows(frames, [coupled], limit=1000).unwrap()
    assert found.count == math.prod(frame.height for frame in frames) - 100
    assert is_successful(fresh_rows(frames, [frames], limit=10))
