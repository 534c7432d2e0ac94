"""The local store: one table or a dataset of parts, the same rows and bytes every time."""

import hashlib
import json
import pickle
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from cohort_membership.generate import generate
from cohort_membership.membership import BuildRequest
from cohort_membership.stores.local.reader import MANY, LocalReader
from cohort_membership.stores.reports import UNCHANGED
from tests.case_folders import contents
from tests.stores.cohorts import NEW, OLD, codes
from tests.stores.local.local_cohorts import PARTED, artifacts_of, build, lay_out, local, seeds_of


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return lay_out(tmp_path / "data", "alpha", combos=OLD, replicates=3)


def manifest(root: Path, cohort: str = "alpha") -> dict[str, Any]:
    content: dict[str, Any] = json.loads((root / "cohorts" / cohort / "manifest.json").read_bytes())
    return content


def test_a_small_membership_is_one_table_and_one_csv(root: Path) -> None:
    report = build(root).unwrap()
    assert set(artifacts_of(root)) == {"membership.parquet", "membership.csv", "manifest.json"}
    assert set(report.artifacts) == {"membership.parquet", "membership.csv", "manifest.json"}
    assert report.rows == pl.read_parquet(report.artifacts["membership.parquet"]).height == 10


def test_a_large_membership_is_a_dataset_that_one_scan_reads_as_the_one_table(tmp_path: Path) -> None:
    one, many = (lay_out(tmp_path / name, "alpha", replicates=3) for name in ("one", "many"))
    build(one).unwrap()
    report = build(many, store=PARTED).unwrap()
    table = pl.scan_parquet(report.artifacts["membership"]).collect()
    assert_frame_equal(table, pl.read_parquet(one / "cohorts/alpha/membership.parquet"))
    assert artifacts_of(one)["membership.csv"] == artifacts_of(many)["membership.csv"]
    assert "membership.parquet" not in artifacts_of(many)
    assert seeds_of(one) == seeds_of(many)


def test_one_stage_of_a_dataset_is_read_from_its_own_parts_alone(root: Path) -> None:
    report = build(root, store=PARTED).unwrap()
    essays = pl.scan_parquet(report.artifacts["membership"]).filter(pl.col("stage") == "essay")
    assert "stage=draft" not in essays.explain()
    assert essays.collect().height == report.counts["essay"]


def test_the_manifest_lists_every_part_with_its_rows_and_its_digest(root: Path) -> None:
    report = build(root, store=PARTED).unwrap()
    listed = manifest(root)["artifacts"]
    files = {name for name, data in artifacts_of(root).items() if data != "no file"}
    assert set(listed) == files - {"manifest.json"}
    for name, one in listed.items():
        data = (root / one["path"]).read_bytes()
        assert hashlib.sha256(data).hexdigest() == one["sha256"]
        rows = len(data.splitlines()) - 1 if name.endswith(".csv") else pl.read_parquet(data).height
        assert rows == one["rows"]
    parts = [one["rows"] for name, one in listed.items() if name.endswith(".parquet")]
    assert sum(parts) == report.rows
    assert max(parts) == 2


@pytest.mark.parametrize("store", [{}, PARTED], ids=["one-table", "parts"])
def test_building_again_gives_the_same_bytes_and_seeds_nothing(root: Path, store: dict[str, Any]) -> None:
    build(root, store=store).unwrap()
    before = contents(root)
    report = build(root, store=store).unwrap()
    assert contents(root) == before
    assert (report.seeded, report.reused) == (0, report.rows)


@pytest.mark.parametrize("first", [{}, PARTED], ids=["from-one-table", "from-parts"])
def test_the_other_form_of_an_earlier_build_is_removed(
    root: Path, first: dict[str, Any], tmp_path: Path
) -> None:
    second = {} if first else PARTED
    build(root, store=first).unwrap()
    build(root, store=second).unwrap()
    fresh = lay_out(tmp_path / "fresh", "alpha", replicates=3)
    build(fresh, store=second).unwrap()
    assert artifacts_of(root) == artifacts_of(fresh)


@pytest.mark.parametrize("store", [{}, PARTED], ids=["one-table", "parts"])
def test_an_unchanged_cohort_is_not_written_again_until_something_of_it_is_missing(
    root: Path, store: dict[str, Any]
) -> None:
    first = build(root, store=store).unwrap()
    whole, times = contents(root), modified(root)
    again = build(root, store=store).unwrap()
    assert (first.is_unchanged, again.is_unchanged) == (False, True)
    assert again.notices == (*first.notices, UNCHANGED)
    assert build(root, store=store, seed_metadata=False).unwrap().is_unchanged
    assert modified(root) == times
    for path in [*root.glob("cohorts/alpha/**/*.parquet"), root / "cohorts/alpha/membership.csv"]:
        path.write_bytes(path.read_bytes()[:-1])
        assert not build(root, store=store).unwrap().is_unchanged
        assert contents(root) == whole
    next(root.glob("gens/essay/*/metadata.json")).unlink()
    assert build(root, store=store).unwrap().seeded == 1
    assert contents(root) == whole
    assert not build(root, store=store, seed=7).unwrap().is_unchanged


def modified(root: Path) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in root.rglob("*") if path.is_file()}


@pytest.mark.parametrize("store", [{}, PARTED], ids=["one-table", "parts"])
def test_a_changed_spec_leaves_nothing_of_the_old_membership(
    root: Path, store: dict[str, Any], tmp_path: Path
) -> None:
    build(root, store=store).unwrap()
    lay_out(root, "alpha", combos=NEW)
    build(root, store=store).unwrap()
    fresh = lay_out(tmp_path / "fresh", "alpha", combos=NEW)
    build(fresh, store=store).unwrap()
    assert artifacts_of(root) == artifacts_of(fresh)


def test_parts_of_two_memberships_never_have_one_name(root: Path) -> None:
    build(root, store=PARTED).unwrap()
    before = {name for name in artifacts_of(root) if name.endswith(".parquet")}
    lay_out(root, "alpha", combos=NEW)
    build(root, store=PARTED).unwrap()
    assert before.isdisjoint(artifacts_of(root))


@pytest.mark.parametrize("store", [{}, PARTED], ids=["one-table", "parts"])
def test_a_dry_run_says_what_would_be_seeded_and_changes_nothing(root: Path, store: dict[str, Any]) -> None:
    before = contents(root)
    report = build(root, store=store, dry_run=True).unwrap()
    assert (report.seeded, report.reused) == (10, 0)
    assert contents(root) == before
    build(root, store=store).unwrap()
    before = contents(root)
    report = build(root, store=store, dry_run=True).unwrap()
    assert (report.seeded, report.reused) == (0, 10)
    assert contents(root) == before


@pytest.mark.parametrize("store", [{}, PARTED], ids=["one-table", "parts"])
def test_without_seeding_no_metadata_is_looked_at_or_written(root: Path, store: dict[str, Any]) -> None:
    report = build(root, store=store, seed_metadata=False).unwrap()
    assert (report.seeded, report.reused) == (0, 0)
    assert seeds_of(root) == {}
    assert manifest(root)["seeded"] is False


@pytest.mark.parametrize("name", ["membership.csv", "membership.parquet", "manifest.json"])
def test_a_folder_where_an_artifact_should_be_is_not_ours_to_remove(root: Path, name: str) -> None:
    (root / "cohorts/alpha" / name).mkdir()
    (root / "cohorts/alpha" / name / "notes.txt").write_text("mine")
    before = contents(root)
    result = build(root)
    assert codes(result) == ["storage-denied"]
    assert contents(root) == before


def test_a_folder_of_other_things_where_the_dataset_should_be_is_not_ours_to_remove(root: Path) -> None:
    (root / "cohorts/alpha/membership").mkdir()
    (root / "cohorts/alpha/membership/notes.txt").write_text("mine")
    before = contents(root)
    assert codes(build(root, store=PARTED)) == ["storage-denied"]
    assert contents(root) == before
    build(root).unwrap()
    assert (root / "cohorts/alpha/membership/notes.txt").read_text() == "mine"


def test_a_manifest_of_a_newer_schema_is_not_built_over(root: Path) -> None:
    build(root).unwrap()
    path = root / "cohorts/alpha/manifest.json"
    path.write_text(json.dumps({**manifest(root), "schema_version": 2}))
    before = contents(root)
    assert codes(build(root)) == ["artifact-corrupt"]
    assert contents(root) == before


def test_progress_is_told_in_rows_of_the_whole_membership(root: Path) -> None:
    told: list[tuple[str, int, int]] = []
    build(root, store={**PARTED, "notify": lambda *one: told.append(one)}).unwrap()
    assert told == [
        *(("draft", 2, 10), ("essay", 4, 10)),
        *(("evaluation", 6, 10), ("evaluation", 8, 10), ("evaluation", 10, 10)),
    ]


def test_a_membership_travels_as_its_plan(root: Path) -> None:
    membership = local(root).plan(BuildRequest("alpha")).map(generate).unwrap()
    packed = pickle.dumps(membership)
    assert len(packed) < 20_000
    assert_frame_equal(pickle.loads(packed).frame(), membership.frame())


@pytest.mark.parametrize("wanted", [3, MANY + 3])
def test_metadata_is_read_of_few_generations_and_of_many(tmp_path: Path, wanted: int) -> None:
    ids = pl.Series([f"d_{number}" for number in range(wanted - 1)] + [None])
    for gen_id in ("d_0", "d_1"):
        (tmp_path / f"gens/draft/{gen_id}").mkdir(parents=True)
        (tmp_path / f"gens/draft/{gen_id}/metadata.json").write_text(gen_id)
    (tmp_path / "gens/draft/d_1/metadata.json").unlink()
    expected = ["d_0", *[None] * (wanted - 1)]
    assert LocalReader(tmp_path).seeded("draft", ids).unwrap().to_list() == expected
    assert LocalReader(tmp_path).seeded("essay", ids).unwrap().to_list() == [None] * wanted
