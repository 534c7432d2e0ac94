"""The naive reading of the contract gives what every worked case holds, so it can judge other cases."""

import csv
import json
from typing import Any

import pytest

from tests.algebra.given import naive, read_given
from tests.algebra.naive_experiment import Rejected
from tests.case_folders import Case, cases

WORKED = [case for case in (*cases("valid"), *cases("algebra")) if "sha256" not in case.content]


@pytest.mark.parametrize("case", WORKED, ids=lambda case: case.name)
def test_the_naive_reading_gives_what_a_worked_case_holds(case: Case) -> None:
    found = naive(read_given(case.folder / "data", case.cohort_id, case.content.get("seed")))
    assert not isinstance(found, Rejected)
    expected = case.folder / "expected"
    assert found.lines() == (expected / "membership.csv").read_text(encoding="utf-8")
    with (expected / "wide.csv").open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    assert list(found.columns) == header
    assert [[_cell(row[column]) for column in header] for row in found.rows] == rows
    assert found.metadata == json.loads((expected / "metadata.json").read_text(encoding="utf-8"))


def _cell(value: Any) -> str:
    return "" if value is None else str(value)
