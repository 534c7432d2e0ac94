"""A build killed at any call leaves one whole membership, and the next build completes what it began."""

import multiprocessing
import os
import re
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from cohort_membership.stores.local.read import read_membership
from tests.case_folders import contents
from tests.stores.cohorts import NEW
from tests.stores.local.file_calls import CHANGES, FileCalls, Point, listening, one_of_each
from tests.stores.local.local_cohorts import PARTED, build, lay_out
from tests.stores.sweep import FULL, share

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload([__name__, "tests.stores.local.local_cohorts"])

SCENES = {
    "first": (None, {}),
    "first-in-parts": (None, PARTED),
    "over-one-table": ({}, {}),
    "over-parts-in-parts": (PARTED, PARTED),
    "over-one-table-in-parts": ({}, PARTED),
    "over-parts-by-one-table": (PARTED, {}),
}
"""The store that the cohort was built with before, with an older spec; and that it is built with now."""


def _build_until(root: Path, store: dict[str, Any], point: Point | None, answers: Any) -> None:
    """Build, tell the calls that are made, and die at one of them."""

    def act(met: Point) -> None:
        if met == point:
            os.kill(os.getpid(), signal.SIGKILL)

    with listening(FileCalls(root, act)) as calls:
        build(root, store=store).unwrap()
    answers.send(calls.points)


def traced(root: Path, store: dict[str, Any], point: Point | None = None) -> list[Point] | None:
    """The calls of a build in a process of its own; None where it was killed."""
    here, there = _CONTEXT.Pipe(duplex=False)
    process = _CONTEXT.Process(target=_build_until, args=(root, store, point, there))
    process.start()
    there.close()
    try:
        points: list[Point] | None = here.recv()
    except EOFError:
        points = None
    process.join()
    assert process.exitcode == (-signal.SIGKILL if points is None else 0)
    return points


WHOLE_SHARE = {"over-parts-in-parts"}
"""The scenes of which every kind of call is tried by default; of the others a share of them."""


def chosen(points: Sequence[Point], scene: str) -> Sequence[Point]:
    """The points to be tried: with COHORT_SWEEP=1 all, else one of each kind of call in each place."""
    changing = [point for point in points if point[0] in CHANGES]
    if FULL:
        return changing
    return one_of_each(changing) if scene in WHOLE_SHARE else share(one_of_each(changing), 8)


def table_of(root: Path) -> pl.DataFrame:
    with read_membership(root, "alpha").unwrap() as found:
        return found.table.collect()


@pytest.mark.parametrize("scene", SCENES)
def test_a_build_killed_at_any_call_is_completed_by_the_next(scene: str, scratch: Path) -> None:
    before, store = SCENES[scene]
    was = lay_out(scratch / "was", "alpha")
    old: pl.DataFrame | None = None
    if before is not None:
        build(was, store=before).unwrap()
        old = table_of(was)
    lay_out(was, "alpha", combos=NEW)
    root = scratch / "data"
    shutil.copytree(was, root)
    points = chosen(traced(root, store) or [], scene)
    wanted, new = contents(root), table_of(root)
    for point in points:
        shutil.rmtree(root)
        shutil.copytree(was, root)
        assert traced(root, store, point) is None, f"{point} was not met again"
        _is_whole(root, old, new, wanted)
        build(root, store=store).unwrap()
        assert contents(root) == wanted, f"after a kill at {point}"
    print(f"\nlocal store, {scene}: {len(points)} points of interruption")


def test_a_build_killed_while_it_completes_a_killed_one_loses_nothing_either(scratch: Path) -> None:
    was = lay_out(scratch / "was", "alpha")
    build(was).unwrap()
    old = table_of(was)
    lay_out(was, "alpha", combos=NEW)
    assert traced(was, {}, ("renameat2", ".", 1)) is None
    root = scratch / "data"
    shutil.copytree(was, root)
    points = [point for point in traced(root, {}) or [] if point[0] in CHANGES]
    wanted, new = contents(root), table_of(root)
    completing = points.index(next(point for point in points if point[0] == "mkdir"))
    for point in points[: completing + 1]:
        shutil.rmtree(root)
        shutil.copytree(was, root)
        assert traced(root, {}, point) is None
        _is_whole(root, old, new, wanted)
        build(root).unwrap()
        assert contents(root) == wanted, f"after a kill at {point}"


def _is_whole(
    root: Path, old: pl.DataFrame | None, new: pl.DataFrame, wanted: dict[str, bytes | str]
) -> None:
    """One membership, and every seed in its place, can be read as if nothing had happened."""
    found = read_membership(root, "alpha", attempts=1)
    if old is None and not (root / "cohorts/alpha/manifest.json").exists():
        assert found.failure()[0].code == "storage-unavailable"
    else:
        with found.unwrap() as membership:
            table, csv = membership.table.collect(), membership.csv.read()
        expected = new if table.height == new.height else old
        assert expected is not None
        assert_frame_equal(table, expected)
        assert (
            csv
            == b"stage,gen_id\n" + expected.select("stage", "gen_id").write_csv(include_header=False).encode()
        )
    for path in root.glob("gens/[!.]*/*/metadata.json"):
        assert path.read_bytes() == wanted[path.relative_to(root).as_posix()]


_CALL = re.compile(r"^(\w+)\((.*)\) += (-?\d+)", re.MULTILINE)
_SYSTEM_CALLS = (
    "open,openat,creat,mkdir,mkdirat,rename,renameat,renameat2,link,linkat,unlink,unlinkat,rmdir,write,"
    "pwrite64,writev,fsync,fdatasync,syncfs,truncate,ftruncate,fallocate,copy_file_range,sendfile,symlink,"
    "symlinkat"
)


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace shows what the kernel is asked for")
@pytest.mark.parametrize("store", [{}, PARTED], ids=["one-table", "parts"])
def test_no_call_that_changes_the_data_root_passes_unseen(store: dict[str, Any], tmp_path: Path) -> None:
    """What is traced by Python is all that the kernel sees."""
    seen_by_kernel = lay_out(tmp_path / "kernel", "alpha")
    seen_by_python = lay_out(tmp_path / "python", "alpha")
    log = tmp_path / "strace.log"
    code = (
        "from pathlib import Path; from tests.stores.local.local_cohorts import build;"
        f"build(Path({str(seen_by_kernel)!r}), store={store!r}).unwrap()"
    )
    strace = ["strace", "-ff", "-y", "-qq", "-s", "0", "-e", f"trace={_SYSTEM_CALLS}", "-o", str(log)]
    done = subprocess.run(
        [*strace, sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[3],
        check=False,
    )
    if "ptrace" in done.stderr:
        pytest.skip("no process may be traced here")
    assert done.returncode == 0, done.stderr
    logs = "".join(path.read_text() for path in tmp_path.glob("strace.log.*"))
    kernel = Counter(
        _kind(name, arguments)
        for name, arguments, result in _CALL.findall(logs)
        if int(result) >= 0 and str(seen_by_kernel) in arguments
    )
    del kernel["look"]
    python = traced(seen_by_python, store)
    assert python is not None
    told = Counter(kind for kind, _, _ in python if kind in CHANGES)
    # Of what is removed Python tells more: what is not there, and folders that are not empty.
    removals = [sum(count[kind] for kind in ("remove", "rmdir")) for count in (kernel, told)]
    assert 0 < removals[0] <= removals[1]
    for kind in ("remove", "rmdir"):
        del kernel[kind], told[kind]
    assert kernel == told


def _kind(name: str, arguments: str) -> str:
    """What Python calls a call of the system."""
    if name.startswith("open"):
        return "create" if re.search("O_CREAT|O_WRONLY|O_RDWR|O_TRUNC", arguments) else "look"
    return {"unlinkat": "remove", "unlink": "remove", "linkat": "link"}.get(name, name)
