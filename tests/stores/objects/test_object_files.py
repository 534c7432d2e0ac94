"""Specs and catalogs are read from a bucket as from a folder, and nothing outside of it."""

from pathlib import Path

import pytest

from cohort_membership.load.catalogs.reader import catalog_reader
from cohort_membership.load.files.objects import object_file_reader
from cohort_membership.load.spec.bundle import spec_reader
from cohort_membership.membership import BuildRequest
from cohort_membership.pipeline import CohortMembershipBuilder
from cohort_membership.ports import FileReader
from cohort_membership.stores.addresses import open_writer, parse_address
from cohort_membership.stores.objects.client import open_objects
from cohort_membership.stores.objects.errors import classified
from tests.stores.objects.bucket import Bucket
from tests.stores.s3_server import Fault

SPEC = "cohorts/alpha/spec"


@pytest.fixture
def read(bucket: Bucket) -> FileReader:
    client = parse_address(bucket.address).bind(open_objects).unwrap()
    return object_file_reader(client.objects, classified)


def test_a_cohort_is_built_from_a_data_root_in_a_bucket(bucket: Bucket, root: Path, read: FileReader) -> None:
    for path in root.rglob("*"):
        if path.is_file():
            bucket.put(path.relative_to(root).as_posix(), path.read_bytes())
    writer = open_writer(bucket.address, lambda *progress: None).unwrap()
    builder = CohortMembershipBuilder(spec_reader(read), catalog_reader(read), writer)
    assert builder.build(BuildRequest("alpha")).unwrap().rows == 6


@pytest.mark.parametrize(
    ("path", "within", "kind"),
    [
        (f"{SPEC}/none.csv", SPEC, "missing"),
        (f"{SPEC}/../../../secret.csv", SPEC, "outside"),
        ("../other/secret.csv", "/", "outside"),
        ("/etc/passwd", "/", "outside"),
        ("cohorts/alpha/special.csv", SPEC, "outside"),
        (SPEC, SPEC, "outside"),
        (f"{SPEC}/large.csv", SPEC, "too-large"),
    ],
)
def test_what_cannot_be_read_is_told(
    bucket: Bucket, read: FileReader, path: str, within: str, kind: str
) -> None:
    bucket.put(f"{SPEC}/large.csv", b"x" * 101)
    bucket.put("cohorts/alpha/special.csv", b"x")
    assert read(path, within=within, limit=100).failure().kind == kind


@pytest.mark.parametrize("data", [b"", b"x", b"x" * 100])
def test_an_object_is_read_whole_up_to_the_limit(bucket: Bucket, read: FileReader, data: bytes) -> None:
    bucket.put(f"{SPEC}/a.csv", data)
    assert read(f"{SPEC}/./b/../a.csv", within=SPEC, limit=100).unwrap() == data


def test_a_large_object_is_not_fetched(bucket: Bucket, read: FileReader) -> None:
    bucket.put(f"{SPEC}/large.csv", b"x" * 101)
    bucket.s3.reset()
    read(f"{SPEC}/large.csv", within=SPEC, limit=100)
    assert [request.method for request in bucket.s3.requests] == ["HEAD"]


@pytest.mark.parametrize(("fault", "kind"), [(403, "denied"), (503, "unavailable"), ("reset", "unavailable")])
def test_a_store_that_does_not_give_it_is_told(
    bucket: Bucket, fault: Fault, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COHORT_STORAGE_TIMEOUT", "0.3")
    client = parse_address(bucket.address).bind(open_objects).unwrap()
    bucket.spoil(fault, 0, forever=True)
    found = object_file_reader(client.objects, classified)("a.csv", within="/", limit=100)
    assert found.failure().kind == kind
    assert "SENTINEL" not in found.failure().reason
