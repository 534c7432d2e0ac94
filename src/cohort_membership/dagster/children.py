"""The sensor that runs each generation once its parent is done, on dynamic sets."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import cast

import dagster as dg
import polars as pl
from toolz import take

from cohort_membership.dagster.assets import RESOURCE_KEY
from cohort_membership.dagster.partitions import GenerationSets
from cohort_membership.dagster.reading import BuiltGenerations, digest_of, manifest_digests
from cohort_membership.dagster.resources import MembershipService
from cohort_membership.dagster.translate import unwrap
from cohort_membership.experiment import Experiment
from cohort_membership.problems import wording

SECONDS_BETWEEN_LOOKS = 30

MOST_REQUESTS = 100
"""Runs that a tick of the sensor requests; the next tick goes on."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """What the last tick left: the digest of all that it saw, where it had nothing more to request, and the
    generations that were requested and are not done."""

    seen: str = ""
    asked: frozenset[str] = frozenset()

    @classmethod
    def read(cls, text: str | None) -> "Cursor":
        """What is no cursor of ours counts as none: a run key keeps a generation from being run twice."""
        try:
            told = json.loads(text or "{}")
            return cls(str(told["seen"]), frozenset(map(str, told["asked"])))
        except (ValueError, KeyError, TypeError):
            return cls()

    def text(self) -> str:
        return json.dumps({"seen": self.seen, "asked": sorted(self.asked)})


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What a tick sees without reading a membership: the digests of the manifests, and by stage what is
    registered and how far its asset came."""

    manifests: Mapping[str, str]
    registered: Mapping[str, list[str]]
    newest: Mapping[str, int]

    @property
    def digest(self) -> str:
        sets = [gen_id for stage in sorted(self.registered) for gen_id in (stage, *self.registered[stage])]
        rest = json.dumps([dict(self.manifests), dict(self.newest)], sort_keys=True)
        return digest_of([rest, *sets])


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
    stage that is there is started too, and a stage that is not there is not waited for. A generation is done
    once it is materialized. Each is requested once: what failed is run again by a person, and holds back its
    own children only. A run's tags tell the cohort, the subject and the levels of its generation.

    Where nothing has changed since the last tick, no membership is read, and else only those that were built
    anew. A cohort whose manifest cannot be read is passed over, with a warning.
    The sensor is stopped until a person starts it, since its runs may cost money.
    """
    keys = {stage: dg.AssetKey.from_coercible(key) for stage, key in assets.items()}
    named = sets or GenerationSets()
    built = BuiltGenerations()

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
        memberships, cursor = service.memberships(), Cursor.read(context.cursor)
        # Looked at before all else: what ends meanwhile is another digest at the next tick.
        manifests, problems = unwrap(manifest_digests(memberships))
        for problem in problems:
            context.log.warning(f"a cohort is passed over: {wording(problem).message}")
        seen = Seen(
            manifests,
            {stage: list(context.instance.get_dynamic_partitions(named.name(stage))) for stage in keys},
            _newest(context.instance, keys),
        )
        if seen.digest == cursor.seen:
            return dg.SkipReason("nothing has changed since the last look")
        experiment = unwrap(service.builder().read_catalogs()).experiment
        table = unwrap(built.read(memberships, experiment.wide_columns, seen.manifests))
        done = {stage: context.instance.get_materialized_partitions(key) for stage, key in keys.items()}
        waiting = {
            stage: set(ids).difference(done[stage], cursor.asked) for stage, ids in seen.registered.items()
        }
        found = list(take(most + 1, _requests(table, waiting, done, keys, experiment)))
        requests, is_all = found[:most], len(found) <= most
        asked = cursor.asked.difference(*done.values()).union(str(one.partition_key) for one in requests)
        left = Cursor(seen.digest if is_all else "", asked).text()
        if requests:
            return dg.SensorResult(run_requests=requests, cursor=left)
        return dg.SensorResult(cursor=left, skip_reason="no generation is ready that was not requested")

    return ready_generations


def _newest(instance: dg.DagsterInstance, keys: Mapping[str, dg.AssetKey]) -> Mapping[str, int]:
    """The number of the newest materialization of each stage's asset."""
    records = {
        one.asset_entry.asset_key: one.asset_entry for one in instance.get_asset_records([*keys.values()])
    }
    return {
        stage: records[key].last_materialization_storage_id or 0 if key in records else 0
        for stage, key in keys.items()
    }


def _requests(
    table: pl.DataFrame,
    waiting: Mapping[str, set[str]],
    done: Mapping[str, set[str]],
    keys: Mapping[str, dg.AssetKey],
    experiment: Experiment,
) -> Iterator[dg.RunRequest]:
    """A request for each generation that waits and whose parent is done, stage by stage, in its order."""
    for stage, key in keys.items():
        own = table.filter(pl.col("stage") == stage)
        own = own.join(_ids(waiting[stage]), on="gen_id", how="semi", maintain_order="left")
        parent = experiment.by_name[stage].parent if stage in experiment.by_name else None
        if parent is not None and parent in keys:
            ended = _ids(done[parent]).rename({"gen_id": "parent_gen_id"})
            own = own.join(ended, on="parent_gen_id", how="semi", maintain_order="left")
        for row in own.iter_rows(named=True):
            yield dg.RunRequest(
                run_key=f"{key.to_user_string()}/{row['gen_id']}",
                partition_key=row["gen_id"],
                asset_selection=[key],
                tags=generation_tags(row, experiment),
            )


def generation_tags(row: Mapping[str, object], experiment: Experiment) -> dict[str, str]:
    """What a run's tags tell of its generation: an id says nothing to a person."""
    told = {"cohort": row["origin_cohort_id"], experiment.subject: row[experiment.subject]}
    told |= {column: row[column] for column in experiment.columns}
    return {name: str(value) for name, value in told.items() if value is not None}


def _ids(ids: set[str]) -> pl.DataFrame:
    return pl.DataFrame({"gen_id": list(ids)}, schema={"gen_id": pl.String})
