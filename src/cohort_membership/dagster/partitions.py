"""Partition sets: the cohorts, and the generations of each stage; and how generations get into theirs."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import dagster as dg
from returns.result import Result
from toolz import partition_all

from cohort_membership.dagster.persisted import MembershipReader
from cohort_membership.dagster.translate import unwrap

if TYPE_CHECKING:
    import polars as pl

    from cohort_membership.problems import Problems

COHORTS = "cohorts"
"""The dynamic set of cohorts, which the sensor fills."""

CHUNK = 20_000
"""Keys a transaction. Dagster binds each key as a variable of one statement, of which SQLite takes
32 766 unless built with more; fewer a transaction make registration slower."""

MANY_PARTITIONS = 100_000
"""Above so many partitions of one set Dagster's UI gets slow (its documentation, "Partitioning assets")."""

Registration: TypeAlias = Literal["add-only", "reconcile"]
"""Whether registering a cohort only adds what is new, or also removes what the cohort no longer holds."""


def dynamic_cohorts(name: str = COHORTS) -> dg.DynamicPartitionsDefinition:
    """The set of cohorts that `cohort_sensor` fills: a new spec folder appears without a restart."""
    return dg.DynamicPartitionsDefinition(name=name)


def static_cohorts(cohort_ids: Iterable[str]) -> dg.StaticPartitionsDefinition:
    """The set of cohorts known when the code location is loaded; a new one appears at its next load.

    >>> static_cohorts(["b", "a"]).get_partition_keys()
    ['a', 'b']
    """
    return dg.StaticPartitionsDefinition(sorted(filter(is_partition_key, cohort_ids)))


def generation_partitions(stage: str) -> dg.DynamicPartitionsDefinition:
    """The set of a stage's generations, for the assets that run them.

    >>> generation_partitions("draft").name
    'draft_generations'
    """
    return dg.DynamicPartitionsDefinition(name=f"{stage}_generations")


def is_partition_key(cohort_id: str) -> bool:
    """Whether Dagster takes this cohort id as a key: in a key, three dots mean a range."""
    return "..." not in cohort_id


@dataclass(frozen=True, slots=True)
class Registered:
    """What registering a cohort did to the set of one stage.

    `added` counts new keys, `held` the keys that the cohort holds. Reconciling gives `removed`, the
    keys that are gone, and `unclaimed`, how many are held by no cohort and yet stay, since this cohort
    did not seed them: another cohort's, another data root's, or added by hand.
    """

    added: int
    held: int
    removed: tuple[str, ...] = ()
    unclaimed: int = 0


def register(
    instance: dg.DagsterInstance,
    cohort_id: str,
    generations: "pl.DataFrame",
    memberships: MembershipReader,
    *,
    mode: Registration = "add-only",
    say: Callable[[str], object] = print,
) -> Mapping[str, Registered]:
    """Registers a cohort's generations (`stage`, `gen_id`), one set a stage; what it did, by stage."""
    done: dict[str, Registered] = {}
    for stage, wanted in _ids_by_stage(generations).items():
        name = str(generation_partitions(stage).name)
        present = set(instance.get_dynamic_partitions(name))
        new = [gen_id for gen_id in wanted if gen_id not in present]
        add_keys(instance, name, new)
        say(f"{name}: {len(new):,} added, {len(wanted) - len(new):,} were there")
        stale, unclaimed = (
            _stale(stage, present.difference(wanted), cohort_id, memberships)
            if mode == "reconcile"
            else ((), 0)
        )
        remove_keys(instance, name, stale, say)
        done[stage] = Registered(len(new), len(wanted), stale, unclaimed)
    return done


def add_keys(instance: dg.DagsterInstance, name: str, keys: Sequence[str], chunk: int = CHUNK) -> None:
    """Adds keys to a dynamic set, a chunk a transaction; keys that are there do no harm."""
    for part in partition_all(chunk, keys):
        instance.add_dynamic_partitions(name, part)


def remove_keys(
    instance: dg.DagsterInstance, name: str, keys: Sequence[str], say: Callable[[str], object]
) -> None:
    """Removes keys from a dynamic set, and says which."""
    for part in partition_all(1_000, keys):
        # Dagster removes one key a call; there is no call for many.
        for key in part:
            instance.delete_dynamic_partition(name, key)
        say(f"{name}: removed {len(part):,}: {', '.join(part)}")


def _ids_by_stage(generations: "pl.DataFrame") -> dict[str, list[str]]:
    """The ids of each stage of the chain, in membership order."""
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
    stale = sorted(gen_id for gen_id in candidates if memberships.origin(stage, gen_id) == cohort_id)
    return tuple(stale), len(candidates) - len(stale)


def _held_by_others(stage: str, cohort_id: str, memberships: MembershipReader) -> Iterator[list[str]]:
    for other in memberships.built_cohort_ids():
        if other != cohort_id:
            generations: Result[pl.DataFrame, Problems] = memberships.generations(other)
            yield _ids_by_stage(unwrap(generations)).get(stage, [])
