"""`next`: the generations that can run now."""

from collections.abc import Iterable, Iterator

import polars as pl
from returns.pipeline import is_successful
from returns.result import Result, Success

from cohort_membership.follow.edges import Followed, failures
from cohort_membership.follow.rows import built_rows
from cohort_membership.life.outcomes import Outcomes
from cohort_membership.life.runnable import Wanted, runnable
from cohort_membership.ports import ReadFailed
from cohort_membership.problems import Problems
from cohort_membership.stage import TEMPLATE


def next_rows(followed: Followed, cohort_id: str, wanted: Wanted) -> Result[Iterator[pl.DataFrame], Problems]:
    """The generations that can run now, in membership order: frames of one stage each (see `runnable`).

    It can return what `status` can; a batch that cannot be read raises `ReadFailed`.
    """
    experiment = followed.experiment
    outcomes = followed.results.outcomes(experiment)
    rows = built_rows(followed, cohort_id, experiment.wide_columns)
    if not is_successful(outcomes) or not is_successful(rows):
        return failures(outcomes, rows)
    return Success(_limited(_runnable(followed, rows.unwrap(), outcomes.unwrap(), wanted), wanted.limit))


def _runnable(
    followed: Followed, rows: Iterable[pl.DataFrame], outcomes: Outcomes, wanted: Wanted
) -> Iterator[pl.DataFrame]:
    for batch in rows:
        for own in runnable(batch, outcomes, followed.experiment, wanted):
            yield own.with_columns(_template_paths(followed, own))


def _template_paths(followed: Followed, own: pl.DataFrame) -> pl.Series:
    if TEMPLATE not in own.columns:
        return pl.Series("template", [None] * own.height, dtype=pl.String)
    stage, paths = own["stage"][0], {}
    for template in own[TEMPLATE].drop_nulls().unique().to_list():
        text = followed.texts.of(stage, template)
        if not is_successful(text):
            raise ReadFailed(text.failure()[0])
        found = text.unwrap()
        paths[template] = None if found is None else found.path
    return own[TEMPLATE].replace_strict(paths, default=None, return_dtype=pl.String).alias("template")


def _limited(frames: Iterable[pl.DataFrame], limit: int | None) -> Iterator[pl.DataFrame]:
    left = limit
    for frame in frames:
        if left is not None and frame.height >= left:
            if left:
                yield frame.head(left)
            return
        left = None if left is None else left - frame.height
        yield frame
