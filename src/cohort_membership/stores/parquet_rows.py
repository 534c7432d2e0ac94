"""The wide table as it is read back from parquet files: plain types, whatever a file holds.

The files are open, and have the digests that a manifest names: none is opened again by its name.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import BinaryIO

import polars as pl
from returns.result import Result, Success

from cohort_membership.manifest import corrupt
from cohort_membership.membership import DEFAULT_BATCH_ROWS
from cohort_membership.ports import ReadFailed
from cohort_membership.problems import Problem, Problems, fail
from cohort_membership.stage import KEY_COLUMNS, REPLICATE

UNREADABLE = (pl.exceptions.PolarsError, pl.exceptions.PanicException, ValueError, OverflowError)
"""What polars raises at bytes that are no table; it panics at some."""


def plain_tables(
    files: Mapping[str, BinaryIO], columns: Sequence[str] | None = None
) -> Result[Mapping[str, pl.LazyFrame], Problems]:
    """The tables that files hold, by the files' names: text columns (String) and `replicate` (Int32).

    They have `columns` (None: those that each file has); a column that a file lacks is null. Their rows are
    read when they are collected, and the files may be closed. It can return `artifact-corrupt`.
    """
    found: list[Problem] = []
    tables: dict[str, pl.LazyFrame] = {}
    for name, file in files.items():
        try:
            schema = pl.read_parquet_schema(file)
            file.seek(0)
            table = pl.scan_parquet(file)
        except UNREADABLE:
            found.append(corrupt(name, "a parquet file", "bytes that are none"))
            continue
        wrong = _fault(schema)
        if wrong is not None:
            found.append(corrupt(name, *wrong))
        else:
            wanted = list(schema) if columns is None else columns
            tables[name] = table.select(_plain(column, schema) for column in wanted)
    return fail(*found) if found else Success(tables)


def batches(tables: Mapping[str, pl.LazyFrame], rows: int = DEFAULT_BATCH_ROWS) -> Iterator[pl.DataFrame]:
    """The rows of the tables in their order, so many at once; `ReadFailed` for what cannot be read."""
    for name, table in tables.items():
        start = 0
        while True:
            try:
                batch = table.slice(start, rows).collect()
            except UNREADABLE:
                raise ReadFailed(corrupt(name, "a parquet file", "bytes that are none")) from None
            if batch.height:
                yield batch
            if batch.height < rows:
                break
            start += rows


def _fault(schema: Mapping[str, pl.DataType]) -> tuple[str, str] | None:
    """What was expected of the columns, and what there is."""
    missing = [column for column in KEY_COLUMNS if column not in schema]
    if missing:
        return f"a table with the columns {', '.join(KEY_COLUMNS)}", f"none named {missing[0]}"
    wrong = next((column for column in schema if not _is_fit(column, schema[column])), None)
    if wrong is None:
        return None
    return f"{'whole numbers' if wrong == REPLICATE else 'text'} in the column {wrong}", str(schema[wrong])


def _is_fit(column: str, dtype: pl.DataType) -> bool:
    if column == REPLICATE:
        return dtype.is_integer() or dtype == pl.Null
    return dtype in (pl.String, pl.Null, pl.Categorical, pl.Enum)


def _plain(column: str, schema: Iterable[str]) -> pl.Expr:
    value = pl.col(column) if column in schema else pl.lit(None)
    return value.cast(pl.Int32 if column == REPLICATE else pl.String).alias(column)
