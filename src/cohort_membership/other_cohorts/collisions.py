"""PURE: one id that two cohorts hold for two generations: they differ in what the id does not count."""

from collections.abc import Collection, Iterator

import polars as pl

from cohort_membership import metadata
from cohort_membership.catalog import COPY
from cohort_membership.identity import normalised
from cohort_membership.manifest import Manifest
from cohort_membership.plan import Plan
from cohort_membership.problems import GenerationConflict
from cohort_membership.stage import TEMPLATE, Stage

_HELD = "\0held"
"""What follows the names of the other cohort's columns; no column can be called so."""


def may_collide(stage: Stage, plan: Plan, other: Manifest) -> bool:
    """Whether another cohort can hold an id of a plan's stage for a different generation.

    Only a stage with uncounted columns can collide. The two must share a level of every axis that the id
    counts, and give a column that it does not count different levels.
    """
    if not stage.attributes or not other.counts.get(stage.name):
        return False
    levels = other.levels(plan.experiment)

    def shared(axis: str) -> bool:
        return axis not in levels or not _normalised(levels[axis]).isdisjoint(_normalised(plan.levels(axis)))

    def same(axis: str) -> bool:
        own = _normalised(plan.levels(axis))
        return axis in levels and len(own) == 1 and _normalised(levels[axis]) == own

    return all(map(shared, plan.experiment.identity(stage))) and not all(map(same, stage.attributes))


def collisions(
    table: pl.DataFrame, held: pl.DataFrame, stage: Stage, plan: Plan, cohort_id: str
) -> Iterator[GenerationConflict]:
    """`generation-conflict` for each row of a stage that `cohort_id` holds as a different generation.

    `table` is a part of the wide table; `held` has the `gen_id` and the stage's uncounted columns of the
    other cohort. A template in mode `copy` asks no model: what its id does not count does not matter.
    """
    uncounted = [column for column in stage.axis_of if column in stage.uncounted]
    modes = plan.modes.get(stage.name) or {}
    copied = [template for template, mode in modes.items() if mode == COPY]
    rows = table.filter(table["stage"] == stage.name)
    if copied:
        rows = rows.filter(~rows[TEMPLATE].cast(pl.String).is_in(copied))
    own = rows.with_columns(pl.col([*uncounted, "gen_id"]).cast(pl.String))
    met = own.join(held.select("gen_id", *uncounted), on="gen_id", how="inner", suffix=_HELD)
    differ = pl.any_horizontal(_compared(one) != _compared(f"{one}{_HELD}") for one in uncounted)
    for row in met.filter(differ).iter_rows(named=True):
        wanted = {key: row[key] for key in table.columns if row[key] is not None}
        got = {**wanted, **{one: row[f"{one}{_HELD}"] for one in uncounted}}
        if metadata.belongs(got, wanted, plan.experiment):
            continue  # they differ in writing only
        yield GenerationConflict(
            gen_id=row["gen_id"],
            expected=metadata.described(wanted, plan.experiment),
            got=metadata.described(got, plan.experiment),
            uncounted=tuple(one for one in uncounted if got[one] != wanted.get(one)),
            cohort=cohort_id,
        )


def _compared(column: str) -> pl.Expr:
    return pl.col(column).str.strip_chars().str.to_lowercase()


def _normalised(levels: Collection[str]) -> set[str]:
    return set(map(normalised, levels))
