"""A build into a lake: one commit, every earlier membership at its version, seeds appended once."""

import json
from pathlib import Path

import polars as pl
import pytest
from deltalake import write_deltalake

from cohort_membership.membership import WIDE_COLUMNS
from tests.stores.cohorts import NEW, build, codes, lay_out
from tests.stores.delta.lake import Lake


def test_the_rows_are_those_of_a_build_on_disk_in_their_order(lake: Lake, root: Path) -> None:
    build(root, lake.address).unwrap()
    build(root, str(root)).unwrap()
    stored = lake.store.read("alpha").unwrap()
    assert stored.table.columns == list(WIDE_COLUMNS)
    assert stored.table.rows() == pl.read_parquet(root / "cohorts/alpha/membership.parquet").rows()
    on_disk = json.loads((root / "cohorts/alpha/manifest.json").read_bytes())
    assert {**stored.manifest, "artifacts": 0} == {**on_disk, "artifacts": 0}


def test_the_seeds_are_those_of_a_build_on_disk(lake: Lake, root: Path) -> None:
    build(root, lake.address).unwrap()
    build(root, str(root)).unwrap()
    on_disk = {path.parent.name: json.loads(path.read_text()) for path in root.glob("gens/*/*/metadata.json")}
    table = lake.table("generations")
    assert table is not None
    names = [field.name for field in table.schema().fields]
    in_table = {}
    for row in lake.contents()["generations"]:
        seed = {name: value for name, value in zip(names, row, strict=True) if value is not None}
        in_table[seed["gen_id"]] = seed
    assert in_table == on_disk


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
    versions = disk.store.versions("alpha").unwrap()
    assert [version for version, _ in versions] == [2, 1]
    table = disk.table("memberships")
    assert table is not None
    assert table.history()[1]["spec_digest"] == versions[0][1]
    assert [disk.store.read("alpha", version).unwrap().table.height for version, _ in versions] == [9, 6]
    assert disk.store.read("alpha", 1).unwrap().manifest["spec_digest"] == versions[1][1]
    assert disk.store.read("beta", 1).failure()[0].code == "storage-denied"


def test_a_table_that_was_restored_is_read_with_its_own_manifest(disk: Lake, root: Path) -> None:
    build(root, disk.address).unwrap()
    build(lay_out(root, "alpha", combos=NEW), disk.address).unwrap()
    table = disk.table("memberships")
    assert table is not None
    table.restore(1)
    assert disk.store.read("alpha").unwrap().manifest["counts"]["draft"] == 2
    build(root, disk.address).unwrap()
    assert disk.store.read("alpha").unwrap().manifest["counts"]["draft"] == 3


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


def test_rows_that_were_changed_are_told_and_made_again(disk: Lake, root: Path) -> None:
    build(root, disk.address).unwrap()
    whole = disk.contents()
    table = disk.table("memberships")
    assert table is not None
    table.delete("stage = 'essay'")
    assert disk.store.read("alpha").failure()[0].code == "artifact-corrupt"
    build(root, disk.address).unwrap()
    assert disk.contents() == whole


def test_a_file_that_is_gone_is_told_and_made_again(disk: Lake, root: Path) -> None:
    build(root, disk.address).unwrap()
    whole = disk.contents()
    for path in Path(disk.uri, "memberships").glob("*/*.parquet"):
        path.unlink()
    assert disk.store.read("alpha").failure()[0].code == "artifact-corrupt"
    build(root, disk.address).unwrap()
    assert disk.contents() == whole


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
    assert disk.store.read("alpha").unwrap().table.height == 9
    assert len(disk.contents()["generations"]) == 9
