"""SQLite: a file with the tables of a database, written by one transaction at a time.

A new file is put in WAL mode, where readers and the writer do not wait for each other; a file that is
there keeps its mode. Writers wait for one another, as SQLite has one lock for all cohorts.
"""

# ruff: noqa: S608 - what is put into SQL as text are names of ours; values are parameters

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

import adbc_driver_sqlite.dbapi
from adbc_driver_manager import Error
from returns.result import Result, Success

from cohort_membership.metadata import ORIGIN
from cohort_membership.ports import MembershipReader, MembershipWriter, Notify
from cohort_membership.problems import (
    ArtifactCorrupt,
    Problem,
    Problems,
    StorageDenied,
    StorageFull,
    StorageUnavailable,
)
from cohort_membership.stores.addresses import Address
from cohort_membership.stores.local import os_errors
from cohort_membership.stores.local.store import silent
from cohort_membership.stores.sql.database import DatabaseStore
from cohort_membership.stores.sql.reader import DatabaseReader
from cohort_membership.stores.sql.schema import TABLES
from cohort_membership.stores.sql.session import Session, closed_on_failure
from cohort_membership.stores.sql.wide_rows import MEMBERSHIPS, POSITION

BUSY_TIMEOUT = 30_000
"""Milliseconds that a build waits for another that writes the same file."""

_BUSY = ("database is locked", "database table is locked", "database is busy", "database schema is locked")
_PASSING = (
    *_BUSY,
    "IO: ",
    "I/O error",
    "out of memory",
    "interrupted",
    "schema has changed",
    "locking protocol",
)
"""What may not come again. All else, such as an error that a trigger raises, would."""

_DENIED = (
    "readonly database",
    "read-only",
    "unable to open",
    "failed to open",
    "not authorized",
    "permission",
)

_CORRUPT = (
    *("not a database", "malformed", "no such column", "has no column", "no such table"),
    *("NOT NULL constraint", "Type mismatch"),
)


def open_store(address: Address, notify: Notify = silent) -> Result[MembershipWriter, Problems]:
    """The writer of the database file at an address."""
    return Success(DatabaseStore(address, Sqlite(address), notify))


def open_reader(address: Address) -> Result[MembershipReader, Problems]:
    """The reader of the database file at an address."""
    return Success(DatabaseReader(address, Sqlite(address)))


@dataclass(frozen=True, slots=True)
class Sqlite:
    """What SQLite does in its own way; a `Dialect`."""

    address: Address
    longest_name: int | None = None

    def connect(self, *, create: bool) -> Session | None:
        file = file_of(self.address.text)
        is_new = not file.exists()
        if is_new and not create:
            return None
        file.parent.mkdir(parents=True, exist_ok=True)
        session = Session(adbc_driver_sqlite.dbapi.connect(str(file), autocommit=True))
        with closed_on_failure(session):
            session.rows(f"PRAGMA busy_timeout = {BUSY_TIMEOUT}")
            if is_new:
                _put_in_wal_mode(session)
        return session

    def columns(self, session: Session, table: str) -> Mapping[str, bool]:
        found = session.rows(
            """SELECT name, "notnull" AND dflt_value IS NULL AS is_required """
            f"FROM pragma_table_info('{table}')"
        )
        return {name: bool(is_required) for name, is_required in found.iter_rows()}

    def begin_schema(self, session: Session) -> None:
        session.run("BEGIN IMMEDIATE")

    def created(self, table: str, columns: str) -> tuple[str, ...]:
        key = f", PRIMARY KEY ({ORIGIN}, {POSITION})" if table == MEMBERSHIPS else ""
        return (f"CREATE TABLE IF NOT EXISTS {table} ({columns}{key}) WITHOUT ROWID",)

    def begin(self, session: Session, cohort_id: str) -> bool:  # noqa: ARG002 - one lock for all cohorts
        try:
            session.run("BEGIN IMMEDIATE")
        except Error as error:
            if _is_busy(error):
                return False
            raise
        return True

    def begin_reading(self, session: Session) -> None:
        session.run("BEGIN")

    def inserted(self, session: Session, insert: str, *values: object) -> int:
        session.run(insert, *values)
        return int(session.value("SELECT changes() AS made"))

    def ids_in(self, parameter: str) -> str:
        return f"SELECT value FROM json_each({parameter})"

    def problem(self, error: Exception, action: str) -> Problem:
        if isinstance(error, OSError):
            return os_errors.as_problem(error, action)
        return problem_of(self.address.clean(str(error)), action)


def _put_in_wal_mode(session: Session) -> None:
    """Of a file that another build makes at this moment, that one chooses the mode: SQLite does not wait for
    it here, whatever the timeout."""
    try:
        session.rows("PRAGMA journal_mode = WAL")
    except Error as error:
        if not _is_busy(error):
            raise


def _is_busy(error: Error) -> bool:
    return any(words in str(error) for words in _BUSY)


def file_of(address: str) -> Path:
    """The file that an address names: after three slashes relative, after four absolute.

    >>> file_of("sqlite:///cohorts.db"), file_of("sqlite:////srv/my%20cohorts.db")
    (PosixPath('cohorts.db'), PosixPath('/srv/my cohorts.db'))
    """
    return Path(unquote(urlsplit(address).path.removeprefix("/")))


def problem_of(message: str, action: str) -> Problem:
    """The problem that an error of SQLite is, from its text: the driver gives no code.

    >>> problem_of("INTERNAL: failed to execute: database or disk is full", "write").code
    'storage-full'
    """
    reason = _reason(message)
    if "disk is full" in message:
        return StorageFull(action=action, reason=reason)
    if any(words in message for words in _CORRUPT):
        return ArtifactCorrupt(
            artifact="the database file",
            expected=f"a SQLite database with the tables {', '.join(TABLES)}, as a build makes them",
            got=reason,
            remedy="give another file, or move the one that is there away",
        )
    if any(words in message for words in _PASSING) and not any(words in message for words in _DENIED):
        return StorageUnavailable(action=action, reason=reason)
    return StorageDenied(action=action, reason=reason)


def _reason(message: str) -> str:
    """What SQLite said, without the driver's words around it."""
    if "failed to open" in message:
        return "a file that cannot be opened"
    line = re.split(r" query was|query:|\n", message.strip(), maxsplit=1)[0].strip()
    return line.rpartition(": ")[2] or line
