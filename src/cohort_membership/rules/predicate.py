"""Predicates held against what there is: axes with their catalogs' attributes, or a catalog's columns."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl
from returns.pipeline import is_successful
from returns.result import Failure, Result, Success

from cohort_membership import design
from cohort_membership.catalog import Catalog
from cohort_membership.design import Factor
from cohort_membership.document import Scalar
from cohort_membership.problems import Location, Problems, SpecInvalid
from cohort_membership.rules.rule import Scope
from cohort_membership.spec import CatalogQuery

if TYPE_CHECKING:
    from cohort_membership.predicates import Condition, Fault, Predicate


def catalog_levels(where: str, query: CatalogQuery, catalog: Catalog) -> Result[list[str], Problems]:
    """The levels of the catalog's rows for which the query is true, each once, in its order."""
    ids = catalog.table[catalog.id_column]
    if query.predicate is None:
        return Success(ids.unique(maintain_order=True).to_list())
    from cohort_membership.predicates import Axis, holds, judge, parse

    columns = {name: Axis() for name in catalog.table.columns}
    true = (
        parse(query.predicate)
        .bind(lambda predicate: judge(predicate, columns, noun="column"))
        .bind(lambda condition: holds(condition, catalog.table))
    )
    if not is_successful(true):
        return Failure(_problems(where, true.failure(), query.location))
    return Success(ids.filter(true.unwrap()).unique(maintain_order=True).to_list())


def read_predicate(where: str, text: Scalar) -> "Result[Predicate, Problems]":
    """The predicate that a text holds; `spec-invalid` for each thing in it that is none."""
    from cohort_membership.predicates import parse

    return parse(text.text).alt(lambda faults: _problems(where, faults, text.location, text.text))


def judged(
    where: str, predicate: "Predicate", at: Location | None, scope: Scope
) -> "Result[Condition, Problems]":
    """The condition over the axes that the scope has; `spec-invalid` for each name that there is none of."""
    from cohort_membership.predicates import Axis, Kind, judge

    experiment = scope.experiment
    known = {
        axis: Axis(Kind.WHOLE if axis in experiment.replicates else Kind.TEXT, _attributes(axis, scope))
        for axis in design.axes_of(scope.factors)
    }
    single = {name: axes[0] for name, axes in scope.names.items() if len(axes) == 1}
    return judge(predicate, known, aliases={**experiment.aliases, **single}).alt(
        lambda faults: _problems(where, map(_told_later(predicate, scope), faults), at, predicate.text)
    )


def true_rows(
    where: str, condition: "Condition", rows: Factor, at: Location | None, scope: Scope
) -> Result[pl.Series, Problems]:
    """For each row of the factor whether the condition is true; `spec-invalid` for a cast that fails."""
    from cohort_membership.predicates import holds

    frame = _with_attributes(condition, rows.frame, scope)
    return holds(condition, frame).alt(lambda faults: _problems(where, faults, at, condition.predicate.text))


def _attributes(axis: str, scope: Scope) -> list[str]:
    catalog = scope.catalogs.by_axis.get(axis)
    return [] if catalog is None else catalog.table.columns


def _with_attributes(condition: "Condition", frame: pl.DataFrame, scope: Scope) -> pl.DataFrame:
    """The columns that the condition asks for: levels as they are compared, and attributes of levels."""
    from cohort_membership.predicates import Kind

    columns = []
    for name in condition.columns:
        axis, _, attribute = name.partition(".")
        levels = frame[axis]
        catalog = scope.catalogs.by_axis.get(axis)
        if attribute and catalog is not None:
            rows = catalog.table.unique(catalog.id_column, keep="first", maintain_order=True)
            held = rows[catalog.id_column], rows[attribute]
            columns.append(levels.replace_strict(*held, default=None, return_dtype=pl.String).alias(name))
        else:
            is_whole = condition.kinds[name] is Kind.WHOLE
            columns.append(levels.cast(pl.Int64, strict=False) if is_whole else levels)
    return pl.DataFrame(columns) if columns else frame


def _told_later(predicate: "Predicate", scope: Scope) -> "Callable[[Fault], Fault]":
    """Says of an axis that is not there yet which rule gives it."""
    at = {name.start: scope.experiment.canonical(name.axis) for name in predicate.names}

    def told(fault: "Fault") -> "Fault":
        later = scope.given_later.get(at.get(fault.start, ""))
        if later is None:
            return fault
        return replace(fault, suggestion=None, remedy=f"{later} gives it: move this rule below that one")

    return told


def _problems(where: str, faults: "Iterable[Fault]", at: Location | None, text: str = "") -> Problems:
    return tuple(
        SpecInvalid(
            where=where,
            detail=fault.detail,
            suggestion=fault.suggestion,
            remedy=fault.remedy,
            location=_within(at, fault, text),
        )
        for fault in faults
    )


def _within(at: Location | None, fault: "Fault", text: str) -> Location | None:
    """The place of a fault where the text stands on one line as it is, in quotes or not; else the text's."""
    if at is None or at.column is None or at.width - len(text) not in (0, 2):
        return at
    start = at.column + (at.width - len(text)) // 2 + fault.start
    return replace(at, column=start, width=max(1, fault.stop - fault.start))
