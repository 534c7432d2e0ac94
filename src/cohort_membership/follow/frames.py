"""The wide table of a built cohort as a frame that is read when it is collected."""

from collections.abc import Iterable, Iterator

import polars as pl
from polars.io.plugins import register_io_source
from returns.pipeline import is_successful

from cohort_membership.experiment import Experiment
from cohort_membership.ports import MembershipReader, ReadFailed
from cohort_membership.problems import CohortRejected
from cohort_membership.stage import REPLICATE


def schema_of(experiment: Experiment) -> dict[str, pl.DataType]:
    """The columns of the wide table with their plain types."""
    return {column: pl.Int32() if column == REPLICATE else pl.String() for column in experiment.wide_columns}


def lazy_table(reader: MembershipReader, cohort_id: str, experiment: Experiment) -> pl.LazyFrame:
    """The wide table of a built cohort, of which only the columns and batches that are needed are read.

    What cannot be read raises `CohortRejected` when the frame is collected.
    """

    def batches(
        columns: list[str] | None, predicate: pl.Expr | None, most: int | None, _: int | None
    ) -> Iterator[pl.DataFrame]:
        wanted = experiment.wide_columns if columns is None else tuple(columns)
        rows, left = reader.rows(cohort_id, wanted), most
        if not is_successful(rows):
            raise CohortRejected(rows.failure())
        for batch in whole_batches(rows.unwrap()):
            some = batch if left is None else batch.head(left)
            left = None if left is None else left - some.height
            yield some if predicate is None else some.filter(predicate)
            if left == 0:
                return

    return register_io_source(batches, schema=schema_of(experiment))


def whole_batches(batches: Iterable[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """The batches; one that cannot be read after all is a rejection."""
    try:
        yield from batches
    except ReadFailed as failed:
        raise CohortRejected((failed.problem,)) from None
