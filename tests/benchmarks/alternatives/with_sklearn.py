"""scikit-learn: a `ParameterGrid` a stage, which gives a dict a row; one hash an id.

A grid goes through its parameters in the alphabetical order of their names, so each name here begins with
the place of its axis.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sklearn.model_selection import (  # type: ignore[import-untyped, import-not-found, unused-ignore]
    ParameterGrid,
)

from tests.benchmarks.alternatives.one_id import gen_id
from tests.benchmarks.alternatives.plain_loop import Row, row, write_csv
from tests.benchmarks.alternatives.script import DRAFT, ESSAY, EVALUATION, Levels, run


def build(levels: Levels, target: Path) -> None:
    rows: list[Row] = []
    drafts: dict[tuple[Any, ...], str] = {}
    for combo, draft, replicate, model in grid(levels, DRAFT):
        made = gen_id("d_", combo, draft, model, replicate)
        drafts[combo, draft, replicate, model] = made
        rows.append(row("draft", made, "", combo, draft, model, replicate))
    essays: dict[tuple[Any, ...], str] = {}
    for combo, draft, essay, replicate, model in grid(levels, ESSAY):
        parent = drafts[combo, draft, replicate, model]
        made = gen_id("e_", parent, essay, 1)
        essays[combo, draft, essay, replicate, model] = made
        rows.append(row("essay", made, parent, combo, essay, model, 1))
    for combo, draft, essay, rubric, judge, replicate, again, model in grid(levels, EVALUATION):
        parent = essays[combo, draft, essay, replicate, model]
        made = gen_id("v_", parent, rubric, judge, again)
        rows.append(row("evaluation", made, parent, combo, rubric, judge, again))
    write_csv(rows, target)


def grid(levels: Levels, axes: list[str]) -> Iterator[tuple[Any, ...]]:
    names = {f"{place}_{axis}": levels[axis] for place, axis in enumerate(axes)}
    return (tuple(one[name] for name in names) for one in ParameterGrid(names))


if __name__ == "__main__":
    run(build)
