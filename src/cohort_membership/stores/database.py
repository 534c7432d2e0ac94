"""What the databases share: one transaction that replaces a cohort's rows, its seeds and its manifest.

Tables, made by the first build that finds none:

    memberships       position and the columns of the wide table, all cohorts
    generations       the metadata of every generation, create-only
    cohort_manifests  cohort_id, spec_digest, manifest (the JSON text)

A reader in another transaction sees the old rows or the new ones, and the manifest that belongs to them
where it reads both in one transaction. What differs between databases is a `Dialect`.
"""

# ruff: noqa: S608 - what is put into SQL as text are names of ours; values are parameters

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Protocol

import polars as pl
from adbc_driver_manager import Error
from returns.result import Failure, Result, Success

from cohort_membership.membership import WIDE_COLUMNS, BuildReport, BuildRequest, Membership
from cohort_membership.ports import Notify
from cohort_membership.problems import CohortLocked, Location, Problem, Problems, StorageDenied, fail
from cohort_membership.stores.addresses import Address
from cohort_membership.stores.wide_rows import (
    GENERATIONS,
    MEMBERSHIPS,
    POSITION,
    SEED_COLUMNS,
    RowsDigest,
    StoredMembership,
    conflicts_among,
    made_ahead,
    manifest_of,
    modes,
    of_newer_schema,
    report_of,
    stored_batches,
)

MANIFESTS = "cohort_manifests"
TABLES = (MEMBERSHIPS, GENERATIONS, MANIFESTS)
_MODES, _ROWS = "cohort_membership_modes", "cohort_membership_rows"
"""Temporary tables, which no other connection sees."""


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
        with self._connection.cursor() as cursor:
            cursor.execute(sql, values or None)
            return pl.DataFrame(cursor.fetch_arrow())

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


class Dialect(Protocol):
    """What one database does in its own way."""

    def connect(self, *, create: bool) -> Session | None:
        """A session; None where there is no database yet and none is to be made."""

    def prepare(self, session: Session) -> None:
        """Make the tables that are missing."""

    def begin(self, session: Session, cohort_id: str) -> bool:
        """Begin the transaction that writes; whether this is the cohort's only build."""
        ...

    def begin_reading(self, session: Session) -> None:
        """Begin a transaction whose reads all see one moment."""

    def has_tables(self, session: Session) -> bool: ...

    def inserted(self, session: Session, insert: str, *values: object) -> int:
        """Run an INSERT; how many rows it made."""
        ...

    def problem(self, error: Exception, action: str) -> Problem: ...


@dataclass(frozen=True, slots=True)
class DatabaseStore:
    """Persists memberships in a database; a `MembershipWriter`.

    It can return the storage problems and `generation-conflict`. Memory stays with the batch.
    """

    address: Address
    dialect: Dialect
    notify: Notify

    def __call__(self, membership: Membership, request: BuildRequest, /) -> Result[BuildReport, Problems]:
        action = f"write the membership of {membership.cohort_id} to {self.address}"
        try:
            with self._session(create=not request.dry_run) as session:
                if request.dry_run:
                    done = self._look(session, membership, request)
                else:
                    done = self._write(session, membership, request)
        except (Error, OSError) as error:
            return Failure((self.dialect.problem(error, action),))
        return done.map(lambda seeded: report_of(membership, request, self._places(), seeded))

    def read(self, cohort_id: str) -> Result[StoredMembership, Problems]:
        """The membership of a cohort and its manifest, of one moment.

        It can return the storage problems; `storage-denied` where the cohort has not been built.
        """
        action = f"read the membership of {cohort_id} from {self.address}"
        try:
            with self._session(create=False) as session:
                if session is None or not self.dialect.has_tables(session):
                    return fail(StorageDenied(action=action, reason="no tables"))
                with _transaction(session):
                    self.dialect.begin_reading(session)
                    manifest = _manifest(session, cohort_id)
                    table = session.rows(
                        f"SELECT {', '.join(WIDE_COLUMNS)} FROM {MEMBERSHIPS} "
                        f"WHERE origin_cohort_id = $1 ORDER BY {POSITION}",
                        cohort_id,
                    )
        except (Error, OSError) as error:
            return Failure((self.dialect.problem(error, action),))
        if manifest is None:
            return fail(StorageDenied(action=action, reason="no such cohort", location=Location(MANIFESTS)))
        return Success(StoredMembership(json.loads(manifest), table.cast({"replicate": pl.Int32})))

    @contextmanager
    def _session(self, *, create: bool) -> Iterator[Session | None]:
        session = self.dialect.connect(create=create)
        try:
            yield session
        finally:
            if session is not None:
                session.close()

    def _write(
        self, session: Session | None, membership: Membership, request: BuildRequest
    ) -> Result[int, Problems]:
        assert session is not None  # noqa: S101 - asked to create, a dialect gives one or raises
        cohort_id = membership.cohort_id
        self.dialect.prepare(session)
        with _transaction(session) as transaction:
            before = _manifest(session, cohort_id)
            if not self.dialect.begin(session, cohort_id):
                return fail(CohortLocked(cohort_id=cohort_id))
            meanwhile = _manifest(session, cohort_id)
            newer = None if meanwhile is None else of_newer_schema(meanwhile, f"{MANIFESTS}/{cohort_id}")
            if newer is not None:
                return fail(newer)
            digest = RowsDigest()
            session.run(f"DELETE FROM {MEMBERSHIPS} WHERE origin_cohort_id = $1", cohort_id)
            done = 0
            for rows in made_ahead(stored_batches(membership, digest)):
                session.ingest(MEMBERSHIPS, rows)
                done += rows.height
                self.notify(str(rows["stage"][0]), done, membership.rows)
            manifest = manifest_of(membership.plan, digest, request)
            if meanwhile not in {before, manifest}:
                return fail(CohortLocked(cohort_id=cohort_id))
            seeded = 0
            if request.seed_metadata:
                session.ingest_temporary(_MODES, modes(membership.plan))
                seeded = self.dialect.inserted(session, _INSERT_SEEDS, cohort_id)
                # After the insert, so that what another cohort seeded at the same time is seen too.
                conflicts = conflicts_among(_differing(session, MEMBERSHIPS, cohort_id))
                if conflicts:
                    return Failure(conflicts)
            session.run(_PUT_MANIFEST, cohort_id, membership.plan.spec_digest, manifest)
            transaction.commit()
        return Success(seeded)

    def _look(
        self, session: Session | None, membership: Membership, request: BuildRequest
    ) -> Result[int, Problems]:
        """What a build would seed; the rows go to a temporary table, and nothing is kept."""
        seeding = membership.rows if request.seed_metadata else 0
        if not seeding or session is None or not self.dialect.has_tables(session):
            return Success(seeding)
        cohort_id = membership.cohort_id
        with _transaction(session):
            session.run("BEGIN")
            for rows in made_ahead(stored_batches(membership, RowsDigest())):
                session.ingest_temporary(_ROWS, rows)
            session.ingest_temporary(_MODES, modes(membership.plan))
            conflicts = conflicts_among(_differing(session, _ROWS, cohort_id))
            if conflicts:
                return Failure(conflicts)
            reused = session.value(
                f"SELECT count(*) AS reused FROM {_ROWS} m JOIN {GENERATIONS} g ON g.gen_id = m.gen_id"
            )
        return Success(seeding - int(reused))

    def _places(self) -> dict[str, str]:
        return {name: f"{self.address}#{name}" for name in TABLES}


@dataclass(slots=True)
class _Transaction:
    session: Session
    is_committed: bool = False

    def commit(self) -> None:
        self.session.run("COMMIT")
        self.is_committed = True


@contextmanager
def closed_on_failure(session: Session) -> Iterator[None]:
    """Close a session that cannot be made ready for use."""
    try:
        yield
    except BaseException:
        session.close()
        raise


@contextmanager
def _transaction(session: Session) -> Iterator[_Transaction]:
    """Rolled back unless it was committed, also where the connection is no longer of use."""
    transaction = _Transaction(session)
    try:
        yield transaction
    finally:
        if not transaction.is_committed:
            with suppress(Error):
                session.run("ROLLBACK")


def _manifest(session: Session, cohort_id: str) -> str | None:
    found = session.value(f"SELECT manifest FROM {MANIFESTS} WHERE cohort_id = $1", cohort_id)
    return None if found is None else str(found)


_WANTED = {
    **{name: f"m.{name}" for name in ("gen_id", "stage", "origin_cohort_id", "template_id", "llm_model_id")},
    "mode": "k.mode",
    "combo_id": "CASE WHEN m.parent_gen_id = '' THEN m.combo_id END",
    "parent_gen_id": "NULLIF(m.parent_gen_id, '')",
    "replicate": "m.replicate",
}
"""What the seed of a row of `m` holds, `k` being the modes of the templates."""

_WITH_MODES = f"LEFT JOIN {_MODES} k ON k.stage = m.stage AND k.template_id = m.template_id"

_INSERT_SEEDS = f"""
INSERT INTO {GENERATIONS} ({", ".join(SEED_COLUMNS)})
SELECT {", ".join(_WANTED[name] for name in SEED_COLUMNS)}
FROM {MEMBERSHIPS} m {_WITH_MODES}
WHERE m.origin_cohort_id = $1
AND NOT EXISTS (SELECT 1 FROM {GENERATIONS} g WHERE g.gen_id = m.gen_id)
ORDER BY m.gen_id
ON CONFLICT DO NOTHING"""
"""In the order of ids, so that two cohorts that seed the same ones wait for, but never block, each other."""

_PUT_MANIFEST = f"""
INSERT INTO {MANIFESTS} (cohort_id, spec_digest, manifest) VALUES ($1, $2, $3)
ON CONFLICT (cohort_id) DO UPDATE SET spec_digest = excluded.spec_digest, manifest = excluded.manifest"""


def _differing(session: Session, source: str, cohort_id: str) -> Iterator[dict[str, Any]]:
    """The seeds that are there and are not, letter by letter, what the rows want; most often none."""
    counted = ("stage", "template_id", "combo_id", "parent_gen_id", "llm_model_id", "replicate")
    seeds = ", ".join(f"g.{name}" for name in SEED_COLUMNS)
    wanted = ", ".join(f"{_WANTED[name]} AS wanted_{name}" for name in SEED_COLUMNS)
    differs = " OR ".join(
        f"({_WANTED[name]} IS NOT NULL AND g.{name} IS NOT NULL AND g.{name} <> {_WANTED[name]})"
        for name in counted
    )
    yield from session.rows(
        f"SELECT {seeds}, {wanted} FROM {source} m JOIN {GENERATIONS} g ON g.gen_id = m.gen_id {_WITH_MODES} "
        f"WHERE m.origin_cohort_id = $1 AND ({differs})",
        cohort_id,
    ).iter_rows(named=True)
