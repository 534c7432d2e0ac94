"""A build into a bucket gives the objects that a build on disk gives files, and finds its own again."""

import json
from pathlib import Path

import pytest

from cohort_membership.membership import BuildReport
from cohort_membership.stores.objects import client as object_client
from cohort_membership.stores.objects.places import version_path
from cohort_membership.stores.objects.read_artifact import read_artifact
from tests.case_folders import contents
from tests.stores.cohorts import NEW, build, codes, lay_out
from tests.stores.objects.bucket import Bucket

MANIFEST = "cohorts/alpha/manifest.json"


def built(root: Path, bucket: Bucket) -> BuildReport:
    return build(root, bucket.address).unwrap()


def test_the_objects_are_those_of_a_build_on_disk_byte_for_byte(
    bucket: Bucket, root: Path, tmp_path: Path
) -> None:
    built(root, bucket)
    disk = tmp_path / "disk"
    build(root, str(disk)).unwrap()
    objects = {path: data for path, data in bucket.contents().items() if "/versions/" not in path}
    assert objects == contents_of(disk)


def contents_of(disk: Path) -> dict[str, bytes]:
    return {
        name: data
        for name, data in contents(disk).items()
        if isinstance(data, bytes) and "/." not in f"/{name}"
    }


def test_the_report_tells_addresses_and_what_was_seeded(bucket: Bucket, root: Path) -> None:
    first, second = built(root, bucket), built(root, bucket)
    assert (first.seeded, first.reused) == (6, 0)
    assert (second.seeded, second.reused) == (0, 6)
    assert first.artifacts["membership.csv"] == f"{bucket.address}/cohorts/alpha/membership.csv"


def test_a_build_with_nothing_to_seed_looks_at_no_seed(bucket: Bucket, root: Path) -> None:
    built(root, bucket)
    bucket.s3.reset()
    built(root, bucket)
    assert [request for request in bucket.s3.requests if "metadata.json" in request.path] == []
    assert sum("gens" in request.query for request in bucket.s3.requests) == 3


def test_a_dry_run_writes_nothing_and_reports_as_a_build_does(bucket: Bucket, root: Path) -> None:
    report = build(root, bucket.address, dry_run=True).unwrap()
    assert (report.seeded, report.dry_run) == (6, True)
    assert bucket.contents() == {}
    assert not any(request.writes for request in bucket.s3.requests)


def test_without_seeding_there_are_only_artifacts(bucket: Bucket, root: Path) -> None:
    build(root, bucket.address, seed_metadata=False).unwrap()
    assert not any(path.startswith("gens/") for path in bucket.contents())


def test_a_reader_of_the_manifest_gets_what_it_lists(bucket: Bucket, root: Path) -> None:
    built(root, bucket)
    csv = read_artifact(bucket.address, "alpha").unwrap()
    parquet = read_artifact(bucket.address, "alpha", "membership.parquet").unwrap()
    assert csv.data.startswith(b"stage,gen_id\ndraft,d_")
    assert csv.manifest == parquet.manifest


def test_a_data_root_that_was_copied_into_a_bucket_can_be_read(bucket: Bucket, root: Path) -> None:
    build(root, str(root)).unwrap()
    for name in ("manifest.json", "membership.csv"):
        bucket.put(f"cohorts/alpha/{name}", (root / "cohorts/alpha" / name).read_bytes())
    assert read_artifact(bucket.address, "alpha").unwrap().data.startswith(b"stage,gen_id")


def test_a_reader_says_what_is_damaged(bucket: Bucket, root: Path) -> None:
    assert read_artifact(bucket.address, "alpha").failure()[0].code == "artifact-corrupt"
    built(root, bucket)
    digest = json.loads(bucket.contents()[MANIFEST])["artifacts"]["membership.csv"]["sha256"]
    bucket.put(version_path("alpha", "membership.csv", digest), b"stage,gen_id\n")
    assert len(read_artifact(bucket.address, "alpha").unwrap().data) > 100
    bucket.put("cohorts/alpha/membership.csv", b"stage,gen_id\n")
    assert read_artifact(bucket.address, "alpha").failure()[0].code == "artifact-corrupt"


@pytest.mark.parametrize("name", ["../../outside", "..", "", "a/b", "-x", "a\0b", "postgresql://u:pw@h/db"])
def test_a_name_that_no_cohort_has_is_not_asked_for(bucket: Bucket, name: str) -> None:
    assert [one.code for one in read_artifact(bucket.address, name).failure()] == ["invalid-cohort-id"]
    assert bucket.s3.requests == []


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("cohorts/alpha/membership.parquet", b"PAR1 and no more"),
        ("cohorts/alpha/membership.csv", b"stage,gen_id\ndraft,d_of_another_cohort\n"),
        (MANIFEST, b'{"schema_version": 1, "artifacts": []}'),
        (MANIFEST, b"\xff not JSON"),
        ("gens/draft/d_1j114nqoc9ljmr8v/metadata.json", b""),
    ],
)
def test_what_is_damaged_and_derived_is_made_again(
    bucket: Bucket, root: Path, path: str, data: bytes
) -> None:
    built(root, bucket)
    whole = bucket.contents()
    assert path in whole
    bucket.put(path, data)
    built(root, bucket)
    assert bucket.contents() == whole


def test_an_unchanged_cohort_puts_and_copies_nothing(bucket: Bucket, root: Path) -> None:
    assert not built(root, bucket).is_unchanged
    bucket.s3.reset()
    assert built(root, bucket).is_unchanged
    assert {request.method for request in bucket.s3.requests} <= {"GET", "HEAD"}
    bucket.put("cohorts/alpha/membership.csv", b"other")
    assert not built(root, bucket).is_unchanged
    lay_out(root, "alpha", combos=NEW)
    assert not built(root, bucket).is_unchanged


def test_a_manifest_of_a_newer_version_is_not_written_over(bucket: Bucket, root: Path) -> None:
    bucket.put(MANIFEST, b'{"schema_version": 99}')
    assert codes(build(root, bucket.address)) == ["artifact-corrupt"]
    assert bucket.contents() == {MANIFEST: b'{"schema_version": 99}'}


def test_a_seed_of_another_generation_stops_the_build_before_it_writes(bucket: Bucket, root: Path) -> None:
    built(root, bucket)
    seeds = sorted(path for path in bucket.contents() if path.startswith("gens/evaluation"))
    bucket.put(seeds[0], bucket.contents()[seeds[1]])
    before = bucket.contents()
    lay_out(root, "alpha", combos=NEW)
    result = build(root, bucket.address)
    assert codes(result) == ["generation-conflict"]
    location = result.failure()[0].location
    assert location is not None
    assert location.file == seeds[0]
    assert bucket.contents() == before


def test_a_seed_that_is_no_metadata_is_told_and_stays(bucket: Bucket, root: Path) -> None:
    path = "gens/draft/d_1j114nqoc9ljmr8v/metadata.json"
    bucket.put(path, b"[1, 2")
    assert codes(build(root, bucket.address)) == ["artifact-corrupt"]
    assert bucket.contents() == {path: b"[1, 2"}


def test_a_seed_that_holds_more_is_the_generations_own(bucket: Bucket, root: Path) -> None:
    built(root, bucket)
    path = "gens/draft/d_1j114nqoc9ljmr8v/metadata.json"
    richer = json.dumps(
        {**json.loads(bucket.contents()[path]), "note": "mine", "origin_cohort_id": "first"}
    ).encode()
    bucket.put(path, richer)
    assert built(root, bucket).reused == 6
    assert bucket.contents()[path] == richer


def test_large_artifacts_go_in_parts_and_are_copied_too_where_the_store_cannot(
    bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(object_client, "SMALLEST_PART", 5 * 2**20)
    monkeypatch.setattr(object_client, "LARGEST_COPY", 2**20)
    root = lay_out(tmp_path / "large", "alpha", replicates=360)
    build(root, bucket.address, seed_metadata=False).unwrap()
    data = read_artifact(bucket.address, "alpha").unwrap().data
    assert len(data) > 5 * 2**20
    assert bucket.contents()["cohorts/alpha/membership.csv"] == data
    assert any("uploadId" in request.query for request in bucket.s3.requests)


def test_a_mode_that_changed_in_the_catalog_is_told_with_how_many_seeds_record_the_other(
    bucket: Bucket, root: Path
) -> None:
    built(root, bucket)
    (root / "1_raw/draft_templates.csv").write_text("template_id,generator\noutline,copy\n")
    for _ in range(2):
        assert any(
            "metadata of 2 generations records mode 'llm'" in one for one in built(root, bucket).notices
        )
