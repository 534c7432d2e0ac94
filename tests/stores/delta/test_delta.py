"""A build into a lake: one commit, every earlier membership at its version, seeds appended once."""

import json
from pathlib import Path

import polars as pl
import pytest
from deltalake import write_deltalake

from cohort_membership.stores.reports import UNCHANGED
from tests.stores.cohorts import (
    KINDS,
    NEW,
    OLD,
    Laid,
    assert_read_as_written,
    build,
    built_into_one,
    codes,
    lay_out,
    read_table,
)
from tests.stores.delta.lake import Lake, whole


def test_the_rows_are_those_of_a_build_on_disk_in_their_order(lake: Lake, root: Path) -> None:
    build(root, lake.address).unwrap()
    build(root, str(root)).unwrap()
    assert whole(lake.reader).rows() == Laid(root).on_disk().rows()


def test_rows_seeds_and_manifest_of_any_experiment_are_those_of_a_build_on_disk(
    disk: Lake, laid: Laid
) -> None:
    report = build(laid.root, disk.address).unwrap()
    assert (report.seeded, report.reused) == (laid.rows(OLD), 0)
    build(laid.root, str(laid.root)).unwrap()
    stored = read_table(disk.reader, laid.experiment)
    assert stored.columns == list(laid.experiment.wide_columns)
    assert stored.rows() == laid.on_disk().rows()
    manifest = disk.reader.manifest("alpha").unwrap()
    assert manifest is not None
    on_disk = json.loads((laid.root / "cohorts/alpha/manifest.json").read_bytes())
    assert {**manifest.content, "artifacts": 0} == {**on_disk, "artifacts": 0}
    for stage in laid.experiment.by_name:
        texts = {one.parent.name: one.read_text() for one in laid.root.glob(f"gens/{stage}/*/metadata.json")}
        found = disk.reader.seeded(stage, pl.Series([*texts, "none_such"])).unwrap()
        assert found.to_list() == [*texts.values(), None]


def test_an_unchanged_cohort_of_any_experiment_is_not_built_again(disk: Lake, laid: Laid) -> None:
    build(laid.root, disk.address).unwrap()
    contents, version = disk.contents(), disk.version()
    for dry_run in (True, False):
        report = build(laid.root, disk.address, dry_run=dry_run).unwrap()
        assert (report.seeded, report.reused) == (0, laid.rows(OLD))
        assert UNCHANGED in report.notices
    assert (disk.contents(), disk.version()) == (contents, version)
    laid.with_subjects(NEW)
    assert UNCHANGED not in build(laid.root, disk.address).unwrap().notices
    assert read_table(disk.reader, laid.experiment).height == laid.rows(NEW)


def test_experiments_share_a_lake_and_each_reads_what_it_wrote(disk: Lake, tmp_path: Path) -> None:
    laid = built_into_one(disk.address, tmp_path, KINDS)
    assert_read_as_written(disk.reader, laid)
    for one in laid:
        assert UNCHANGED in build(one.root, disk.address, one.kind.name).unwrap().notices


def test_what_was_never_built_is_nothing(disk: Lake) -> None:
    reader = disk.reader
    assert list(reader.cohorts().unwrap()) == []
    assert reader.manifest("alpha").unwrap() is None
    assert list(reader.rows("alpha", ["gen_id"]).unwrap()) == []
    assert reader.seeded("draft", pl.Series(["d_1"])).unwrap().to_list() == [None]


def test_a_seed_that_lacks_a_key_is_the_generations_own(disk: Lake, root: Path) -> None:
    build(root, disk.address).unwrap()
    generations = disk.table("generations")
    assert generations is not None
    generations.update(updates={"llm_model_id": "NULL", "replicate": "NULL"}, predicate="stage = 'essay'")
    assert build(lay_out(root, "alpha", combos=NEW), disk.address).unwrap().reused == 6


def test_a_manifest_that_is_damaged_is_artifact_corrupt_and_made_again(disk: Lake, root: Path) -> None:
    build(root, disk.address).unwrap()
    whole_one = disk.contents()
    manifests = disk.table("manifests")
    assert manifests is not None
    manifests.update(updates={"manifest": "'no JSON'"})
    assert [one.code for one in disk.reader.manifest("alpha").failure()] == ["artifact-corrupt"]
    build(root, disk.address).unwrap()
    assert disk.contents() == whole_one


def test_a_build_is_one_commit_with_the_digest_of_its_spec(lake: Lake, root: Path) -> None:
    report = build(root, lake.address).unwrap()
    table = lake.table("memberships")
    assert table is not None
    assert table.version() == 1  # 0 made the table
    assert table.metadata().partition_columns == ["origin_cohort_id"]
    assert report.artifacts["memberships"] == f"{lake.address}/memberships"


def test_every_earlier_membership_can_be_read_at_its_version(disk: Lake, root: Path) -> None:
    build(root, disk.address).unwrap()
    build(lay_out(root, "alpha", combos=NEW), disk.address).unwrap()
    build(lay_out(root, "beta"), disk.address, "beta").unwrap()
    versions = disk.reader.versions("alpha").unwrap()
    assert [version for version, _ in versions] == [2, 1]
    table = disk.table("memberships")
    assert table is not None
    assert table.history()[1]["spec_digest"] == versions[0][1]
    assert [whole(disk.at(version)).height for version, _ in versions] == [9, 6]
    first = disk.at(1).manifest("alpha").unwrap()
    assert first is not None
    assert first.content["spec_digest"] == versions[1][1]
    assert disk.at(1).manifest("beta").unwrap() is None


def test_a_table_that_was_restored_is_read_with_its_own_manifest(disk: Lake, root: Path) -> None:
    build(root, disk.address).unwrap()
    build(lay_out(root, "alpha", combos=NEW), disk.address).unwrap()
    table = disk.table("memberships")
    assert table is not None
    table.restore(1)
    assert disk.rows() == 6
    build(root, disk.address).unwrap()
    assert disk.rows() == 9


def test_a_second_build_finds_its_seeds_and_appends_none(lake: Lake, root: Path) -> None:
    first = build(root, lake.address).unwrap()
    contents = lake.contents()
    second = build(root, lake.address).unwrap()
    assert (first.seeded, first.reused, second.seeded, second.reused) == (6, 0, 0, 6)
    assert lake.contents() == contents
    generations = lake.table("generations")
    assert generations is not None
    assert generations.version() == 1


def test_a_dry_run_reports_and_writes_nothing(lake: Lake, root: Path) -> None:
    assert build(root, lake.address, dry_run=True).unwrap().seeded == 6
    assert lake.table("memberships") is None
    build(root, lake.address).unwrap()
    contents = lake.contents()
    report = build(lay_out(root, "alpha", combos=NEW), lake.address, dry_run=True).unwrap()
    assert (report.seeded, report.reused) == (3, 6)
    assert lake.contents() == contents


def test_without_seeding_there_is_no_table_of_seeds(disk: Lake, root: Path) -> None:
    assert build(root, disk.address, seed_metadata=False).unwrap().seeded == 0
    assert disk.table("generations") is None


def test_a_seed_of_another_generation_stops_the_build_before_it_writes(disk: Lake, root: Path) -> None:
    build(root, disk.address).unwrap()
    generations = disk.table("generations")
    assert generations is not None
    generations.update(updates={"template_id": "'other'"}, predicate="stage = 'draft' AND combo_id = 'c1'")
    before = disk.contents()
    for dry_run in (True, False):
        result = build(lay_out(root, "alpha", combos=NEW), disk.address, dry_run=dry_run)
        assert codes(result) == ["generation-conflict"]
    assert disk.contents() == before


def test_a_seed_that_differs_in_case_is_the_generations_own(disk: Lake, root: Path) -> None:
    build(root, disk.address).unwrap()
    generations = disk.table("generations")
    assert generations is not None
    generations.update(
        updates={"template_id": "'OUTLINE'", "origin_cohort_id": "'x'"}, predicate="stage = 'draft'"
    )
    assert build(root, disk.address).unwrap().reused == 6


def test_rows_that_were_changed_are_made_again(disk: Lake, root: Path) -> None:
    build(root, disk.address).unwrap()
    contents = disk.contents()
    table = disk.table("memberships")
    assert table is not None
    table.delete("stage = 'essay'")
    build(root, disk.address).unwrap()
    assert disk.contents() == contents


def test_a_file_that_is_gone_is_told_and_made_again(disk: Lake, root: Path) -> None:
    build(root, disk.address).unwrap()
    contents = disk.contents()
    for path in Path(disk.uri, "memberships").glob("*/*.parquet"):
        path.unlink()
    assert disk.reader.rows("alpha", ["gen_id"]).failure()[0].code == "artifact-corrupt"
    build(root, disk.address).unwrap()
    assert disk.contents() == contents


def test_a_table_of_another_shape_is_told_and_stays(disk: Lake, root: Path) -> None:
    write_deltalake(f"{disk.uri}/memberships", pl.DataFrame({"a": [1]}))
    assert codes(build(root, disk.address)) == ["artifact-corrupt"]
    table = disk.table("memberships")
    assert table is not None
    assert table.version() == 0


def test_a_log_that_is_damaged_is_a_problem(disk: Lake, root: Path) -> None:
    build(root, disk.address).unwrap()
    Path(disk.uri, "memberships/_delta_log/00000000000000000001.json").write_text("no JSON")
    assert len(codes(build(root, disk.address))) == 1


@pytest.mark.parametrize("batch_rows", [2, 5])
def test_rows_come_in_batches(
    disk: Lake, root: Path, batch_rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cohort_membership.membership import Membership

    slices = Membership.slices
    monkeypatch.setattr(Membership, "slices", lambda self, rows=0: slices(self, batch_rows))
    build(lay_out(root, "alpha", combos=NEW), disk.address).unwrap()
    assert disk.rows() == 9
    assert len(disk.contents()["generations"]) == 9
