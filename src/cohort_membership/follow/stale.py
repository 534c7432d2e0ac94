"""Which generations were made with an earlier text of their template, or with other rows of their subject."""

from collections.abc import Mapping

import polars as pl
from returns.pipeline import is_successful
from returns.result import Failure, Result, Success

from cohort_membership.experiment import Experiment
from cohort_membership.follow.edges import Followed
from cohort_membership.life.drift import drifted
from cohort_membership.ports import MembershipReader
from cohort_membership.problems import Problems
from cohort_membership.stage import TEMPLATE


def stale_rows(followed: Followed, batch: pl.DataFrame) -> Result[pl.DataFrame, Problems]:
    """The rows that have drifted (see `life.drift`), as texts and catalogs are now.

    `batch` has `stage`, `gen_id`, the template's column and the subject's.
    """
    experiment = followed.experiment
    texts: dict[str, Mapping[str, str]] = {}
    for stage in experiment.stages:
        if stage.template_axis is not None:
            own = batch.filter(pl.col("stage") == stage.name)[TEMPLATE].drop_nulls().unique()
            digests = followed.texts.digests(stage.name, own.to_list())
            if not is_successful(digests):
                return Failure(digests.failure())
            texts[stage.name] = digests.unwrap()
    first = [stage.name for stage in experiment.stages if stage.parent is None and texts.get(stage.name)]
    levels = batch.filter(pl.col("stage").is_in(first))[experiment.subject].drop_nulls().unique()
    return drifted_rows(
        followed.reader, experiment, batch, texts, followed.subjects.digests(levels.to_list())
    )


def drifted_rows(
    reader: MembershipReader,
    experiment: Experiment,
    batch: pl.DataFrame,
    texts: Mapping[str, Mapping[str, str]],
    subjects: Mapping[str, str],
) -> Result[pl.DataFrame, Problems]:
    """The rows that have drifted from these digests. Metadata is read only of generations whose template
    has a text: it holds no digest of others.
    """
    columns = ("stage", "gen_id", TEMPLATE, experiment.subject)
    parts = []
    for stage, digests in texts.items():
        own = batch.filter(pl.col("stage") == stage).select(pl.col(columns).cast(pl.String))
        own = own.filter(pl.col(TEMPLATE).is_in(list(digests)))
        metadata = reader.seeded(stage, own["gen_id"]) if own.height else Success(own["gen_id"])
        if not is_successful(metadata):
            return Failure(metadata.failure())
        parts.append(drifted(own, metadata.unwrap(), digests, subjects, experiment.subject))
    nothing = pl.Series(dtype=pl.String)
    none = drifted(batch.select(pl.col(columns).cast(pl.String)).clear(), nothing, {}, {}, experiment.subject)
    return Success(pl.concat([none, *parts]))
