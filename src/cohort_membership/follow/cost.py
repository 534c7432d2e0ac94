"""`cost`: what a cohort costs, from its plan and what is done; and what a build would add to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

import polars as pl
from returns.pipeline import is_successful
from returns.result import Failure, Result, Success

from cohort_membership.catalog import Catalogs
from cohort_membership.cost.bill import Bill, bill_of, itemised, usd_of
from cohort_membership.cost.calls import Call, Calls, call_axes, calls_among, calls_of, copies, without
from cohort_membership.cost.learnt import learn
from cohort_membership.cost.rates import Rates
from cohort_membership.follow.carried import carried, rows_of
from cohort_membership.follow.edges import Followed, failures, whole
from cohort_membership.life.changes import Side
from cohort_membership.life.outcomes import Outcomes
from cohort_membership.load.price_list import PriceList
from cohort_membership.load.results.usage import read_usage
from cohort_membership.membership import MOST_ADDRESSABLE, BuildRequest
from cohort_membership.plan import Plan
from cohort_membership.problems import Problems
from cohort_membership.results import USAGE
from cohort_membership.stage import MODEL, TEMPLATE

_NAMES = ("template", "model")


@whole
def cost(followed: Followed, cohort_id: str) -> Result[Bill, Problems]:
    """What the calls of a cohort cost, all and what is not done; nothing is generated or written.

    It can return any problem of `build` before it writes, and those of reading results.
    """
    planned = followed.builder.plan(BuildRequest(cohort_id, max_rows=MOST_ADDRESSABLE))
    return planned.bind(lambda plan: cost_of(followed, plan))


@whole
def cost_of(followed: Followed, plan: Plan) -> Result[Bill, Problems]:
    """The same of a plan. It can return the problems of reading results."""
    outcomes = followed.results.outcomes(followed.experiment)
    told = outcomes.bind(lambda found: read_rates(followed, found))
    if not is_successful(told):
        return Failure(told.failure())
    rates, calls = told.unwrap(), calls_of(plan)
    items = itemised(calls, without(calls, calls_among(plan, rates.done)), rates.rates)
    return Success(bill_of(plan.cohort_id, items, (*plan.notices, *rates.prices.notices())))


@whole
def cost_of_new(
    followed: Followed, plan: Plan, *, after: Side, new: Mapping[str, pl.Series], outcomes: Outcomes
) -> Result[Decimal | None, Problems]:
    """What those of the new generations cost that are not done; None where that is unknown."""
    calls = _calls_to_make(plan, after, new, outcomes)
    if not calls:
        return Success(Decimal(0))
    return read_rates(followed, outcomes).map(lambda told: usd_of(itemised(calls, calls, told.rates)))


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """`rates`, the price list that they ask, and the levels of what is done, by stage."""

    rates: Rates
    prices: PriceList
    done: Mapping[str, pl.DataFrame]


def read_rates(followed: Followed, outcomes: Outcomes) -> Result[Told, Problems]:
    """Prices and tokens, the latter learnt from all results of the data root that tell them."""
    catalogs = followed.builder.read_catalogs()
    usage = read_usage(followed.read, followed.experiment, outcomes)
    rows = rows_of(followed, outcomes.done)
    if not is_successful(catalogs) or not is_successful(usage) or not is_successful(rows):
        return failures(catalogs, usage, rows)
    lessons, prices = learn(_calls_made(usage.unwrap(), rows.unwrap(), catalogs.unwrap())), PriceList()
    is_done = pl.col("gen_id").is_in(outcomes.done.implode())  # ancestors come along that are not
    levels = carried(rows.unwrap(), followed.experiment)
    done = {stage: table.filter(is_done) for stage, table in levels.items()}
    return Success(Told(Rates(catalogs.unwrap(), lessons, prices), prices, done))


def _calls_made(usage: pl.DataFrame, rows: pl.DataFrame, catalogs: Catalogs) -> pl.DataFrame:
    """What calls took, with their stage, template and model; a template that copies made none."""
    levels = [
        (pl.col(column) if column in rows.columns else pl.lit(None, pl.String)).alias(name)
        for name, column in zip(_NAMES, (TEMPLATE, MODEL), strict=True)
    ]
    found = usage.join(rows.unique("gen_id").select("stage", "gen_id", *levels), on="gen_id")
    for stage in catalogs.experiment.stages:
        catalog = catalogs.of_templates(stage.name)
        if catalog is not None and catalog.copying:
            is_copied = pl.col("template").is_in(sorted(catalog.copying)).fill_null(value=False)
            found = found.filter(~(is_copied & (pl.col("stage") == stage.name)))
    return found.select("stage", *_NAMES, *USAGE)


def _calls_to_make(plan: Plan, after: Side, new: Mapping[str, pl.Series], outcomes: Outcomes) -> Calls:
    """The calls of new generations that are not done."""
    calls: dict[Call, int] = {}
    for stage in plan.experiment.stages:
        ids = new[stage.name].filter(~new[stage.name].is_in(outcomes.done.implode()))
        if not len(ids):
            continue
        own = call_axes(stage)
        levels = after.carried(stage, ids, [axis for axis in own if axis is not None])
        shown = [pl.lit(None, pl.String) if axis is None else pl.col(axis).cast(pl.String) for axis in own]
        named = levels.select(one.alias(name) for one, name in zip(shown, _NAMES, strict=True))
        for template, model, count in named.group_by(_NAMES, maintain_order=True).len().iter_rows():
            if not copies(plan, stage, template):
                calls[Call(stage.name, template, model)] = count
    return calls
