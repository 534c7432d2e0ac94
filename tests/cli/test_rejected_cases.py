"""Every rejected case on disk, as a person and as a program are told of it."""

from collections import Counter
from pathlib import Path

import pytest

from tests.case_folders import Case, cases

from .conftest import Run

REJECTED = [
    case
    for case in cases("invalid")
    if not {"given", "command"} & case.content.keys()
    and (case.content.get("seed") or 0) >= 0  # A negative one is wrong usage here: see test_commands.
]


@pytest.mark.parametrize("case", REJECTED, ids=lambda case: case.name)
def test_a_rejected_case_is_told_in_full_and_ends_with_1(case: Case, run: Run, tmp_path: Path) -> None:
    root = case.lay_out(tmp_path)
    limit = ["--max-rows", str(case.content["max_rows"])] if "max_rows" in case.content else []
    seed = ["--seed", str(case.content["seed"])] if "seed" in case.content else []
    arguments = ["build", "--data-root", str(root), *limit, *seed]
    shown, as_json = run(*arguments, "--", case.cohort_id), run(*arguments, "--json", "--", case.cohort_id)
    expected = Counter(problem["code"] for problem in case.content["expected"])
    assert (shown.code, shown.out, as_json.code, as_json.err) == (1, "", 1, "")
    assert Counter(problem["code"] for problem in as_json.object["problems"]) == expected
    assert shown.err.count("error[") == min(sum(expected.values()), 50)
    assert shown.err.replace("\n", "").isprintable()
