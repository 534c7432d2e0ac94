"""Cohorts whose build was damaged afterwards: each with exactly what is damaged, and nothing changed."""

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path

import polars as pl
import pytest

from cohort_membership.membership import BuildRequest
from cohort_membership.problems import as_json, plain_text
from cohort_membership.stores.local.verify import verify_local
from cohort_membership.wiring import local_builder
from tests.case_folders import Case, cases, contents

VERIFIED = [case for case in cases("invalid") if case.content.get("command") == "verify"]


def _truncate_csv(folder: Path) -> None:
    path = folder / "membership.csv"
    path.write_bytes(path.read_bytes()[:-10])


def _alter_parquet(folder: Path) -> None:
    path = folder / "membership.parquet"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)


def _orphan_essay(folder: Path) -> None:
    """One draft taken out, by somebody who also made the manifest agree."""
    table = pl.read_parquet(folder / "membership.parquet")
    gone = table.filter(pl.col("stage") == "draft")["gen_id"][0]
    rest = table.filter(pl.col("gen_id") != gone)
    rest.write_parquet(folder / "membership.parquet")
    rest.select("stage", "gen_id").write_csv(folder / "membership.csv", quote_style="never")
    manifest = json.loads((folder / "manifest.json").read_bytes())
    manifest["counts"]["draft"] -= 1
    for name, one in manifest["artifacts"].items():
        one["sha256"], one["rows"] = hashlib.sha256((folder / name).read_bytes()).hexdigest(), rest.height
    (folder / "manifest.json").write_text(json.dumps(manifest))


DAMAGES: Mapping[str, Callable[[Path], None]] = {
    "truncated-membership-csv": _truncate_csv,
    "altered-membership-parquet": _alter_parquet,
    "orphaned-essay": _orphan_essay,
}


@pytest.mark.parametrize("case", VERIFIED, ids=lambda case: case.name)
def test_a_damaged_build_is_told_exactly_and_nothing_is_changed(case: Case, tmp_path: Path) -> None:
    root = case.lay_out(tmp_path)
    builder, request = local_builder(root), BuildRequest(case.cohort_id)
    if "given" in case.content:
        builder.build(request).unwrap()
        DAMAGES[case.content["given"]](root / "cohorts" / case.cohort_id)
    before = contents(root)
    result = builder.plan(request).bind(lambda plan: verify_local(root, plan))
    found = [as_json(problem) for problem in result.failure()]
    assert len(found) == len(case.content["expected"]), plain_text(result.failure())
    for got, expected in zip(found, case.content["expected"], strict=True):
        assert got["code"] == expected["code"]
        if expected["file"] is not None:
            assert got["location"]["file"] == expected["file"]
    assert contents(root) == before


@pytest.mark.parametrize("case", VERIFIED, ids=lambda case: case.name)
def test_building_again_repairs_what_is_derived(case: Case, tmp_path: Path) -> None:
    root = case.lay_out(tmp_path)
    builder, request = local_builder(root), BuildRequest(case.cohort_id)
    builder.build(request).unwrap()
    whole = contents(root)
    if "given" in case.content:
        DAMAGES[case.content["given"]](root / "cohorts" / case.cohort_id)
    builder.build(request).unwrap()
    assert contents(root) == whole
    assert builder.plan(request).bind(lambda plan: verify_local(root, plan)).unwrap().is_current
