"""The nearest name is one that a typo could have been meant for."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cohort_membership.suggest import MAX_CANDIDATES, MAX_LENGTH, WORK, Suggestions, nearest


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
    assert nearest("x" * MAX_LENGTH, ["x" * (MAX_LENGTH + 1)]) is None


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


LONG = ["ab" * 50, "ba" * 50, "a" * 99]
ADVERSE = {
    "many names": ("depth", [f"depth{number:05}" for number in range(MAX_CANDIDATES)]),
    "names of other lengths": ("depth", ["x" * 90] * 50_000),
    "spellings of one name": ("ABCDEFGHIJ", ["aBCDEFGHIJ", "AbCDEFGHIJ"] * 20_000),
    "long names that nearly match": ("ab" * 49 + "c", LONG * 500),
}


@pytest.mark.parametrize(("name", "known"), ADVERSE.values(), ids=ADVERSE)
def test_however_often_suggestions_are_asked_for_the_work_stays_within_the_budget(
    name: str, known: list[str]
) -> None:
    seen = 0

    def counted() -> Iterator[str]:
        nonlocal seen
        for one in known:
            seen += 1
            yield one

    suggestions = Suggestions(WORK // 50)
    for _ in range(100):
        suggestions.nearest(name, counted())
    assert suggestions.left == 0
    assert seen <= WORK // 50
    seen = 0
    assert suggestions.nearest(name, counted()) is None
    assert seen == 0


def test_the_price_of_a_suggestion_grows_with_the_names_looked_at_and_with_their_length() -> None:
    def price(name: str, known: list[str]) -> int:
        suggestions = Suggestions()
        suggestions.nearest(name, known)
        return WORK - suggestions.left

    few, many = ([f"level{number}" for number in range(count, 2 * count)] for count in (10, 100))
    assert 9 * price("levelx", few) <= price("levelx", many)
    assert price("depth", ["dephth"]) < price("depth" * 10, ["dephth" * 10])


def test_a_budget_gives_the_answers_of_single_questions_until_it_is_spent() -> None:
    names = ["clarity-rubrik", "FJORD", "zebra", "dephth"]
    known = ["depth", "clarity-rubric", "fjord"]
    suggestions = Suggestions()
    assert [suggestions.nearest(name, known) for name in names] == [nearest(name, known) for name in names]
    assert 0 < suggestions.left < WORK
