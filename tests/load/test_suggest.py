"""The nearest name is one that a typo could have been meant for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cohort_membership.suggest import MAX_CANDIDATES, MAX_LENGTH, nearest


@pytest.mark.parametrize(
    ("name", "known", "expected"),
    [
        ("clarity-rubrik", ["depth", "clarity-rubric"], "clarity-rubric"),
        ("FJORD", ["fjords", "fjord"], "fjord"),
        (" depth ", ["depths", "Depth"], "Depth"),
        ("axis", ["axes", "rules", "output"], "axes"),
        ("zebra", ["depth", "fjord"], None),
        ("a", ["abcdefgh"], None),
        ("", ["a"], None),
        ("  ", ["a"], None),
        ("a", [], None),
        ("straße", ["STRASSE", "x"], "STRASSE"),
    ],
)
def test_the_nearest_name(name: str, known: list[str], expected: str | None) -> None:
    assert nearest(name, known) == expected


def test_the_order_of_the_known_names_does_not_matter() -> None:
    known = ["abcx", "abcy", "ABCX", "abdx"]
    assert nearest("abcz", known) == nearest("abcz", reversed(known))
    assert nearest("abCX", known) == nearest("abCX", reversed(known)) == "ABCX"


def test_long_names_are_not_compared() -> None:
    assert nearest("x" * (MAX_LENGTH + 1), ["x" * MAX_LENGTH]) is None


def test_too_many_candidates_are_not_compared_unless_one_differs_in_case_only() -> None:
    known = {f"level{number:06}" for number in range(MAX_CANDIDATES + 1)}
    assert nearest("level00001x", known) is None
    assert nearest("LEVEL000017", known) == "level000017"


def test_names_of_another_length_are_no_candidates() -> None:
    known = [*(f"{'x' * 50}{number}" for number in range(MAX_CANDIDATES + 1)), "depth"]
    assert nearest("dephth", known) == "depth"


@given(st.text(), st.lists(st.text()))
def test_a_suggestion_is_one_of_the_known_names(name: str, known: list[str]) -> None:
    found = nearest(name, known)
    assert found is None or found in known
