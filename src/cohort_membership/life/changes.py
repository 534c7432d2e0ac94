"""What differs between two memberships: generations by stage, and levels with the generations they touch."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from cohort_membership.experiment import Experiment
from cohort_membership.stage import Stage


@dataclass(frozen=True, slots=True)
class StageChange:
    """Generations of a stage: in both memberships, only before, only after."""

    kept: int
    gone: int
    new: int


@dataclass(frozen=True, slots=True)
class LevelChange:
    """A level that was added or removed, and the new (gone) generations that carry it, by stage.

    A generation carries its own levels and those of its ancestors.
    """

    axis: str
    level: str
    is_added: bool
    stages: Mapping[str, int]

    def as_json(self) -> dict[str, object]:
        change = "added" if self.is_added else "removed"
        return {"axis": self.axis, "level": self.level, "change": change, "stages": dict(self.stages)}


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """`new` are the ids that only the later membership has, by stage."""

    stages: Mapping[str, StageChange]
    changes: Sequence[LevelChange]
    new: Mapping[str, pl.Series]


def columns_to_compare(experiment: Experiment) -> tuple[str, ...]:
    """The columns of the wide table that a comparison needs."""
    return ("stage", "gen_id", "parent_gen_id", experiment.subject, *experiment.columns)


class Side:
    """A membership, stage by stage: its ids, and its axes' levels."""

    def __init__(self, batches: Iterable[pl.DataFrame], experiment: Experiment) -> None:
        parts: dict[str, list[pl.DataFrame]] = {stage.name: [] for stage in experiment.stages}
        for batch in batches:
            for name in batch["stage"].unique().cast(pl.String).to_list():
                if name in parts:
                    parts[name].append(_of_stage(batch, experiment.by_name[name], experiment.subject))
        self.experiment = experiment
        self.tables = {name: pl.concat(found) if found else None for name, found in parts.items()}

    def ids(self, stage: str) -> pl.Series:
        table = self.tables[stage]
        return pl.Series("gen_id", [], dtype=pl.String) if table is None else table["gen_id"]

    def levels(self, axis: str) -> list[str]:
        """The levels of an axis, in order of first appearance."""
        tables = (self.tables[stage.name] for stage in self.experiment.stages_of[axis])
        found = (
            table[axis].drop_nulls().unique(maintain_order=True).to_list()
            for table in tables
            if table is not None
        )
        return list(dict.fromkeys(str(level) for levels in found for level in levels))

    def carried(self, stage: Stage, only: pl.Series, axes: Sequence[str]) -> pl.DataFrame:
        """The levels that these generations of a stage carry, on those of the axes that there are."""
        table = self.tables[stage.name]
        if table is None:
            return pl.DataFrame({"gen_id": only})
        if len(only) < table.height:
            table = table.filter(pl.col("gen_id").is_in(only.implode()))
        own = [axis for axis in axes if axis in table.columns]
        parent = self.experiment.parent_of(stage)
        rest = [axis for axis in axes if axis not in own]
        found = table.select("gen_id", "parent_gen_id", *own)
        if parent is None or not rest or not self._has(parent, rest):
            return found
        above = self.carried(parent, found["parent_gen_id"].unique(), rest).drop("parent_gen_id")
        return found.join(above, left_on="parent_gen_id", right_on="gen_id", how="left")

    def _has(self, stage: Stage, axes: Sequence[str]) -> bool:
        return any(axis in one.axes for one in self.experiment.ancestry(stage) for axis in axes)


def compare(before: Side, after: Side) -> Comparison:
    """What changes from one membership to another of the same experiment.

    >>> from cohort_membership.stage import Stage
    >>> experiment = Experiment("q", (Stage("answer", "a_", None, (("style", "tone"),)),))
    >>> def side(*rows):
    ...     table = pl.DataFrame(rows, schema=["gen_id", "q", "style"], orient="row")
    ...     return Side([table.with_columns(stage=pl.lit("answer"), parent_gen_id=pl.lit(""))], experiment)
    >>> found = compare(side(("a_1", "x", "dry")), side(("a_1", "x", "dry"), ("a_2", "x", "warm")))
    >>> found.stages["answer"], found.changes[0].level, found.changes[0].stages
    (StageChange(kept=1, gone=0, new=1), 'warm', {'answer': 1})
    """
    experiment = after.experiment
    stages, new, gone = {}, {}, {}
    for stage in experiment.stages:
        old_ids, new_ids = before.ids(stage.name), after.ids(stage.name)
        new[stage.name], gone[stage.name] = _without(new_ids, old_ids), _without(old_ids, new_ids)
        kept = len(new_ids) - len(new[stage.name])
        stages[stage.name] = StageChange(kept, len(gone[stage.name]), len(new[stage.name]))
    old_levels = {axis: before.levels(axis) for axis in experiment.axes}
    new_levels = {axis: after.levels(axis) for axis in experiment.axes}
    added = _touched(after, new, _missing(new_levels, old_levels))
    removed = _touched(before, gone, _missing(old_levels, new_levels))
    changes = [
        LevelChange(axis, level, is_added, counts)
        for axis in experiment.axes
        for is_added, found in ((True, added), (False, removed))
        for level, counts in found.get(axis, {}).items()
    ]
    return Comparison(stages, changes, new)


def _of_stage(batch: pl.DataFrame, stage: Stage, subject: str) -> pl.DataFrame:
    """The stage's rows of a batch, with columns named by their axes; levels as numbers where they can be."""
    levels = [pl.col(subject).cast(pl.String).cast(pl.Categorical)]
    levels += [
        pl.col(column).cast(pl.String).cast(pl.Categorical).alias(axis)
        for column, axis in stage.axis_of.items()
    ]
    rows = batch.filter(pl.col("stage") == stage.name)
    return rows.select(pl.col("gen_id", "parent_gen_id").cast(pl.String), *levels)


def _without(ids: pl.Series, others: pl.Series) -> pl.Series:
    if not len(others) or ids.equals(others):
        return ids if not len(others) else ids.clear()
    return ids.filter(~ids.is_in(others.implode()))


def _missing(levels: Mapping[str, list[str]], others: Mapping[str, list[str]]) -> Mapping[str, list[str]]:
    found = {axis: [level for level in own if level not in set(others[axis])] for axis, own in levels.items()}
    return {axis: own for axis, own in found.items() if own}


def _touched(
    side: Side, changed: Mapping[str, pl.Series], levels: Mapping[str, list[str]]
) -> Mapping[str, Mapping[str, Mapping[str, int]]]:
    """By axis and level: how many of the changed generations of each stage carry it."""
    found: dict[str, dict[str, dict[str, int]]] = {
        axis: {level: {} for level in own} for axis, own in levels.items()
    }
    for stage in side.experiment.stages if levels else ():
        if not len(changed[stage.name]):
            continue
        carried = side.carried(stage, changed[stage.name], list(levels))
        for axis in levels:
            if axis in carried.columns:
                counts = carried[axis].value_counts()
                for level, count in zip(counts[axis].cast(pl.String), counts["count"], strict=True):
                    if level in found[axis]:
                        found[axis][level][stage.name] = count
    return found
