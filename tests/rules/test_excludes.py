"""`excludes` drops the rows that it lists, and nothing else."""

import pytest

from tests.rules.applied import GRID, coupled, kept, told


def excludes(axes: str, items: str) -> str:
    return f"{{excludes: {{e: {{axes: {axes}, items: {items}}}}}}}"


def test_the_listed_rows_are_gone_and_the_others_keep_their_order() -> None:
    assert kept(excludes("[a, b]", "[[a1, b2], [a2, b1]]"), "{a: [a1, a2], b: [b1, b2, b3]}") == [
        *("a1 b1", "a1 b3", "a2 b2", "a2 b3")
    ]


def test_axes_that_are_apart_stand_together_at_the_place_of_the_earliest() -> None:
    rows = kept(excludes("[c, a]", "[[c1, a2]]"))
    assert rows == [f"{first} {b}" for first in ("a1 c1", "a1 c2", "a2 c2") for b in ("b1", "b2")]


def test_a_row_listed_twice_is_as_if_listed_once() -> None:
    assert kept(excludes("[a, b]", "[[a1, b1], [a1, b1]]")) == kept(excludes("[a, b]", "[[a1, b1]]"))


def test_one_axis_and_its_older_name_will_do() -> None:
    assert kept(excludes("[older]", "[[a1]]")) == kept("{subsets: {a: [a2]}}")


def test_rows_may_be_included() -> None:
    included = excludes("[a, b]", "'@file:x.csv'")
    files = {"x.csv": "left,right\na1,b1\na2,b2\n"}
    assert kept(included, files=files) == kept(excludes("[a, b]", "[[a1, b1], [a2, b2]]"))


def test_a_level_that_no_row_has_any_more_is_no_notice() -> None:
    assert coupled(excludes("[a, b]", "[[a1, b1], [a1, b2]]")).notices == ()


def test_a_level_that_its_axis_lacks_is_told_where_it_stands() -> None:
    assert told(excludes("[a, b]", "[[a1, b1], [zz, b2], [a1, yy]]")) == [
        "level-outside-axis of 'zz'",
        "level-outside-axis of 'yy'",
    ]


def test_a_level_that_an_earlier_rule_took_away_is_outside() -> None:
    assert told("{subsets: {a: [a1]}, excludes: {e: {axes: [a], items: [[a2]]}}}") == [
        "level-outside-axis of 'a2'"
    ]


def test_rows_that_cannot_be_read_are_told_beside_those_that_do_not_fit() -> None:
    assert told(excludes("[a, b]", "[[a1], [zz, b2]]")) == [
        "spec-invalid of '[' in rules.excludes.e.items",
        "level-outside-axis of 'zz'",
    ]


@pytest.mark.parametrize("axes", ["[a, b, a]", "[a, b, older]"])
def test_an_axis_named_twice_is_told(axes: str) -> None:
    assert told(excludes(axes, "[[a1, b1, a1]]")) == ["spec-invalid of 'a' in rules.excludes.e.axes"]


def test_a_rule_that_stands_for_several_axes_is_not_one_axis() -> None:
    rules = (
        "{pairs: {p: {left: a, right: b, allowed: [[a1, b1]]}}, excludes: {e: {axes: [p], items: [[a1]]}}}"
    )
    assert told(rules) == ["spec-invalid of 'p' in rules.excludes.e"]


def test_an_axis_that_a_later_rule_gives_is_told() -> None:
    later = "{excludes: {e: {axes: [c], items: [[c1]]}}, tuples: {t: {axes: [c], items: [[c1], [c2]]}}}"
    assert told(later, "{a: [a1], b: [b1]}") == ["unknown-axis of 'c'"]


def test_nothing_left_is_told() -> None:
    assert told(excludes("[a]", "[[a1], [a2]]")) == ["rule-empties-axis of 'e'"]


def test_a_table_that_would_be_too_tall_is_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cohort_membership.validate.couple.LEAST_LIMIT", 7)
    assert told(excludes("[a, b, c]", "[[a1, b1, c1]]")) == ["design-too-large of 'e'"]
    monkeypatch.setattr("cohort_membership.validate.couple.LEAST_LIMIT", 8)
    assert len(kept(excludes("[a, b, c]", "[[a1, b1, c1]]"), GRID)) == 7


def test_missing_keys_are_told_at_the_name() -> None:
    assert told("{excludes: {e: {}, f: [a]}}") == [
        "spec-invalid of 'e' in rules.excludes.e",
        "spec-invalid of 'e' in rules.excludes.e",
        "spec-invalid of '[' in rules.excludes.f",
    ]
