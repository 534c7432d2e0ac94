"""How a stage's generations run after their parents: static sets with a mapping, or a sensor on dynamic ones.

Dagster takes two dynamic sets for identical, and knows no mapping that is computed; so a stage that is
partitioned by `generation_partitions` cannot be backfilled together with its parents. Two ways work:

- `static_generations`: sets of what is built when the code location is loaded, and Dagster's own
  `StaticPartitionMapping` between them. A backfill runs children after their parents, from the UI too.
  What a cohort gains appears at the next load of the code location.
- `children_sensor`: dynamic sets, and a sensor that requests each generation once its parent is done. No
  reload; a run for each generation.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import cast

import dagster as dg
import polars as pl
from toolz import take

from cohort_membership.dagster.assets import RESOURCE_KEY
from cohort_membership.dagster.partitions import GenerationSets
from cohort_membership.dagster.reading import table_of
from cohort_membership.dagster.resources import MembershipService, loaded
from cohort_membership.dagster.translate import unwrap
from cohort_membership.ports import MembershipReader

SECONDS_BETWEEN_LOOKS = 30

MOST_REQUESTS = 100
"""Runs that a tick of the sensor requests; the next tick goes on."""


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
    table = _generations(ready.memberships())
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


def children_sensor(
    assets: Mapping[str, dg.AssetKey | str],
    *,
    name: str = "ready_generations",
    sets: GenerationSets | None = None,
    most: int = MOST_REQUESTS,
    resource_key: str = RESOURCE_KEY,
) -> dg.SensorDefinition:
    """A sensor that requests a run of each generation that can run: registered, not done, its parent done.

    `assets` are by stage those that run it, partitioned by its set (`generation_partitions`). A first
    stage that is there is started too. A generation is done once it is materialized. Each is requested
    once: what failed is run again by a person, and holds back its own children only. The sensor is
    stopped until a person starts it, since its runs may cost money.
    """
    keys = {stage: dg.AssetKey.from_coercible(key) for stage, key in assets.items()}
    named = sets or GenerationSets()

    @dg.sensor(
        name=name,
        description="Requests the generations whose parents are done: "
        + ", ".join(f"{stage} ({key.to_user_string()})" for stage, key in keys.items()),
        asset_selection=dg.AssetSelection.assets(*keys.values()),
        minimum_interval_seconds=SECONDS_BETWEEN_LOOKS,
        default_status=dg.DefaultSensorStatus.STOPPED,
        required_resource_keys={resource_key},
    )
    def ready_generations(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        service = cast(MembershipService, getattr(context.resources, resource_key))
        experiment = unwrap(service.builder().read_catalogs()).experiment
        parents = {stage.name: stage.parent for stage in experiment.stages}
        table = _generations(service.memberships())
        instance = context.instance
        done = {stage: instance.get_materialized_partitions(key) for stage, key in keys.items()}
        asked = set(filter(None, (context.cursor or "").split("\n")))

        def ready() -> Iterator[dg.RunRequest]:
            for stage, key in keys.items():
                registered = set(instance.get_dynamic_partitions(named.name(stage)))
                waiting = registered.difference(done[stage])
                rows = table.filter(pl.col("stage") == stage).select("gen_id", "parent_gen_id").iter_rows()
                parent = parents.get(stage)
                for gen_id, parent_id in rows:
                    is_free = parent not in keys or parent_id in done[parent]
                    if gen_id in waiting and gen_id not in asked and is_free:
                        yield dg.RunRequest(
                            run_key=f"{key.to_user_string()}/{gen_id}",
                            partition_key=gen_id,
                            asset_selection=[key],
                        )

        requests = list(take(most, ready()))
        if not requests:
            return dg.SkipReason("no generation is ready that was not requested")
        known = asked.difference(*done.values())
        cursor = "\n".join(sorted(known.union(str(one.partition_key) for one in requests)))
        return dg.SensorResult(run_requests=requests, cursor=cursor)

    return ready_generations


def _generations(memberships: MembershipReader) -> pl.DataFrame:
    """Stage, id and parent of every generation that a cohort holds, each once, in membership order."""
    columns = ("stage", "gen_id", "parent_gen_id")
    tables = [table_of(memberships, one, columns) for one in unwrap(memberships.cohorts())]
    empty = pl.DataFrame(schema=dict.fromkeys(columns, pl.String))
    return pl.concat([empty, *map(unwrap, tables)]).unique("gen_id", keep="first", maintain_order=True)
