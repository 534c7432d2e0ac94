"""Builds at once, and readers all the while: one membership or another, whole, and never a mixture."""

import threading
from pathlib import Path

from cohort_membership.stores.object_store import read_artifact
from tests.stores.children import at_once
from tests.stores.cohorts import COMBOS, NEW, OLD, build, lay_out
from tests.stores.object_store.bucket import Bucket
from tests.stores.s3_server import Fault, Request
from tests.stores.sweep import FULL

AT_ONCE = 20 if FULL else 8


def test_builds_of_one_cohort_at_once_give_winners_of_one_kind_or_locked_ones(
    bucket: Bucket, tmp_path: Path
) -> None:
    roots = [lay_out(tmp_path / str(size), "alpha", combos=COMBOS[:size]) for size in range(1, 5)]
    wanted = set()
    for root in roots:
        build(root, bucket.address).unwrap()
        wanted.add(bucket.contents()["cohorts/alpha/membership.csv"])
    seen: list[bytes] = []
    stop = threading.Event()

    def poll() -> None:
        while not stop.is_set():
            seen.append(read_artifact(bucket.address, "alpha").unwrap().data)

    reader = threading.Thread(target=poll)
    reader.start()
    try:
        for _ in range(3 if FULL else 1):
            ends = at_once([(roots[number % 4], bucket.address, "alpha") for number in range(AT_ONCE)])
            assert all(end in ([], ["cohort-locked"]) for end in ends), ends
            assert [] in ends
            contents = bucket.contents()
            last = read_artifact(bucket.address, "alpha").unwrap()
            for name in ("membership.csv", "membership.parquet"):
                named = read_artifact(bucket.address, "alpha", name).unwrap()
                assert named.manifest == last.manifest
                assert contents[f"cohorts/alpha/{name}"] == named.data
    finally:
        stop.set()
        reader.join()
    assert set(seen) <= wanted
    print(f"\nobject store: {AT_ONCE} builds at once, {len(seen)} snapshots read, none mixed")


def test_builds_of_different_cohorts_at_once_all_succeed_and_share_their_seeds(
    bucket: Bucket, tmp_path: Path
) -> None:
    cohorts = [f"cohort{number}" for number in range(AT_ONCE)]
    root = lay_out(tmp_path / "root", *cohorts, combos=NEW)
    assert at_once([(root, bucket.address, cohort) for cohort in cohorts]) == [[]] * AT_ONCE
    contents = bucket.contents()
    assert sum(path.startswith("gens/") for path in contents) == 3 * len(NEW)
    assert len({contents[f"cohorts/{cohort}/membership.csv"] for cohort in cohorts}) == 1


def test_a_build_that_began_before_another_ended_is_locked_out(bucket: Bucket, tmp_path: Path) -> None:
    old, new = lay_out(tmp_path / "old", "alpha", combos=OLD), lay_out(tmp_path / "new", "alpha", combos=NEW)
    bucket.s3.reset()

    def overtaken(request: Request) -> Fault:
        """Let the other build go through before this one puts its manifest."""
        if request.writes and "versions" in request.path and request.path.endswith(".csv"):
            bucket.s3.reset()
            build(new, bucket.address).unwrap()
        return None

    bucket.s3.spoil = overtaken
    result = build(old, bucket.address)
    assert [problem.code for problem in result.failure()] == ["cohort-locked"]
    assert read_artifact(bucket.address, "alpha").unwrap().manifest["counts"]["draft"] == len(NEW)
