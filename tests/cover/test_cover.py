"""Covering designs: every combination that is allowed occurs, no other does, and they are small."""

from collections.abc import Sequence
from itertools import combinations, product
from string import ascii_lowercase

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from returns.pipeline import is_successful

from cohort_membership import cover as covering
from cohort_membership.cover import TooManyCombinations, allowed_rows, cover, coverage
from cohort_membership.design import Factors, axis_factor, factor, size


def _grid(sizes: Sequence[int]) -> tuple[Factors, list[str]]:
    axes = [f"axis_{number}" for number in range(len(sizes))]
    levels = [[str(level) for level in range(count)] for count in sizes]
    return tuple(map(axis_factor, axes, levels)), axes


@pytest.mark.parametrize(
    ("sizes", "most"),
    [([3] * 4, 9), ([3] * 13, 19), ([4] * 15 + [3] * 17 + [2] * 29, 37), ([10] * 20, 210)],
    ids=["3^4", "3^13", "4^15 3^17 2^29", "10^20"],
)
def test_designs_of_the_literature_are_no_larger_than_those_of_known_tools(
    sizes: list[int], most: int
) -> None:
    design, axes = _grid(sizes)
    rows = cover([design], axes, 2).unwrap()
    assert coverage(rows, [design], axes, 2).is_whole
    assert rows.height <= most


@st.composite
def _designs(draw: st.DrawFn) -> tuple[list[Factors], list[str], int]:
    """One or two designs on the same axes, in factors of one to three axes with some rows each."""
    axes = list(ascii_lowercase[: draw(st.integers(1, 6))])

    def one() -> Factors:
        factors, left = [], list(axes)
        while left:
            width = draw(st.integers(1, 3))
            own, left = left[:width], left[width:]
            every = list(product(*(["1", "2", "3"] for _ in own)))
            rows = draw(st.lists(st.sampled_from(every), min_size=1, max_size=8))
            factors.append(factor(own, list(zip(*rows, strict=True))))
        return tuple(factors)

    designs = [one() for _ in range(draw(st.integers(1, 2)))]
    chosen = draw(st.lists(st.sampled_from(axes), min_size=1, unique=True))
    return designs, chosen, draw(st.integers(1, min(3, len(chosen))))


def _expanded(design: Factors) -> list[dict[str, str]]:
    rows = product(*(one.frame.to_dicts() for one in design))
    return [{axis: level for part in row for axis, level in part.items()} for row in rows]


@settings(max_examples=60, deadline=None)
@given(_designs())
def test_a_cover_holds_each_allowed_combination_and_rows_that_are_allowed_only(
    given_designs: tuple[list[Factors], list[str], int],
) -> None:
    designs, axes, strength = given_designs
    rows = cover(designs, axes, strength).unwrap().rows(named=True)
    allowed = [row for design in designs for row in _expanded(design)]
    for subset in combinations(axes, strength):
        assert {tuple(row[axis] for axis in subset) for row in rows} == {
            tuple(row[axis] for axis in subset) for row in allowed
        }
    whole = {tuple(row[axis] for axis in axes) for row in allowed}
    assert {tuple(row[axis] for axis in axes) for row in rows} <= whole
    assert len(rows) <= len(whole)


def test_the_same_designs_give_the_same_rows() -> None:
    design, axes = _grid([3, 3, 2, 4])
    first = cover([design], axes, 2).unwrap()
    assert first.equals(cover([design], axes, 2).unwrap())
    # What it gives on every machine; another result would change files that people have checked in.
    assert first.height == 12


def test_what_is_not_covered_or_not_allowed_is_counted() -> None:
    design, axes = _grid([2, 2])
    rows = cover([design], axes, 2).unwrap()
    assert coverage(rows.head(3), [design], axes, 2).missing == 1
    narrow = (factor(axes, [("0", "1"), ("0", "1")]),)
    told = coverage(rows, [narrow], axes, 2)
    assert (told.combinations, told.missing, told.strays, told.is_whole) == (2, 0, 2, False)


def test_rows_are_counted_on_the_axes_that_are_covered() -> None:
    design, axes = _grid([3, 4, 5])
    assert size(design) == 60
    assert allowed_rows([design], axes[:2]) == 12


def test_more_combinations_than_memory_should_hold_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(covering, "MOST_COMBINATIONS", 10)
    design, axes = _grid([3, 4])
    result = cover([design], axes, 2)
    assert not is_successful(result)
    assert result.failure() == TooManyCombinations(12, 10)
