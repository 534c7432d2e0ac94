"""A build killed at any request, or any step, leaves one membership whole, and the next completes it."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.stores.children import Child, Kill, kill_points, start
from tests.stores.cohorts import NEW, build, lay_out
from tests.stores.delta.lake import Contents, Lake
from tests.stores.s3_server import Fault, Request
from tests.stores.sweep import FULL, share

STEPS = (
    "cohort_membership.stores.delta.store:DeltaTable.create",
    "cohort_membership.stores.delta.store:write_deltalake",
    "cohort_membership.stores.delta.seeds:write_deltalake",
    "cohort_membership.stores.sql.wide_rows:positioned",
    "cohort_membership.stores.delta.seeds:positioned",
)
"""The last two are called while deltalake draws the rows: between the first of a file and its commit."""


def begin(lake: Lake, root: Path, *, existing: bool) -> None:
    lake.renew()
    if existing:
        build(lay_out(root, "alpha"), lake.address).unwrap()
    lay_out(root, "alpha", combos=NEW)


def is_whole(seen: Contents, old: Contents, new: Contents) -> bool:
    same = [all(seen[name] == one[name] for name in ("memberships", "manifests")) for one in (old, new)]
    return any(same) or not (seen["memberships"] or seen["manifests"])


@pytest.mark.parametrize("existing", [True, False], ids=["over-an-old-one", "first"])
def test_a_build_on_disk_killed_at_any_step_is_completed_by_the_next(
    disk: Lake, root: Path, existing: bool
) -> None:
    begin(disk, root, existing=existing)
    old = disk.contents()
    whole = start(root, disk.address, kill=Kill(STEPS))
    assert whole.codes() == []
    new = disk.contents()
    all_points = list(kill_points(whole.calls))
    points = share(all_points, 5)
    for number, after in points:
        begin(disk, root, existing=existing)
        assert start(root, disk.address, kill=Kill(STEPS, number, after)).codes() is None
        assert is_whole(disk.contents(), old, new), (number, whole.calls)
        build(root, disk.address).unwrap()
        assert disk.contents() == new, (number, whole.calls)
    print(f"\ndelta on disk: {len(points)} points of interruption of {len(all_points)}")


def test_a_build_on_s3_killed_at_any_request_is_completed_by_the_next(bucket: Lake, root: Path) -> None:
    s3 = bucket.s3
    assert s3 is not None
    begin(bucket, root, existing=True)
    old = bucket.contents()
    s3.reset()
    build(root, bucket.address).unwrap()
    requests = list(s3.requests)
    new = bucket.contents()
    points = [(one.number, after) for one in requests if FULL or one.writes for after in (False, True)]
    tried = share(points, 3)
    for number, after in tried:
        begin(bucket, root, existing=True)
        child: list[Child] = []

        def die(child: list[Child] = child) -> None:
            os.kill(child[0].pid, signal.SIGKILL)

        def spoil(
            request: Request, number: int = number, after: bool = after, die: Callable[[], None] = die
        ) -> Fault:
            return die if request.number == number and not after else None

        def done(request: Request, number: int = number, after: bool = after) -> None:
            if request.number == number and after:
                die()

        s3.reset()
        s3.spoil, s3.after = spoil, done
        child.append(start(root, bucket.address))
        ended = child[0].codes()
        s3.reset()
        assert ended is None, number
        assert is_whole(bucket.contents(), old, new), (number, requests[number])
        build(root, bucket.address).unwrap()
        assert bucket.contents() == new
    print(f"\ndelta on S3: {len(tried)} points of interruption of {2 * len(requests)}")
