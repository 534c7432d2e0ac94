"""The rows of built cohorts: of one, or to tell which ids none of them holds."""

from collections.abc import Iterator, Sequence

import polars as pl
from returns.pipeline import is_successful
from returns.result import Failure, Result, Success

from cohort_membership.follow.edges import Followed, raised
from cohort_membership.manifest import Manifest, corrupt
from cohort_membership.membership import is_cohort_id
from cohort_membership.problems import InvalidCohortId, Problem, Problems, fail


def built_rows(
    followed: Followed, cohort_id: str, columns: Sequence[str]
) -> Result[Iterator[pl.DataFrame], Problems]:
    """The rows of a cohort that was built; else the spec's problem, or that it was not built."""
    return must_be_built(followed, cohort_id).bind(lambda _: followed.reader.rows(cohort_id, columns))


def must_be_built(followed: Followed, cohort_id: str) -> Result[Manifest, Problems]:
    """The manifest of a cohort that was built; else the spec's problem, or that it was not built; and
    `invalid-cohort-id`.
    """
    if not is_cohort_id(cohort_id):
        return fail(InvalidCohortId(cohort_id=cohort_id))
    manifest = followed.reader.manifest(cohort_id)
    if not is_successful(manifest):
        return Failure(manifest.failure())
    found = manifest.unwrap()
    if found is not None:
        return Success(found)
    spec = followed.builder.read_spec(cohort_id)
    return Failure(spec.failure()) if not is_successful(spec) else fail(_not_built(cohort_id))


def held_by_none(followed: Followed, ids: pl.Series, looked_at: set[str]) -> Result[pl.Series, Problems]:
    """Those of the ids that are in no cohort; cohorts are read only while there is anything to look for."""
    if not len(ids):
        return Success(ids)
    cohorts = followed.reader.cohorts()
    if not is_successful(cohorts):
        return Failure(cohorts.failure())
    for cohort in cohorts.unwrap():
        if cohort in looked_at or not len(ids):
            continue
        for batch in raised(followed.reader.rows(cohort, ("gen_id",))):
            ids = without(ids, batch["gen_id"])
    return Success(ids)


def without(ids: pl.Series, others: pl.Series) -> pl.Series:
    """Those of the ids that are not among the others."""
    return pl.DataFrame({"gen_id": ids}).join(others.to_frame("gen_id"), on="gen_id", how="anti")["gen_id"]


def _not_built(cohort_id: str) -> Problem:
    file, remedy = f"cohorts/{cohort_id}/manifest.json", f"build it: `cohort-membership build {cohort_id}`"
    return corrupt(file, "the manifest of a built cohort", "none: it was not built yet", remedy)
