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

from cohort_membership.ports import MembershipWriter, Notify
from cohort_membership.problems import (
    ArtifactCorrupt,
    Problem,
    Problems,
    StorageDenied,
    StorageFull,
    StorageUnavailable,
)
from cohort_membership.stores.addresses import Address
from cohort_membership.stores.database import MANIFESTS, TABLES, DatabaseStore, Session, closed_on_failure
from cohort_membership.stores.local import silent
from cohort_membership.stores.wide_rows import GENERATIONS, MEMBERSHIPS

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

SCHEMA = (
    f"""CREATE TABLE IF NOT EXISTS {MEMBERSHIPS} (
        position bigint NOT NULL, stage text NOT NULL, gen_id text NOT NULL, origin_cohort_id text NOT NULL,
        parent_gen_id text NOT NULL, combo_id text NOT NULL, template_id text NOT NULL,
        llm_model_id text NOT NULL, replicate integer NOT NULL)""",
    # A cohort's rows are loaded together and lie together: a block range index finds them, and costs
    # a load next to nothing, where a tree costs as much as the rows.
    f"""CREATE INDEX IF NOT EXISTS memberships_by_cohort ON {MEMBERSHIPS}
        USING brin (origin_cohort_id, position) WITH (pages_per_range = 32, autosummarize = on)""",
    f"""CREATE TABLE IF NOT EXISTS {GENERATIONS} (
        gen_id text PRIMARY KEY, stage text NOT NULL, origin_cohort_id text NOT NULL, mode text,
        template_id text NOT NULL, combo_id text, parent_gen_id text, llm_model_id text,
        replicate integer NOT NULL)""",
    f"""CREATE TABLE IF NOT EXISTS {MANIFESTS} (
        cohort_id text PRIMARY KEY, spec_digest text NOT NULL, manifest text NOT NULL)""",
)

_STATE = re.compile(r"SQLSTATE: ([0-9A-Z]{5})")
_OTHER_SHAPE = {"42703", "42804", "42P10", "42809", "23502", "42P01"}
"""SQLSTATEs of statements about tables that lack a column, a key or a type that they are made with."""

_REFUSED = (
    *("authentication failed", "no password supplied", "no pg_hba.conf entry", "does not exist"),
    *(
        "permission denied",
        "not permitted to log in",
        "server does not support SSL",
        "certificate verify failed",
    ),
    "invalid",
)
"""What the server, or libpq, says at the door to those it will not let in however often they ask."""


def open_store(address: Address, notify: Notify = silent) -> Result[MembershipWriter, Problems]:
    """The writer of the database at an address."""
    return Success(postgres_store(address, notify))


def postgres_store(address: Address, notify: Notify = silent) -> DatabaseStore:
    """The store itself, which reads too (`read`)."""
    return DatabaseStore(address, Postgres(address), notify)


@dataclass(frozen=True, slots=True)
class Postgres:
    """What PostgreSQL does in its own way; a `Dialect`."""

    address: Address

    def connect(self, *, create: bool) -> Session:  # noqa: ARG002 - a server has its databases
        uri = bounded(self.address.text, os.environ)
        session = Session(adbc_driver_postgresql.dbapi.connect(uri, autocommit=True))
        with closed_on_failure(session):
            session.run(f"SET lock_timeout = '{LOCK_TIMEOUT}'")
        return session

    def has_tables(self, session: Session) -> bool:
        found = ", ".join(f"to_regclass('{name}') IS NOT NULL AS {name}" for name in TABLES)
        return all(session.rows(f"SELECT {found}").row(0))

    def prepare(self, session: Session) -> None:
        # Looked at first: who may write need not be allowed to create.
        if self.has_tables(session):
            return
        session.run("BEGIN")
        session.run("SELECT pg_advisory_xact_lock(hashtextextended('cohort-membership schema', 0))")
        for statement in SCHEMA:
            session.run(statement)
        session.run("COMMIT")

    def begin(self, session: Session, cohort_id: str) -> bool:
        session.run("BEGIN")
        lock = "SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0)) AS locked"
        return bool(session.value(lock, f"cohort-membership cohort {cohort_id}"))

    def begin_reading(self, session: Session) -> None:
        session.run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")

    def inserted(self, session: Session, insert: str, *values: object) -> int:
        counted = f"WITH made AS ({insert} RETURNING 1) SELECT count(*) AS made FROM made"
        return int(session.value(counted, *values))

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
    if state.startswith(("28", "42", "3D", "3F", "22", "0A")) or state == "25006":
        return StorageDenied(action=action, reason=reason)
    if not state and "connect" in message and any(words in message for words in _REFUSED):
        return StorageDenied(action=action, reason=reason)
    return StorageUnavailable(action=action, reason=reason)


def _reason(message: str) -> str:
    """The first line of what the server said, without the driver's words around it."""
    said = re.split(r"(?:ERROR|FATAL|PANIC): +", message.strip().replace("\t", " "))[-1]
    line = re.split(r"\n|\. SQLSTATE|Query was:|LINE 1:", said, maxsplit=1)[0]
    return re.sub(r"^([A-Z_]+: )?(\[libpq\] )?", "", line).strip() or "an error without words"
