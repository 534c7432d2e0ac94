"""What is damaged on disk is rebuilt where it is derived, and left alone where it is not ours to change."""

import json
from pathlib import Path
from typing import Any

import pytest

from cohort_membership.stores.local.read import read_membership
from tests.case_folders import contents
from tests.stores.cohorts import codes
from tests.stores.local.local_cohorts import PARTED, build, lay_out

FOLDER = "cohorts/alpha"


@pytest.fixture
def root(scratch: Path) -> Path:
    root = lay_out(scratch / "data", "alpha", replicates=3)
    build(root).unwrap()
    return root


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


@pytest.mark.parametrize(
    "damage",
    [
        lambda root: cut(root / FOLDER / "membership.parquet"),
        lambda root: (root / FOLDER / "membership.csv").write_text(
            "stage,gen_id\ndraft,d_of_another_cohort\n"
        ),
        lambda root: (root / FOLDER / "manifest.json").write_bytes(b"not json"),
        lambda root: (root / FOLDER / "manifest.json").write_bytes(b""),
        lambda root: (root / FOLDER / "membership.csv").unlink(),
        lambda root: (root / FOLDER / "manifest.json").unlink(),
    ],
    ids=[
        "truncated-parquet",
        "csv-of-another",
        "manifest-no-json",
        "manifest-empty",
        "no-csv",
        "no-manifest",
    ],
)
def test_a_damaged_artifact_is_not_read_and_is_built_again(damage: Any, root: Path) -> None:
    whole = contents(root)
    damage(root)
    found = read_membership(root, "alpha", attempts=1)
    assert found.failure()[0].code in {"artifact-corrupt", "storage-unavailable"}
    build(root).unwrap()
    assert contents(root) == whole
    read_membership(root, "alpha").unwrap().close()


def test_a_damaged_part_is_not_read_and_is_built_again(scratch: Path) -> None:
    root = lay_out(scratch / "data", "alpha", replicates=3)
    build(root, store=PARTED).unwrap()
    whole = contents(root)
    cut(next((root / FOLDER / "membership").glob("*/*.parquet")))
    assert [one.code for one in read_membership(root, "alpha", attempts=1).failure()] == ["artifact-corrupt"]
    build(root, store=PARTED).unwrap()
    assert contents(root) == whole


def test_a_manifest_of_a_newer_schema_is_not_read(root: Path) -> None:
    path = root / FOLDER / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_bytes()), "schema_version": 99}))
    assert [one.code for one in read_membership(root, "alpha", attempts=1).failure()] == ["artifact-corrupt"]


def test_metadata_of_no_bytes_is_a_seed_cut_short_and_is_completed(root: Path) -> None:
    whole = contents(root)
    path = next(root.glob("gens/essay/*/metadata.json"))
    path.write_bytes(b"")
    report = build(root).unwrap()
    assert (report.seeded, report.reused) == (1, report.rows - 1)
    assert contents(root) == whole


def test_metadata_that_has_gone_is_seeded_again_beside_what_its_folder_holds(root: Path) -> None:
    whole = contents(root)
    path = next(root.glob("gens/draft/*/metadata.json"))
    path.unlink()
    (path.parent / "raw.txt").write_text("a model's output")
    report = build(root).unwrap()
    assert report.seeded == 1
    assert contents(root) == {
        **whole,
        path.with_name("raw.txt").relative_to(root).as_posix(): b"a model's output",
    }


def test_metadata_that_holds_more_stays_as_it_is(root: Path) -> None:
    path = next(root.glob("gens/draft/*/metadata.json"))
    text = json.dumps({**json.loads(path.read_bytes()), "note": "kept"})
    path.write_text(text)
    build(root).unwrap()
    assert path.read_text() == text


def edit(path: Path) -> None:
    path.write_text(json.dumps({**json.loads(path.read_bytes()), "replicate": 77}))


def test_of_many_generations_edited_metadata_is_found_when_the_membership_changes(root: Path) -> None:
    """While it stays, the manifest vouches for the seeds, and one listing a stage is enough."""
    large = {"look_rows": 0}
    edit(next(root.glob("gens/evaluation/*/metadata.json")))
    assert build(root, store=large).unwrap().reused == 10
    lay_out(root, "alpha", replicates=4)
    before = contents(root)
    assert codes(build(root, store=large)) == ["generation-conflict"]
    assert contents(root) == before


def test_of_few_generations_edited_metadata_is_found_by_every_build(root: Path) -> None:
    edit(next(root.glob("gens/evaluation/*/metadata.json")))
    before = contents(root)
    assert codes(build(root)) == ["generation-conflict"]
    assert codes(build(root, dry_run=True)) == ["generation-conflict"]
    assert contents(root) == before


def test_a_build_without_seeds_vouches_for_none(root: Path) -> None:
    large = {"look_rows": 0}
    (root / "cohorts/alpha/manifest.json").unlink()
    build(root, store=large, seed_metadata=False).unwrap()
    edit(next(root.glob("gens/evaluation/*/metadata.json")))
    assert codes(build(root, store=large)) == ["generation-conflict"]


def test_a_catalog_that_changes_a_mode_makes_the_seeds_be_looked_at(root: Path) -> None:
    """The spec is the same and so are the ids; what a seed has to say is not."""
    large = {"look_rows": 0}
    edit(next(root.glob("gens/essay/*/metadata.json")))
    (root / "1_raw/evaluation_templates.csv").write_text("template_id,generator\nrubric,copy\n")
    assert codes(build(root, store=large)) == ["generation-conflict"]


def test_a_folder_that_was_deleted_is_seeded_again_however_many_there_are(root: Path) -> None:
    whole = contents(root)
    path = next(root.glob("gens/essay/*/metadata.json"))
    path.unlink()
    path.parent.rmdir()
    assert build(root, store={"look_rows": 0}).unwrap().seeded == 1
    assert contents(root) == whole


def test_a_file_where_a_generations_folder_should_be_is_not_ours_to_remove(root: Path) -> None:
    path = next(root.glob("gens/essay/*/metadata.json"))
    path.unlink()
    path.parent.rmdir()
    path.parent.write_text("mine")
    before = contents(root)
    assert codes(build(root)) == ["storage-denied"]
    assert contents(root) == before


def test_what_a_killed_build_left_is_removed_by_the_next(root: Path) -> None:
    whole = contents(root)
    for name in (f"{FOLDER}/.build/12/attempts/x", "gens/.seeding-alpha/draft/d_1/metadata.json"):
        (root / name).parent.mkdir(parents=True)
        (root / name).write_text("half")
    build(root).unwrap()
    assert contents(root) == whole
