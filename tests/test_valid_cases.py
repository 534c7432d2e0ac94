"""The worked cases: what a valid cohort gives, byte for byte."""

import csv
import hashlib
import io
import json
from pathlib import Path

import polars as pl
import pytest

from cohort_membership.membership import BuildRequest
from cohort_membership.wiring import local_builder
from tests.case_folders import Case, cases

VALID = [*cases("valid"), *cases("algebra"), *cases("rescoring")]
SMALL = [case for case in VALID if "sha256" not in case.content]


def build(case: Case, root: Path, *, seed_metadata: bool = True) -> Path:
    case.lay_out(root)
    request = BuildRequest(case.cohort_id, seed=case.content.get("seed"), seed_metadata=seed_metadata)
    local_builder(root).build_or_raise(request)
    return root / "cohorts" / case.cohort_id


def test_there_are_worked_cases() -> None:
    assert len(VALID) >= 40


@pytest.mark.parametrize("case", SMALL, ids=lambda case: case.name)
def test_a_worked_case_gives_its_membership_its_wide_table_and_its_seeds(case: Case, tmp_path: Path) -> None:
    folder = build(case, tmp_path)
    expected = case.folder / "expected"
    assert (folder / "membership.csv").read_bytes() == (expected / "membership.csv").read_bytes()
    wide = pl.read_parquet(folder / "membership.parquet").select(pl.all().cast(pl.String))
    with (expected / "wide.csv").open(encoding="utf-8", newline="") as file:
        header, *rows = list(csv.reader(file))
    assert wide.columns == header
    assert [[text or "" for text in row] for row in wide.iter_rows()] == rows
    seeds = json.loads((expected / "metadata.json").read_text(encoding="utf-8"))
    written = {
        f"{path.parent.parent.name}/{path.parent.name}": json.loads(path.read_text(encoding="utf-8"))
        for path in tmp_path.glob("gens/*/*/metadata.json")
    }
    assert written == seeds


@pytest.mark.parametrize("case", [case for case in VALID if case not in SMALL], ids=lambda case: case.name)
def test_a_large_case_gives_the_membership_with_its_digest(case: Case, tmp_path: Path) -> None:
    content = (build(case, tmp_path, seed_metadata=False) / "membership.csv").read_bytes()
    assert hashlib.sha256(content).hexdigest() == case.content["sha256"]
    stages = [row[0] for row in csv.reader(io.StringIO(content.decode()))][1:]
    assert {stage: stages.count(stage) for stage in case.content["counts"]} == case.content["counts"]
