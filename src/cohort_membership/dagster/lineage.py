"""How a stage's generations run after their parents, by static sets with Dagster's own mapping between them.

Dagster takes two dynamic sets for identical, and knows no mapping that is computed; so a stage that is
partitioned by `generation_partitions` cannot be backfilled together with its parents. Two ways work:

- `static_generations`: sets of what is built when the code location is loaded, and Dagster's own
  `StaticPartitionMapping` between them. A backfill runs children after their parents, from the UI too.
  What a cohort gains appears at the next load of the code location.
- `children_sensor` (`children.py`): dynamic sets, and a sensor that requests each generation once its parent
  is done. No reload; a run for each generation.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import dagster as dg
import polars as pl

from cohort_membership.dagster.reading import BuiltGenerations
from cohort_membership.dagster.resources import MembershipService, loaded
from cohort_membership.dagster.translate import unwrap


@dataclass(frozen=True)
class StaticGenerations:
    """The generations of every built cohort, by stage: partition sets, and mappings from parents to children.

    `dep(stage, asset)` is the dependency of an asset of `stage` on the asset of its parents.
    """

    partitions: Mapping[str, dg.StaticPartitionsDefinition]
    mappings: Mapping[str, dg.StaticPartitionMapping]

    def dep(self, stage: str, parent: dg.AssetKey | str) -> dg.AssetDep:
        return dg.AssetDep(parent, partition_mapping=self.mappings[stage])


def static_generations(service: MembershipService) -> StaticGenerations:
    """The sets and mappings of all memberships that are there now; what is built later needs a reload.

    Every load reads `stage`, `gen_id` and `parent_gen_id` of all memberships. A membership or an
    experiment that cannot be read is a `dg.Failure`. Stages of the experiment that no cohort holds are
    there, and empty.
    """
    ready = loaded(service)
    experiment = unwrap(ready.builder().read_catalogs()).experiment
    table = unwrap(BuiltGenerations().read(ready.memberships(), ("stage", "gen_id", "parent_gen_id")))
    partitions, mappings = {}, {}
    for stage in experiment.stages:
        own = table.filter(pl.col("stage") == stage.name)
        partitions[stage.name] = dg.StaticPartitionsDefinition(own["gen_id"].to_list())
        if stage.parent is not None:
            children = own.group_by("parent_gen_id", maintain_order=True).agg("gen_id")
            mappings[stage.name] = dg.StaticPartitionMapping(dict(children.iter_rows()))
    return StaticGenerations(partitions, mappings)


def lineage_only(parent: dg.AssetKey | str) -> dg.AssetDep:
    """A dependency that is drawn and waits for nothing: for an asset that `children_sensor` starts."""
    return dg.AssetDep(parent, partition_mapping=dg.SpecificPartitionsPartitionMapping([]))
