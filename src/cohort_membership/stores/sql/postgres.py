"""PostgreSQL: rows by COPY over ADBC, one transaction, an advisory lock for each cohort.

The driver is libpq: user, password, TLS and the rest come from the address, `PG*` variables,
`~/.pgpass` or a service file, as with psql.
"""

# ruff: noqa: S608 - what is put into SQL as text are names of ours; values are parameters

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

import adbc_driver_postgresql.dbapi
from returns.result import Result, Success

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
from cohort_membership.stores.local.store import silent
from cohort_membership.stores.sql.database import DatabaseStore
from cohort_membership.stores.sql.reader import DatabaseReader
from cohort_membership.stores.sql.schema import TABLES
from cohort_membership.stores.sql.session import Session, closed_on_failure
from cohort_membership.stores.sql.wide_rows import MEMBERSHIPS

BOUNDED = {
    "connect_timeout": ("10", "PGCONNECT_TIMEOUT"),
    "keepalives_idle": ("30", ""),
    "keepalives_interval": ("10", ""),
    "keepalives_count": ("3", ""),
    "tcp_user_timeout": ("60000", ""),
    "application_name": ("cohort-membership", "PGAPPNAME"),
}
"""What bounds a connection to a server that has gone, and the variable that may say otherwise."""

LOCK_TIMEOUT = "60s"
"""How long a statement waits for another transaction, such as that of a cohort with the same seeds."""

BY_COHORT = f"""CREATE INDEX IF NOT EXISTS memberships_by_cohort ON {MEMBERSHIPS}
        USING brin (origin_cohort_id, position) WITH (pages_per_range = 32, autosummarize = on)"""
"""A cohort's rows are loaded together and lie together: a block range index finds them, and costs a load
next to nothing, where a tree costs as much as the rows."""

_STATE = re.compile(r"SQLSTATE: ([0-9A-Z]{5})")
_OTHER_SHAPE = {"42703", "42804", "42P10", "42809", "23502", "42P01"}
"""SQLSTATEs of statements about tables that lack a column, a key or a type that they are made with."""

_PASSING = ("08", "40", "53", "55006", "55P03", "57", "58", "XX")
"""SQLSTATEs, and classes of them, that may not come again: a lost connection, a deadlock, a lack of
resources, a lock, an operator, the system. All others, such as an error that a trigger raises, would."""

_REMEDY = "change what the database objects to: a permission, a constraint or a trigger"

_REFUSED = (
    *("authentication failed", "no password supplied", "no pg_hba.conf entry", "does not exist"),
    *(
        "permission denied",
        "not permitted to log in",
        "server does not support SSL",
        "certificate verify failed",
    ),
    *("Name or service not known", "definition of service", "is too long (maximum", "invalid "),
)
"""What the server, or libpq, says at the door to those it will not let in however often they ask."""


def open_store(address: Address, notify: Notify = silent) -> Result[MembershipWriter, Problems]:
    """The writer of the database at an address."""
    return Success(DatabaseStore(address, Postgres(address), notify))


def open_reader(address: Address) -> Result[MembershipReader, Problems]:
    """The reader of the database at an address."""
    return Success(DatabaseReader(address, Postgres(address)))


@dataclass(frozen=True, slots=True)
class Postgres:
    """What PostgreSQL does in its own way; a `Dialect`."""

    address: Address
    longest_name: int | None = 63
    """What is longer is cut, in bytes; names are of ASCII."""

    def connect(self, *, create: bool) -> Session:  # noqa: ARG002 - a server has its databases
        uri = bounded(self.address.text, os.environ)
        session = Session(adbc_driver_postgresql.dbapi.connect(uri, autocommit=True))
        with closed_on_failure(session):
            session.run(f"SET lock_timeout = '{LOCK_TIMEOUT}'")
        return session

    def columns(self, session: Session, table: str) -> Mapping[str, bool]:
        found = session.rows(f"""
            SELECT attname::text AS name, attnotnull AND NOT atthasdef AND attidentity = '' AS is_required
            FROM pg_attribute
            WHERE attrelid = to_regclass('{table}') AND attnum > 0 AND NOT attisdropped ORDER BY attnum""")
        return dict(found.iter_rows())

    def begin_schema(self, session: Session) -> None:
        session.run("BEGIN")
        session.run("SELECT pg_advisory_xact_lock(hashtextextended('cohort-membership schema', 0))")

    def created(self, table: str, columns: str) -> tuple[str, ...]:
        made = f"CREATE TABLE IF NOT EXISTS {table} ({columns})"
        return (made, BY_COHORT) if table == MEMBERSHIPS else (made,)

    def begin(self, session: Session, cohort_id: str) -> bool:
        session.run("BEGIN")
        lock = "SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0)) AS locked"
        return bool(session.value(lock, f"cohort-membership cohort {cohort_id}"))

    def begin_reading(self, session: Session) -> None:
        session.run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")

    def inserted(self, session: Session, insert: str, *values: object) -> int:
        counted = f"WITH made AS ({insert} RETURNING 1) SELECT count(*) AS made FROM made"
        return int(session.value(counted, *values))

    def ids_in(self, parameter: str) -> str:
        return f"SELECT jsonb_array_elements_text(CAST(CAST({parameter} AS text) AS jsonb))"

    def problem(self, error: Exception, action: str) -> Problem:
        return problem_of(self.address.clean(str(error)), getattr(error, "sqlstate", None), action)


def bounded(address: str, environment: Mapping[str, str]) -> str:
    """The address with bounds on every wait that it, or the environment, does not bound itself.

    >>> bounded("postgresql://db/x?connect_timeout=3", {"PGAPPNAME": "mine"})[:52]
    'postgresql://db/x?connect_timeout=3&keepalives_idle='
    """
    place, _, query = address.partition("?")
    given = dict(parse_qsl(query, keep_blank_values=True))
    more = {
        name: value
        for name, (value, variable) in BOUNDED.items()
        if name not in given and variable not in environment
    }
    added = urlencode(more)
    return f"{place}?{query}&{added}" if query else f"{place}?{added}"


def problem_of(message: str, state: str | None, action: str) -> Problem:
    """The problem that an error of the database is, from its text and its SQLSTATE.

    https://www.postgresql.org/docs/current/errcodes-appendix.html

    >>> problem_of("ERROR: could not extend file", "53100", "write").code
    'storage-full'
    >>> problem_of("Failed to connect: FATAL: password authentication failed for user", None, "write").code
    'storage-denied'
    """
    said = _STATE.search(message)
    state = state or (str(said[1]) if said else "")
    reason = _reason(message)
    if state == "53100":
        return StorageFull(action=action, reason=reason)
    if state in _OTHER_SHAPE or "in target table" in message or (state == "08P01" and "COPY" in message):
        return ArtifactCorrupt(
            artifact="the database's tables",
            expected=f"{', '.join(TABLES)} as a build makes them",
            got=reason,
            remedy="rename the tables that are there, or give another schema in the address",
        )
    if state and not state.startswith(_PASSING):
        return StorageDenied(action=action, reason=reason, remedy=_REMEDY)
    if not state and "connect" in message and any(words in message for words in _REFUSED):
        return StorageDenied(action=action, reason=reason)
    return StorageUnavailable(action=action, reason=reason)


def _reason(message: str) -> str:
    """The first line of what the server said, without the driver's words around it."""
    said = re.split(r"(?:ERROR|FATAL|PANIC): +", message.strip().replace("\t", " "))[-1]
    line = re.split(r"\n|\. SQLSTATE|Query was:|LINE 1:", said, maxsplit=1)[0]
    return re.sub(r"^([A-Z_]+: )?(\[libpq\] )?", "", line).strip() or "an error without words"
