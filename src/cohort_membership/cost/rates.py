"""What one call costs and takes: the first source that tells it, or why none does."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeAlias

import polars as pl

from cohort_membership.catalog import Catalog, Catalogs
from cohort_membership.cost.calls import Call, model_axis
from cohort_membership.cost.learnt import LEAST, Learnt, Lessons, lesson_for
from cohort_membership.document import quoted
from cohort_membership.pricing import CallTokens, Price, amount

PRICE_COLUMNS = ("input_price", "output_price")
TOKEN_COLUMNS = ("input_tokens", "output_tokens")
LISTED_AS = "model"
"""The column of a catalog of models that gives the name under which a price list has the model."""


@dataclass(frozen=True, slots=True)
class Why:
    """Why something is unknown."""

    text: str


ListPrice: TypeAlias = Callable[[str], Price | None]
"""Gives the price that a public list has for a model; None where it has none."""


def no_list(_: str) -> Price | None:
    """A price list that holds nothing."""
    return None


@dataclass(frozen=True, slots=True)
class Rates:
    """Where prices and tokens are told: the experiment, its catalogs, results, and a price list."""

    catalogs: Catalogs
    lessons: Lessons = field(default_factory=dict)
    listed: ListPrice = no_list

    def price(self, stage: str, model: str | None) -> Price | Why:
        """The price of the model that a stage asks: `prices`, its catalog, the price list."""
        experiment = self.catalogs.experiment
        axis = model_axis(experiment.by_name[stage])
        if model is None or axis is None:
            return Why("the stage names no model")
        if model in experiment.prices:
            return experiment.prices[model]
        catalog = self.catalogs.by_axis.get(axis)
        found = _amounts(catalog, model, PRICE_COLUMNS)
        if isinstance(found, Why):
            return found
        if found is not None:
            return Price(*found)
        name = _cells(catalog, model).get(LISTED_AS) or model
        return self.listed(name) or Why("no price")

    def learnt(self, call: Call) -> Learnt | None:
        """What results tell of such calls."""
        return lesson_for(self.lessons, call)

    def expected(self, stage: str, template: str | None) -> CallTokens | Why:
        """What a call takes where results do not tell: the template's catalog, `tokens`."""
        catalog = self.catalogs.of_templates(stage)
        found = None if template is None else _amounts(catalog, template, TOKEN_COLUMNS)
        if isinstance(found, Why):
            return found
        if found is not None:
            return CallTokens(*found)
        given = self.catalogs.experiment.tokens.get(stage)
        return given or Why(f"no tokens, and no {LEAST} results that tell them")


def _amounts(
    catalog: Catalog | None, level: str, columns: tuple[str, str]
) -> tuple[Decimal, Decimal] | Why | None:
    """The two amounts that a catalog gives; None where both cells are empty or not there."""
    cells = _cells(catalog, level)
    texts = [cells.get(column) for column in columns]
    if catalog is None or not any(texts):
        return None
    amounts = [None if text is None else amount(text) for text in texts]
    for column, text, found in zip(columns, texts, amounts, strict=True):
        if found is None:
            told = f"no {column}" if not text else f"{column} {quoted(text)}, which is no number from 0"
            return Why(f"{catalog.name} has {told}")
    first, second = (one for one in amounts if one is not None)
    return first, second


def _cells(catalog: Catalog | None, level: str) -> Mapping[str, str | None]:
    """The row of a level; of one that repeats, the first."""
    if catalog is None:
        return {}
    row = catalog.table.filter(pl.col(catalog.id_column) == level).head(1)
    return row.row(0, named=True) if row.height else {}
