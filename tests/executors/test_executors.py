"""Whoever makes the parts, the membership is the same, and a lost worker loses nothing."""

import os
import pickle
import signal
import sys
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cohort_membership.executors import Given, Processes, WorkersLost, run, workers_of
from cohort_membership.generate import generate
from cohort_membership.membership import BuildRequest
from cohort_membership.problems import plain_text
from cohort_membership.stores.local.parts import lay_down_plan, make_area, make_part, tasks
from cohort_membership.wiring import local_builder, open_builder
from tests.case_folders import contents
from tests.stores.cohorts import codes
from tests.stores.local.local_cohorts import PARTED, build, lay_out

SIZES: dict[str, Any] = {**PARTED, "part_rows": 4}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return lay_out(tmp_path / "data", "alpha", replicates=9)


@pytest.fixture
def undisturbed(tmp_path: Path) -> dict[str, bytes | str]:
    """What this process makes alone."""
    root = lay_out(tmp_path / "undisturbed", "alpha", replicates=9)
    build(root, store=SIZES).unwrap()
    return contents(root)


def test_any_executor_makes_the_same_membership(root: Path, undisturbed: dict[str, bytes | str]) -> None:
    with ThreadPoolExecutor(3) as pool:
        build(root, store={**SIZES, "executor": pool}).unwrap()
    assert contents(root) == undisturbed


def test_processes_make_the_same_membership(root: Path, undisturbed: dict[str, bytes | str]) -> None:
    report = build(root, store={**SIZES, "executor": "processes:2"}).unwrap()
    assert contents(root) == undisturbed
    assert (report.seeded, report.reused) == (report.rows, 0)


def _pid_after(_: int) -> int:
    return os.getpid()


def _die_once(marker: str) -> str:
    """Kill this process, but only the first time."""
    try:
        os.close(os.open(marker, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return marker
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def test_work_that_dies_with_its_process_is_done_by_another(tmp_path: Path) -> None:
    markers = [str(tmp_path / name) for name in ("a", "b")]
    assert sorted(run(_die_once, markers, Processes(1))) == markers


class Broken(Executor):
    """An executor whose workers always die."""

    def submit(self, *_: Any, **__: Any) -> Future[Any]:
        raise BrokenExecutor("a worker died")


def test_workers_that_always_die_are_a_storage_problem_that_can_be_tried_again(root: Path) -> None:
    with pytest.raises(WorkersLost, match="died 3 times"):
        list(run(_pid_after, [1], Given(Broken())))
    before = contents(root)
    result = build(root, store={**SIZES, "executor": Broken()})
    assert codes(result) == ["storage-unavailable"]
    assert contents(root) == before


def test_an_error_of_a_worker_is_the_problem_it_would_be_here(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device", str(root / "cohorts/alpha/.build/part"))

    monkeypatch.setattr("cohort_membership.stores.local.parts.place", full)
    before = contents(root)
    with ThreadPoolExecutor(2) as pool:
        result = build(root, store={**SIZES, "executor": pool})
    assert codes(result) == ["storage-full"]
    assert contents(root) == before


@pytest.mark.parametrize(
    "choice",
    [
        "process",
        "processes:0",
        "processes:x",
        "dask://",
        "dask://h",
        "dask://u:p@h:1",
        "dask://h:99999",
        "",
        3,
    ],
)
def test_a_choice_that_means_nothing_is_told(choice: Any) -> None:
    with pytest.raises(ValueError, match="executor: expected"):
        workers_of(choice)


def test_dask_that_is_not_installed_is_a_problem_with_its_remedy(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    before = contents(root)
    result = build(root, store={**SIZES, "executor": "dask://127.0.0.1:1"})
    assert codes(result) == ["storage-denied"]
    assert "cohort-membership[dask]" in plain_text(result.failure())
    assert contents(root) == before


def test_a_small_membership_is_made_inline_whoever_is_there(root: Path) -> None:
    build(root, store={"executor": Broken()}).unwrap()


@pytest.mark.parametrize(
    ("choice", "code", "words"),
    [
        ("dask://127.0.0.1:1", "storage-unavailable", "no Dask scheduler at dask://127.0.0.1:1"),
        ("dask://u:SECRET@h:1", "storage-denied", "expected 'inline'"),
        ("threads", "storage-denied", "expected 'inline'"),
    ],
)
def test_an_executor_is_judged_when_it_is_given_whether_or_not_it_is_needed(
    root: Path, choice: str, code: str, words: str
) -> None:
    pytest.importorskip("distributed")
    before = contents(root)
    builder = open_builder(str(root), executor=choice).unwrap()
    problems = builder.build(BuildRequest("alpha")).failure()
    assert [problem.code for problem in problems] == [code]
    assert words in plain_text(problems)
    assert "SECRET" not in plain_text(problems)
    assert contents(root) == before


def test_an_executor_that_is_not_used_is_told_with_the_reason(root: Path, tmp_path: Path) -> None:
    small = local_builder(root, executor="processes:2").build(BuildRequest("alpha")).unwrap()
    assert small.notices == (
        "the executor processes:2 was not used: up to 4,000,000 generations are written as one table, "
        "by one process",
    )
    pytest.importorskip("adbc_driver_sqlite")
    with ThreadPoolExecutor(1) as pool:
        opened = open_builder(str(root), f"sqlite:///{tmp_path}/m.db", executor=pool)
        other = opened.unwrap().build(BuildRequest("alpha")).unwrap()
    assert other.notices == (
        "the executor ThreadPoolExecutor was not used: it shares the work of a local data root only",
    )
    plain = lay_out(tmp_path / "plain", "alpha", replicates=9)
    assert local_builder(plain).build(BuildRequest("alpha")).unwrap().notices == ()


@pytest.fixture
def cluster() -> Iterator[Any]:
    """Two Dask workers, each a process; they end with the test."""
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50
    ) as cluster:
        yield cluster


@pytest.mark.filterwarnings("ignore")
def test_dask_makes_the_same_membership_when_a_worker_is_killed_on_the_way(
    cluster: Any, root: Path, undisturbed: dict[str, bytes | str]
) -> None:
    killed: list[int] = []

    def kill_one(*_: Any) -> None:
        if not killed:
            killed.append(next(iter(cluster.workers.values())).pid)
            os.kill(killed[0], signal.SIGKILL)

    address = cluster.scheduler_address.replace("tcp://", "dask://")
    build(root, store={**SIZES, "part_rows": 1, "executor": address, "notify": kill_one}).unwrap()
    assert killed
    expected = lay_out(root.parent / "single", "alpha", replicates=9)
    build(expected, store={**SIZES, "part_rows": 1}).unwrap()
    assert contents(root) == contents(expected)
    # And a client given in Python, with the workers that are left. (An unchanged cohort would write nothing.)
    import distributed

    other = lay_out(root.parent / "other", "alpha", replicates=9)

    connect: Any = distributed.Client
    with connect(cluster) as client:
        build(other, store={**SIZES, "executor": client}).unwrap()
    assert contents(other) == undisturbed


def test_a_task_is_small_however_large_the_plan_is_and_a_plan_that_is_not_the_builds_is_not_run(
    tmp_path: Path,
) -> None:
    root = lay_out(tmp_path / "data", "alpha", replicates=9)
    membership = local_builder(root).plan(BuildRequest("alpha")).map(generate).unwrap()
    area = tmp_path / "area"
    make_area(area, list(membership.counts))
    plan = lay_down_plan(membership, area)
    todo = list(tasks(membership, area, "key", 4, plan))
    assert max(len(pickle.dumps(task)) for task in todo) < 1_000
    assert [make_part(task).rows for task in todo[:2]] == [2, 2]
    (area / "plan").write_bytes(pickle.dumps("something else"))
    with pytest.raises(OSError, match="not what the build wrote"):
        make_part(replace(todo[2], plan="0" * 64))
