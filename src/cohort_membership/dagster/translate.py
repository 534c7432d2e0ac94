"""PURE: results of the pipeline as Dagster says them: failures, metadata, data versions."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

import dagster as dg
import polars as pl
from returns.pipeline import is_successful
from returns.result import Result

from cohort_membership.experiment import Experiment
from cohort_membership.manifest import plan_digest
from cohort_membership.membership import BuildReport, Membership, Slice
from cohort_membership.plan import Plan
from cohort_membership.problems import Problem, Problems, all_retryable, as_json, counted, wording
from cohort_membership.stage import MODEL, REPLICATE, TEMPLATE

T = TypeVar("T")

PREVIEW_ROWS = 3
"""Rows of each stage in the preview table."""

TABLE_ROWS = 1_000
"""A table in metadata holds at most so many rows: the browser draws all of them. JSON holds the rest."""

_NOT_SHOWN = {"kernel"}
"""What a build tells that is no property of the membership."""

_MEANINGS = {
    TEMPLATE: "The template of this generation.",
    MODEL: "The model that is asked; irrelevant where the template copies.",
    REPLICATE: "The number of the repetition, from 1.",
}

_MARKDOWN = re.compile(r"[\\`*_\[\]~|!#]|:(?=//)|(?<=www)\.|@")
_HTML = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def column_schema(experiment: Experiment) -> dg.TableSchema:
    """The wide table's columns, as Dagster's catalog shows them.

    >>> from cohort_membership.stage import Stage
    >>> answer = Stage("answer", "a_", None, (("template_id", "answer_template"),))
    >>> [column.name for column in column_schema(Experiment("question_id", (answer,))).columns][4:]
    ['question_id', 'template_id']
    """
    stages = ", ".join(stage.name for stage in experiment.stages)
    texts = {
        "stage": f"The generation step, one of: {stages}.",
        "gen_id": "The id of the generation, for ever the same for the same components.",
        "origin_cohort_id": (
            "The cohort whose membership this is; metadata.json names the one that wrote it first."
        ),
        "parent_gen_id": "The generation that this one continues; empty for a first stage.",
        experiment.subject: "What the generation, or the chain that it continues, started from.",
        **{column: _meaning(experiment, column) for column in experiment.columns},
    }
    everywhere = {
        column for column in experiment.columns if all(column in one.axis_of for one in experiment.stages)
    }
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                name,
                type="Int32" if name == REPLICATE else "String",
                description=text,
                constraints=dg.TableColumnConstraints(
                    nullable=name in experiment.columns and name not in everywhere, unique=name == "gen_id"
                ),
            )
            for name, text in texts.items()
        ]
    )


def _meaning(experiment: Experiment, column: str) -> str:
    axes = ", ".join(experiment.axes_of_column(column))
    holders = [stage.name for stage in experiment.stages if column in stage.axis_of]
    null = "" if len(holders) == len(experiment.stages) else f" Null but for: {', '.join(holders)}."
    return f"{_MEANINGS.get(column, 'A level of the design.')} Axes: {axes}.{null}"


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


def without_retries(failed: dg.Failure) -> dg.Failure:
    """The same failure for the last try: else Dagster tells that retries are used up, and not the problem."""
    return dg.Failure(description=failed.description, metadata=failed.metadata, allow_retries=False)


def problem_text(problems: Problems) -> str:
    """Every problem, readable in a log: its place and code on one line, then what, then what to do.

    >>> from cohort_membership.problems import CohortLocked, Location, UnknownLevel
    >>> print(problem_text((UnknownLevel(
    ...     location=Location("cohorts/demo/spec/config.yaml", 4, 15),
    ...     axis="answer_llm", level="fjrod", catalog="models.csv", suggestion="fjord"),)))
    1 problem. Trying again will not help.
    <BLANKLINE>
    1. unknown-level at cohorts/demo/spec/config.yaml:4:15
       answer_llm: 'fjrod' is not in models.csv
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


def markdown(text: str) -> str:
    """A text for what Dagster draws as markdown: it is shown as it is, without links, images or tags.

    >>> print(markdown("[x](javascript:alert(1)) <img src=x>"))
    \\[x\\](javascript:alert(1)) &lt;img src=x&gt;
    """
    escaped = "".join(_HTML.get(one, one) for one in text)
    return _MARKDOWN.sub(lambda found: "\\" + found[0], escaped)


def data_version(plan: Plan) -> dg.DataVersion:
    """The digest of all that the membership follows from: experiment, spec, catalogs, seed."""
    return dg.DataVersion(plan_digest(plan))


def preview(membership: Membership, rows: int = PREVIEW_ROWS) -> list[dict[str, Any]]:
    """The first rows of each stage, without what is the same in all and the parents: it fits a page."""
    heads = [
        membership.table(Slice(stage, 0, min(rows, count)))
        for stage, count in membership.counts.items()
        if count
    ]
    return pl.concat(heads).drop("origin_cohort_id", "parent_gen_id").to_dicts() if heads else []


def report_metadata(report: BuildReport, membership: Membership) -> dict[str, dg.MetadataValue[Any]]:
    """A build as metadata of its materialization, in the order that a person reads it.

    What a table or a JSON holds is drawn as text: a notice may quote a level, which can be any text.
    """
    told = {name: value for name, value in report.metadata.items() if name not in _NOT_SHOWN}
    rows = preview(membership)
    return {
        "cohort": dg.MetadataValue.text(report.cohort_id),  # the asset's page shows one of many
        "dagster/row_count": dg.MetadataValue.int(report.rows),
        "dagster/partition_row_count": dg.MetadataValue.int(report.rows),
        "dagster/column_schema": dg.MetadataValue.table_schema(column_schema(membership.plan.experiment)),
        **{f"rows/{stage}": dg.MetadataValue.int(count) for stage, count in report.counts.items()},
        "seeded": dg.MetadataValue.int(report.seeded),
        "reused": dg.MetadataValue.int(report.reused),
        **{name: _plain(value) for name, value in told.items() if value is not None},
        **{f"artifact/{name}": _address(place) for name, place in report.artifacts.items()},
        **({"notices": table({"notice": one} for one in report.notices)} if report.notices else {}),
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
