"""What is read back of a build may hold any bytes: that is a problem with its place, never a traceback."""

import hashlib
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from returns.pipeline import is_successful

from cohort_membership.manifest import parse_manifest
from cohort_membership.membership import BuildRequest
from cohort_membership.stores.local.read import read_membership
from cohort_membership.stores.local.reader import LocalReader
from cohort_membership.stores.local.verify import verify_local
from cohort_membership.stores.verification import verify_membership
from cohort_membership.wiring import open_reader
from tests.case_folders import contents
from tests.stores.local.local_cohorts import build, lay_out, local

HOME = "cohorts/alpha"


@pytest.fixture
def root(scratch: Path) -> Path:
    root = lay_out(scratch / "data", "alpha")
    build(root).unwrap()
    return root


def codes(root: Path) -> list[str]:
    plan = local(root).plan(BuildRequest("alpha")).unwrap()
    result = verify_local(root, plan)
    return [] if is_successful(result) else [one.code for one in result.failure()]


def put(root: Path, table: pl.DataFrame) -> None:
    """A table in place of the membership's, by somebody who also made the manifest agree."""
    path = root / HOME / "membership.parquet"
    table.write_parquet(path)
    manifest = json.loads((root / HOME / "manifest.json").read_bytes())
    manifest["artifacts"][path.name]["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    (root / HOME / "manifest.json").write_text(json.dumps(manifest))


HOSTILE = {
    "NUL in a path": ("artifacts", {"membership.csv": {"path": "a\0b", "sha256": "ab", "rows": 1}}),
    "surrogate in a path": ("artifacts", {"membership.csv": {"path": "\ud800", "sha256": "ab", "rows": 1}}),
    "name that leads out": ("artifacts", {"../../x": {"path": "x", "sha256": "ab", "rows": 1}}),
    "infinite rows": ("artifacts", {"membership.csv": {"path": "x", "sha256": "ab", "rows": 1e999}}),
    "infinite schema": ("schema_version", 1e999),
    "artifacts that are none": ("artifacts", [1]),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_manifest_that_no_build_wrote_is_corrupt_for_every_reader(root: Path, kind: str) -> None:
    key, value = HOSTILE[kind]
    path = root / HOME / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_bytes()), key: value}))
    assert codes(root) == ["artifact-corrupt"]
    assert [one.code for one in LocalReader(root).manifest("alpha").failure()] == ["artifact-corrupt"]
    assert [one.code for one in read_membership(root, "alpha", attempts=1).failure()] == ["artifact-corrupt"]


@pytest.mark.parametrize("name", ["../../outside", "a\0b", "\ud800", "/etc/passwd", ".."])
def test_a_hostile_name_in_an_unfinished_switch_stops_no_build(root: Path, name: str) -> None:
    before = contents(root)
    (root / HOME / ".build").mkdir()
    listed = {name: {"path": "x", "sha256": "ab", "rows": 1}}
    (root / HOME / ".build/manifest.json").write_text(json.dumps({"artifacts": listed}))
    build(root).unwrap()
    assert contents(root) == before


@pytest.mark.parametrize("name", ["../../outside", "..", "", "a/b", "-x", "a\0b"])
def test_a_name_that_no_cohort_has_is_not_read(root: Path, name: str) -> None:
    assert [one.code for one in read_membership(root, name).failure()] == ["invalid-cohort-id"]
    assert LocalReader(root).manifest(name).unwrap() is None


@pytest.mark.parametrize(
    ("column", "dtype"), [("stage", pl.Int64), ("replicate", pl.String), ("template_id", pl.List(pl.String))]
)
def test_a_table_of_other_types_is_corrupt_though_its_digest_is_right(
    root: Path, column: str, dtype: Any
) -> None:
    table = pl.read_parquet(root / HOME / "membership.parquet")
    put(root, table.with_columns(pl.lit(None, dtype).alias(column)))
    assert codes(root) == ["artifact-corrupt"]
    assert [one.code for one in read_membership(root, "alpha", attempts=1).failure()] == ["artifact-corrupt"]


@pytest.mark.parametrize("column", ["stage", "gen_id", "combo_id", "template_id", "llm_model_id"])
def test_an_empty_cell_is_told_with_its_column(root: Path, column: str) -> None:
    table = pl.read_parquet(root / HOME / "membership.parquet").cast({column: pl.String})
    last = pl.int_range(pl.len()) == pl.len() - 1
    put(root, table.with_columns(pl.when(~last).then(column).alias(column)))
    plan = local(root).plan(BuildRequest("alpha")).unwrap()
    told = [getattr(one, "expected", "") for one in verify_local(root, plan).failure()]
    assert any(f"a {column} in every row" in one for one in told)


def test_text_columns_are_plain_text_so_that_two_cohorts_join(root: Path) -> None:
    lay_out(root, "beta", combos=["other"])
    build(root, "beta").unwrap()
    first, second = (read_membership(root, name).unwrap() for name in ("alpha", "beta"))
    with first, second:
        both = pl.concat([first.table, second.table]).collect()
    assert {str(both.schema[name]) for name in both.columns} == {"String", "Int32"}
    assert both.join(pl.DataFrame({"template_id": ["outline"]}), on="template_id").height > 0


def test_a_template_whose_mode_changed_is_told_with_how_many_generations(root: Path) -> None:
    catalog = root / "1_raw/draft_templates.csv"
    lines = catalog.read_text().splitlines()
    catalog.write_text(
        "template_id,generator\n" + "".join(f"{line.split(',')[0]},copy\n" for line in lines[1:])
    )
    plan = local(root).plan(BuildRequest("alpha")).unwrap()
    report = verify_local(root, plan).unwrap()
    assert not report.is_current
    (notice,) = report.notices
    assert notice.startswith(f"draft template 'outline': the metadata of {plan.counts['draft']} generations")


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.binary(max_size=60), cut=st.integers(0, 400))
def test_any_bytes_in_place_of_a_manifest_are_read_or_corrupt(root: Path, data: bytes, cut: int) -> None:
    whole = (root / HOME / "manifest.json").read_bytes()
    result = parse_manifest(whole[:cut] + data + whole[cut:], "manifest.json")
    assert is_successful(result) or [one.code for one in result.failure()] == ["artifact-corrupt"]


def test_a_reader_is_opened_by_its_address_and_is_verified_alike(root: Path) -> None:
    reader = open_reader(root.as_uri()).unwrap()
    assert reader.cohorts().unwrap() == ["alpha"]
    plan = local(root).plan(BuildRequest("alpha")).unwrap()
    assert verify_membership(reader, plan).unwrap().is_current
    columns = ("stage", "replicate")
    rows = pl.concat(reader.rows("alpha", columns).unwrap())
    assert (rows.columns, rows.height) == (list(columns), plan.rows)
    assert list(reader.rows("beta", columns).unwrap()) == []


def test_an_essay_stored_with_another_model_is_told_what_its_id_does_not_count(root: Path) -> None:
    essay = next(root.glob("gens/essay/*/metadata.json"))
    essay.write_text(json.dumps({**json.loads(essay.read_text()), "llm_model_id": "delta"}))
    (built,) = build(root).failure()
    plan = local(root).plan(BuildRequest("alpha")).unwrap()
    assert (built,) == verify_local(root, plan).failure()
    assert getattr(built, "uncounted", None) == ("llm_model_id",)
