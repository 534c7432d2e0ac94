"""EDGE: the memberships of other cohorts, read as far as a cohort needs to know them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

import polars as pl
from returns.pipeline import is_successful
from returns.result import Failure, Result, Success

from cohort_membership.manifest import Manifest
from cohort_membership.other_cohorts.collisions import collisions, may_collide
from cohort_membership.plan import Plan
from cohort_membership.ports import MembershipReader, ReadFailed
from cohort_membership.problems import Problems
from cohort_membership.stage import Stage

READERS = 8
"""Manifests read at once: it pays where a store is far away."""

MOST_CONFLICTS = 1_000
"""How many conflicts with other cohorts are reported."""


def manifests(reader: MembershipReader) -> Result[Mapping[str, Manifest], Problems]:
    """The manifests of all cohorts that are built. One that is damaged is left out: `verify` tells of it."""

    def read(cohorts: Sequence[str]) -> Mapping[str, Manifest]:
        with ThreadPoolExecutor(READERS) as readers:
            found = zip(cohorts, readers.map(reader.manifest, cohorts), strict=True)
            whole = {cohort_id: one.unwrap() for cohort_id, one in found if is_successful(one)}
        return {cohort_id: one for cohort_id, one in whole.items() if one is not None}

    return reader.cohorts().map(read)


def held_otherwise(
    reader: MembershipReader,
    plan: Plan,
    built: Mapping[str, Manifest],
    tables: Callable[[], Iterator[pl.DataFrame]],
    *,
    has_seeds: bool,
) -> Result[Problems, Problems]:
    """`generation-conflict` for each id that another cohort of the store holds for a different generation.

    `tables` gives the wide table of the plan in parts. Where both cohorts have their metadata (`has_seeds`
    tells of this one), the metadata would have told, and nothing is read.
    """
    others = [
        (cohort_id, stage)
        for cohort_id, manifest in built.items()
        if cohort_id != plan.cohort_id and not (has_seeds and manifest.has_seeds)
        for stage in plan.experiment.stages
        if may_collide(stage, plan, manifest)
    ]
    found = (
        problem
        for cohort_id, stage in others
        for held in [_held(reader, cohort_id, stage)]
        for table in tables()
        for problem in collisions(table, held, stage, plan, cohort_id)
    )
    try:
        return Success(tuple(islice(found, MOST_CONFLICTS)))
    except ReadFailed as failed:
        return Failure((failed.problem,))


def rows_of(reader: MembershipReader, cohort_id: str, columns: Sequence[str]) -> Iterator[pl.DataFrame]:
    """As the reader's `rows`; what it cannot begin to read raises `ReadFailed` too."""
    rows = reader.rows(cohort_id, columns)
    if not is_successful(rows):
        raise ReadFailed(rows.failure()[0])
    yield from rows.unwrap()


def _held(reader: MembershipReader, cohort_id: str, stage: Stage) -> pl.DataFrame:
    """The ids of a stage in another cohort, with the columns that they do not count."""
    columns = ["gen_id", *(column for column in stage.axis_of if column in stage.uncounted)]
    rows = rows_of(reader, cohort_id, ["stage", *columns])
    parts = [part.filter(part["stage"] == stage.name).select(columns) for part in rows]
    return pl.concat(parts) if parts else pl.DataFrame(schema=dict.fromkeys(columns, pl.String()))
