"""A lineage has one row for each last generation, with what all its ancestors are."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from cohort_membership.experiment import Experiment
from cohort_membership.life.lineage import id_column, lineage, lineage_columns
from cohort_membership.stage import Stage

from ..stores.cohorts import KINDS, Kind, Laid, build, lay_out


def _naive(table: pl.DataFrame, experiment: Experiment) -> list[dict[str, Any]]:
    by_id = {row["gen_id"]: row for row in table.iter_rows(named=True)}
    parents = {stage.parent for stage in experiment.stages}
    found = []
    for row in table.iter_rows(named=True):
        if row["stage"] in parents:
            continue
        wide = dict.fromkeys(lineage_columns(experiment))
        wide |= {"stage": row["stage"], "gen_id": row["gen_id"]}
        at: dict[str, Any] | None = row
        while at:
            stage = experiment.by_name[at["stage"]]
            wide |= {axis: at[column] for column, axis in stage.axis_of.items()}
            wide |= {experiment.subject: at[experiment.subject]}
            if at is not row:
                wide |= {f"{stage.name}_gen_id": at["gen_id"]}
            at = by_id.get(at["parent_gen_id"])
        found.append(wide)
    return found


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_a_lineage_says_what_a_walk_from_each_last_generation_finds(kind: Kind, tmp_path: Path) -> None:
    laid = Laid(lay_out(tmp_path, "alpha", kind=kind, replicates=2), kind)
    build(tmp_path, str(tmp_path), seed_metadata=False).unwrap()
    table = laid.on_disk()
    found = lineage(table, laid.experiment)
    assert found.to_dicts() == _naive(table, laid.experiment)
    assert dict(found.schema) == lineage_columns(laid.experiment)


def test_a_lineage_of_nothing_has_its_columns() -> None:
    experiment = Experiment("q", (Stage("answer", "a_", None, (("style", "tone"), ("replicate", "take"))),))
    empty = pl.DataFrame(schema=dict.fromkeys(("stage", "gen_id", "parent_gen_id", "q", "style"), pl.String))
    found = lineage(empty.with_columns(replicate=pl.lit(None, pl.Int32)), experiment)
    assert dict(found.schema) == {
        "stage": pl.String,
        "gen_id": pl.String,
        "q": pl.String,
        "tone": pl.String,
        "take": pl.Int32,
    }


def test_an_axis_keeps_its_name_where_a_column_of_keys_has_it_too() -> None:
    answer = Stage("answer", "a_", None, (("style", "stage"), ("tone", "gen_id")))
    verdict = Stage("verdict", "v_", "answer", (("style", "answer_gen_id"),))
    experiment = Experiment("q", (answer, verdict))
    rows = [("answer", "a_1", "", "x", "dry", "warm"), ("verdict", "v_1", "a_1", "x", "harsh", None)]
    names = ["stage", "gen_id", "parent_gen_id", "q", "style", "tone"]
    found = lineage(pl.DataFrame(rows, schema=names, orient="row"), experiment)
    assert found.columns == ["stage_", "gen_id_", "answer_gen_id_", "q", "stage", "gen_id", "answer_gen_id"]
    assert found.row(0) == ("verdict", "v_1", "a_1", "x", "dry", "warm", "harsh")
    assert id_column(experiment, answer) == "answer_gen_id_"
