"""A second reading of the contract, row by row and without haste: experiments and catalogs (§§2, 3, 10).

Written from the contract alone; nothing of the package is imported here or in the other `naive_` modules.
"""

import csv
import io
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

BUILT_IN: Mapping[str, Any] = {
    "subject": "combo_id",
    "stages": {
        "draft": {
            "id_prefix": "d_",
            "columns": {
                "template_id": "draft_template",
                "llm_model_id": "draft_llm",
                "replicate": "draft_replicate",
            },
        },
        "essay": {
            "parent": "draft",
            "id_prefix": "e_",
            "columns": {
                "template_id": "essay_template",
                "replicate": "essay_replicate",
                "llm_model_id": "essay_llm",
            },
            "uncounted": ["llm_model_id"],
        },
        "evaluation": {
            "parent": "essay",
            "id_prefix": "v_",
            "columns": {
                "template_id": "evaluation_template",
                "llm_model_id": "evaluation_llm",
                "replicate": "evaluation_replicate",
            },
        },
    },
    "catalogs": {
        "combo_id": {"file": "combo_mappings.csv", "column": "combo_id"},
        **{
            f"{stage}_template": {
                "file": f"1_raw/{stage}_templates.csv",
                "column": "template_id",
                "mode": "generator",
                "empty_mode": "nan",
            }
            for stage in ("draft", "essay", "evaluation")
        },
        "draft_llm": {"file": "1_raw/llm_models.csv", "column": "id"},
        "essay_llm": {"file": "1_raw/llm_models.csv", "column": "id", "also": ["None"]},
        "evaluation_llm": {"file": "1_raw/llm_models.csv", "column": "id"},
    },
}
ALIASES = {
    "combo": "combo_id",
    "draft_model": "draft_llm",
    "generation_llm": "draft_llm",
    "evaluation_llm_replicate": "evaluation_replicate",
    **{f"{stage}_template_replicate": f"{stage}_replicate" for stage in ("draft", "essay", "evaluation")},
    **{f"{stage}_rep": f"{stage}_replicate" for stage in ("draft", "essay", "evaluation")},
}


class Rejected(Exception):
    """The first thing that the contract forbids, by its code."""

    def __init__(self, code: str, why: str) -> None:
        super().__init__(f"{code}: {why}")
        self.code = code


@dataclass(frozen=True)
class NaiveStage:
    name: str
    prefix: str
    parent: str | None
    columns: Mapping[str, str]
    uncounted: frozenset[str]
    added: Mapping[str, tuple[str, str]]

    def counted(self) -> list[tuple[str, str]]:
        return [(column, axis) for column, axis in self.columns.items() if column not in self.uncounted]

    def identity(self) -> list[str]:
        return [*(axis for _, axis in self.counted()), *(axis for axis, _ in self.added.values())]

    def all_columns(self) -> dict[str, str]:
        return {**self.columns, **{column: axis for column, (axis, _) in self.added.items()}}


@dataclass(frozen=True)
class NaiveCatalog:
    column: str
    rows: Sequence[Mapping[str, str | None]]
    also: Sequence[str] = ()
    mode: str | None = None
    empty_mode: str = "llm"

    def levels(self) -> list[str]:
        return [*dict.fromkeys(str(row[self.column]) for row in self.rows)]

    def attribute(self, level: str, name: str) -> str | None:
        """Of an id that repeats, the first row counts."""
        return next((row[name] for row in self.rows if row[self.column] == level), None)

    def mode_of(self, level: str) -> str:
        found = self.attribute(level, self.mode) if self.mode in self.rows[0] else None  # type: ignore[arg-type]
        return found or self.empty_mode

    def asked(self, predicate: str) -> list[str]:
        """The levels of the rows for which a predicate over the catalog's columns is true."""
        names = list(self.rows[0])
        columns = ", ".join(f'"{name}" TEXT' for name in names)
        with closing(sqlite3.connect(":memory:")) as database:
            prepared(database)
            database.execute(f"CREATE TABLE listed ({columns})")
            places = ", ".join("?" * len(names))
            database.executemany(
                f"INSERT INTO listed VALUES ({places})",
                [[row[name] for name in names] for row in self.rows],
            )
            query = f'SELECT "{self.column}" FROM listed WHERE {predicate} ORDER BY rowid'
            found = [level for (level,) in database.execute(query)]
        return list(dict.fromkeys(found))


def prepared(database: sqlite3.Connection) -> None:
    """SQLite with the contract's words: LIKE minds the case, LOWER and UPPER know all letters."""
    database.execute("PRAGMA case_sensitive_like = ON")
    database.create_function("LOWER", 1, lambda text: None if text is None else text.lower())
    database.create_function("UPPER", 1, lambda text: None if text is None else text.upper())


@dataclass(frozen=True)
class NaiveExperiment:
    subject: str
    stages: Sequence[NaiveStage]
    catalogs: Mapping[str, NaiveCatalog]
    aliases: Mapping[str, str]

    def canonical(self, axis: str) -> str:
        return self.aliases.get(axis, axis)

    def stage(self, name: str) -> NaiveStage:
        return next(one for one in self.stages if one.name == name)

    def axes(self) -> list[str]:
        return [self.subject, *(axis for stage in self.stages for axis in stage.all_columns().values())]

    def replicates(self) -> list[str]:
        return [stage.columns["replicate"] for stage in self.stages if "replicate" in stage.columns]

    def added(self) -> dict[str, str]:
        return {axis: default for stage in self.stages for axis, default in stage.added.values()}

    def defaults(self) -> dict[str, str]:
        return {**dict.fromkeys(self.replicates(), "1"), **self.added()}

    def identity(self, stage: NaiveStage) -> list[str]:
        before = [self.subject] if stage.parent is None else self.identity(self.stage(stage.parent))
        return [*before, *stage.identity()]

    def wide_columns(self) -> list[str]:
        own = [column for stage in self.stages for column in stage.columns]
        added = [column for stage in self.stages for column in stage.added]
        head = ["stage", "gen_id", "origin_cohort_id", "parent_gen_id", self.subject]
        return [*head, *dict.fromkeys([*own, *added])]

    def mode(self, stage: NaiveStage, row: Mapping[str, str]) -> str | None:
        catalog = self.catalogs.get(stage.columns.get("template_id", ""))
        if catalog is None or catalog.mode is None:
            return None
        return catalog.mode_of(row[stage.columns["template_id"]])


def naive_experiment(document: Mapping[str, Any] | None, files: Mapping[str, str]) -> NaiveExperiment:
    """The experiment of a document; without one the built-in."""
    extends = document is not None and "extends" in document
    base = BUILT_IN if document is None or extends else {"stages": {}, "catalogs": {}}
    given = document or {}
    stages = {name: _stage(name, one) for name, one in base["stages"].items()}
    for name, one in given.get("stages", {}).items():
        known = base["stages"].get(name)
        stages[name] = _stage(name, {**known, **one} if known else one)
    catalogs = {**base["catalogs"], **given.get("catalogs", {})}
    return NaiveExperiment(
        given.get("subject", base.get("subject", "")),
        tuple(stages.values()),
        {axis: _catalog(one, files) for axis, one in catalogs.items()},
        ALIASES if document is None or extends else {},
    )


def _stage(name: str, one: Mapping[str, Any]) -> NaiveStage:
    added = {
        column: (entry["axis"], entry["default"].strip()) for column, entry in one.get("added", {}).items()
    }
    return NaiveStage(
        name, one["id_prefix"], one.get("parent"), one["columns"], frozenset(one.get("uncounted", ())), added
    )


def _catalog(one: Mapping[str, Any], files: Mapping[str, str]) -> NaiveCatalog:
    if "levels" in one:
        rows: list[dict[str, str | None]] = [{"id": level} for level in one["levels"]]
        return NaiveCatalog("id", rows, one.get("also", ()))
    rows = [
        {name: cell or None for name, cell in row.items()}
        for row in csv.DictReader(io.StringIO(files[one["file"]]))
    ]
    return NaiveCatalog(
        one["column"], rows, one.get("also", ()), one.get("mode"), one.get("empty_mode", "llm")
    )
