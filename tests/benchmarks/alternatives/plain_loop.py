"""The yardstick: `itertools.product`, a dict a row, one `hashlib.blake2b` an id."""

import csv
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import Any, TypeAlias

from tests.benchmarks.alternatives.one_id import gen_id
from tests.benchmarks.alternatives.script import COHORT_ID, DRAFT, ESSAY, EVALUATION, Levels, run

Row: TypeAlias = dict[str, Any]


def membership(levels: Levels) -> list[Row]:
    """The wide table as a list of dicts."""

    def over(axes: Sequence[str]) -> Iterator[tuple[Any, ...]]:
        return product(*(levels[axis] for axis in axes))

    rows: list[Row] = []
    drafts: dict[tuple[Any, ...], str] = {}
    for combo, draft, replicate, model in over(DRAFT):
        made = gen_id("d_", combo, draft, model, replicate)
        drafts[combo, draft, replicate, model] = made
        rows.append(row("draft", made, "", combo, draft, model, replicate))
    essays: dict[tuple[Any, ...], str] = {}
    for combo, draft, essay, replicate, model in over(ESSAY):
        parent = drafts[combo, draft, replicate, model]
        made = gen_id("e_", parent, essay, 1)
        essays[combo, draft, essay, replicate, model] = made
        rows.append(row("essay", made, parent, combo, essay, model, 1))
    for combo, draft, essay, rubric, judge, replicate, again, model in over(EVALUATION):
        parent = essays[combo, draft, essay, replicate, model]
        made = gen_id("v_", parent, rubric, judge, again)
        rows.append(row("evaluation", made, parent, combo, rubric, judge, again))
    return rows


def row(stage: str, made: str, parent: str, combo: str, template: str, llm: str, replicate: int) -> Row:
    return {
        "stage": stage,
        "gen_id": made,
        "origin_cohort_id": COHORT_ID,
        "parent_gen_id": parent,
        "combo_id": combo,
        "template_id": template,
        "llm_model_id": llm,
        "replicate": replicate,
    }


def write_csv(rows: list[Row], target: Path) -> None:
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["stage", "gen_id"], extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def build(levels: Levels, target: Path) -> None:
    write_csv(membership(levels), target)


if __name__ == "__main__":
    run(build)
