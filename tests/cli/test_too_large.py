"""Where a design is too large, the hint says what helps against the limit that was met."""

import ast
from pathlib import Path

import pytest
from returns.result import Failure

import cohort_membership
from cohort_membership.union import Unwieldy
from cohort_membership.validate.evidence import Evidence
from tests.cli.conftest import Run

PACKAGE = Path(cohort_membership.__file__).parent
AXES = """
axes:
  question_id: [why-sky-blue, bread-rise, tides-twice]
  answer_template: [plain, step-by-step]
  answer_llm: [larch-large, pebble-8b]
  verdict_template: [correctness, clarity]
  verdict_llm: [sextant-judge]
"""
LEAST = "cohort_membership.validate.couple.LEAST_LIMIT"
SAMPLED = "cohort_membership.validate.evidence.MOST_SAMPLED"
SAMPLED_TOO = "cohort_membership.validate.membership.MOST_SAMPLED"
CELLS = "cohort_membership.validate.evidence.MOST_CELLS"
WAYS = {
    "membership": ("", "build --max-rows 3", {}, "or build with a higher --max-rows"),
    "shuffle": (
        "  answer_replicate: [1, 2]\nrules: {tuples: {}}\n",
        "build --max-rows 3 --seed 1",
        {},
        "or build with a higher --max-rows",
    ),
    "rule": (
        "rules: {where: {w: answer_template <> verdict_template}}\n",
        "validate --max-rows 1",
        {LEAST: 3},
        "shorten its axes by `subsets` above this rule, or let it couple fewer axes: this limit is fixed",
    ),
    "rule counted": (
        "rules: {where: {w: answer_template <> verdict_template}}\n",
        "count",
        {"cohort_membership.design.MOST_CELLS": 6},
        "shorten its axes by `subsets` above this rule, or let it couple fewer axes: this limit is fixed",
    ),
    "membership counted": (
        "",
        "count",
        {"cohort_membership.validate.membership.MOST_ADDRESSABLE": 3},
        "shorten an axis, or add a rule: this limit is fixed",
    ),
    "sampled from": (
        "sample: {rows: 1, seed: 7}\n",
        "validate",
        {SAMPLED: 3, SAMPLED_TOO: 3},
        "shorten an axis, or add a rule: this limit is fixed",
    ),
    "sample": (
        "sample: {rows: 20, seed: 7}\n",
        "validate",
        {CELLS: 70},
        "lower `sample.rows`, or name fewer axes in `sample.by`: this limit is fixed",
    ),
    "cover": (
        "",
        "cover --axes answer_template,answer_llm",
        {"cohort_membership.cover.MOST_COMBINATIONS": 3},
        "name fewer --axes, or a lower --strength",
    ),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_hint_says_what_helps_against_the_limit_that_was_met(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    more, command, limits, hint = WAYS[way]
    root = tmp_path / "data"
    assert run("init", root, "--example", "question-answer-verdict").code == 0
    (root / "cohorts/large/spec").mkdir(parents=True)
    (root / "cohorts/large/spec/config.yaml").write_text(AXES + more)
    for name, limit in limits.items():
        monkeypatch.setattr(name, limit)
    name, *options = command.split()
    done = run(name, "large", *options, "--data-root", root, "--json")
    (problem,) = done.object["problems"]
    assert problem["code"] == "design-too-large"
    assert problem["hint"].endswith(hint)
    rows, limit = (int(part.split()[0].replace(",", "")) for part in _numbers(problem["message"]))
    assert rows > limit


def _numbers(message: str) -> tuple[str, str]:
    return message.removeprefix("membership: "), message.rpartition("over the limit of ")[2]


def test_designs_that_cannot_be_compared_are_built_apart(
    run: Run, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Evidence, "union", Failure(Unwieldy("rows", 1_000, 999, ("draft_llm",))))
    (problem,) = run("validate", "first-steps", "--json").object["problems"]
    assert problem["code"] == "design-too-large"
    assert problem["hint"].startswith("shorten these axes, or build the designs as cohorts of their own")


def test_every_place_that_finds_a_design_too_large_says_what_helps() -> None:
    calls = [
        node
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "DesignTooLarge"
    ]
    assert len(calls) >= 6
    assert all("remedy" in {one.arg for one in call.keywords} for call in calls)
