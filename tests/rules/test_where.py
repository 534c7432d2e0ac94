"""`where` keeps the rows for which a predicate is true."""

import pytest

from tests.rules.applied import GRID, coupled, kept, told


def where(predicate: str) -> str:
    return f'{{where: {{w: "{predicate}"}}}}'


def test_the_rows_for_which_it_is_true_keep_their_order() -> None:
    assert kept(where("a = 'a2' OR b <> 'b2'"), "{a: [a2, a1], b: [b2, b1]}") == ["a2 b2", "a2 b1", "a1 b1"]


def test_axes_that_are_apart_stand_together_at_the_place_of_the_earliest() -> None:
    rows = kept(where("c = 'c2' OR a = 'a1'"))
    assert rows == [f"{first} {b}" for first in ("a1 c1", "a1 c2", "a2 c2") for b in ("b1", "b2")]


def test_a_row_of_which_it_is_unknown_is_dropped() -> None:
    axes = "{a: [a1, a2, a3], b: [b1]}"
    assert kept(where("a.family = 'tall'"), axes) == ["a1 b1"]
    assert kept(where("a.family <> 'tall'"), axes) == ["a3 b1"]
    assert kept(where("a.family IS NULL"), axes) == ["a2 b1"]


def test_replicates_are_compared_as_numbers() -> None:
    assert kept(where("n < 10"), "{a: [a1], n: [10, 9, 2]}") == ["a1 9", "a1 2"]


def test_an_axis_may_go_by_its_older_name_and_a_tie_by_its_own() -> None:
    assert kept(where("older = 'a1'")) == kept("{subsets: {a: [a1]}}")
    tied = "{ties: {t: [a, b]}, where: {w: \"t = 'x'\"}}"
    assert kept(tied, "{a: [x, y], b: [y, x]}") == ["x x"]


def test_a_predicate_about_no_axis_keeps_all_or_nothing() -> None:
    assert kept(where("1 = 1")) == kept("{}")
    assert told(where("1 = 2")) == ["rule-empties-axis of '\"1 = 2\"'"]


def test_a_level_that_no_row_has_any_more_is_no_notice() -> None:
    assert coupled(where("a = 'a1'")).notices == ()


def test_an_axis_that_there_is_not_is_told_in_its_place() -> None:
    assert told(where("a = 'a1' AND bb = 'b1'")) == ["spec-invalid of 'bb' in rules.where.w (b?)"]
    assert told(where("a.familly = 'tall'")) == ["spec-invalid of 'a.familly' in rules.where.w (family?)"]


def test_what_is_no_predicate_is_told() -> None:
    assert told("{where: {v: 'a = = b', w: [a]}}") == [
        "spec-invalid of '=' in rules.where.v",
        "spec-invalid of '[' in rules.where.w",
    ]


def test_a_cast_that_fails_is_told() -> None:
    assert told(where("CAST(a AS INTEGER) > 1")) == ["spec-invalid of 'CAST(a AS INTEGER)' in rules.where.w"]


def test_an_axis_that_a_later_rule_gives_is_told() -> None:
    later = "{where: {w: \"c = 'c1'\"}, tuples: {t: {axes: [c], items: [[c1], [c2]]}}}"
    found = coupled(later, "{a: [a1], b: [b1]}")
    (problem,) = found.problems
    assert "rules.tuples.t gives it: move this rule below that one" in str(problem)


def test_an_axis_that_a_problem_hides_or_that_is_missing_is_not_told_again() -> None:
    assert told(where("b = 'b1'"), "{a: [a1], b: []}") == ["spec-invalid of '[' in axes.b"]
    assert told(where("c = 'c1'"), "{a: [a1]}") == []


def test_nothing_left_is_told_at_the_predicate() -> None:
    assert told("{where: {w: a = b}}") == ["rule-empties-axis of 'a = b'"]


def test_a_table_that_would_be_too_tall_is_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cohort_membership.validate.couple.LEAST_LIMIT", 3)
    assert told(where("a = 'a1' OR b = 'b1'")) == ["design-too-large of 'w'"]
    monkeypatch.setattr("cohort_membership.validate.couple.LEAST_LIMIT", 4)
    assert len(kept(where("a = 'a1' OR b = 'b1'"), GRID)) == 6
