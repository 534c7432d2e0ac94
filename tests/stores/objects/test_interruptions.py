"""A build killed at any request leaves the old membership or the new one, and the next build completes it."""

import os
import signal
from pathlib import Path

import pytest

from cohort_membership.stores.objects.read_artifact import read_artifact
from tests.stores.children import Child, start
from tests.stores.cohorts import NEW, build, lay_out
from tests.stores.objects.bucket import Bucket
from tests.stores.s3_server import Fault, Request
from tests.stores.sweep import FULL, share


def kill_at(bucket: Bucket, root: Path, number: int, *, after: bool) -> bool:
    """Build in a process that dies at this request, before or after the server has handled it."""
    child: list[Child] = []

    def die() -> None:
        os.kill(child[0].pid, signal.SIGKILL)

    def spoil(request: Request) -> Fault:
        return die if request.number == number and not after else None

    def done(request: Request) -> None:
        if request.number == number and after:
            die()

    bucket.s3.reset()
    bucket.s3.spoil, bucket.s3.after = spoil, done
    child.append(start(root, bucket.address))
    ended = child[0].codes()
    bucket.heal()
    return ended is None


@pytest.mark.parametrize("existing", [True, False], ids=["over-an-old-one", "first"])
def test_a_build_killed_at_any_request_is_completed_by_the_next(
    bucket: Bucket, root: Path, existing: bool
) -> None:
    if existing:
        build(root, bucket.address).unwrap()
    old = bucket.contents()
    lay_out(root, "alpha", combos=NEW)
    bucket.s3.reset()
    build(root, bucket.address).unwrap()
    requests = list(bucket.s3.requests)
    new = bucket.contents()
    committed = next(one.number for one in requests if one.writes and one.path.endswith("manifest.json"))
    all_points = [(one.number, after) for one in requests for after in (False, True)]
    decisive = [point for point in all_points if abs(point[0] - committed) <= 1 or requests[point[0]].writes]
    points = all_points if FULL else share(decisive, 8 if existing else 3)
    for number, after in points:
        bucket.restore(old)
        assert kill_at(bucket, root, number, after=after), f"request {number} did not kill"
        for name in ("membership.csv", "membership.parquet"):
            seen = read_artifact(bucket.address, "alpha", name)
            is_new = number > committed or (number == committed and after)
            wanted = new if is_new else old
            whole = seen.value_or(None)
            assert (whole is None) == (not existing and not is_new)
            assert whole is None or whole.data == wanted[f"cohorts/alpha/{name}"]
        build(root, bucket.address).unwrap()
        assert bucket.contents() == new, f"after a kill at request {number}"
    print(f"\nobject store: {len(points)} points of interruption of {len(all_points)}")
