"""What can run now, and all that a worker needs to run it."""

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from cohort_membership.experiment import Experiment
from cohort_membership.life.outcomes import Outcomes
from cohort_membership.life.shards import Shard
from cohort_membership.life.states import with_states
from cohort_membership.stage import KEY_COLUMNS


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which generations a worker asks for; with `retries` also failed ones."""

    stage: str | None = None
    shard: Shard | None = None
    limit: int | None = None
    retries: bool = False


def runnable(
    batch: pl.DataFrame, outcomes: Outcomes, experiment: Experiment, wanted: Wanted
) -> Iterator[pl.DataFrame]:
    """The rows of a batch of the wide table that can run, stage by stage in its order.

    A frame has the wide table's columns of its stage, then `folder` and `parent_folder` (null for a first
    stage), relative to the data root.
    """
    for stage in experiment.stages:
        if wanted.stage not in (None, stage.name):
            continue
        own = batch.filter(pl.col("stage") == stage.name)
        if not own.height:
            continue
        states = ("ready", "failed") if wanted.retries else ("ready",)
        own = with_states(own, outcomes).filter(pl.col("state").is_in(states) & pl.col("may_run"))
        if wanted.shard is not None and own.height:
            own = own.filter(wanted.shard.mask(own["gen_id"]))
        if not own.height:
            continue
        parent = pl.lit(None, pl.String)
        if stage.parent is not None:
            parent = pl.concat_str(pl.lit(f"gens/{stage.parent}/"), "parent_gen_id")
        columns = [
            *KEY_COLUMNS,
            experiment.subject,
            *(one for one in experiment.columns if one in stage.axis_of),
        ]
        yield own.select(
            *columns,
            pl.concat_str(pl.lit(f"gens/{stage.name}/"), "gen_id").alias("folder"),
            parent.alias("parent_folder"),
        )
