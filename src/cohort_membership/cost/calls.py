"""The calls of a plan, by stage, template and model: arithmetic on its small tables, never on generations."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from math import prod
from typing import NamedTuple, TypeAlias

import polars as pl

from cohort_membership.catalog import COPY
from cohort_membership.identity import normalised
from cohort_membership.plan import Plan, StagePlan
from cohort_membership.projection import Projection
from cohort_membership.stage import MODEL, Stage
from cohort_membership.union import fresh_rows

_ID, _TEMPLATE, _MODEL = "\0gen_id", "\0template", "\0model"
"""Names of passing columns; no axis can be called so."""


class Call(NamedTuple):
    """What calls are told apart by; a stage may have no template, or name no model."""

    stage: str
    template: str | None
    model: str | None


Calls: TypeAlias = Mapping[Call, int]


def calls_of(plan: Plan) -> Calls:
    """How many calls the plan's generations are, in the order of the membership.

    A generation of a template that copies is no call.
    """
    by_name = plan.experiment.by_name
    return {
        one: count
        for one, count in generations_of(plan).items()
        if not copies(plan, by_name[one.stage], one.template)
    }


def generations_of(plan: Plan) -> Calls:
    """How many generations the plan has, by stage, template and model, in the order of the membership;
    those of a template that copies among them. Counts are exact whatever their size.
    """
    found: dict[Call, int] = {}
    for number, stage in enumerate(plan.experiment.stages):
        axes = call_axes(stage)
        for place, block in enumerate(plan.blocks):
            others = [_identities(one.stages[number].projection) for one in plan.blocks[:place]]
            for levels, count in _counted(block.stages[number], [one for one in axes if one], others):
                template, model = (None if axis is None else levels[axis] for axis in axes)
                if count:
                    call = Call(stage.name, template, model)
                    found[call] = found.get(call, 0) + count
    return found


def calls_among(plan: Plan, carried: Mapping[str, pl.DataFrame]) -> Calls:
    """How many calls of the plan are among these generations: done ones, mostly.

    `carried` has for each stage a table of `gen_id` and a column an axis of the stage and its ancestors.
    """
    found: dict[Call, int] = {}
    for number, stage in enumerate(plan.experiment.stages):
        left = carried[stage.name]
        for block in plan.blocks if left.height else ():
            held = _held(left, block.stages[number].projection, call_axes(stage))
            for template, model, count in held.group_by(_TEMPLATE, _MODEL).len().iter_rows():
                if not copies(plan, stage, template):
                    call = Call(stage.name, template, model)
                    found[call] = found.get(call, 0) + count
            left = left.filter(~pl.col("gen_id").is_in(held[_ID].implode()))
    return found


def kind_of(call: Call) -> tuple[str | None, ...]:
    """The stage, the template and the model of a call, as ids compare them."""
    return (call.stage, *(None if one is None else normalised(one) for one in (call.template, call.model)))


def without(calls: Calls, others: Calls) -> Calls:
    """The calls that are left of some; none is less than nothing.

    >>> without({Call("answer", "terse", "atlas"): 3}, {Call("answer", "terse", "atlas"): 1})
    {Call(stage='answer', template='terse', model='atlas'): 2}
    """
    return {call: max(0, count - others.get(call, 0)) for call, count in calls.items()}


def model_axis(stage: Stage) -> str | None:
    """The axis that names the model a stage asks."""
    return stage.axis_of.get(MODEL)


def call_axes(stage: Stage) -> tuple[str | None, str | None]:
    return stage.template_axis, model_axis(stage)


def copies(plan: Plan, stage: Stage, template: str | None) -> bool:
    return template is not None and plan.modes.get(stage.name, {}).get(template) == COPY


def _identities(projection: Projection) -> list[pl.DataFrame]:
    return [one.keys for one in projection if one.identity]


def _counted(
    own: StagePlan, axes: Sequence[str], others: Sequence[Sequence[pl.DataFrame]]
) -> Iterator[tuple[Mapping[str, str], int]]:
    """The generations that a design adds for each combination of levels on these axes."""
    is_all = own.fresh is None or own.fresh.is_all
    held = [[axis for axis in axes if axis in one.frame.columns] for one in own.projection]
    rest = prod(one.height for one, keys in zip(own.projection, held, strict=True) if not keys)
    parts = [_sizes(one.frame, keys) for one, keys in zip(own.projection, held, strict=True) if keys]
    for combination in product(*parts) if own.count else ():
        levels = {axis: level for some, _ in combination for axis, level in some.items()}
        if is_all:
            yield levels, rest * prod(count for _, count in combination)
        else:
            yield levels, _fresh(own.projection, held, levels, others)


def _sizes(frame: pl.DataFrame, keys: Sequence[str]) -> list[tuple[Mapping[str, str], int]]:
    """The combinations of levels in a table, each with the number of its rows."""
    sizes = frame.group_by(keys, maintain_order=True).len().iter_rows()
    return [(dict(zip(keys, levels, strict=True)), count) for *levels, count in sizes]


def _fresh(
    projection: Projection,
    held: Sequence[Sequence[str]],
    levels: Mapping[str, str],
    others: Sequence[Sequence[pl.DataFrame]],
) -> int:
    """The rows with these levels that no earlier design has; where all rows could be told, these can."""
    frames = [
        one.frame.filter(*(pl.col(axis) == levels[axis] for axis in keys)).select(one.identity)
        for one, keys in zip(projection, held, strict=True)
        if one.identity
    ]
    return fresh_rows(frames, others).unwrap().count


# --------------------------------------------------------- generations by their levels


def compared(levels: pl.Series) -> pl.Series:
    """The levels as ids compare them."""
    texts = levels.cast(pl.String).drop_nulls().unique().to_list()
    return levels.cast(pl.String).replace_strict(
        {one: normalised(one) for one in texts}, default=None, return_dtype=pl.String
    )


def _held(carried: pl.DataFrame, projection: Projection, axes: tuple[str | None, str | None]) -> pl.DataFrame:
    """Those of the generations that a design has, with its spelling of their template and model."""
    named = dict(zip((_TEMPLATE, _MODEL), axes, strict=True))
    found = carried.with_columns(
        pl.col("gen_id").alias(_ID), *(compared(carried[one]) for one in carried.columns if one != "gen_id")
    )
    for one in projection:
        shown = [pl.col(axis).alias(name) for name, axis in named.items() if axis in one.frame.columns]
        keys = one.frame.select(*(compared(one.frame[axis]) for axis in one.identity), *shown)
        found = found.join(keys, on=one.identity) if one.identity else found.join(keys, how="cross")
    missing = [pl.lit(None, pl.String).alias(name) for name in named if name not in found.columns]
    return found.with_columns(missing).select(_ID, _TEMPLATE, _MODEL)
