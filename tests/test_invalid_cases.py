"""Cohorts that are rejected: each with exactly its problems, and nothing on disk changed."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from returns.pipeline import is_successful

from cohort_membership.membership import DEFAULT_MAX_ROWS, BuildRequest
from cohort_membership.problems import CODES, as_json, plain_text
from cohort_membership.wiring import local_builder
from tests.case_folders import Case, cases, contents

INVALID = [*cases("invalid"), *cases("algebra-invalid"), *cases("rescoring-invalid")]
REJECTED = [case for case in INVALID if not {"given", "command"} & case.content.keys()]


def test_every_problem_code_has_an_invalid_case() -> None:
    assert {one["code"] for case in INVALID for one in case.content["expected"]} == set(CODES)


@pytest.mark.parametrize("case", REJECTED, ids=lambda case: case.name)
def test_an_invalid_case_gives_exactly_its_problems_and_changes_no_file(case: Case, tmp_path: Path) -> None:
    root = case.lay_out(tmp_path)
    before = contents(root)
    request = BuildRequest(
        case.cohort_id,
        seed=case.content.get("seed"),
        max_rows=case.content.get("max_rows", DEFAULT_MAX_ROWS),
    )
    result = local_builder(root).build(request)
    assert not is_successful(result)
    found = [_flat(as_json(problem)) for problem in result.failure()]
    assert _matches(found, case.content["expected"]), plain_text(result.failure())
    assert contents(root) == before


def _flat(problem: dict[str, Any]) -> dict[str, Any]:
    return {**problem, **(problem["location"] or {"file": None, "line": None, "column": None})}


def _matches(found: list[dict[str, Any]], expected: list[dict[str, Any]]) -> bool:
    """Whether the problems are those expected, as many times; a null stands for anything."""
    if Counter(one["code"] for one in found) != Counter(one["code"] for one in expected):
        return False
    rest = list(found)
    strict_first = sorted(expected, key=lambda one: sum(value is None for value in one.values()))
    for one in strict_first:
        fixed = {key: value for key, value in one.items() if value is not None}
        match = next((got for got in rest if fixed.items() <= {**got, **_hashable(got)}.items()), None)
        if match is None:
            return False
        rest.remove(match)
    return not rest


def _hashable(problem: dict[str, Any]) -> dict[str, Any]:
    return {"location": None} if problem["location"] else {}
