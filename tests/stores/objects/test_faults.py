"""Whatever a store answers, or does not, is a problem that says truly whether to try again."""

import time
from pathlib import Path

import pytest

from cohort_membership.problems import Problems, all_retryable, plain_text
from cohort_membership.stores.objects.read_artifact import read_artifact
from tests.stores.cohorts import NEW, build, codes, lay_out
from tests.stores.objects.bucket import Bucket
from tests.stores.s3_server import Fault, Request
from tests.stores.sweep import FULL, share

ONCE: list[Fault] = [503, "reset", "lost-answer", "half-answer"]
FOREVER: dict[Fault, tuple[str, bool]] = {
    503: ("storage-unavailable", True),
    500: ("storage-unavailable", True),
    507: ("storage-full", True),
    403: ("storage-denied", False),
    401: ("storage-denied", False),
    400: ("storage-denied", False),
    "reset": ("storage-unavailable", True),
}


def requests_of_a_build(bucket: Bucket, root: Path) -> list[Request]:
    bucket.s3.reset()
    build(root, bucket.address).unwrap()
    return list(bucket.s3.requests)


def test_a_fault_that_passes_is_got_over(bucket: Bucket, root: Path) -> None:
    build(root, bucket.address).unwrap()
    old = bucket.contents()
    lay_out(root, "alpha", combos=NEW)
    requests = requests_of_a_build(bucket, root)
    new = bucket.contents()
    tried = 0
    for fault in ONCE:
        for request in share(requests, 2):
            bucket.restore(old)
            bucket.spoil(fault, request.number)
            ended = codes(build(root, bucket.address))
            bucket.heal()
            if fault == "half-answer" and ended:  # The client does not ask again for the rest of a listing.
                assert ended == ["storage-unavailable"]
                build(root, bucket.address).unwrap()
            else:
                assert ended == [], (fault, request)
            assert bucket.contents() == new, (fault, request)
            tried += 1
    print(f"\nobject store: {tried} faults that pass, all got over")


def test_a_fault_that_stays_is_its_problem_and_nothing_is_lost(
    bucket: Bucket, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(root, bucket.address).unwrap()
    old = bucket.contents()
    lay_out(root, "alpha", combos=NEW)
    requests = requests_of_a_build(bucket, root)
    new = bucket.contents()
    tried = 0
    for fault, (code, retryable) in FOREVER.items():
        for request in share(requests, 3 if fault in {503, 403} else 1):
            bucket.restore(old)
            bucket.spoil(fault, request.number, forever=True)
            with monkeypatch.context() as impatient:  # Only here: a busy machine may need longer.
                impatient.setenv("COHORT_STORAGE_TIMEOUT", "0.3" if retryable else "30")
                result = build(root, bucket.address)
            bucket.heal()
            assert set(codes(result)) == {code}, (fault, request, codes(result))
            assert all_retryable(result.failure()) is retryable
            seen = read_artifact(bucket.address, "alpha").unwrap().data
            assert seen in (old["cohorts/alpha/membership.csv"], new["cohorts/alpha/membership.csv"])
            build(root, bucket.address).unwrap()
            assert bucket.contents() == new
            tried += 1
    print(f"\nobject store: {tried} faults that stay, each its problem")


def test_a_store_that_does_not_answer_does_not_hang(
    bucket: Bucket, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COHORT_STORAGE_TIMEOUT", "0.5")
    bucket.spoil("slow", 0, forever=True)
    began = time.monotonic()
    result = build(root, bucket.address)
    assert codes(result) == ["storage-unavailable"]
    assert "no answer in time" in plain_text(result.failure())
    assert time.monotonic() - began < 5


def test_nobody_at_the_address_is_unavailable(
    bucket: Bucket, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("COHORT_STORAGE_TIMEOUT", "0.3")
    result = build(root, bucket.address)
    assert codes(result) == ["storage-unavailable"]
    assert "no connection" in plain_text(result.failure())


def test_a_bucket_that_is_not_there_is_denied(bucket: Bucket, root: Path) -> None:
    result = build(root, "s3://no-such-bucket/x")
    assert codes(result) == ["storage-denied"]
    assert "no such bucket" in plain_text(result.failure())


def test_no_space_for_the_temporary_files_is_storage_full(
    bucket: Bucket, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*values: object, **named: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("cohort_membership.stores.objects.store.write_one_table", full)
    assert codes(build(root, bucket.address)) == ["storage-full"]


@pytest.mark.parametrize("fault", [403, 503, "reset"] if FULL else [403, 503])
def test_no_text_that_comes_out_holds_a_secret(
    bucket: Bucket,
    root: Path,
    fault: Fault,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    report = build(root, bucket.address).unwrap()
    monkeypatch.setenv("COHORT_STORAGE_TIMEOUT", "0.3")
    bucket.spoil(fault, 0, forever=True)
    problems: Problems = build(root, bucket.address).failure()
    bucket.heal()
    out = [repr(report), str(report.as_json()), repr(problems), plain_text(problems), *capfd.readouterr()]
    out += [data.decode("latin-1") + path for path, data in bucket.contents().items()]
    assert not any("SENTINEL" in text for text in out)
