"""`nested` gives an axis levels that depend on the level of another."""

import pytest

from tests.rules.applied import coupled, kept, told

AXES = "{a: [a2, a1], b: [b1, b2]}"


def nested(levels: str, more: str = "", within: str = "a") -> str:
    return f"{{nested: {{x: {{axis: c, within: {within}, levels: {levels}{more}}}}}}}"


def test_each_level_is_followed_by_its_own_in_their_order() -> None:
    rows = kept(nested("{a1: [z, y], a2: [x]}"), AXES)
    assert rows == [f"{first} {b}" for first in ("a2 x", "a1 z", "a1 y") for b in ("b1", "b2")]


def test_levels_without_an_entry_have_the_others() -> None:
    assert kept(nested("{a1: [z]}", ", otherwise: [y, x]"), "{a: [a2, a1]}") == ["a2 y", "a2 x", "a1 z"]
    assert kept(nested("{}", ", otherwise: [y]"), "{a: [a2, a1]}") == ["a2 y", "a1 y"]


def test_a_level_listed_twice_is_there_once() -> None:
    assert kept(nested("{a1: [z, y, z], a2: [x]}"), "{a: [a1, a2]}") == ["a1 z", "a1 y", "a2 x"]


def test_two_levels_may_have_the_same_levels() -> None:
    assert kept(nested("{a1: [z], a2: [z]}"), "{a: [a1, a2]}") == ["a1 z", "a2 z"]


def test_it_follows_each_row_of_a_factor_that_a_pair_made() -> None:
    rules = "{pairs: {p: {left: a, right: b, allowed: [[a1, b2], [a2, b1], [a1, b1]]}}, " + nested(
        "{b1: [y, x], b2: [z]}", within="b"
    ).removeprefix("{")
    assert kept(rules, AXES) == ["a1 b2 z", "a2 b1 y", "a2 b1 x", "a1 b1 y", "a1 b1 x"]


def test_the_axis_may_be_coupled_by_a_later_rule() -> None:
    rules = nested("{a1: [z, y], a2: [y]}").removesuffix("}") + ", subsets: {c: [y]}}"
    assert kept(rules, "{a: [a1, a2]}") == ["a1 y", "a2 y"]


def test_a_level_without_an_entry_and_nothing_otherwise_is_told() -> None:
    assert told(nested("{a1: [z]}"), "{a: [a1, a2]}") == ["spec-invalid of 'x' in rules.nested.x"]
    found = coupled(nested("{a1: [z]}"), "{a: [a1, a2, a3, a4]}")
    (problem,) = found.problems
    assert "'a2' and 2 more levels of a" in str(problem)


def test_an_entry_for_a_level_that_there_is_not_is_told_where_it_stands() -> None:
    assert told(nested("{a1: [z], zz: [y]}"), "{a: [a1]}") == ["level-outside-axis of 'zz'"]
    subset = "{subsets: {a: [a1]}, " + nested("{a1: [z], a2: [y]}").removeprefix("{")
    assert told(subset, AXES) == ["level-outside-axis of 'a2'"]


def test_the_axis_that_it_is_within_must_be_there() -> None:
    assert told(nested("{b1: [z]}", within="bb"), AXES) == ["unknown-axis of 'bb'"]


def test_a_table_that_would_be_too_tall_is_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    levels = nested("{a1: [z, y, x]}", ", otherwise: [z]")
    monkeypatch.setattr("cohort_membership.validate.couple.LEAST_LIMIT", 3)
    assert told(levels, AXES) == ["design-too-large of 'x'"]
    monkeypatch.setattr("cohort_membership.validate.couple.LEAST_LIMIT", 4)
    assert len(kept(levels, "{a: [a1, a2]}")) == 4


def test_every_fault_of_its_shape_is_told() -> None:
    assert told("{nested: {x: {}, y: [a], z: {axis: c, within: a, levels: [d]}}}", AXES) == [
        *["spec-invalid of 'x' in rules.nested.x"] * 3,
        "spec-invalid of '[' in rules.nested.y",
        "spec-invalid of '[' in rules.nested.z.levels",
    ]
    assert told(nested("{a1: [''], '': [y], a2: []}"), AXES) == [
        "spec-invalid of \"''\" in rules.nested.x.levels.a1",
        "spec-invalid of \"''\" in rules.nested.x.levels",
        "spec-invalid of '[' in rules.nested.x.levels.a2",
    ]
