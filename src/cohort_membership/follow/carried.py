"""Generations by their ids, with all levels that they carry: from built cohorts, and from their metadata."""

from collections.abc import Iterable, Mapping, Sequence

import polars as pl
from returns.pipeline import is_successful
from returns.result import Failure, Result, Success

from cohort_membership.experiment import Experiment
from cohort_membership.follow.edges import Followed, raised
from cohort_membership.metadata import decoded
from cohort_membership.problems import Problems
from cohort_membership.stage import Stage


def rows_of(followed: Followed, ids: pl.Series) -> Result[pl.DataFrame, Problems]:
    """The rows of these generations and of their ancestors, each once, as far as anything tells them.

    Columns: `stage`, `gen_id`, `parent_gen_id`, the subject and the columns of the stages, all String. It can
    return the storage problems and `artifact-corrupt`.
    """
    parts = [pl.DataFrame(schema=dict.fromkeys(_columns(followed.experiment), pl.String()))]
    wanted = ids.unique()
    for _ in followed.experiment.stages:
        if not len(wanted):
            break
        found = _known(followed, wanted)
        if not is_successful(found):
            return Failure(found.failure())
        parts += found.unwrap()
        rows = pl.concat(parts)
        parents = rows["parent_gen_id"].drop_nulls().unique()
        wanted = parents.filter((parents != "") & ~parents.is_in(rows["gen_id"].implode()))
    return Success(pl.concat(parts))


def carried(rows: pl.DataFrame, experiment: Experiment) -> Mapping[str, pl.DataFrame]:
    """For each stage its generations: `gen_id`, and a column an axis of the stage and its ancestors (String).

    An axis that came later has its default where a row tells none.
    """
    found: dict[str, pl.DataFrame] = {}
    for stage in experiment.stages:
        own = rows.filter(pl.col("stage") == stage.name).unique("gen_id", keep="first", maintain_order=True)
        axes = [_level(stage, column, axis) for column, axis in stage.axis_of.items()]
        if stage.parent is None:
            found[stage.name] = own.select("gen_id", experiment.subject, *axes)
        else:
            above = found[stage.parent].rename({"gen_id": "parent_gen_id"})
            table = own.select("gen_id", "parent_gen_id", *axes).join(above, on="parent_gen_id")
            found[stage.name] = table.drop("parent_gen_id")
    return found


def _level(stage: Stage, column: str, axis: str) -> pl.Expr:
    defaults = {one.column: one.default for one in stage.added}
    level = pl.col(column)
    return (level.fill_null(defaults[column]) if column in defaults else level).alias(axis)


def _columns(experiment: Experiment) -> tuple[str, ...]:
    return ("stage", "gen_id", "parent_gen_id", experiment.subject, *experiment.columns)


def _known(followed: Followed, wanted: pl.Series) -> Result[Sequence[pl.DataFrame], Problems]:
    """The rows of these generations alone: in built cohorts first, then in metadata."""
    parts: list[pl.DataFrame] = []
    cohorts = followed.reader.cohorts()
    if not is_successful(cohorts):
        return Failure(cohorts.failure())
    for cohort in cohorts.unwrap():
        if len(wanted):
            batches = raised(followed.reader.rows(cohort, _columns(followed.experiment)))
            own = [one.filter(pl.col("gen_id").is_in(wanted.implode())) for one in batches]
            parts += [one.cast(pl.String) for one in own if one.height]
            held = [one["gen_id"] for one in own]
            wanted = wanted.filter(~wanted.is_in(pl.concat(held).implode())) if held else wanted
    of_stages = [_described(followed, stage, wanted) for stage in followed.experiment.stages]
    failed = tuple(one for found in of_stages if not is_successful(found) for one in found.failure())
    return Failure(failed) if failed else Success([*parts, *(found.unwrap() for found in of_stages)])


def _described(followed: Followed, stage: Stage, wanted: pl.Series) -> Result[pl.DataFrame, Problems]:
    """The rows that the metadata of a stage's generations gives; none for what has no such metadata."""
    ids = wanted.filter(wanted.str.starts_with(stage.id_prefix))
    texts = followed.reader.seeded(stage.name, ids) if len(ids) else Success(pl.Series([], dtype=pl.String))
    return texts.map(lambda found: _table(zip(ids, found, strict=True), stage, followed.experiment))


def _table(texts: Iterable[tuple[str, str | None]], stage: Stage, experiment: Experiment) -> pl.DataFrame:
    columns = _columns(experiment)
    rows = []
    for gen_id, text in texts:
        told = None if text is None else decoded(text)
        if told is not None and told.get("stage") == stage.name:
            values = {**told, "gen_id": gen_id}
            rows.append([_text(values.get(column)) for column in columns])
    return pl.DataFrame(rows, schema=dict.fromkeys(columns, pl.String()), orient="row")


def _text(value: object) -> str | None:
    return str(value) if isinstance(value, str | int) else None
