"""The databases as a test sees them: all rows, past the code under test."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import polars as pl

from cohort_membership.ports import MembershipReader
from cohort_membership.stores.addresses import parse_address
from tests.stores.postgres_server import PostgresServer

Contents: TypeAlias = dict[str, list[tuple[Any, ...]]]

QUERIES = {
    "memberships": "SELECT * FROM memberships ORDER BY origin_cohort_id, position",
    "generations": "SELECT * FROM generations ORDER BY gen_id",
    "cohort_manifests": "SELECT * FROM cohort_manifests ORDER BY cohort_id",
}


OBJECTION = "not on my watch"
"""What the trigger says that forbids writing."""


class Tables(Protocol):
    name: str

    @property
    def address(self) -> str: ...

    @property
    def reader(self) -> MembershipReader: ...

    def contents(self) -> Contents:
        """All rows of all tables; nothing where there are no tables."""

    def run(self, *statements: str) -> None: ...

    def clear(self) -> None:
        """Make it empty, without tables."""

    def prepare(self) -> None:
        """Let there be a database to make tables in."""

    def forbid_writing(self) -> None:
        """Let every change of a table be an error from here on."""


@dataclass
class SqliteTables:
    file: Path
    name: str = "sqlite"

    @property
    def address(self) -> str:
        return f"sqlite:///{self.file}"

    @property
    def reader(self) -> MembershipReader:
        from cohort_membership.stores.sql.sqlite import open_reader

        return parse_address(self.address).bind(open_reader).unwrap()

    def contents(self) -> Contents:
        if not self.file.exists():
            return {}
        # By the library that the code under test uses: two in one process would not see each other's locks.
        with self._connected() as cursor:
            cursor.execute("PRAGMA busy_timeout = 30000")
            cursor.execute("BEGIN")
            cursor.execute("SELECT name FROM sqlite_master")
            there = set(pl.DataFrame(cursor.fetch_arrow())["name"])
            found: Contents = {}
            for name, query in QUERIES.items():
                if name in there:
                    cursor.execute(query)
                    found[name] = pl.DataFrame(cursor.fetch_arrow()).rows()
            cursor.execute("ROLLBACK")
            return found

    def run(self, *statements: str) -> None:
        with self._connected() as cursor:
            for statement in statements:
                cursor.execute(statement)

    @contextmanager
    def _connected(self) -> Iterator[Any]:
        import adbc_driver_sqlite.dbapi

        with (
            adbc_driver_sqlite.dbapi.connect(str(self.file), autocommit=True) as connection,
            connection.cursor() as cursor,
        ):
            yield cursor

    def clear(self) -> None:
        shutil.rmtree(self.file.parent, ignore_errors=True)

    def prepare(self) -> None:
        self.file.parent.mkdir(parents=True, exist_ok=True)

    def forbid_writing(self) -> None:
        self.run(
            *(
                f"CREATE TRIGGER no_{event}_{table} BEFORE {event} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{OBJECTION}'); END"
                for table in QUERIES
                for event in ("insert", "update", "delete")
            )
        )


@dataclass
class PostgresTables:
    server: PostgresServer
    database: str = "test"
    name: str = "postgres"

    @property
    def address(self) -> str:
        return self.server.address(self.database)

    @property
    def reader(self) -> MembershipReader:
        from cohort_membership.stores.sql.postgres import open_reader

        return parse_address(self.address).bind(open_reader).unwrap()

    def create(self) -> None:
        self._run("postgres", f"CREATE DATABASE {self.database}")

    def empty(self) -> None:
        """Take away all that is in it, and all who are still in it."""
        self.run(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()",
            "DROP SCHEMA public CASCADE",
            "CREATE SCHEMA public",
            "GRANT USAGE ON SCHEMA public TO PUBLIC",
        )

    def contents(self) -> Contents:
        import adbc_driver_postgresql.dbapi

        found: Contents = {}
        with (
            adbc_driver_postgresql.dbapi.connect(self.address, autocommit=True) as connection,
            connection.cursor() as cursor,
        ):
            cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
            for name, query in QUERIES.items():
                cursor.execute(f"SELECT to_regclass('{name}') IS NOT NULL AS there")
                if pl.DataFrame(cursor.fetch_arrow()).item():
                    cursor.execute(query)
                    found[name] = pl.DataFrame(cursor.fetch_arrow()).rows()
            cursor.execute("ROLLBACK")
        return found

    def run(self, *statements: str) -> None:
        self._run(self.database, *statements)

    def clear(self) -> None:
        self.run("DROP TABLE IF EXISTS memberships, generations, cohort_manifests")

    def prepare(self) -> None:
        """It has been created."""

    def forbid_writing(self) -> None:
        self.run(
            f"CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{OBJECTION}'; END $$",
            *(
                f"CREATE TRIGGER no BEFORE INSERT OR UPDATE OR DELETE ON {table} EXECUTE FUNCTION no()"
                for table in QUERIES
            ),
        )

    def _run(self, database: str, *statements: str) -> None:
        import adbc_driver_postgresql.dbapi

        with (
            adbc_driver_postgresql.dbapi.connect(
                self.server.address(database), autocommit=True
            ) as connection,
            connection.cursor() as cursor,
        ):
            for statement in statements:
                cursor.execute(statement)
