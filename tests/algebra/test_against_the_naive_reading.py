"""Our build and the naive reading of the contract give the same for random experiments and specs.

What is accepted agrees in every row, id, order and metadata; what is rejected, in the code. A number that
fails is drawn again by `draw(number)`.
"""

import pytest

from tests.algebra.drawn_specs import draw
from tests.algebra.given import difference, naive
from tests.algebra.naive_experiment import Rejected

STEP = 50


@pytest.mark.parametrize("start", range(0, 200, STEP))
def test_a_random_cohort_is_built_as_the_contract_reads(start: int) -> None:
    _agree(range(start, start + STEP))


@pytest.mark.slow
@pytest.mark.parametrize("start", range(200, 10_000, STEP))
def test_ten_thousand_random_cohorts_are_built_as_the_contract_reads(start: int) -> None:
    _agree(range(start, start + STEP))


@pytest.mark.parametrize("number", [915, 3668, 5441, 5502, 5553, 8671])
def test_a_tuple_comes_after_a_pair_of_a_declared_axis_with_one_that_is_left_out(number: int) -> None:
    assert difference(draw(number)) is None


def test_most_of_what_is_drawn_is_accepted_and_some_is_not() -> None:
    accepted = sum(not isinstance(naive(draw(number)), Rejected) for number in range(60))
    assert 30 <= accepted < 60


def _agree(numbers: range) -> None:
    differences = {number: difference(draw(number)) for number in numbers}
    assert not {number: one for number, one in differences.items() if one is not None}
