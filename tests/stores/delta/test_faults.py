"""Whatever a lake's storage answers is a problem that says truly whether to try again."""

from pathlib import Path

import pytest

from cohort_membership.problems import all_retryable, plain_text
from tests.stores.cohorts import NEW, build, codes, lay_out
from tests.stores.delta.lake import Lake
from tests.stores.s3_server import Fault, Request
from tests.stores.sweep import FULL, share

FOREVER: dict[Fault, tuple[str, bool]] = {
    503: ("storage-unavailable", True),
    403: ("storage-denied", False),
    "reset": ("storage-unavailable", True),
}


def test_a_fault_that_stays_is_its_problem_and_nothing_is_lost(
    bucket: Lake, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    s3 = bucket.s3
    assert s3 is not None
    build(root, bucket.address).unwrap()
    lay_out(root, "alpha", combos=NEW)
    old = bucket.contents()
    s3.reset()
    build(root, bucket.address, dry_run=True).unwrap()
    tried = 0
    for fault, (code, retryable) in FOREVER.items():
        for number in share(range(len(s3.requests)), 2):
            s3.reset()

            def spoil(request: Request, number: int = number, fault: Fault = fault) -> Fault:
                return fault if request.number >= number else None

            s3.spoil = spoil
            with monkeypatch.context() as impatient:  # Only here: a busy machine may need longer.
                impatient.setenv("COHORT_STORAGE_TIMEOUT", "0.3")
                result = build(root, bucket.address)
            s3.reset()
            assert codes(result) == [code], (fault, number, result)
            assert all_retryable(result.failure()) is retryable
            assert "SENTINEL" not in repr(result) + plain_text(result.failure())
            seen = bucket.contents()
            assert seen["memberships"] == old["memberships"]
            tried += 1
    build(root, bucket.address).unwrap()
    assert len(bucket.contents()["memberships"]) == 9
    print(f"\ndelta on S3: {tried} faults that stay, each its problem")


@pytest.mark.parametrize("fault", [503, "reset", "lost-answer"] if FULL else ["lost-answer"])
def test_a_fault_that_passes_is_got_over(bucket: Lake, root: Path, fault: Fault) -> None:
    s3 = bucket.s3
    assert s3 is not None
    build(root, bucket.address).unwrap()
    lay_out(root, "alpha", combos=NEW)
    s3.reset()
    s3.spoil = lambda request: fault if request.number % 5 == 3 else None
    ended = codes(build(root, bucket.address))
    s3.reset()
    # A commit whose answer was lost meets itself when it is tried again.
    assert ended in ([], ["cohort-locked"])
    build(root, bucket.address).unwrap()
    assert len(bucket.contents()["memberships"]) == 9


def test_a_bucket_that_is_not_there_is_denied(bucket: Lake, root: Path) -> None:
    assert codes(build(root, "delta+s3://no-such-bucket/x")) == ["storage-denied"]


def test_nobody_at_the_address_is_unavailable(
    bucket: Lake, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("COHORT_STORAGE_TIMEOUT", "0.3")
    result = build(root, bucket.address)
    assert codes(result) == ["storage-unavailable"]
    assert "no connection" in plain_text(result.failure())


def test_a_place_that_is_no_folder_is_denied(tmp_path: Path, root: Path) -> None:
    (tmp_path / "file").write_text("x")
    assert codes(build(root, f"delta+{tmp_path}/file/lake")) == ["storage-denied"]


def test_no_space_is_storage_full(disk: Lake, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from cohort_membership.stores.delta import store as delta

    def full(*values: object, **named: object) -> None:
        raise OSError("Kernel error: Generic LocalFileSystem error: No space left on device (os error 28)")

    monkeypatch.setattr(delta, "write_deltalake", full)
    result = build(root, disk.address)
    assert codes(result) == ["storage-full"]
