"""Builds at once, and readers all the while: one membership or another, whole, and never a mixture."""

import json
import threading
from pathlib import Path

import adbc_driver_sqlite.dbapi
import polars as pl
import pytest

from cohort_membership.draft_essay_evaluation import DRAFT_ESSAY_EVALUATION
from cohort_membership.stores.addresses import parse_address
from cohort_membership.stores.sql import sqlite
from cohort_membership.stores.sql.session import Session
from cohort_membership.stores.sql.wide_rows import RowsDigest
from tests.stores.children import at_once
from tests.stores.cohorts import COMBOS, NEW, build, lay_out
from tests.stores.sql.tables import Tables
from tests.stores.sweep import FULL

AT_ONCE = 20 if FULL else 8


def is_whole(tables: Tables) -> bool:
    """Whether the rows are those of the manifest that is read with them."""
    contents = tables.contents()
    digest = RowsDigest(DRAFT_ESSAY_EVALUATION.wide_columns)
    names = ("position", *digest.columns)
    digest.add(pl.DataFrame(contents["memberships"], schema=names, orient="row"))
    manifest = json.loads(contents["cohort_manifests"][0][2])
    return bool(manifest["artifacts"]["memberships"]["sha256"] == digest.sha256)


def test_builds_of_one_cohort_at_once_give_winners_of_one_kind_or_locked_ones(
    tables: Tables, tmp_path: Path
) -> None:
    roots = [lay_out(tmp_path / str(size), "alpha", combos=COMBOS[:size]) for size in range(1, 5)]
    build(roots[0], tables.address).unwrap()
    seen: list[bool] = []
    stop = threading.Event()

    def poll() -> None:
        while not stop.is_set():
            seen.append(is_whole(tables))

    reader = threading.Thread(target=poll)
    reader.start()
    try:
        for _ in range(3 if FULL else 1):
            ends = at_once([(roots[number % 4], tables.address, "alpha") for number in range(AT_ONCE)])
            assert all(end in ([], ["cohort-locked"]) for end in ends), ends
            assert [] in ends
    finally:
        stop.set()
        reader.join()
    assert all(seen)
    assert is_whole(tables)
    print(f"\n{tables.name}: {AT_ONCE} builds at once, {len(seen)} snapshots read, none mixed")


def test_builds_of_different_cohorts_at_once_all_succeed_and_share_their_seeds(
    tables: Tables, tmp_path: Path
) -> None:
    cohorts = [f"cohort{number}" for number in range(AT_ONCE)]
    root = lay_out(tmp_path / "root", *cohorts, combos=NEW)
    ends = at_once([(root, tables.address, cohort) for cohort in cohorts])
    assert ends == [[]] * AT_ONCE, ends
    contents = tables.contents()
    assert len(contents["generations"]) == 3 * len(NEW)
    assert len(contents["memberships"]) == 3 * len(NEW) * AT_ONCE
    assert len(contents["cohort_manifests"]) == AT_ONCE


def test_a_file_that_another_build_makes_at_this_moment_is_opened_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "BUSY_TIMEOUT", 1)
    file = tmp_path / "cohorts.db"
    other = Session(adbc_driver_sqlite.dbapi.connect(str(file), autocommit=True))
    other.run("BEGIN EXCLUSIVE")
    monkeypatch.setattr(Path, "exists", lambda _: False)  # as it was a moment before
    session = sqlite.Sqlite(parse_address(f"sqlite:///{file}").unwrap()).connect(create=True)
    assert session is not None
    other.run("COMMIT")
    other.close()
    session.run("BEGIN IMMEDIATE")
    session.close()
