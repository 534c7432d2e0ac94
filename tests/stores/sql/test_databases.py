"""A build into a database, of any experiment: what stands in its tables, and what does not get in."""

import json
from pathlib import Path

import polars as pl
import pytest

from cohort_membership.stores.reports import UNCHANGED
from cohort_membership.stores.sql.wide_rows import RowsDigest
from tests.stores.cohorts import NEW, OLD, Laid, build, codes, lay_out, read_table
from tests.stores.sql.tables import Tables


def test_the_rows_are_those_of_a_build_on_disk_in_their_order(tables: Tables, laid: Laid) -> None:
    build(laid.root, tables.address).unwrap()
    build(laid.root, str(laid.root)).unwrap()
    wide = laid.on_disk()
    stored = read_table(tables.reader, laid.experiment)
    assert stored.columns == wide.columns == list(laid.experiment.wide_columns)
    assert stored.rows() == wide.rows()


def test_the_manifest_is_that_of_a_build_on_disk_but_for_what_it_lists(tables: Tables, laid: Laid) -> None:
    build(laid.root, tables.address).unwrap()
    build(laid.root, str(laid.root)).unwrap()
    on_disk = json.loads((laid.root / "cohorts/alpha/manifest.json").read_bytes())
    manifest = tables.reader.manifest("alpha").unwrap()
    assert manifest is not None
    assert {**manifest.content, "artifacts": 0} == {**on_disk, "artifacts": 0}
    listed = manifest.artifacts["memberships"]
    digest = RowsDigest(laid.experiment.wide_columns)
    digest.add(read_table(tables.reader, laid.experiment))
    assert (listed.rows, listed.sha256) == (laid.rows(OLD), digest.sha256)


def test_the_seeds_are_the_texts_of_a_build_on_disk(tables: Tables, laid: Laid) -> None:
    build(laid.root, tables.address).unwrap()
    build(laid.root, str(laid.root)).unwrap()
    for stage in laid.experiment.by_name:
        on_disk = {
            one.parent.name: one.read_text() for one in laid.root.glob(f"gens/{stage}/*/metadata.json")
        }
        ids = pl.Series([*on_disk, "none_such"])
        assert tables.reader.seeded(stage, ids).unwrap().to_list() == [*on_disk.values(), None]
    assert len(tables.contents()["generations"]) == laid.rows(OLD)


def test_a_second_build_finds_its_seeds_and_writes_nothing(tables: Tables, laid: Laid) -> None:
    first = build(laid.root, tables.address).unwrap()
    contents = tables.contents()
    tables.forbid_writing()
    for dry_run in (False, True):
        second = build(laid.root, tables.address, dry_run=dry_run).unwrap()
        assert (second.seeded, second.reused) == (0, laid.rows(OLD))
        assert second.notices == (*first.notices, UNCHANGED)
    assert (first.seeded, first.reused) == (laid.rows(OLD), 0)
    assert UNCHANGED not in first.notices
    assert tables.contents() == contents
    assert first.artifacts["memberships"].endswith("#memberships")


@pytest.mark.parametrize(
    "damage",
    [
        "DELETE FROM memberships WHERE position = 1",
        "UPDATE memberships SET gen_id = 'd_wrong' WHERE position = 0",
        "UPDATE cohort_manifests SET manifest = 'no JSON'",
        """UPDATE cohort_manifests SET manifest = '{"artifacts": {"memberships": 1e999}}'""",
        "DELETE FROM cohort_manifests",
        "DELETE FROM generations WHERE parent_gen_id IS NULL",
    ],
)
def test_what_is_damaged_and_derived_is_made_again(tables: Tables, root: Path, damage: str) -> None:
    build(root, tables.address).unwrap()
    whole = tables.contents()
    tables.run(damage)
    assert UNCHANGED not in build(root, tables.address).unwrap().notices
    assert tables.contents() == whole


def test_a_smaller_membership_leaves_no_row_of_the_larger_one(tables: Tables, root: Path) -> None:
    build(lay_out(root, "alpha", combos=NEW), tables.address).unwrap()
    build(lay_out(root, "alpha"), tables.address).unwrap()
    contents = tables.contents()
    assert len(contents["memberships"]) == 6
    assert len(contents["generations"]) == 9


def test_a_dry_run_reports_and_writes_nothing(tables: Tables, laid: Laid) -> None:
    assert build(laid.root, tables.address, dry_run=True).unwrap().seeded == laid.rows(OLD)
    assert tables.contents() == {}
    build(laid.root, tables.address).unwrap()
    laid.with_subjects(NEW)
    contents = tables.contents()
    report = build(laid.root, tables.address, dry_run=True).unwrap()
    assert (report.seeded, report.reused) == (laid.rows(NEW) - laid.rows(OLD), laid.rows(OLD))
    assert report.dry_run
    assert tables.contents() == contents


def test_without_seeding_there_are_no_seeds_until_a_build_seeds(tables: Tables, root: Path) -> None:
    report = build(root, tables.address, seed_metadata=False).unwrap()
    assert (report.seeded, report.reused) == (0, 0)
    assert tables.contents()["generations"] == []
    assert build(root, tables.address).unwrap().seeded == 6


@pytest.mark.parametrize("dry_run", [False, True])
def test_a_seed_of_another_generation_stops_the_build_and_nothing_is_kept(
    tables: Tables, laid: Laid, dry_run: bool
) -> None:
    build(laid.root, tables.address).unwrap()
    subject = laid.kind.subject
    tables.run(f"UPDATE generations SET {subject} = 'other' WHERE {subject} = 'c1'")
    before = tables.contents()
    for subjects in (OLD, NEW):
        laid.with_subjects(subjects)
        result = build(laid.root, tables.address, dry_run=dry_run)
        assert set(codes(result)) == {"generation-conflict"}
        assert f"{subject} 'other'" in str(result.failure()[0])
        assert tables.contents() == before


@pytest.mark.parametrize("column", ["replicate", "llm_model_id"])
def test_a_seed_that_lacks_a_key_or_differs_in_case_or_origin_is_the_generations_own(
    tables: Tables, root: Path, column: str
) -> None:
    build(root, tables.address).unwrap()
    tables.run(
        "UPDATE generations SET template_id = 'OUTLINE', origin_cohort_id = 'x' WHERE stage = 'draft'",
        f"UPDATE generations SET {column} = NULL WHERE stage = 'essay'",
    )
    assert build(root, tables.address).unwrap().reused == 6
    assert build(lay_out(root, "alpha", combos=NEW), tables.address).unwrap().reused == 6


def test_a_manifest_of_a_newer_version_is_not_written_over(tables: Tables, root: Path) -> None:
    build(root, tables.address).unwrap()
    tables.run("""UPDATE cohort_manifests SET manifest = '{"schema_version": 99}'""")
    before = tables.contents()
    assert codes(build(root, tables.address)) == ["artifact-corrupt"]
    assert tables.contents() == before
