"""A call that fails gives its problem, truthfully retryable, and leaves what was there."""

import errno
import os
import resource
import shutil
from pathlib import Path
from typing import Any

import pytest
from returns.pipeline import is_successful
from returns.result import Result

from cohort_membership.generate import generate
from cohort_membership.membership import BuildReport, BuildRequest
from cohort_membership.problems import Problems
from cohort_membership.stores.local.read import read_membership
from cohort_membership.stores.local.store import LocalStore
from tests.case_folders import contents
from tests.stores.cohorts import NEW, codes
from tests.stores.local.file_calls import CHANGES, FileCalls, Point, listening, one_of_each
from tests.stores.local.local_cohorts import PARTED, artifacts_of, build, lay_out, local
from tests.stores.sweep import FULL

FAULTS = {
    errno.ENOSPC: ("storage-full", True),
    errno.EDQUOT: ("storage-full", True),
    errno.EACCES: ("storage-denied", False),
    errno.EROFS: ("storage-denied", False),
    errno.ENAMETOOLONG: ("storage-denied", False),
    errno.EIO: ("storage-unavailable", True),
    errno.EMFILE: ("storage-unavailable", True),
}


def write(root: Path, store: dict[str, Any], calls: FileCalls) -> Result[BuildReport, Problems]:
    """Only the writing, while its calls are listened to: what reads the spec has tests of its own."""
    membership = local(root).plan(BuildRequest("alpha")).map(generate).unwrap()
    with listening(calls):
        return LocalStore(root, **store)(membership, BuildRequest("alpha"))


def failing_at(point: Point, number: int) -> Any:
    def act(met: Point) -> None:
        if met == point:
            raise OSError(number, os.strerror(number), met[1])

    return act


def tried(points: list[Point]) -> list[tuple[Point, int]]:
    """One of each kind of call with a fault, by turns; with COHORT_SWEEP=1 every call with every fault."""
    numbers = list(FAULTS)
    if FULL:
        return [(point, number) for point in points for number in numbers]
    return [(point, numbers[place % len(numbers)]) for place, point in enumerate(one_of_each(points))]


@pytest.mark.parametrize(("before", "store"), [({}, {}), (PARTED, PARTED)], ids=["one-table", "parts"])
def test_a_fault_at_any_call_is_a_problem_and_loses_nothing(
    before: dict[str, Any], store: dict[str, Any], scratch: Path
) -> None:
    was = lay_out(scratch / "was", "alpha")
    build(was, store=before).unwrap()
    lay_out(was, "alpha", combos=NEW)
    root = scratch / "data"
    shutil.copytree(was, root)
    calls = FileCalls(root)
    write(root, store, calls).unwrap()
    old, new, wanted = artifacts_of(was), artifacts_of(root), contents(root)
    cases = tried(calls.points)
    for point, number in cases:
        shutil.rmtree(root)
        shutil.copytree(was, root)
        result = write(root, store, FileCalls(root, failing_at(point, number)))
        where = f"{errno.errorcode[number]} at {point}"
        if is_successful(result):
            # Only what is done after the commit, or taken back anyway, may fail unnoticed.
            assert point[0] in {"remove", "rmdir", "scandir", "open", "listdir"}, where
        else:
            code, retryable = FAULTS[number]
            assert [(one.code, one.retryable) for one in result.failure()] == [(code, retryable)], where
            assert artifacts_of(root) in (old, new), where
            assert not [path for path in root.rglob(".*") if path.name not in {".lock"}], where
        read_membership(root, "alpha", attempts=1).unwrap().close()
        build(root, store=store).unwrap()
        assert contents(root) == wanted, where
    print(f"\nlocal store: {len(cases)} faults at {len(calls.points)} calls")


def test_a_fault_in_a_first_build_leaves_no_trace_but_finished_seeds(scratch: Path) -> None:
    was = lay_out(scratch / "was", "alpha")
    root = scratch / "data"
    shutil.copytree(was, root)
    calls = FileCalls(root)
    write(root, {}, calls).unwrap()
    for point in one_of_each([one for one in calls.points if one[0] in CHANGES]):
        shutil.rmtree(root)
        shutil.copytree(was, root)
        result = write(root, {}, FileCalls(root, failing_at(point, errno.ENOSPC)))
        if not is_successful(result):
            assert codes(result) == ["storage-full"]
            changed = contents(root).keys() - contents(was).keys()
            assert all(name.split("/")[0] == "gens" for name in changed) or "manifest.json" in artifacts_of(
                root
            )


def test_a_file_that_grows_past_what_the_system_allows_is_not_told_to_be_tried_again(tmp_path: Path) -> None:
    """A limit of the kernel's, not ours: writing stops in the middle of a file."""
    root = lay_out(tmp_path / "data", "alpha", replicates=500)
    before = contents(root)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8_000, hard))
    try:
        result = build(root)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert codes(result) == ["storage-denied"]
    assert contents(root) == before


@pytest.mark.parametrize("store", [{}, PARTED], ids=["one-table", "parts"])
def test_where_names_cannot_change_places_the_switch_is_made_of_renames(
    store: dict[str, Any], scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unsupported(*_: Path) -> None:
        raise OSError(errno.EINVAL, "Invalid argument")

    root = lay_out(scratch / "data", "alpha")
    build(root, store=store).unwrap()
    lay_out(root, "alpha", combos=NEW)
    fresh = lay_out(scratch / "fresh", "alpha", combos=NEW)
    build(fresh, store=store).unwrap()
    monkeypatch.setattr("cohort_membership.stores.local.durable.swap_names", unsupported)
    old = artifacts_of(root)
    for name in ("membership.csv", "manifest.json"):
        _fail_to_put(name, root, store, monkeypatch)
        assert artifacts_of(root) == old
    build(root, store=store).unwrap()
    assert artifacts_of(root) == artifacts_of(fresh)


def _fail_to_put(name: str, root: Path, store: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    replace = Path.replace

    def failing(self: Path, target: Path) -> Path:
        if target == root / "cohorts/alpha" / name and self.name == name:
            raise OSError(errno.EIO, "Input/output error", str(target))
        return replace(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", failing)
        assert codes(build(root, store=store)) == ["storage-unavailable"]


def test_a_system_that_cannot_lock_folders_locks_a_file(
    scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import fcntl

    flock = fcntl.flock

    def on_files_only(descriptor: int, operation: int) -> None:
        if Path(f"/proc/self/fd/{descriptor}").is_dir():
            raise OSError(errno.EBADF, "Bad file descriptor")
        flock(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", on_files_only)
    root = lay_out(scratch / "data", "alpha")
    build(root).unwrap()
    with (root / "cohorts/alpha/.lock").open("r+b") as file:
        flock(file, fcntl.LOCK_EX)
        assert codes(build(root)) == ["cohort-locked"]
