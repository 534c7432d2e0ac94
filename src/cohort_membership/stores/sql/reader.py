"""Reading memberships from a database: each answer is of one moment, whatever builds are under way."""

# ruff: noqa: S608 - what is put into SQL as text are names of ours, quoted; values are parameters

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl
from adbc_driver_manager import Error
from returns.result import Failure, Result, Success

from cohort_membership.manifest import Manifest
from cohort_membership.ports import ReadFailed
from cohort_membership.problems import Problem, Problems
from cohort_membership.stores.addresses import Address
from cohort_membership.stores.sql.database import Dialect, manifest_in, opened, reading, stored_rows
from cohort_membership.stores.sql.read_back import begun, metadata_texts, parsed
from cohort_membership.stores.sql.schema import MANIFESTS, TABLES, found_in, quoted
from cohort_membership.stores.sql.session import Session
from cohort_membership.stores.sql.wide_rows import GENERATIONS, MEMBERSHIPS

_IDS = 50_000
"""Generations that are asked for by one statement."""


@dataclass(frozen=True, slots=True)
class DatabaseReader:
    """Reads what builds have left in a database; a `MembershipReader`.

    It can return `artifact-corrupt` and the storage problems.
    """

    address: Address
    dialect: Dialect

    def cohorts(self) -> Result[Sequence[str], Problems]:
        """The cohorts that have a manifest, sorted."""
        try:
            with opened(self.dialect, create=False) as session:
                if session is None or not self._is_built(session):
                    return Success(())
                found = session.rows(f"SELECT cohort_id FROM {MANIFESTS}")
                return Success(sorted(found["cohort_id"].cast(pl.String).drop_nulls().to_list()))
        except (Error, OSError) as error:
            return Failure((self._problem(error, "list the cohorts"),))

    def manifest(self, cohort_id: str, /) -> Result[Manifest | None, Problems]:
        """The manifest in force; None where the cohort was never built."""
        try:
            with opened(self.dialect, create=False) as session:
                if session is None or not self._is_built(session):
                    return Success(None)
                return parsed(manifest_in(session, cohort_id), f"{MANIFESTS}/{cohort_id}")
        except (Error, OSError) as error:
            return Failure((self._problem(error, f"read the manifest of {cohort_id}"),))

    def rows(self, cohort_id: str, columns: Sequence[str], /) -> Result[Iterator[pl.DataFrame], Problems]:
        """These columns of the membership in force, in membership order, in batches of one moment."""
        return begun(self._rows(cohort_id, columns))

    def seeded(self, stage: str, ids: pl.Series, /) -> Result[pl.Series, Problems]:
        """For each of these generations its metadata, as `metadata.json` holds it; null where none is."""
        try:
            with opened(self.dialect, create=False) as session:
                return Success(metadata_texts(ids, self._seeds(session, stage, ids)))
        except (Error, OSError) as error:
            return Failure((self._problem(error, f"read the metadata of {stage}"),))

    def _seeds(self, session: Session | None, stage: str, ids: pl.Series) -> Iterator[pl.DataFrame]:
        there = {} if session is None else self.dialect.columns(session, GENERATIONS)
        if session is None or not there:
            return
        wanted = (
            f"SELECT {', '.join(map(quoted, there))} FROM {GENERATIONS} "
            f"WHERE stage = $1 AND gen_id IN ({self.dialect.ids_in('$2')})"
        )
        with reading(self.dialect, session):
            for start in range(0, len(ids), _IDS):
                some = ids.slice(start, _IDS).drop_nulls().to_list()
                yield session.rows(wanted, stage, json.dumps(some))

    def _rows(self, cohort_id: str, columns: Sequence[str]) -> Iterator[pl.DataFrame]:
        try:
            with opened(self.dialect, create=False) as session:
                if session is not None and self._is_built(session):
                    with reading(self.dialect, session):
                        there = self.dialect.columns(session, MEMBERSHIPS)
                        yield from stored_rows(session, cohort_id, {one: one in there for one in columns})
        except (Error, OSError) as error:
            raise ReadFailed(self._problem(error, f"read the membership of {cohort_id}")) from None

    def _is_built(self, session: Session) -> bool:
        return len(found_in(self.dialect, session)) == len(TABLES)

    def _problem(self, error: Exception, action: str) -> Problem:
        return self.dialect.problem(error, f"{action} from {self.address}")
