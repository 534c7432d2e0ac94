"""A second reading of the contract: generations, ids, the wide table and metadata (§§4, 5, 6, 10)."""

import hashlib
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.algebra.naive_design import Row
from tests.algebra.naive_experiment import NaiveExperiment, NaiveStage, Rejected, naive_experiment
from tests.algebra.naive_rows import naive_rows

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True)
class NaiveMembership:
    columns: Sequence[str]
    rows: Sequence[Mapping[str, Any]]
    metadata: Mapping[str, Mapping[str, Any]]

    def lines(self) -> str:
        return "stage,gen_id\n" + "".join(f"{row['stage']},{row['gen_id']}\n" for row in self.rows)


def gen_id(prefix: str, components: Sequence[str]) -> str:
    text = "|".join(one.strip().lower() for one in components)
    number = int.from_bytes(hashlib.blake2b(text.encode(), digest_size=10).digest(), "big")
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
    return prefix + (digits or "0")


def naive_membership(
    cohort_id: str,
    experiment_document: Mapping[str, Any] | None,
    spec: Mapping[str, Any],
    files: Mapping[str, str],
    seed: int | None,
) -> NaiveMembership:
    """The membership of a cohort, or `Rejected`."""
    experiment = naive_experiment(experiment_document, files)
    rows = naive_rows(experiment, spec)
    if seed is not None:
        random.Random(seed).shuffle(rows)
    table: list[dict[str, Any]] = []
    metadata = {}
    for stage in experiment.stages:
        for row in _generations(experiment, stage, rows):
            entry = _entry(experiment, stage, row, cohort_id)
            table.append({column: entry.get(column) for column in experiment.wide_columns()})
            metadata[f"{stage.name}/{entry['gen_id']}"] = _metadata(experiment, stage, row, entry)
    return NaiveMembership(experiment.wide_columns(), table, metadata)


def _generations(experiment: NaiveExperiment, stage: NaiveStage, rows: Sequence[Row]) -> list[Row]:
    """A row for each distinct generation, the first; none with the id of another."""
    identity = experiment.identity(stage)
    uncounted = [axis for column, axis in stage.columns.items() if column in stage.uncounted]
    first: dict[tuple[str, ...], Row] = {}
    ids: dict[str, tuple[str, ...]] = {}
    for row in rows:
        key = tuple(row[axis] for axis in identity)
        known = first.setdefault(key, row)
        if any(known[axis] != row[axis] for axis in uncounted) and experiment.mode(stage, row) != "copy":
            raise Rejected("ambiguous-generation", f"{known} and {row}")
        if ids.setdefault(_id(experiment, stage, row), key) != key:
            raise Rejected("ambiguous-generation", f"{key}")
    return list(first.values())


def _id(experiment: NaiveExperiment, stage: NaiveStage, row: Row) -> str:
    if stage.parent is None:
        parts = [row[experiment.subject]]
    else:
        parts = [_id(experiment, experiment.stage(stage.parent), row)]
    for column, axis in stage.counted():
        parts.append(str(int(row[axis])) if column == "replicate" else row[axis])
    for column, (axis, default) in stage.added.items():
        level = row[axis].strip().lower()
        if level != default.strip().lower():
            parts.append(f"{column}={level}")
    return gen_id(stage.prefix, parts)


def _entry(experiment: NaiveExperiment, stage: NaiveStage, row: Row, cohort_id: str) -> dict[str, Any]:
    parent = "" if stage.parent is None else _id(experiment, experiment.stage(stage.parent), row)
    own = {
        column: int(row[axis]) if column == "replicate" else row[axis]
        for column, axis in stage.all_columns().items()
    }
    return {
        "stage": stage.name,
        "gen_id": _id(experiment, stage, row),
        "origin_cohort_id": cohort_id,
        "parent_gen_id": parent,
        experiment.subject: row[experiment.subject],
        **own,
    }


def _metadata(
    experiment: NaiveExperiment, stage: NaiveStage, row: Row, entry: Mapping[str, Any]
) -> dict[str, Any]:
    left_out = experiment.subject if stage.parent is not None else "parent_gen_id"
    mode = experiment.mode(stage, row)
    return {
        **{key: value for key, value in entry.items() if key != left_out},
        **({} if mode is None else {"mode": mode}),
    }
