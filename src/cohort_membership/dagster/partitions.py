"""Partition sets: the cohorts, and the generations of each stage."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import dagster as dg

COHORTS = "cohorts"
"""The dynamic set of cohorts, which the sensor fills."""

CohortSet: TypeAlias = Literal["dynamic", "static"]
"""Whether new cohorts appear by the sensor, or at the next load of the code location."""


def dynamic_cohorts(name: str = COHORTS) -> dg.DynamicPartitionsDefinition:
    """The set of cohorts that `cohort_sensor` fills: a new spec folder appears without a restart."""
    return dg.DynamicPartitionsDefinition(name=name)


def static_cohorts(cohort_ids: Iterable[str]) -> dg.StaticPartitionsDefinition:
    """The set of cohorts known when the code location is loaded; a new one appears at its next load.

    >>> static_cohorts(["b", "a"]).get_partition_keys()
    ['a', 'b']
    """
    return dg.StaticPartitionsDefinition(sorted(filter(is_partition_key, cohort_ids)))


@dataclass(frozen=True, slots=True)
class GenerationSets:
    """What the dynamic set of each stage's generations is called.

    The key prefix of the assets stands before it, so that two data roots share none; `names` gives the
    whole name of a stage's set, for one that is there already under another.

    >>> sets = GenerationSets(("study",), {"verdict": "verdict_gens"})
    >>> sets.name("answer"), sets.name("verdict")
    ('study_answer_generations', 'verdict_gens')
    """

    key_prefix: Sequence[str] = ()
    names: Mapping[str, str] = field(default_factory=dict)

    def name(self, stage: str) -> str:
        return self.names.get(stage) or "_".join([*self.key_prefix, f"{stage}_generations"])


def generation_partitions(stage: str, key_prefix: Sequence[str] = ()) -> dg.DynamicPartitionsDefinition:
    """The set of a stage's generations, for the assets that run them; `key_prefix` as that of the assets.

    >>> generation_partitions("answer").name
    'answer_generations'
    """
    return dg.DynamicPartitionsDefinition(name=GenerationSets(key_prefix).name(stage))


def is_partition_key(cohort_id: str) -> bool:
    """Whether Dagster takes this cohort id as a key: in a key, three dots mean a range."""
    return "..." not in cohort_id
