"""The text of each catalog to its ids; and catalogs from plain data."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar

from returns.result import Failure, Result, Success

from cohort_membership.catalog import (
    REPLICATION_FILE,
    TEMPLATE_FILES,
    Catalogs,
    Mode,
    Template,
    mode_as_recorded,
)
from cohort_membership.load.csv_text import NumberedRows
from cohort_membership.load.faults import MAX_FAULTS, Fault, Faults, quoted
from cohort_membership.problems import MAX_REPLICATE, Location, counted
from cohort_membership.stages import CHAIN

_MODES: Mapping[str, Mode] = {"": "llm", "llm": "llm", "copy": "copy"}
_T = TypeVar("_T")
_WHOLE_NUMBER = re.compile("[0-9]{1,10}")
_STAGES = tuple(stage.name for stage in CHAIN)


def parse_templates(text: str, stage: str) -> Result[Mapping[str, Template], Faults]:
    r"""The templates of a stage by id, or all faults of the catalog.

    >>> parse_templates("template_id,generator\nbrief,Copy\n", "essay").unwrap()
    {'brief': Template(template_id='brief', mode='copy', recorded_mode='copy')}
    """
    catalog = _Catalog(text, TEMPLATE_FILES[stage], ("template_id",), ("generator",), legacy="active")
    templates: dict[str, Template] = {}
    for line, (template_id, *generator) in catalog.rows():
        mode = _MODES.get(generator[0].lower()) if generator else "llm"
        if mode is None:
            catalog.report("the generator 'llm' or 'copy'", quoted(generator[0]), line)
            continue
        recorded = mode_as_recorded(generator[0] if generator else None)
        known = templates.setdefault(template_id, Template(template_id, mode, recorded))
        if known.mode != mode:
            got = f"{quoted(known.mode)} before and {quoted(mode)} here"
            catalog.report(f"one generator for the template {quoted(template_id)}", got, line)
    return catalog.result(templates)


def parse_ids(text: str, file: str, column: str) -> Result[frozenset[str], Faults]:
    r"""The ids in a column, which may repeat, or all faults of the catalog.

    >>> sorted(parse_ids("id,model\nfjord,x\natlas,y\n", "1_raw/llm_models.csv", "id").unwrap())
    ['atlas', 'fjord']
    """
    catalog = _Catalog(text, file, (column,))
    return catalog.result(frozenset(cells[0] for _, cells in catalog.rows()))


def parse_replication(text: str) -> Result[Mapping[str, int], Faults]:
    r"""How often each stage is replicated, or all faults of the catalog.

    >>> parse_replication("stage,replicates\ndraft,2\n").unwrap()
    {'draft': 2}
    """
    catalog = _Catalog(text, REPLICATION_FILE, ("stage", "replicates"))
    replication: dict[str, int] = {}
    for line, (stage, cell) in catalog.rows():
        number = int(cell) if _WHOLE_NUMBER.fullmatch(cell) else 0
        if stage not in _STAGES:
            catalog.report(f"one of the stages {', '.join(_STAGES)}", quoted(stage), line)
        elif not 1 <= number <= MAX_REPLICATE:
            catalog.report(f"replicates from 1 to {MAX_REPLICATE}", quoted(cell), line)
        elif replication.setdefault(stage, number) != number:
            got = f"{replication[stage]} before and {number} here"
            catalog.report(f"one number for the stage {quoted(stage)}", got, line)
    return catalog.result(replication)


def catalogs_from_ids(
    templates: Mapping[str, Iterable[str] | Mapping[str, Mode]],
    models: Iterable[str],
    combos: Iterable[str],
    replication: Mapping[str, int] | None = None,
) -> Catalogs:
    """Catalogs that hold these ids. Templates are given by stage, as ids or with the mode of each.

    >>> catalogs = catalogs_from_ids({"essay": {"brief": "copy"}, "draft": ["plain"]}, ["fjord"], ["c1"])
    >>> catalogs.templates["essay"]["brief"].mode, catalogs.templates["draft"]["plain"].mode
    ('copy', 'llm')
    """
    return Catalogs(
        templates={stage: _templates(given) for stage, given in templates.items()},
        models=frozenset(models),
        combos=frozenset(combos),
        replication=dict(replication or {}),
    )


def _templates(given: Iterable[str] | Mapping[str, Mode]) -> Mapping[str, Template]:
    modes: Mapping[str, Mode] = given if isinstance(given, Mapping) else dict.fromkeys(given, "llm")
    return {name: Template(name, mode, mode) for name, mode in modes.items()}


class _Catalog:
    """A CSV file with a header and rows of its width, of which some columns matter."""

    def __init__(
        self,
        text: str,
        file: str,
        required: tuple[str, ...],
        optional: tuple[str, ...] = (),
        legacy: str | None = None,
    ) -> None:
        self._rows = NumberedRows(text, file)
        self._file = file
        self._required = required
        self._optional = optional
        self._legacy = legacy
        self._faults: list[Fault] = []

    def report(self, expected: str, got: str, line: int | None) -> None:
        """Keeps a fault, up to a thousand of them."""
        if len(self._faults) < MAX_FAULTS:
            self._faults.append(Fault(expected, got, Location(self._file, line)))

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Line and cells of the required columns, then of the optional ones that are there."""
        body = iter(self._rows)
        line, header = next(body, (None, []))
        columns = self._columns_of(header, line)
        for line, cells in body if columns else ():
            if len(cells) != len(header):
                self.report(f"{counted(len(header), 'cell')}, as in the header", f"{len(cells):,}", line)
                continue
            wanted = [cells[column] for column in columns]
            if "" in wanted[: len(self._required)]:
                missing = self._required[wanted.index("")]
                self.report(f"a text in the column '{missing}'", "none", line)
                continue
            yield line, wanted

    def result(self, content: _T) -> Result[_T, Faults]:
        """The content, or all faults; to be asked when the rows are used up."""
        faults = (*self._faults, *((self._rows.fault,) if self._rows.fault else ()))
        return Failure(faults) if faults else Success(content)

    def _columns_of(self, header: list[str], line: int | None) -> list[int]:
        """The numbers of the columns that matter; none, with a fault, where they are not clear."""
        if self._rows.fault:
            return []
        times = Counter(header)
        if self._legacy in times:
            self.report(f"no column '{self._legacy}', which is not used any more", "one", line)
        shown = quoted(",".join(header)) if header else "an empty file"
        missing = [column for column in self._required if not times[column]]
        for column in missing:
            self.report(f"a header with the column '{column}'", shown, line)
        twice = [column for column in self._required + self._optional if times[column] > 1]
        for column in twice:
            self.report(f"the column '{column}' once in the header", f"{times[column]} times", line)
        if missing or twice:
            return []
        present = self._required + tuple(column for column in self._optional if times[column])
        return [header.index(column) for column in present]
