"""pandas: `MultiIndex.from_product` a stage, parents by `merge`, an id a row."""

from pathlib import Path
from typing import Any

import pandas as pd  # type: ignore[import-untyped, import-not-found, unused-ignore]

from tests.benchmarks.alternatives.one_id import gen_id
from tests.benchmarks.alternatives.script import DRAFT, ESSAY, EVALUATION, Levels, run


def build(levels: Levels, target: Path) -> None:
    drafts = crossed(levels, DRAFT)
    drafts["gen_id"] = ids("d_", drafts, "combo_id", "draft_template", "model", "draft_replicate")
    essays = with_parents(crossed(levels, ESSAY), drafts, DRAFT)
    essays["gen_id"] = ids("e_", essays.assign(one=1), "parent_gen_id", "essay_template", "one")
    evaluations = with_parents(crossed(levels, EVALUATION), essays, ESSAY)
    own = ("evaluation_template", "evaluation_llm", "evaluation_replicate")
    evaluations["gen_id"] = ids("v_", evaluations, "parent_gen_id", *own)
    stages = {"draft": drafts, "essay": essays, "evaluation": evaluations}
    whole = pd.concat([table.assign(stage=stage) for stage, table in stages.items()])
    whole.to_csv(target, columns=["stage", "gen_id"], index=False, lineterminator="\n")


def crossed(levels: Levels, axes: list[str]) -> Any:
    return pd.MultiIndex.from_product([levels[axis] for axis in axes], names=axes).to_frame(index=False)


def with_parents(table: Any, parents: Any, axes: list[str]) -> Any:
    known = parents[[*axes, "gen_id"]].rename(columns={"gen_id": "parent_gen_id"})
    return table.merge(known, on=axes, how="left")


def ids(prefix: str, table: Any, *columns: str) -> list[str]:
    return [gen_id(prefix, *row) for row in zip(*(table[column] for column in columns), strict=True)]


if __name__ == "__main__":
    run(build)
