"""Every kind of problem says where, what is wrong and what to do, in words that can be followed."""

import ast
import re
from dataclasses import fields
from pathlib import Path

import pytest

import cohort_membership
from cohort_membership import problems
from cohort_membership.cli.app import NAME, app
from cohort_membership.cli.commands import COMMANDS
from cohort_membership.problems import CODES, Location, Problem, as_json, wording
from cohort_membership.problems.look_alikes import differing_code_points, look_alike
from cohort_membership.problems.phrases import listed, short

from .membership_examples import MEMBERSHIP_EXAMPLES
from .spec_examples import SPEC_EXAMPLES

EXAMPLES = SPEC_EXAMPLES + MEMBERSHIP_EXAMPLES
PACKAGE = Path(cohort_membership.__file__).parent
OF_A_SHAPE = {
    *("spec-syntax", "spec-invalid", "include-invalid", "catalog-invalid", "invalid-replicate"),
    "artifact-corrupt",
}
"""Kinds that may say `expected …, got …`: a type or a shape is wrong."""

"""Options that a hint names and no command has yet; one leaves this set when it is there."""


@pytest.mark.parametrize(("problem", "message", "hint"), EXAMPLES, ids=[one.code for one, _, _ in EXAMPLES])
def test_a_problem_says_what_is_wrong_and_what_to_do(
    problem: Problem, message: str, hint: str | None
) -> None:
    told = wording(problem)
    assert (told.message, told.hint) == (message, hint)


def test_every_kind_has_an_example_in_the_order_of_the_codes() -> None:
    assert list(dict.fromkeys(one.code for one, _, _ in EXAMPLES)) == list(CODES)
    assert len(set(CODES)) == len(CODES)


def test_every_field_of_every_kind_is_given_by_an_example() -> None:
    given: dict[type, set[str]] = {}
    for problem, _, _ in EXAMPLES:
        given.setdefault(type(problem), set()).update(
            field.name for field in fields(problem) if getattr(problem, field.name) != field.default
        )
    for kind, names in given.items():
        assert names | {"location"} >= {field.name for field in fields(kind)}, kind


@pytest.mark.parametrize(("problem", "message", "hint"), EXAMPLES, ids=[one.code for one, _, _ in EXAMPLES])
def test_messages_begin_with_the_place_and_hints_are_one_line(
    problem: Problem, message: str, hint: str | None
) -> None:
    assert re.match(r"\S.*: \S", message)
    assert not message.endswith((".", " "))
    assert ("expected " in message) <= (problem.code in OF_A_SHAPE)
    for text in (message, hint or "as it is"):
        assert "\n" not in text
        assert not re.search(r"touched|seed(ed|ing)|None\b|\(\)|  ", text)
    assert hint is None or not hint.endswith(".")


def test_the_words_name_no_stage_and_no_axis_of_one_experiment() -> None:
    for path in (PACKAGE / "problems").rglob("*.py"):
        assert not re.search("draft|essay|evaluation|combo", path.read_text(encoding="utf-8")), path


def _options() -> set[str]:
    arguments = [app[name].assemble_argument_collection() for name in COMMANDS]
    return {
        "--help",
        "--version",
        *(option for one in arguments for argument in one for option in argument.names),
    }


def _texts() -> list[str]:
    """All texts of the package that are no docstrings, and every example's hint."""
    found = [hint or "" for _, _, hint in EXAMPLES]
    for path in PACKAGE.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        docs = {
            id(node.value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        }
        found += [
            node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs
        ]
    return found


def test_every_option_that_a_text_names_is_one_of_a_command() -> None:
    named = {option for text in _texts() for option in re.findall(r"(?<![\w-])--[a-z][a-z-]*[a-z]", text)}
    assert {"--max-rows", "--data-root", "--store"} <= named
    assert named - {"--name-only"} <= _options()  # git's


def test_every_command_that_a_text_names_is_there() -> None:
    named = {command for text in _texts() for command in re.findall(rf"(?:`|^  |\n  ){NAME} ([a-z-]+)", text)}
    assert {"list", "init"} <= named
    assert named <= set(COMMANDS)


def test_a_long_text_is_shown_by_its_ends() -> None:
    assert short("a" * 50 + "b" * 50, limit=10) == "'aaaa…bbbb'"
    assert len(short("x" * 10_000)) < 100
    assert listed([str(number) for number in range(12)]) == "0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 2 more"
    assert listed([]) == ""


@pytest.mark.parametrize(
    ("one", "other", "points"),
    [
        ("cafe\u0301", "caf\u00e9", ("U+0065 U+0301", "U+00E9")),
        ("depth\u200b", "depth", ("U+200B", "")),
        ("\ufeffdepth", "depth", ("U+FEFF", "")),
        ("fj\u043erd", "fjord", ("U+043E", "U+006F")),
        ("atlas\u201370b", "atlas-70b", ("U+2013", "U+002D")),
        ("atlas\u00a070b", "atlas 70b", ("U+00A0", "U+0020")),
        ("\uff46jord", "fjord", ("U+FF46", "U+0066")),
        ("\u0430" * 9 + "x", "a" * 9 + "x", ("U+0430 " * 8 + "…", "U+0061 " * 8 + "…")),
    ],
)
def test_texts_that_look_alike_are_shown_with_the_code_points_that_differ(
    one: str, other: str, points: tuple[str, str]
) -> None:
    assert look_alike(one, other)
    assert look_alike(other, one)
    assert (differing_code_points(one, other), differing_code_points(other, one)) == points


@pytest.mark.parametrize(("one", "other"), [("fjrod", "fjord"), ("Fjord", "fjord"), ("一", "二"), ("é", "e")])
def test_texts_that_a_reader_can_tell_apart_do_not_look_alike(one: str, other: str) -> None:
    assert not look_alike(one, other)
    assert differing_code_points(one, other) == ""
    assert not look_alike(one, one)


def test_problems_are_values_equal_only_within_their_kind_and_place() -> None:
    at = Location("a.yaml", 1)
    missing = problems.CatalogNotFound(catalog="a")
    assert missing == problems.CatalogNotFound(catalog="a")
    assert hash(missing) == hash(problems.CatalogNotFound(catalog="a"))
    assert missing != problems.CatalogNotFound(catalog="a", location=at)
    assert problems.InvalidCohortId(cohort_id="a") != problems.CohortLocked(cohort_id="a")
    assert missing != "a"
    assert repr(missing) == "CatalogNotFound(location=None, catalog='a')"
    with pytest.raises(AttributeError):
        missing.catalog = "b"  # type: ignore[misc]


def test_only_what_may_pass_is_retryable() -> None:
    retryable = {one.code for one, _, _ in EXAMPLES if as_json(one)["retryable"]}
    assert retryable == {"storage-unavailable", "storage-full", "cohort-locked"}
