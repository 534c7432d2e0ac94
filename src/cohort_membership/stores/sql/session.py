"""A connection to a database, one statement at a time, and the transactions around them."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import polars as pl
from adbc_driver_manager import Error
from polars.exceptions import ComputeError


class Session:
    """A connection, one statement at a time, without transactions of the driver's own.

    The driver's cursors read by pyarrow where it is installed; polars takes the same stream without.
    """

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def run(self, sql: str, *values: object) -> None:
        with self._connection.cursor() as cursor:
            cursor.execute(sql, values or None)

    def rows(self, sql: str, *values: object) -> pl.DataFrame:
        """The rows of a query; a text that is not UTF-8, as a damaged file may hold one, is null."""
        with self._connection.cursor() as cursor:
            cursor.execute(sql, values or None)
            found = pl.DataFrame(cursor.fetch_arrow())
        return found.with_columns(_judged(one) for one in found.iter_columns() if one.dtype == pl.String)

    def value(self, sql: str, *values: object) -> Any:
        """The first column of the first row; None where there is no row."""
        found = self.rows(sql, *values)
        return found.item(0, 0) if found.height else None

    def ingest(self, table: str, frame: pl.DataFrame) -> None:
        """Bulk load rows into a table, in the transaction under way."""
        with self._connection.cursor() as cursor:
            cursor.adbc_ingest(table, frame, mode="append")

    def ingest_temporary(self, table: str, frame: pl.DataFrame) -> None:
        with self._connection.cursor() as cursor:
            cursor.adbc_ingest(table, frame, mode="create_append", temporary=True)

    def close(self) -> None:
        with suppress(Error):
            self._connection.close()


def _judged(column: pl.Series) -> pl.Series:
    """polars takes the driver's word for what is UTF-8, and panics where it is not true."""
    data = column.cast(pl.Binary)
    try:
        return data.cast(pl.String)
    except ComputeError:
        return pl.Series(column.name, map(_text, data), dtype=pl.String)


def _text(data: bytes | None) -> str | None:
    try:
        return None if data is None else data.decode()
    except UnicodeDecodeError:
        return None


@contextmanager
def closed_on_failure(session: Session) -> Iterator[None]:
    """Close a session that cannot be made ready for use."""
    try:
        yield
    except BaseException:
        session.close()
        raise


@dataclass(slots=True)
class Transaction:
    session: Session
    is_committed: bool = False

    def commit(self) -> None:
        self.session.run("COMMIT")
        self.is_committed = True


@contextmanager
def transaction(session: Session) -> Iterator[Transaction]:
    """Rolled back unless it was committed, also where the connection is no longer of use."""
    one = Transaction(session)
    try:
        yield one
    finally:
        if not one.is_committed:
            with suppress(Error):
                session.run("ROLLBACK")
