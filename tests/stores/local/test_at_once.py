"""Builds at once have one winner or the same result, and a reader never sees a mixture."""

import multiprocessing
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from returns.pipeline import is_successful

from cohort_membership.stores.local.read import read_membership
from tests.case_folders import contents
from tests.stores.cohorts import NEW, OLD, codes
from tests.stores.local.local_cohorts import PARTED, artifacts_of, build, lay_out, seeds_of
from tests.stores.sweep import FULL

_CONTEXT = multiprocessing.get_context("forkserver")
BUILDS = 20
ROUNDS = 100 if FULL else 12


def _build(root: Path, cohort: str, store: dict[str, Any], gate: Any, answers: Any) -> None:
    gate.wait(60)
    answers.put((cohort, codes(build(root, cohort, store=store))))


def at_once(root: Path, cohorts: list[str], store: dict[str, Any]) -> list[tuple[str, list[str]]]:
    """Builds in processes of their own that begin at the same moment: what each ended with."""
    gate, answers = _CONTEXT.Barrier(len(cohorts)), _CONTEXT.SimpleQueue()
    processes = [_CONTEXT.Process(target=_build, args=(root, one, store, gate, answers)) for one in cohorts]
    for process in processes:
        process.start()
    ended = [answers.get() for _ in processes]
    for process in processes:
        process.join()
    return ended


@pytest.mark.parametrize("store", [{}, PARTED], ids=["one-table", "parts"])
def test_builds_of_one_cohort_at_once_have_a_winner_and_the_others_are_told(
    store: dict[str, Any], scratch: Path
) -> None:
    fresh = lay_out(scratch / "fresh", "alpha", replicates=5)
    build(fresh, store=store).unwrap()
    root = lay_out(scratch / "data", "alpha", replicates=5)
    ended = [found for _, found in at_once(root, ["alpha"] * BUILDS, store)]
    assert [] in ended
    assert all(found in ([], ["cohort-locked"]) for found in ended)
    assert contents(root) == contents(fresh)


def test_builds_of_different_cohorts_at_once_share_their_seeds(scratch: Path) -> None:
    cohorts = [f"cohort-{number}" for number in range(BUILDS)]
    root = lay_out(scratch / "data", *cohorts, replicates=5)
    assert all(found == [] for _, found in at_once(root, cohorts, {}))
    for cohort in cohorts:
        fresh = lay_out(scratch / cohort, cohort, replicates=5)
        build(fresh, cohort).unwrap()
        assert artifacts_of(root, cohort) == artifacts_of(fresh, cohort)
        assert seeds_of(root).keys() == seeds_of(fresh).keys()
    for seed in seeds_of(root).values():
        if isinstance(seed, bytes):
            assert seed.count(b"cohort-") == 1
            assert seed.endswith(b"}\n")


def _poll(root: Path, ready: Any, stop: Any, answers: Any) -> None:
    """Read again and again; what was wrong with any snapshot, how many there were, and how many kinds."""
    seen: set[int] = set()
    read = 0
    ready.wait(60)
    while not stop.is_set():
        result = read_membership(root, "alpha")
        if not is_successful(result):
            answers.put((f"not readable: {result.failure()}", read, seen))
            return
        with result.unwrap() as found:
            csv = pl.read_csv(found.csv.read())
            table = found.table.collect()  # of open files: it does not matter that they are replaced
        read += 1
        seen.add(table.height)
        plain = _plain(root)
        if plain not in {None, 6, 9}:
            answers.put((f"a plain scan of the folder gave {plain} rows", read, seen))
            return
        if table["gen_id"].to_list() != csv["gen_id"].to_list():
            answers.put(("the table and the csv are of two memberships", read, seen))
            return
        if table.height != sum(found.manifest["counts"].values()):
            answers.put(("the manifest is of another membership", read, seen))
            return
    answers.put(("", read, seen))


def _plain(root: Path) -> int | None:
    """The rows that a reader sees who knows nothing of manifests; None where a part has gone meanwhile."""
    folder = root / "cohorts/alpha"
    try:
        name = "membership" if (folder / "membership").exists() else "membership.parquet"
        table = pl.scan_parquet(folder / name).collect()
    except (OSError, pl.exceptions.ComputeError):
        return None
    assert table["parent_gen_id"].is_in(["", *table["gen_id"]]).all(), "a mixture"
    return table.height


@pytest.mark.parametrize("store", [{}, PARTED], ids=["one-table", "parts"])
def test_readers_see_the_old_membership_or_the_new_one(store: dict[str, Any], scratch: Path) -> None:
    root = lay_out(scratch / "data", "alpha", combos=OLD)
    build(root, store=store).unwrap()
    ready, stop, answers = _CONTEXT.Barrier(3), _CONTEXT.Event(), _CONTEXT.SimpleQueue()
    readers = [_CONTEXT.Process(target=_poll, args=(root, ready, stop, answers)) for _ in range(2)]
    for reader in readers:
        reader.start()
    ready.wait(60)
    for number in range(ROUNDS):
        lay_out(root, "alpha", combos=(NEW, OLD)[number % 2])
        build(root, store=store).unwrap()
    stop.set()
    ended = [answers.get() for _ in readers]
    for reader in readers:
        reader.join()
    assert [wrong for wrong, *_ in ended] == ["", ""]
    read = sum(one[1] for one in ended)
    assert read > 0
    print(f"\nlocal store: {read} snapshots in {ROUNDS} builds")
