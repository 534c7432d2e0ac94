"""SQLite: a file with the tables of a database, written by one transaction at a time.

A new file is put in WAL mode, where readers and the writer do not wait for each other; a file that is
there keeps its mode. Writers wait for one another, as SQLite has one lock for all cohorts.
"""

# ruff: noqa: S608 - what is put into SQL as text are names of ours; values are parameters

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

import adbc_driver_sqlite.dbapi
from adbc_driver_manager import Error
from returns.result import Result, Success

from cohort_membership.ports import MembershipWriter, Notify
from cohort_membership.problems import (
    ArtifactCorrupt,
    Problem,
    Problems,
    StorageDenied,
    StorageFull,
    StorageUnavailable,
)
from cohort_membership.stores import os_errors
from cohort_membership.stores.addresses import Address
from cohort_membership.stores.database import MANIFESTS, TABLES, DatabaseStore, Session, closed_on_failure
from cohort_membership.stores.local import silent
from cohort_membership.stores.wide_rows import GENERATIONS, MEMBERSHIPS

BUSY_TIMEOUT = 30_000
"""Milliseconds that a build waits for another that writes the same file."""

SCHEMA = (
    f"""CREATE TABLE IF NOT EXISTS {MEMBERSHIPS} (
        position INTEGER NOT NULL, stage TEXT NOT NULL, gen_id TEXT NOT NULL, origin_cohort_id TEXT NOT NULL,
        parent_gen_id TEXT NOT NULL, combo_id TEXT NOT NULL, template_id TEXT NOT NULL,
        llm_model_id TEXT NOT NULL, replicate INTEGER NOT NULL,
        PRIMARY KEY (origin_cohort_id, position)) WITHOUT ROWID""",
    f"""CREATE TABLE IF NOT EXISTS {GENERATIONS} (
        gen_id TEXT PRIMARY KEY, stage TEXT NOT NULL, origin_cohort_id TEXT NOT NULL, mode TEXT,
        template_id TEXT NOT NULL, combo_id TEXT, parent_gen_id TEXT, llm_model_id TEXT,
        replicate INTEGER NOT NULL) WITHOUT ROWID""",
    f"""CREATE TABLE IF NOT EXISTS {MANIFESTS} (
        cohort_id TEXT PRIMARY KEY, spec_digest TEXT NOT NULL, manifest TEXT NOT NULL) WITHOUT ROWID""",
)

_BUSY = ("database is locked", "database table is locked", "database is busy")
_DENIED = (
    "readonly database",
    "read-only",
    "unable to open",
    "failed to open",
    "not authorized",
    "permission",
)
_CORRUPT = (
    "not a database",
    "malformed",
    "no such column",
    "has no column",
    "no such table",
    "NOT NULL constraint",
)


def open_store(address: Address, notify: Notify = silent) -> Result[MembershipWriter, Problems]:
    """The writer of the database file at an address."""
    return Success(sqlite_store(address, notify))


def sqlite_store(address: Address, notify: Notify = silent) -> DatabaseStore:
    """The store itself, which reads too (`read`)."""
    return DatabaseStore(address, Sqlite(address), notify)


@dataclass(frozen=True, slots=True)
class Sqlite:
    """What SQLite does in its own way; a `Dialect`."""

    address: Address

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
                session.rows("PRAGMA journal_mode = WAL")
        return session

    def has_tables(self, session: Session) -> bool:
        names = ", ".join(f"'{name}'" for name in TABLES)
        found = f"SELECT count(*) AS found FROM sqlite_master WHERE type = 'table' AND name IN ({names})"
        return int(session.value(found)) == len(TABLES)

    def prepare(self, session: Session) -> None:
        if self.has_tables(session):
            return
        session.run("BEGIN IMMEDIATE")
        for statement in SCHEMA:
            session.run(statement)
        session.run("COMMIT")

    def begin(self, session: Session, cohort_id: str) -> bool:  # noqa: ARG002 - one lock for all cohorts
        try:
            session.run("BEGIN IMMEDIATE")
        except Error as error:
            if any(words in str(error) for words in _BUSY):
                return False
            raise
        return True

    def begin_reading(self, session: Session) -> None:
        session.run("BEGIN")

    def inserted(self, session: Session, insert: str, *values: object) -> int:
        session.run(insert, *values)
        return int(session.value("SELECT changes() AS made"))

    def problem(self, error: Exception, action: str) -> Problem:
        if isinstance(error, OSError):
            return os_errors.as_problem(error, action)
        return problem_of(self.address.clean(str(error)), action)


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
    if any(words in message for words in _DENIED):
        return StorageDenied(action=action, reason=reason)
    return StorageUnavailable(action=action, reason=reason)


def _reason(message: str) -> str:
    """What SQLite said, without the driver's words around it."""
    if "failed to open" in message:
        return "a file that cannot be opened"
    line = re.split(r" query was|query:|\n", message.strip(), maxsplit=1)[0].strip()
    return line.rpartition(": ")[2] or line
