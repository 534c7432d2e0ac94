"""Rows in and out of Delta tables as Arrow streams, between polars and deltalake, without pyarrow."""

from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl
from arro3.core import RecordBatchReader, Schema, Table
from deltalake import DeltaTable, QueryBuilder


def streamed(batches: Iterable[pl.DataFrame], schema: Mapping[str, Any]) -> RecordBatchReader:
    """Tables as a stream of Arrow batches, made as they are asked for."""
    return RecordBatchReader.from_batches(
        arrow_schema(schema), (batch for table in batches for batch in Table.from_arrow(table).to_batches())
    )


def arrow_schema(schema: Mapping[str, Any]) -> Schema:
    """The Arrow schema of a table with this polars schema."""
    return Table.from_arrow(pl.DataFrame(schema=schema)).schema


def queried(table: DeltaTable, sql: str) -> pl.DataFrame:
    """The rows that a SELECT gives, the table standing in it as `t`."""
    return pl.DataFrame(QueryBuilder().register("t", table).execute(sql))
