"""One wide row for each last generation: its own levels and those of its ancestors."""

import polars as pl

from cohort_membership.experiment import Experiment
from cohort_membership.stage import REPLICATE, Stage


def last_stages(experiment: Experiment) -> tuple[Stage, ...]:
    """The stages that no other builds on."""
    parents = {stage.parent for stage in experiment.stages}
    return tuple(stage for stage in experiment.stages if stage.name not in parents)


def lineage_columns(experiment: Experiment) -> dict[str, pl.DataType]:
    """The columns of a lineage with their types: levels are named by their axes."""
    last = last_stages(experiment)
    ids = [id_column(experiment, stage) for stage in experiment.stages if stage not in last]
    axes = {axis: pl.Int32() if axis in experiment.replicates else pl.String() for axis in experiment.axes}
    return {**dict.fromkeys((_free("stage", experiment), id_column(experiment), *ids), pl.String()), **axes}


def id_column(experiment: Experiment, ancestor: Stage | None = None) -> str:
    """The column with the id of the last generation, or of its ancestor of a stage.

    >>> answer = Stage("answer", "a_", None, (("template_id", "answer_template"),))
    >>> id_column(Experiment("question_id", (answer,)), answer)
    'answer_gen_id'
    """
    return _free("gen_id" if ancestor is None else f"{ancestor.name}_gen_id", experiment)


def lineage(rows: pl.DataFrame, experiment: Experiment) -> pl.DataFrame:
    """A row for each generation of a last stage, in the order of the membership.

    `rows` is the wide table. The columns are `stage` and `gen_id` of the last generation, the ids of its
    ancestors (`answer_gen_id`), the subject, and the levels of all of them, named by their axes
    (`answer_llm`, `verdict_template`): String, replicates Int32. Null is what a generation has none of.

    >>> answer = Stage("answer", "a_", None, (("llm_model_id", "answer_llm"),))
    >>> verdict = Stage("verdict", "v_", "answer", (("llm_model_id", "verdict_llm"),))
    >>> names = ["stage", "gen_id", "parent_gen_id", "q", "llm_model_id"]
    >>> rows = [("answer", "a_1", "", "tides", "fjord"), ("verdict", "v_1", "a_1", "tides", "echo")]
    >>> table = pl.DataFrame(rows, schema=names, orient="row")
    >>> lineage(table, Experiment("q", (answer, verdict))).row(0)
    ('verdict', 'v_1', 'a_1', 'tides', 'fjord', 'echo')
    """
    columns = lineage_columns(experiment)
    own = [_with_ancestors(rows, stage, experiment) for stage in last_stages(experiment)]
    return pl.concat([pl.DataFrame(schema=columns), *own], how="diagonal").select(list(columns))


def _with_ancestors(rows: pl.DataFrame, last: Stage, experiment: Experiment) -> pl.DataFrame:
    found = _of_stage(rows, last, id_column(experiment), experiment)
    found = found.with_columns(pl.lit(last.name).alias(_free("stage", experiment)))
    for stage in reversed(experiment.ancestry(last)[:-1]):
        key = id_column(experiment, stage)
        above = _of_stage(rows, stage, key, experiment)
        found = found.join(above, on=key, how="left", maintain_order="left")
    return found


def _of_stage(rows: pl.DataFrame, stage: Stage, id_name: str, experiment: Experiment) -> pl.DataFrame:
    """The stage's rows: their ids, those of their parents, and their levels by axis; of a first stage also
    the subject."""
    parent = experiment.parent_of(stage)
    above = pl.col(experiment.subject) if parent is None else pl.col("parent_gen_id")
    levels = [
        pl.col(column).cast(pl.Int32 if column == REPLICATE else pl.String).alias(axis)
        for column, axis in stage.axis_of.items()
    ]
    return rows.filter(pl.col("stage") == stage.name).select(
        pl.col("gen_id").cast(pl.String).alias(id_name),
        above.cast(pl.String).alias(experiment.subject if parent is None else id_column(experiment, parent)),
        *levels,
    )


def _free(name: str, experiment: Experiment) -> str:
    """The name, but for an axis that is called so."""
    return name if name not in experiment.axes else _free(f"{name}_", experiment)
