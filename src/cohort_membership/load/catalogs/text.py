"""The text of each catalog to its levels and attributes; and catalogs from plain data."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

import polars as pl
from returns.result import Failure, Result, Success

from cohort_membership.catalog import COPY, Catalog, Catalogs, catalog_of
from cohort_membership.document import quoted
from cohort_membership.draft_essay_evaluation import DRAFT_ESSAY_EVALUATION
from cohort_membership.experiment import CatalogSource, Experiment
from cohort_membership.load.text.faults import MAX_FAULTS, Fault, Faults
from cohort_membership.load.text.sheet import Sheet, read_sheet
from cohort_membership.problems import MAX_REPLICATE, Location
from cohort_membership.stage import MODEL

_MODES = ("", "llm", "copy")
_WHOLE_NUMBER = re.compile("[0-9]{1,10}")

Given: TypeAlias = Iterable[str] | Mapping[str, str] | pl.DataFrame
"""A catalog as plain data: its levels, templates with their modes, or a table whose first column holds
the levels."""


def parse_catalog(text: str, source: CatalogSource) -> Result[Catalog, Faults]:
    r"""The catalog that a CSV file holds, or all faults of it.

    >>> source = CatalogSource("templates.csv", "template_id", mode="generator")
    >>> catalog = parse_catalog("template_id,generator,kind\nbrief,Copy,short\n", source).unwrap()
    >>> catalog.table.rows(), catalog.modes
    ([('brief', 'Copy', 'short')], {'brief': 'copy'})
    """
    return read_sheet(text, source.file or "").bind(lambda sheet: _catalog(sheet, source))


def _catalog(sheet: Sheet, source: CatalogSource) -> Result[Catalog, Faults]:
    mode = (source.mode,) if source.mode else ()
    required = (source.column, *(() if source.mode_is_optional else mode))
    unread = _header_faults(sheet, required, mode, source.forbidden)
    if unread:
        return Failure(unread)
    table, lines, nameless = _table(sheet, source.column)
    forbidden = _forbidden(sheet, source.forbidden)
    modes, odd = _modes(table, lines, source) if source.mode else (None, ())
    faults = _in_order((*forbidden, *nameless, *odd, *sheet.faults))
    if faults:
        return Failure(faults)
    return Success(Catalog(source.file or "", table, source.column, source.also, modes))


def _in_order(faults: Iterable[Fault]) -> Faults:
    """Faults by line, up to a thousand of them."""
    return tuple(sorted(faults, key=lambda one: (one.location and one.location.line) or 0))[:MAX_FAULTS]


def _table(sheet: Sheet, key: str) -> tuple[pl.DataFrame, pl.Series, Faults]:
    """The rows that have a text in the column `key`, their lines, and a fault for each other row.

    All columns are text, an empty cell null; of columns with one name the first, none without a name.
    """
    named = dict(reversed(list(zip(sheet.header, sheet.columns, strict=True))))
    table = pl.DataFrame([named[name].alias(name) for name in dict.fromkeys(sheet.header) if name])
    if not any((column == "").any() for column in table.iter_columns()):
        return table, sheet.lines, ()
    has_text = table[key] != ""
    nameless = tuple(
        Fault(f"a text in the column '{key}'", "none", Location(sheet.file, line))
        for line in sheet.lines.filter(~has_text).head(MAX_FAULTS)
    )
    table = table.with_columns(pl.when(pl.all() != "").then(pl.all()))
    return table.filter(has_text), sheet.lines.filter(has_text), nameless


def _modes(table: pl.DataFrame, lines: pl.Series, source: CatalogSource) -> tuple[Mapping[str, str], Faults]:
    """The mode of each template as metadata records it; faults for what is no mode, or two of them."""
    ids = table[source.column].to_list()
    if source.mode not in table.columns:
        return dict.fromkeys(ids, "llm"), ()
    modes: dict[str, str] = {}
    faults: list[Fault] = []
    for line, template, cell in zip(lines, ids, table[source.mode].to_list(), strict=True):
        mode = (cell or "").lower()
        at = Location(source.file or "", line)
        if mode not in _MODES:
            faults.append(Fault("the generator 'llm' or 'copy'", quoted(cell), at))
            continue
        known = modes.setdefault(template, mode or source.empty_mode)
        if (known == COPY) != (mode == COPY):
            before, here = (COPY if one == COPY else "llm" for one in (known, mode))
            got = f"{quoted(before)} before and {quoted(here)} here"
            faults.append(Fault(f"one generator for the template {quoted(template)}", got, at))
    return modes, tuple(faults)


def parse_replication(text: str, experiment: Experiment) -> Result[Mapping[str, int], Faults]:
    r"""How often each stage is replicated, or all faults of the file.

    >>> stage = DRAFT_ESSAY_EVALUATION.stages[0].name
    >>> list(parse_replication(f"stage,replicates\n{stage},2\n", DRAFT_ESSAY_EVALUATION).unwrap().values())
    [2]
    """
    return read_sheet(text, experiment.replication_file or "").bind(
        lambda sheet: _replication(sheet, [stage.name for stage in experiment.stages])
    )


def _replication(sheet: Sheet, stages: Sequence[str]) -> Result[Mapping[str, int], Faults]:
    wanted = ("stage", "replicates")
    unread = _header_faults(sheet, wanted)
    if unread:
        return Failure(unread)
    replication: dict[str, int] = {}
    faults: list[Fault] = []
    columns = (sheet.columns[sheet.header.index(name)] for name in wanted)
    for line, stage, cell in zip(sheet.lines, *columns, strict=True):
        number = int(cell) if _WHOLE_NUMBER.fullmatch(cell) else 0
        at = Location(sheet.file, line)
        if stage not in stages:
            faults.append(Fault(f"one of the stages {', '.join(stages)}", quoted(stage), at))
        elif not 1 <= number <= MAX_REPLICATE:
            faults.append(Fault(f"replicates from 1 to {MAX_REPLICATE}", quoted(cell), at))
        elif replication.setdefault(stage, number) != number:
            got = f"{replication[stage]} before and {number} here"
            faults.append(Fault(f"one number for the stage {quoted(stage)}", got, at))
    found = _in_order((*faults, *sheet.faults))
    return Failure(found) if found else Success(replication)


def catalogs_of(experiment: Experiment, by_axis: Mapping[str, Given]) -> Catalogs:
    """Catalogs from plain data, by axis; an axis that is not there takes any text.

    >>> axis = DRAFT_ESSAY_EVALUATION.stages[1].template_axis
    >>> catalogs_of(DRAFT_ESSAY_EVALUATION, {axis: {"brief": "copy"}}).by_axis[axis].copying
    frozenset({'brief'})
    """
    in_order = [axis for axis in experiment.axes if axis in by_axis]
    return Catalogs(experiment, {axis: _given(experiment, axis, by_axis[axis]) for axis in in_order})


def catalogs_from_ids(
    templates: Mapping[str, Given],
    models: Iterable[str],
    combos: Iterable[str],
    replication: Mapping[str, int] | None = None,
    experiment: Experiment = DRAFT_ESSAY_EVALUATION,
) -> Catalogs:
    """Catalogs that hold these ids: templates by stage, models for every stage, `combos` as subjects.

    >>> first, second, *_ = DRAFT_ESSAY_EVALUATION.stages
    >>> templates = {second.name: {"brief": "copy"}, first.name: ["plain"]}
    >>> catalogs = catalogs_from_ids(templates, ["fjord"], ["c1"])
    >>> catalogs.of_templates(second.name).modes, catalogs.of_templates(first.name).modes
    ({'brief': 'copy'}, {'plain': 'llm'})
    """
    models = tuple(models)
    by_axis: dict[str, Given] = {experiment.subject: tuple(combos)}
    by_axis |= dict.fromkeys(experiment.axes_of_column(MODEL), models)
    by_axis |= {
        stage.template_axis: templates[stage.name]
        for stage in experiment.stages
        if stage.template_axis and stage.name in templates
    }
    catalogs = catalogs_of(experiment, by_axis)
    return Catalogs(experiment, catalogs.by_axis, dict(replication or {}))


def _given(experiment: Experiment, axis: str, given: Given) -> Catalog:
    source = experiment.catalogs.get(axis, CatalogSource(column="id"))
    name = source.file or f"the catalog of {axis}"
    if isinstance(given, pl.DataFrame):
        table = given.select(pl.all().cast(pl.String))
        return Catalog(name, table, table.columns[0], source.also)
    modes = dict(given) if isinstance(given, Mapping) else dict.fromkeys(given, "llm")
    catalog = catalog_of(name, modes, source.column or "id", source.also)
    return Catalog(name, catalog.table, catalog.id_column, source.also, modes if source.mode else None)


def _header_faults(
    sheet: Sheet, required: Sequence[str], optional: Sequence[str] = (), forbidden: str | None = None
) -> Faults:
    """What is wrong with the header so that no row can be read."""
    times = Counter(sheet.header)
    at = Location(sheet.file, sheet.header_line)
    missing = [
        Fault(f"a header with the column '{column}'", quoted(",".join(sheet.header)), at)
        for column in required
        if not times[column]
    ]
    twice = [
        Fault(f"the column '{column}' once in the header", f"{times[column]} times", at)
        for column in dict.fromkeys((*required, *optional))
        if times[column] > 1
    ]
    found = (*missing, *twice)
    return (*_forbidden(sheet, forbidden), *found) if found else ()


def _forbidden(sheet: Sheet, column: str | None) -> Faults:
    """A column of an older form."""
    if column not in sheet.header:
        return ()
    at = Location(sheet.file, sheet.header_line)
    return (Fault(f"no column '{column}', which is not used any more", "one", at),)
