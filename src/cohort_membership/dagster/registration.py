"""Generations as dynamic partitions: what a cohort holds is added, what none holds is removed if asked."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal, TypeAlias

import dagster as dg
import polars as pl
from dagster import DagsterInstance
from dagster._core.storage.event_log.schema import DynamicPartitionsTable
from dagster._core.storage.event_log.sql_event_log import SqlEventLogStorage
from toolz import partition_all

from cohort_membership.dagster.partitions import GenerationSets
from cohort_membership.dagster.reading import generations_of, table_of
from cohort_membership.dagster.translate import table, unwrap
from cohort_membership.metadata import ORIGIN
from cohort_membership.ports import MembershipReader

CHUNK = 20_000
"""Keys a transaction. Dagster binds each key as a variable of one statement, of which SQLite takes
32 766 unless built with more; fewer a transaction make registration slower."""

MANY_PARTITIONS = 100_000
"""Above so many partitions of one set Dagster's UI gets slow (its documentation, "Partitioning assets")."""

SHOWN_NEW = 20
"""Of the generations that were added so many stand in the metadata, by stage."""

SHOWN_KEYS = 1_000
"""Of the keys that were removed so many stand in the metadata, by stage; the log tells all."""

Registration: TypeAlias = Literal["add-only", "reconcile"]
"""Whether registering a cohort only adds what is new, or also removes what the cohort no longer holds."""

_GEN_ID = re.compile(r"[a-z][a-z0-9_]*_[0-9a-z]+")

MODES: Mapping[Registration, str] = {
    "add-only": "Registration adds what is new and removes nothing.",
    "reconcile": (
        "Registration adds what is new, and removes what came with this cohort and no cohort holds now."
    ),
}


@dataclass(frozen=True, slots=True)
class Registered:
    """What registering a cohort did to the set of one stage.

    `added` counts new keys, `held` the keys that the cohort holds. Reconciling gives `removed`, the
    keys that are gone, and `unclaimed`, how many are held by no cohort and yet stay, since this cohort
    did not seed them: another cohort's, another data root's, or added by hand. None: nothing was compared.
    `new` are the first rows of what was added: an id says nothing to a person.
    """

    partitions: str
    added: int
    held: int
    removed: tuple[str, ...] = ()
    unclaimed: int | None = None
    new: tuple[Mapping[str, object], ...] = ()


def register(
    instance: dg.DagsterInstance,
    cohort_id: str,
    memberships: MembershipReader,
    *,
    mode: Registration = "add-only",
    sets: GenerationSets | None = None,
    say: Callable[[str], object] = print,
    told: Sequence[str] = (),
) -> Mapping[str, Registered]:
    """Registers a built cohort's generations, one set a stage; what it did, by stage.

    `told` are the columns of the wide table that tell a new generation. A membership that cannot be read,
    this cohort's or another's, is a `dg.Failure`.
    """
    named, done = sets or GenerationSets(), {}
    rows = unwrap(table_of(memberships, cohort_id, ("stage", "gen_id", *told)))
    for stage, wanted in _ids_by_stage(rows).items():
        name = named.name(stage)
        present = set(instance.get_dynamic_partitions(name))
        new = [gen_id for gen_id in wanted if gen_id not in present]
        add_keys(instance, name, new)
        say(f"{name}: {len(new):,} added, {len(wanted) - len(new):,} were there")
        one = Registered(name, len(new), len(wanted), new=_told(rows, new[:SHOWN_NEW]))
        if mode == "reconcile":
            stale, unclaimed = _stale(stage, present.difference(wanted), cohort_id, memberships)
            remove_keys(instance, name, stale, say)
            one = replace(one, removed=stale, unclaimed=unclaimed)
        done[stage] = one
    return done


def registration_metadata(done: Mapping[str, Registered]) -> dict[str, dg.MetadataValue[Any]]:
    """What registering did: a table with a line a stage, and the keys that were removed."""
    new = [row for one in done.values() for row in one.new]
    removed = {stage: list(one.removed[:SHOWN_KEYS]) for stage, one in done.items() if one.removed}
    return {
        "dagster/row_count": dg.MetadataValue.int(sum(one.held for one in done.values())),
        "added": dg.MetadataValue.int(sum(one.added for one in done.values())),
        "removed": dg.MetadataValue.int(sum(len(one.removed) for one in done.values())),
        "sets": table(
            {
                "stage": stage,
                "partitions": one.partitions,
                "held": one.held,
                "added": one.added,
                **(
                    {} if one.unclaimed is None else {"removed": len(one.removed), "unclaimed": one.unclaimed}
                ),
            }
            for stage, one in done.items()
        ),
        **({"new_generations": table(new)} if new else {}),
        **({"removed_keys": dg.MetadataValue.json(removed)} if removed else {}),
    }


def add_keys(instance: DagsterInstance, name: str, keys: Sequence[str], chunk: int = CHUNK) -> None:
    """Adds keys to a dynamic set, a chunk a transaction; keys that are there do no harm."""
    for part in partition_all(chunk, keys):
        instance.add_dynamic_partitions(name, part)


def remove_keys(
    instance: DagsterInstance, name: str, keys: Sequence[str], say: Callable[[str], object]
) -> None:
    """Removes keys from a dynamic set, and says which."""
    remove = _bulk_removal(instance) or partial(_remove_one_by_one, instance)
    for part in partition_all(1_000, keys):
        remove(name, part)
        say(f"{name}: removed {len(part):,}: {', '.join(part)}")


def _remove_one_by_one(instance: DagsterInstance, name: str, keys: Sequence[str]) -> None:
    for key in keys:
        instance.delete_dynamic_partition(name, key)


def _bulk_removal(instance: DagsterInstance) -> Callable[[str, Sequence[str]], None] | None:
    """Removal of many keys by one statement: Dagster's interface removes one a call, which takes 4 ms.

    None where the instance's storage is none of Dagster's own SQL ones.
    """
    storage = instance.event_log_storage
    if not isinstance(storage, SqlEventLogStorage):
        return None

    def remove(name: str, keys: Sequence[str]) -> None:
        columns = DynamicPartitionsTable.c
        with storage.index_connection() as connection:
            connection.execute(
                DynamicPartitionsTable.delete().where(
                    (columns.partitions_def_name == name) & columns.partition.in_(list(keys))
                )
            )

    return remove


def _told(rows: pl.DataFrame, ids: Sequence[str]) -> tuple[Mapping[str, object], ...]:
    """The rows of these generations; a column that a stage lacks is empty."""
    found = rows.filter(pl.col("gen_id").is_in(list(ids))).cast(pl.String).fill_null("")
    return tuple(found.iter_rows(named=True))


def _ids_by_stage(generations: pl.DataFrame) -> dict[str, list[str]]:
    """The ids of each stage, in membership order."""
    parts = generations.partition_by("stage", maintain_order=True, as_dict=True)
    return {str(stage): part["gen_id"].to_list() for (stage,), part in parts.items()}


def _stale(
    stage: str, candidates: set[str], cohort_id: str, memberships: MembershipReader
) -> tuple[tuple[str, ...], int]:
    """The candidates that are this cohort's and that no cohort holds any longer; how many are others'.

    Generations are shared: two cohorts with the same components hold the same id. So a key goes only
    if no membership holds it, and if its metadata says that this cohort seeded it. A membership that
    cannot be read fails the step: what it holds must not be removed.
    """
    for held in _held_by_others(stage, cohort_id, memberships) if candidates else ():
        candidates = candidates.difference(held)
    ids = sorted(candidates)
    stale = tuple(
        gen_id
        for gen_id, origin in zip(ids, _origins(stage, ids, memberships), strict=True)
        if origin == cohort_id
    )
    return stale, len(ids) - len(stale)


def _held_by_others(stage: str, cohort_id: str, memberships: MembershipReader) -> Iterator[list[str]]:
    for other in unwrap(memberships.cohorts()):
        if other != cohort_id:
            yield _ids_by_stage(unwrap(generations_of(memberships, other))).get(stage, [])


def _origins(stage: str, ids: Sequence[str], memberships: MembershipReader) -> list[object]:
    """The cohort that wrote each generation's metadata; None where there is none, or it does not say."""
    # A partition key can be any text; only an id may be looked up, since it may become a path.
    keys = pl.Series("gen_id", [one for one in ids if _GEN_ID.fullmatch(one)], dtype=pl.String)
    texts = unwrap(memberships.seeded(stage, keys)) if len(keys) else keys
    origins = dict(zip(keys.to_list(), map(_origin, texts.to_list()), strict=True))
    return [origins.get(one) for one in ids]


def _origin(text: str | None) -> object:
    try:
        content = json.loads(text or "null")
    except (ValueError, RecursionError):
        return None
    return content.get(ORIGIN) if isinstance(content, dict) else None
