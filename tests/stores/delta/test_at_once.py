"""Builds at once, and readers all the while: one membership or another, whole, and never a mixture."""

import threading
from pathlib import Path
from typing import Any

import pytest

from tests.stores.children import at_once
from tests.stores.cohorts import COMBOS, NEW, OLD, build, codes, lay_out
from tests.stores.delta.lake import Lake
from tests.stores.sweep import FULL

AT_ONCE = 20 if FULL else 8


def test_builds_of_one_cohort_at_once_give_winners_of_one_kind_or_locked_ones(
    lake: Lake, tmp_path: Path
) -> None:
    roots = [lay_out(tmp_path / str(size), "alpha", combos=COMBOS[:size]) for size in range(1, 5)]
    build(roots[0], lake.address).unwrap()
    seen = []
    stop = threading.Event()

    def poll() -> None:
        while not stop.is_set():
            # It compares the rows with the digest in the manifest: a mixture would be a failure.
            seen.append(lake.rows())

    reader = threading.Thread(target=poll)
    reader.start()
    try:
        for _ in range(3 if FULL else 1):
            ends = at_once([(roots[number % 4], lake.address, "alpha") for number in range(AT_ONCE)])
            assert all(end in ([], ["cohort-locked"]) for end in ends), ends
            assert [] in ends
    finally:
        stop.set()
        reader.join()
    assert set(seen) <= {3, 6, 9, 12}
    ids = [row[0] for row in lake.contents()["generations"]]
    assert len(ids) == len(set(ids)) == 12
    print(f"\ndelta: {AT_ONCE} builds at once, {len(seen)} snapshots read, none mixed")


def test_builds_of_different_cohorts_at_once_all_succeed_and_share_their_seeds(
    disk: Lake, tmp_path: Path
) -> None:
    cohorts = [f"cohort{number}" for number in range(AT_ONCE)]
    root = lay_out(tmp_path / "root", *cohorts, combos=NEW)
    assert at_once([(root, disk.address, cohort) for cohort in cohorts]) == [[]] * AT_ONCE
    contents = disk.contents()
    assert len(contents["generations"]) == 3 * len(NEW)
    assert len(contents["memberships"]) == 3 * len(NEW) * AT_ONCE


@pytest.mark.parametrize(("other", "code"), [(NEW, "cohort-locked"), (OLD, None)], ids=["other", "same"])
def test_a_build_that_began_before_another_ended_is_locked_out_unless_both_are_the_same(
    disk: Lake, tmp_path: Path, other: tuple[str, ...], code: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cohort_membership.stores.delta import store as delta

    one, two = lay_out(tmp_path / "one", "alpha"), lay_out(tmp_path / "two", "alpha", combos=other)
    build(lay_out(tmp_path / "before", "alpha", combos=COMBOS), disk.address).unwrap()
    write, calls = vars(delta)["write_deltalake"], list[int]()

    def overtaken(*values: Any, **named: Any) -> None:
        if not calls and named["mode"] == "overwrite":
            calls.append(1)
            build(two, disk.address).unwrap()
        write(*values, **named)

    monkeypatch.setattr(delta, "write_deltalake", overtaken)
    assert codes(build(one, disk.address)) == ([] if code is None else [code])
    assert disk.rows() == 3 * len(other)
