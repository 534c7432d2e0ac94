"""PURE: what was persisted, checked: its digests, its ids, its parents, and the catalogs' ids.

Each check is a function from values that an edge has read to the problems it finds. None of them
reads, and none stops at the first: a damaged membership is told whole.
"""

from collections import Counter
from collections.abc import Iterator, Mapping

import polars as pl

from cohort_membership.artifacts import METADATA, Artifact
from cohort_membership.catalog import Catalog, Catalogs
from cohort_membership.experiment import Experiment
from cohort_membership.manifest import corrupt
from cohort_membership.metadata import OtherMode, Seed, judged, seeds
from cohort_membership.plan import Plan
from cohort_membership.problems import MissingParent, Problem, Problems, UnknownLevel
from cohort_membership.stage import KEY_COLUMNS
from cohort_membership.suggest import SUGGESTIONS, nearest

MOST_PROBLEMS = 1_000
"""How many problems one check reports: a wrong file would else fill a log with millions."""


def digest_mismatches(artifacts: Mapping[str, Artifact], digests: Mapping[str, str | None]) -> Problems:
    """`artifact-corrupt` for each artifact whose SHA-256 is not the manifest's; None: it is not there.

    >>> listed = {"membership.csv": Artifact("cohorts/demo/membership.csv", "ab" * 32, 1)}
    >>> digest_mismatches(listed, {"membership.csv": "ab" * 32})
    ()
    >>> [problem.got for problem in digest_mismatches(listed, {"membership.csv": None})]
    ['no file']
    """
    return tuple(
        corrupt(
            one.path,
            f"the file that the manifest lists (sha256 {_abbreviated(one.sha256)})",
            "no file" if digest is None else f"other bytes (sha256 {_abbreviated(digest)})",
        )
        for name, one in artifacts.items()
        if (digest := digests.get(name)) != one.sha256
    )


def missing_parents(table: pl.DataFrame, experiment: Experiment) -> Problems:
    """`missing-parent`, once for each parent that should be in the table and is not.

    `table` has `stage`, `gen_id` and `parent_gen_id`, as the wide table has.

    >>> from cohort_membership.stage import Stage
    >>> stages = (Stage("answer", "a_", None, ()), Stage("verdict", "v_", "answer", ()))
    >>> rows = [("answer", "a_1", ""), ("verdict", "v_1", "a_2")]
    >>> table = pl.DataFrame(rows, schema=["stage", "gen_id", "parent_gen_id"], orient="row")
    >>> found = missing_parents(table, Experiment("question_id", stages))
    >>> [(problem.gen_id, problem.parent_gen_id) for problem in found]
    [('v_1', 'a_2')]
    """
    orphans = [
        _of(table, stage.name)
        .join(
            _of(table, stage.parent).select("gen_id"), left_on="parent_gen_id", right_on="gen_id", how="anti"
        )
        .with_columns(pl.col("stage").cast(pl.String))
        for stage in experiment.stages
        if stage.parent is not None
    ]
    if not orphans:
        return ()
    by_parent = (
        pl.concat(one.select("stage", "gen_id", "parent_gen_id") for one in orphans)
        .group_by("stage", "parent_gen_id", maintain_order=True)
        .agg(pl.col("gen_id").first(), pl.len().alias("touched"))
    )
    return tuple(
        MissingParent(stage=stage, gen_id=gen_id, parent_gen_id=parent, touched=touched)
        for stage, parent, gen_id, touched in by_parent.head(MOST_PROBLEMS).iter_rows()
    )


def duplicate_ids(table: pl.DataFrame, file: str) -> Problems:
    """`artifact-corrupt` for each `gen_id` that stands in more than one row of the table; `file` holds it.

    >>> table = pl.DataFrame({"gen_id": ["d_1", "d_2", "d_1"]})
    >>> [problem.got for problem in duplicate_ids(table, "membership.parquet")]
    ['d_1 in 2 rows']
    """
    repeated = (
        table.group_by("gen_id", maintain_order=True).agg(pl.len().alias("rows")).filter(pl.col("rows") > 1)
    )
    return tuple(
        corrupt(file, "every gen_id in one row", f"{gen_id} in {rows:,} rows")
        for gen_id, rows in repeated.head(MOST_PROBLEMS).iter_rows()
    )


def empty_cells(table: pl.DataFrame, experiment: Experiment) -> Mapping[tuple[str, str], int]:
    """How many rows of the table lack what every row has, or every row of a stage: by stage and column.

    A column that was added later is no fault: a table of before does not have it.

    >>> from cohort_membership.stage import Stage
    >>> answer = Experiment("question_id", (Stage("answer", "a_", None, (("template_id", "t"),)),))
    >>> rows = {"stage": ["answer", None], "question_id": ["q", "q"], "template_id": [None, "terse"]}
    >>> empty_cells(pl.DataFrame(rows), answer)
    {('', 'stage'): 1, ('answer', 'template_id'): 1}
    """
    found: dict[tuple[str, str], int] = {}
    everywhere = [column for column in (*KEY_COLUMNS, experiment.subject) if column in table.columns]
    for column in everywhere:
        if count := table[column].null_count():
            found["", column] = count
    for stage in experiment.stages:
        rows = _of(table, stage.name)
        for column, _ in stage.columns:
            if count := rows[column].null_count():
                found[stage.name, column] = count
    return found


def other_stages(table: pl.DataFrame, experiment: Experiment) -> Mapping[tuple[str, str], int]:
    """How many rows are of no stage of the experiment, by the stage that they give."""
    names = table["stage"].drop_nulls().cast(pl.String)
    strange = names.filter(~names.is_in(list(experiment.by_name)))
    return {(stage, ""): count for stage, count in strange.value_counts().iter_rows()}


def bad_cells(counts: Mapping[tuple[str, str], int], file: str) -> Problems:
    """`artifact-corrupt` for what `empty_cells` and `other_stages` have found in the table in `file`."""

    def told(stage: str, column: str, count: int) -> tuple[str, str]:
        rows = f"in {count:,} {'row' if count == 1 else 'rows'}"
        if not column:
            return "a stage of the experiment in every row", f"{stage!r} {rows}"
        return f"a {column} in every row{f' of {stage}' if stage else ''}", f"none {rows}"

    return tuple(corrupt(file, *told(*where, count)) for where, count in list(counts.items())[:MOST_PROBLEMS])


def seed_findings(
    part: pl.DataFrame, texts: pl.Series, plan: Plan
) -> tuple[list[Problem], list[Seed], Mapping[OtherMode, int]]:
    """What is to be said of the metadata of some generations of one stage: problems, seeds that are not
    there, and how many record another mode. `texts` is the metadata found, null where none is.
    """
    problems: list[Problem] = []
    missing: list[Seed] = []
    modes: Counter[OtherMode] = Counter()
    for seed, text in zip(seeds(part, plan), texts.to_list(), strict=True):
        if text is None:
            missing.append(seed)
            continue
        found = judged(seed, text, plan.experiment, f"gens/{seed.stage}/{seed.gen_id}/{METADATA}")
        if isinstance(found, OtherMode):
            modes[found] += 1
        elif found is not None:
            problems.append(found)
    return problems, missing, modes


def unknown_levels(table: pl.DataFrame, catalogs: Catalogs) -> Problems:
    """`unknown-level` for each level of the wide table that its catalog does not hold.

    What is wrong with the catalogs themselves comes first; one that could not be read hides its check.
    """
    found = (
        UnknownLevel(
            axis=axis,
            level=level,
            catalog=catalog.name,
            suggestion=nearest(level, catalog.ids) if number < SUGGESTIONS else None,
        )
        for number, (axis, level, catalog) in enumerate(_uncatalogued(table, catalogs))
        if number < MOST_PROBLEMS
    )
    return (*catalogs.problems, *found)


def _uncatalogued(table: pl.DataFrame, catalogs: Catalogs) -> Iterator[tuple[str, str, Catalog]]:
    """Axis and level of what no catalog holds, with the catalog."""
    experiment = catalogs.experiment
    for axis, catalog in catalogs.by_axis.items():
        if catalog is None:
            continue
        if axis == experiment.subject:
            rows, column = table, axis
        else:
            (stage,) = experiment.stages_of[axis]
            rows = _of(table, stage.name)
            column = next(name for name, one in stage.axis_of.items() if one == axis)
        values = rows[column].drop_nulls().unique(maintain_order=True).cast(pl.String)
        for value in values.filter(~catalog.holds_each(values)).to_list():
            yield axis, value, catalog


def _of(table: pl.DataFrame, stage: str) -> pl.DataFrame:
    # As text: an Enum of a damaged table may not know the stage, and comparing would raise.
    return table.filter(table["stage"].cast(pl.String) == stage)


def _abbreviated(digest: str) -> str:
    return f"{digest[:12]}…" if len(digest) > 12 else digest
