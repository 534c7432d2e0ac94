"""A build into a database: what stands in its tables, and what does not get in."""

import json
from pathlib import Path

import polars as pl
import pytest

from cohort_membership.membership import WIDE_COLUMNS
from tests.stores.cohorts import NEW, build, codes, lay_out
from tests.stores.databases.tables import Tables


def test_the_rows_are_those_of_a_build_on_disk_in_their_order(tables: Tables, root: Path) -> None:
    build(root, tables.address).unwrap()
    build(root, str(root)).unwrap()
    stored = tables.store.read("alpha").unwrap()
    wide = pl.read_parquet(root / "cohorts/alpha/membership.parquet")
    assert stored.table.columns == list(WIDE_COLUMNS)
    assert stored.table.rows() == wide.rows()
    on_disk = json.loads((root / "cohorts/alpha/manifest.json").read_bytes())
    assert {**stored.manifest, "artifacts": 0} == {**on_disk, "artifacts": 0}
    assert stored.manifest["artifacts"]["memberships"]["rows"] == 6


def test_the_seeds_are_those_of_a_build_on_disk(tables: Tables, root: Path) -> None:
    build(root, tables.address).unwrap()
    build(root, str(root)).unwrap()
    on_disk = {path.parent.name: json.loads(path.read_text()) for path in root.glob("gens/*/*/metadata.json")}
    columns = ["gen_id", "stage", "origin_cohort_id", "mode", "template_id", "combo_id", "parent_gen_id"]
    columns += ["llm_model_id", "replicate"]
    in_table = {
        row[0]: {name: value for name, value in zip(columns, row, strict=True) if value is not None}
        for row in tables.contents()["generations"]
    }
    assert in_table == on_disk


def test_a_second_build_finds_its_seeds_and_changes_nothing(tables: Tables, root: Path) -> None:
    first = build(root, tables.address).unwrap()
    contents = tables.contents()
    second = build(root, tables.address).unwrap()
    assert (first.seeded, first.reused, second.seeded, second.reused) == (6, 0, 0, 6)
    assert tables.contents() == contents
    assert first.artifacts["memberships"].endswith("#memberships")


def test_a_smaller_membership_leaves_no_row_of_the_larger_one(tables: Tables, root: Path) -> None:
    lay_out(root, "alpha", combos=NEW)
    build(root, tables.address).unwrap()
    lay_out(root, "alpha")
    build(root, tables.address).unwrap()
    contents = tables.contents()
    assert len(contents["memberships"]) == 6
    assert len(contents["generations"]) == 9


def test_a_dry_run_reports_and_writes_nothing(tables: Tables, root: Path) -> None:
    assert build(root, tables.address, dry_run=True).unwrap().seeded == 6
    assert tables.contents() == {}
    build(root, tables.address).unwrap()
    lay_out(root, "alpha", combos=NEW)
    contents = tables.contents()
    report = build(root, tables.address, dry_run=True).unwrap()
    assert (report.seeded, report.reused, report.dry_run) == (3, 6, True)
    assert tables.contents() == contents


def test_without_seeding_there_are_no_seeds(tables: Tables, root: Path) -> None:
    report = build(root, tables.address, seed_metadata=False).unwrap()
    assert (report.seeded, report.reused) == (0, 0)
    assert tables.contents()["generations"] == []


@pytest.mark.parametrize("dry_run", [False, True])
def test_a_seed_of_another_generation_stops_the_build_and_nothing_is_kept(
    tables: Tables, root: Path, dry_run: bool
) -> None:
    build(root, tables.address).unwrap()
    tables.run("UPDATE generations SET template_id = 'other' WHERE stage = 'draft' AND combo_id = 'c1'")
    before = tables.contents()
    lay_out(root, "alpha", combos=NEW)
    result = build(root, tables.address, dry_run=dry_run)
    assert codes(result) == ["generation-conflict"]
    assert "template_id 'other'" in str(result.failure()[0])
    assert tables.contents() == before


def test_a_seed_that_differs_in_case_or_origin_is_the_generations_own(tables: Tables, root: Path) -> None:
    build(root, tables.address).unwrap()
    tables.run("UPDATE generations SET template_id = 'OUTLINE', origin_cohort_id = 'x' WHERE stage = 'draft'")
    assert build(root, tables.address).unwrap().reused == 6


def test_a_manifest_of_a_newer_version_is_not_written_over(tables: Tables, root: Path) -> None:
    build(root, tables.address).unwrap()
    tables.run("""UPDATE cohort_manifests SET manifest = '{"schema_version": 99}'""")
    before = tables.contents()
    assert codes(build(root, tables.address)) == ["artifact-corrupt"]
    assert tables.contents() == before


def test_what_is_damaged_and_derived_is_made_again(tables: Tables, root: Path) -> None:
    build(root, tables.address).unwrap()
    whole = tables.contents()
    tables.run(
        "DELETE FROM memberships WHERE stage = 'essay'",
        "UPDATE memberships SET gen_id = 'd_wrong'",
        "UPDATE cohort_manifests SET manifest = 'no JSON'",
    )
    build(root, tables.address).unwrap()
    assert tables.contents() == whole


def test_tables_of_another_shape_are_told_and_stay(tables: Tables, root: Path) -> None:
    build(root, tables.address).unwrap()
    tables.run("ALTER TABLE memberships RENAME COLUMN llm_model_id TO model")
    before = tables.contents()
    assert codes(build(root, tables.address)) == ["artifact-corrupt"]
    assert tables.contents() == before


def test_a_cohort_that_is_not_there_is_told(tables: Tables, root: Path) -> None:
    assert tables.store.read("alpha").failure()[0].code == "storage-denied"
    build(root, tables.address).unwrap()
    assert tables.store.read("beta").failure()[0].code == "storage-denied"
