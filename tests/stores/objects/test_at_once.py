"""Builds at once, and readers all the while: one membership or another, whole, and never a mixture."""

import json
import threading
from pathlib import Path

from cohort_membership.stores.objects.places import version_path
from cohort_membership.stores.objects.read_artifact import read_artifact
from tests.stores.children import at_once
from tests.stores.cohorts import COMBOS, NEW, OLD, build, codes, lay_out
from tests.stores.objects.bucket import Bucket
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


def overtaken_by(bucket: Bucket, root: Path) -> None:
    """Let the build of another root go through before the next one puts its manifest."""

    def spoil(request: Request) -> Fault:
        if request.writes and "versions" in request.path and request.path.endswith(".csv"):
            bucket.s3.reset()
            build(root, bucket.address).unwrap()
        return None

    bucket.s3.reset()
    bucket.s3.spoil = spoil


def test_a_build_that_lost_leaves_no_version_that_no_manifest_names(bucket: Bucket, tmp_path: Path) -> None:
    old, new = lay_out(tmp_path / "old", "alpha", combos=OLD), lay_out(tmp_path / "new", "alpha", combos=NEW)
    other = lay_out(tmp_path / "other", "alpha", combos=("c8",))
    build(other, bucket.address).unwrap()
    earlier = versions(bucket)
    overtaken_by(bucket, new)
    assert codes(build(old, bucket.address)) == ["cohort-locked"]
    contents = bucket.contents()
    manifest = json.loads(contents["cohorts/alpha/manifest.json"])
    assert manifest["counts"]["draft"] == len(NEW)
    named = {version_path("alpha", name, one["sha256"]) for name, one in manifest["artifacts"].items()}
    assert versions(bucket) == earlier | named


def test_a_build_that_lost_keeps_what_an_earlier_membership_left(bucket: Bucket, tmp_path: Path) -> None:
    roots = [lay_out(tmp_path / name, "alpha", combos=(name,)) for name in ("c1", "c2", "c3")]
    for root in (*roots, roots[1]):
        build(root, bucket.address).unwrap()
    earlier = versions(bucket)
    overtaken_by(bucket, roots[2])
    assert codes(build(roots[0], bucket.address)) == ["cohort-locked"]
    assert versions(bucket) == earlier


def test_what_a_lost_build_takes_back_under_a_third_is_put_again(bucket: Bucket, tmp_path: Path) -> None:
    old, new = lay_out(tmp_path / "old", "alpha", combos=OLD), lay_out(tmp_path / "new", "alpha", combos=NEW)
    build(old, bucket.address).unwrap()
    whole = bucket.contents()
    bucket.restore({})

    def third(request: Request) -> Fault:
        """The third build, of the lost one's own membership, while that takes its versions back."""
        if request.method == "DELETE" or "delete" in request.query:
            bucket.s3.reset()
            build(old, bucket.address).unwrap()
        return None

    def second(request: Request) -> Fault:
        if request.writes and "versions" in request.path and request.path.endswith(".csv"):
            bucket.s3.reset()
            build(new, bucket.address).unwrap()
            bucket.s3.spoil = third
        return None

    bucket.s3.reset()
    bucket.s3.spoil = second
    assert codes(build(old, bucket.address)) == ["cohort-locked"]
    contents = bucket.contents()
    assert whole.keys() <= contents.keys()
    assert {path: contents[path] for path in whole} == whole


def test_a_version_that_a_lost_build_took_back_is_put_again_by_the_one_that_names_it(
    bucket: Bucket, root: Path
) -> None:
    build(root, bucket.address).unwrap()
    whole = bucket.contents()
    bucket.restore({})

    def gone(request: Request) -> Fault:
        if request.writes and request.path.endswith("manifest.json"):
            bucket.s3.reset()
            bucket.restore({path: data for path, data in bucket.contents().items() if "/gens/" in f"/{path}"})
        return None

    bucket.s3.reset()
    bucket.s3.spoil = gone
    build(root, bucket.address).unwrap()
    assert bucket.contents() == whole


def versions(bucket: Bucket) -> set[str]:
    return {path for path in bucket.contents() if "/versions/" in path}
