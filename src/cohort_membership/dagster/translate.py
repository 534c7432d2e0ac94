"""PURE: results of the pipeline as Dagster says them: failures, metadata, data versions."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

import dagster as dg
import polars as pl
from returns.pipeline import is_successful
from returns.result import Result

from cohort_membership.membership import BuildReport
from cohort_membership.problems import Problem, Problems, all_retryable, as_json, counted, wording

T = TypeVar("T")

PREVIEW_ROWS = 3
"""Rows of each stage in the preview table."""

TABLE_ROWS = 1_000
"""A table in metadata holds at most so many rows: the browser draws all of them. JSON holds the rest."""

_DOCUMENTATION = {
    "stage": ("String", "The generation step: draft, essay or evaluation."),
    "gen_id": ("String", "The id of the generation, for ever the same for the same components."),
    "origin_cohort_id": ("String", "The cohort that this membership belongs to."),
    "parent_gen_id": ("String", "The generation that this one continues; empty for a first stage."),
    "combo_id": ("String", "The combination of concepts that the chain started from."),
    "template_id": ("String", "The template of this generation."),
    "llm_model_id": ("String", "The model that is asked; irrelevant where the template copies."),
    "replicate": ("Int32", "The number of the repetition, from 1."),
}

COLUMN_SCHEMA = dg.TableSchema(
    columns=[
        dg.TableColumn(
            name,
            type=kind,
            description=description,
            constraints=dg.TableColumnConstraints(nullable=False, unique=name == "gen_id"),
        )
        for name, (kind, description) in _DOCUMENTATION.items()
    ]
)
"""The wide table's columns, as Dagster's catalog shows them."""


def unwrap(result: Result[T, Problems]) -> T:
    """The value of a result; a `dg.Failure` that tells every problem where there is none."""
    if is_successful(result):
        return result.unwrap()
    raise failure(result.failure())


def failure(problems: Problems) -> dg.Failure:
    """The problems as the exception that fails a step.

    A `RetryPolicy` tries again only if every problem is retryable: a busy disk, never a bad spec.
    """
    return dg.Failure(
        description=problem_text(problems),
        metadata=problem_metadata(problems),
        allow_retries=all_retryable(problems),
    )


def problem_text(problems: Problems) -> str:
    """Every problem, readable in a log: its place and code on one line, then what, then what to do.

    >>> from cohort_membership.problems import CohortLocked, Location, UnknownLevel
    >>> print(problem_text((UnknownLevel(
    ...     location=Location("cohorts/demo/spec/config.yaml", 4, 15),
    ...     axis="draft_llm", level="fjrod", catalog="1_raw/llm_models.csv", suggestion="fjord"),)))
    1 problem. Trying again will not help.
    <BLANKLINE>
    1. unknown-level at cohorts/demo/spec/config.yaml:4:15
       draft_llm: expected an id of 1_raw/llm_models.csv, got 'fjrod'
       → did you mean 'fjord'?
    """
    outlook = "Trying again may help." if all_retryable(problems) else "Trying again will not help."
    paragraphs = [f"{counted(len(problems), 'problem')}. {outlook}"]
    for number, problem in enumerate(problems, start=1):
        words = wording(problem)
        place = f" at {problem.location}" if problem.location else ""
        hint = f"\n   → {words.hint}" if words.hint else ""
        paragraphs.append(f"{number}. {problem.code}{place}\n   {words.message}{hint}")
    return "\n\n".join(paragraphs)


def problem_metadata(problems: Problems) -> dict[str, dg.MetadataValue[Any]]:
    """The problems for machines (`problems`, as the command line's `--json` gives them) and as a table."""
    return {
        "problem_count": dg.MetadataValue.int(len(problems)),
        "retryable": dg.MetadataValue.bool(all_retryable(problems)),
        "problem_table": table(map(_problem_row, problems)),
        "problems": dg.MetadataValue.json([as_json(problem) for problem in problems]),
    }


def data_version(report: BuildReport) -> dg.DataVersion:
    """What the membership was made from: the spec's digest, and the seed where there is one."""
    seed = report.metadata.get("seed")
    digest = str(report.metadata.get("spec_digest", ""))
    return dg.DataVersion(digest if seed is None else f"{digest}-seed{seed}")


def report_metadata(
    report: BuildReport, preview: pl.DataFrame | None = None
) -> dict[str, dg.MetadataValue[Any]]:
    """A build as metadata of its materialization, in the order that a person reads it.

    Of the preview, rows of the wide table, the column that is the same in every row is left out.
    """
    rows = [] if preview is None else preview.drop("origin_cohort_id").to_dicts()
    return {
        "dagster/row_count": dg.MetadataValue.int(report.rows),
        "dagster/column_schema": dg.MetadataValue.table_schema(COLUMN_SCHEMA),
        **{f"rows/{stage}": dg.MetadataValue.int(count) for stage, count in report.counts.items()},
        "seeded": dg.MetadataValue.int(report.seeded),
        "reused": dg.MetadataValue.int(report.reused),
        **{name: _plain(value) for name, value in report.metadata.items() if value is not None},
        **{f"artifact/{name}": _address(place) for name, place in report.artifacts.items()},
        **({"notices": dg.MetadataValue.md(_bullets(report.notices))} if report.notices else {}),
        **({"preview": table(rows)} if rows else {}),
    }


def table(rows: Iterable[Mapping[str, Any]]) -> dg.MetadataValue[Any]:
    """Rows as a table in metadata, at most `TABLE_ROWS` of them."""
    records = [dg.TableRecord(dict(row)) for _, row in zip(range(TABLE_ROWS), rows, strict=False)]
    names = list(records[0].data) if records else []
    columns = [dg.TableColumn(name, type=_type_of(records[0].data[name])) for name in names]
    return dg.MetadataValue.table(records, schema=dg.TableSchema(columns=columns))


def _problem_row(problem: Problem) -> dict[str, Any]:
    words = wording(problem)
    return {
        "where": str(problem.location or ""),
        "code": problem.code,
        "message": words.message,
        "hint": words.hint or "",
        "retryable": problem.retryable,
    }


def _type_of(value: object) -> str:
    return {bool: "bool", int: "int", float: "float"}.get(type(value), "string")


def _address(place: str) -> dg.MetadataValue[Any]:
    """An address is a link; a path is a path, which the UI lets one copy."""
    return dg.MetadataValue.url(place) if "://" in place else dg.MetadataValue.path(place)


def _plain(value: Any) -> dg.MetadataValue[Any]:
    match value:
        case bool():
            return dg.MetadataValue.bool(value)
        case int():
            return dg.MetadataValue.int(value)
        case dict() | list():
            return dg.MetadataValue.json(value)
        case _:
            return dg.MetadataValue.text(str(value))


def _bullets(notices: Iterable[str]) -> str:
    return "\n".join(f"- {notice}" for notice in notices)
