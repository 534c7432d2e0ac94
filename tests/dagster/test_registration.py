"""Generations as dynamic partitions: in chunks, add-only by default, reconciled when asked."""

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from cohort_membership.dagster import generation_partitions
from cohort_membership.dagster.partitions import GenerationSets, is_partition_key
from cohort_membership.dagster.registration import (
    CHUNK,
    SHOWN_KEYS,
    Registered,
    Registration,
    add_keys,
    register,
    registration_metadata,
    remove_keys,
)
from tests.dagster.fakes import FakeMemberships, frame

DRAFTS = str(generation_partitions("draft").name)
SQLITE_VARIABLES = 32_766
"""SQLite's default limit on the variables of one statement (its documentation, "Limits", item 9)."""


@pytest.fixture
def on_disk(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    """An instance in SQLite files, as `dg dev` uses."""
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        yield instance


def drafts(*gen_ids: str) -> pl.DataFrame:
    return frame(("draft", gen_id) for gen_id in gen_ids)


class Registry:
    """Cohorts that hold drafts, registered in an instance."""

    def __init__(self, instance: dg.DagsterInstance) -> None:
        self.instance = instance
        self.memberships = FakeMemberships()
        self.lines: list[str] = []

    def holds(self, cohort_id: str, *gen_ids: str) -> None:
        self.memberships.tables[cohort_id] = drafts(*gen_ids)
        for gen_id in gen_ids:
            self.memberships.origins.setdefault(gen_id, cohort_id)

    def register(self, cohort_id: str, mode: Registration) -> tuple[str, ...]:
        done = register(self.instance, cohort_id, self.memberships, mode=mode, say=self.lines.append)
        return done["draft"].removed

    @property
    def registered(self) -> set[str]:
        return set(self.instance.get_dynamic_partitions(DRAFTS))


@pytest.fixture
def registry(instance: dg.DagsterInstance) -> Registry:
    return Registry(instance)


def test_each_stage_has_a_set_of_its_own_in_membership_order(instance: dg.DagsterInstance) -> None:
    table = frame([("draft", "d_2"), ("draft", "d_1"), ("essay", "e_1")])
    done = register(instance, "demo", FakeMemberships({"demo": table}))
    assert instance.get_dynamic_partitions("draft_generations") == ["d_2", "d_1"]
    assert instance.get_dynamic_partitions("essay_generations") == ["e_1"]
    assert {stage: (one.added, one.held) for stage, one in done.items()} == {"draft": (2, 2), "essay": (1, 1)}


def test_only_new_keys_are_added(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    registry.holds("demo", "d_1")
    registry.register("demo", "add-only")
    registry.holds("demo", "d_1", "d_2")
    added: list[str] = []
    add = registry.instance.add_dynamic_partitions

    def recorded(name: str, keys: Sequence[str]) -> None:
        added.extend(keys)
        add(name, keys)

    monkeypatch.setattr(registry.instance, "add_dynamic_partitions", recorded)
    registry.register("demo", "add-only")
    assert added == ["d_2"]


def test_add_only_removes_nothing(registry: Registry) -> None:
    registry.holds("demo", "d_1", "d_2")
    registry.register("demo", "add-only")
    registry.holds("demo", "d_2", "d_3")
    assert registry.register("demo", "add-only") == ()
    assert registry.registered == {"d_1", "d_2", "d_3"}


def test_reconciling_removes_what_the_cohort_no_longer_holds_and_says_so(registry: Registry) -> None:
    registry.holds("demo", "d_1", "d_2")
    registry.register("demo", "reconcile")
    registry.holds("demo", "d_2", "d_3")
    assert registry.register("demo", "reconcile") == ("d_1",)
    assert registry.registered == {"d_2", "d_3"}
    assert "draft_generations: removed 1: d_1" in registry.lines


def test_reconciling_keeps_a_generation_that_another_cohort_shares(registry: Registry) -> None:
    registry.holds("demo", "d_1", "d_2")
    registry.holds("other", "d_1")
    registry.register("demo", "reconcile")
    registry.holds("demo", "d_2")
    assert registry.register("demo", "reconcile") == ()
    assert registry.registered == {"d_1", "d_2"}


def test_reconciling_keeps_what_this_cohort_did_not_seed_and_counts_it(registry: Registry) -> None:
    registry.holds("demo", "d_1")
    registry.instance.add_dynamic_partitions(DRAFTS, ["d_handmade", "../../etc", "d_others"])
    registry.memberships.origins["d_others"] = "other"
    registry.register("demo", "reconcile")
    assert registry.registered == {"d_1", "d_handmade", "../../etc", "d_others"}
    done = register(
        registry.instance,
        "demo",
        registry.memberships,
        mode="reconcile",
        say=registry.lines.append,
    )
    assert done["draft"].unclaimed == 3


def test_reconciling_removes_nothing_when_another_membership_cannot_be_read(registry: Registry) -> None:
    registry.holds("demo", "d_1", "d_2")
    registry.register("demo", "reconcile")
    registry.holds("demo", "d_2")
    registry.holds("other", "d_1")
    registry.memberships.unreadable.add("other")
    with pytest.raises(dg.Failure, match="artifact-corrupt"):
        registry.register("demo", "reconcile")
    assert registry.registered == {"d_1", "d_2"}


def test_a_chunk_fits_a_statement_of_sqlite_with_room_for_the_sets_name() -> None:
    assert CHUNK < SQLITE_VARIABLES


@pytest.mark.parametrize("count", [0, 1, 7, 8, 9, 100])
def test_every_chunk_size_adds_every_key_once(instance: dg.DagsterInstance, count: int) -> None:
    keys = [f"d_{number}" for number in range(count)]
    add_keys(instance, DRAFTS, keys, chunk=8)
    add_keys(instance, DRAFTS, keys, chunk=3)
    assert instance.get_dynamic_partitions(DRAFTS) == keys


def test_a_hundred_thousand_generations_register_in_seconds_and_again_at_once(
    on_disk: dg.DagsterInstance,
) -> None:
    """Against one plain call in the same run: of all keys, or of as many as this SQLite takes."""
    table = drafts(*(f"d_{number:016x}" for number in range(100_000)))
    keys = table["gen_id"].to_list()
    memberships = FakeMemberships({"demo": table})
    on_disk.add_dynamic_partitions("warm", ["x"])

    def seconds() -> float:
        started = time.perf_counter()
        register(on_disk, "demo", memberships, say=lambda line: None)
        return time.perf_counter() - started

    with closing(sqlite3.connect(":memory:")) as database:
        taken = keys[: database.getlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER) - 1]
    started = time.perf_counter()
    on_disk.add_dynamic_partitions("plain", taken)
    plain = (time.perf_counter() - started) * len(keys) / len(taken)
    first, again = seconds(), seconds()
    print(f"plain call {plain:.2f} s, registered in {first:.2f} s, again in {again:.2f} s")
    assert on_disk.get_dynamic_partitions(DRAFTS) == keys
    # The machine may be shared, so that a second is left for what others do to it.
    assert first < 2 * plain + 1
    assert again < plain + 1


@pytest.mark.parametrize("count", [0, 1, 1_000, 2_500])
def test_many_keys_are_removed_in_a_statement_a_thousand_and_no_other_set_is_touched(
    on_disk: dg.DagsterInstance, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = [f"d_{number}" for number in range(3_000)]
    add_keys(on_disk, DRAFTS, keys)
    add_keys(on_disk, "another", keys)
    monkeypatch.setattr(on_disk, "delete_dynamic_partition", None)
    remove_keys(on_disk, DRAFTS, keys[:count], lambda line: None)
    assert on_disk.get_dynamic_partitions(DRAFTS) == keys[count:]
    assert on_disk.get_dynamic_partitions("another") == keys


def test_keys_go_one_by_one_where_the_storage_is_not_one_of_dagsters_sql_ones(
    on_disk: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_keys(on_disk, DRAFTS, ["d_1", "d_2", "d_3"])
    monkeypatch.setattr("cohort_membership.dagster.registration.SqlEventLogStorage", int)
    remove_keys(on_disk, DRAFTS, ["d_1", "d_3"], lambda line: None)
    assert on_disk.get_dynamic_partitions(DRAFTS) == ["d_2"]


def test_the_metadata_shows_a_part_of_very_many_removed_keys_and_their_number() -> None:
    removed = tuple(f"d_{number}" for number in range(SHOWN_KEYS + 5))
    found = registration_metadata({"draft": Registered(DRAFTS, 0, 0, removed, 0)})
    assert found["removed"].value == SHOWN_KEYS + 5
    assert len(found["removed_keys"].value["draft"]) == SHOWN_KEYS


def test_unclaimed_is_shown_only_where_it_was_computed() -> None:
    def shown(one: Registered) -> set[str]:
        return set(registration_metadata({"draft": one})["sets"].records[0].data)  # type: ignore[attr-defined]

    assert "unclaimed" not in shown(Registered(DRAFTS, 1, 1))
    assert "unclaimed" in shown(Registered(DRAFTS, 1, 1, (), 0))


def test_two_data_roots_do_not_share_sets_and_a_set_may_keep_its_name(instance: dg.DagsterInstance) -> None:
    table = frame([("draft", "d_1"), ("essay", "e_1")])
    sets = GenerationSets(("study",), {"essay": "essay_gens"})
    register(instance, "demo", FakeMemberships({"demo": table}), sets=sets)
    assert instance.get_dynamic_partitions("study_draft_generations") == ["d_1"]
    assert instance.get_dynamic_partitions("essay_gens") == ["e_1"]
    assert instance.get_dynamic_partitions("draft_generations") == []
    assert generation_partitions("draft", ["study"]).name == "study_draft_generations"


def test_a_key_with_three_dots_is_none_to_dagster() -> None:
    assert is_partition_key("first-steps.2")
    assert not is_partition_key("first...steps")
