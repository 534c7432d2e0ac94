"""What the databases share: one transaction that replaces a cohort's rows, its seeds and its manifest.

Tables, made by the first build that finds none:

    memberships       position and the columns of the wide table, all cohorts
    generations       the metadata of every generation, create-only
    cohort_manifests  cohort_id, spec_digest, manifest (the JSON text)

A reader in another transaction sees the old rows or the new ones, and the manifest that belongs to them
where it reads both in one transaction. What differs between databases is a `Dialect`.
"""

# ruff: noqa: S608 - what is put into SQL as text are names of ours, quoted; values are parameters

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

import polars as pl
from adbc_driver_manager import Error
from returns.result import Failure, Result, Success

from cohort_membership.membership import BuildReport, BuildRequest, Membership
from cohort_membership.metadata import ORIGIN
from cohort_membership.plan import Plan
from cohort_membership.ports import Notify
from cohort_membership.problems import CohortLocked, Problem, Problems, fail
from cohort_membership.stage import REPLICATE
from cohort_membership.stores.addresses import Address
from cohort_membership.stores.reports import report_of
from cohort_membership.stores.sql import seeds
from cohort_membership.stores.sql.read_back import batch_numbers, batches_at
from cohort_membership.stores.sql.schema import (
    MANIFESTS,
    TABLES,
    SchemaDialect,
    columns_of,
    found_in,
    make_ready,
    misfit,
    quoted,
)
from cohort_membership.stores.sql.seeds import Seeding
from cohort_membership.stores.sql.session import Session, transaction
from cohort_membership.stores.sql.wide_rows import (
    GENERATIONS,
    MEMBERSHIPS,
    POSITION,
    conflicts_among,
    digest_for,
    listed_rows,
    made_ahead,
    manifest_of,
    newer_manifest,
    seed_columns,
    stored_batches,
    types_of,
    unfit_name,
)

_ROWS = "cohort_membership_rows"
"""A temporary table, which no other connection sees."""


class Dialect(SchemaDialect, Protocol):
    """What one database does in its own way."""

    @property
    def longest_name(self) -> int | None:
        """How many characters a column's name may have; None where there is no bound."""
        ...

    def connect(self, *, create: bool) -> Session | None:
        """A session; None where there is no database yet and none is to be made."""

    def begin(self, session: Session, cohort_id: str) -> bool:
        """Begin the transaction that writes; whether this is the cohort's only build."""
        ...

    def begin_reading(self, session: Session) -> None:
        """Begin a transaction whose reads all see one moment."""

    def inserted(self, session: Session, insert: str, *values: object) -> int:
        """Run an INSERT; how many rows it made."""
        ...

    def ids_in(self, parameter: str) -> str:
        """The SELECT that gives the texts of a JSON array."""
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
        unfit = unfit_name(membership.plan.experiment, self.dialect.longest_name)
        if unfit is not None:
            return fail(unfit)
        try:
            with opened(self.dialect, create=not request.dry_run) as session:
                return self._build(session, membership, request)
        except (Error, OSError) as error:
            return Failure((self.dialect.problem(error, action),))

    def _build(
        self, session: Session | None, membership: Membership, request: BuildRequest
    ) -> Result[BuildReport, Problems]:
        in_force = self._in_force(session, membership.plan, request)
        if in_force is not None:
            done: Result[Seeding, Problems] = Success(in_force)
        elif request.dry_run:
            done = self._look(session, membership, request)
        else:
            done = self._write(session, membership, request)
        is_unchanged = in_force is not None
        return done.map(
            lambda one: report_of(
                membership, request, self._places(), one.new, is_unchanged=is_unchanged, modes=one.modes
            )
        )

    def _in_force(self, session: Session | None, plan: Plan, request: BuildRequest) -> Seeding | None:
        """The seeds, where all that a build would write is there: the manifest, the rows that it lists."""
        if session is None or len(found := found_in(self.dialect, session)) < len(TABLES):
            return None
        experiment, cohort_id = plan.experiment, plan.cohort_id
        if any(set(wanted) - set(found[table]) for table, wanted in columns_of(experiment).items()):
            return None
        with reading(self.dialect, session):
            listed = listed_rows(manifest_in(session, cohort_id), plan, request)
            if listed is None:
                return None
            seeded = (
                seeds.seeded_rows(session, cohort_id, experiment) if request.seed_metadata else listed.rows
            )
            if seeded != listed.rows:
                return None
            digest = digest_for(plan)
            for rows in stored_rows(session, cohort_id, dict.fromkeys(experiment.wide_columns, True)):
                digest.add(rows)
            if (digest.sha256, digest.rows) != (listed.sha256, listed.rows):
                return None
            return seeds.seeding(session, MEMBERSHIPS, plan, 0) if request.seed_metadata else Seeding(0)

    def _write(
        self, session: Session | None, membership: Membership, request: BuildRequest
    ) -> Result[Seeding, Problems]:
        assert session is not None  # noqa: S101 - asked to create, a dialect gives one or raises
        cohort_id, plan = membership.cohort_id, membership.plan
        problem = make_ready(self.dialect, session, plan.experiment)
        if problem is not None:
            return fail(problem)
        with transaction(session) as under_way:
            before = manifest_in(session, cohort_id)
            if not self.dialect.begin(session, cohort_id):
                return fail(CohortLocked(cohort_id=cohort_id))
            meanwhile = manifest_in(session, cohort_id)
            newer = None if meanwhile is None else newer_manifest(meanwhile, f"{MANIFESTS}/{cohort_id}")
            if newer is not None:
                return fail(newer)
            digest = digest_for(plan)
            session.run(f"DELETE FROM {MEMBERSHIPS} WHERE {ORIGIN} = $1", cohort_id)
            done = 0
            for rows in made_ahead(stored_batches(membership, digest)):
                session.ingest(MEMBERSHIPS, rows)
                done += rows.height
                self.notify(str(rows["stage"][0]), done, membership.rows)
            manifest = manifest_of(plan, digest, request)
            if meanwhile not in {before, manifest}:
                return fail(CohortLocked(cohort_id=cohort_id))
            done_seeds = Seeding(0)
            if request.seed_metadata:
                seeds.prepare(session, plan)
                seeded = self.dialect.inserted(session, seeds.insert(plan.experiment), cohort_id)
                # After the insert, so that what another cohort seeded at the same time is seen too.
                there = seed_columns(plan.experiment)
                differing = seeds.differing(session, MEMBERSHIPS, cohort_id, plan.experiment, there)
                conflicts = conflicts_among(differing, plan.experiment)
                if conflicts:
                    return Failure(conflicts)
                done_seeds = seeds.seeding(session, MEMBERSHIPS, plan, seeded)
            session.run(_PUT_MANIFEST, cohort_id, plan.spec_digest, manifest)
            under_way.commit()
        return Success(done_seeds)

    def _look(
        self, session: Session | None, membership: Membership, request: BuildRequest
    ) -> Result[Seeding, Problems]:
        """What a build would seed; the rows go to a temporary table, and nothing is kept."""
        seeding = membership.rows if request.seed_metadata else 0
        found = {} if session is None else found_in(self.dialect, session)
        experiment, cohort_id = membership.plan.experiment, membership.cohort_id
        problem = misfit(found, experiment)
        if problem is not None:
            return fail(problem)
        if not seeding or session is None or GENERATIONS not in found:
            return Success(Seeding(seeding))
        with transaction(session):
            session.run("BEGIN")
            for rows in made_ahead(stored_batches(membership, digest_for(membership.plan))):
                session.ingest_temporary(_ROWS, rows)
            seeds.prepare(session, membership.plan)
            differing = seeds.differing(session, _ROWS, cohort_id, experiment, found[GENERATIONS])
            conflicts = conflicts_among(differing, experiment)
            if conflicts:
                return Failure(conflicts)
            reused = session.value(
                f"SELECT count(*) AS reused FROM {_ROWS} m JOIN {GENERATIONS} g ON g.gen_id = m.gen_id"
            )
            return Success(seeds.seeding(session, _ROWS, membership.plan, seeding - int(reused)))

    def _places(self) -> dict[str, str]:
        return {name: self.address.joined(name) for name in TABLES}


@contextmanager
def opened(dialect: Dialect, *, create: bool) -> Iterator[Session | None]:
    """A session that is closed at the end; None where there is no database and none is to be made."""
    session = dialect.connect(create=create)
    try:
        yield session
    finally:
        if session is not None:
            session.close()


@contextmanager
def reading(dialect: Dialect, session: Session) -> Iterator[None]:
    """A transaction whose reads all see one moment.

    That it ends is judged: a session that stayed in it could not write.
    """
    with transaction(session) as one:
        dialect.begin_reading(session)
        yield
        one.commit()


def manifest_in(session: Session, cohort_id: str) -> str | None:
    """The manifest in force; None where there is none, and an empty text where what is there is no text."""
    found = session.rows(f"SELECT manifest FROM {MANIFESTS} WHERE cohort_id = $1", cohort_id)
    if not found.height:
        return None
    return found.item() if isinstance(found.item(), str) else ""


def stored_rows(session: Session, cohort_id: str, columns: dict[str, bool]) -> Iterator[pl.DataFrame]:
    """The rows of a cohort in their order, in batches; a column that is marked False is not there: null."""
    wanted = ", ".join(
        f"CAST({quoted(name) if is_there else 'NULL'} AS {'integer' if name == REPLICATE else 'text'})"
        f" AS {quoted(name)}"
        for name, is_there in columns.items()
    )
    of_cohort = f"FROM {MEMBERSHIPS} WHERE {ORIGIN} = $1"
    for batch in batches_at(session.rows(batch_numbers(of_cohort), cohort_id)):
        found = session.rows(f"SELECT {wanted} {of_cohort} AND {batch} ORDER BY {POSITION}", cohort_id)
        yield found.cast(types_of(columns), strict=False)


_PUT_MANIFEST = f"""
INSERT INTO {MANIFESTS} (cohort_id, spec_digest, manifest) VALUES ($1, $2, $3)
ON CONFLICT (cohort_id) DO UPDATE SET spec_digest = excluded.spec_digest, manifest = excluded.manifest"""
