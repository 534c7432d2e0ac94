"""Reading memberships from Delta Lake: the latest version of the tables, or an earlier one."""

# ruff: noqa: S608 - what is put into SQL as text are names of ours, cohort ids and digests

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
from deltalake import DeltaTable
from returns.result import Failure, Result, Success

from cohort_membership.manifest import Manifest
from cohort_membership.metadata import ORIGIN
from cohort_membership.ports import ReadFailed
from cohort_membership.problems import Problem, Problems
from cohort_membership.stores.delta.arrow import queried
from cohort_membership.stores.delta.tables import ERRORS, MANIFESTS, Lake, of_cohort, selected, text
from cohort_membership.stores.sql.read_back import (
    batch_numbers,
    batches_at,
    begun,
    metadata_texts,
    parsed,
)
from cohort_membership.stores.sql.wide_rows import (
    GENERATIONS,
    MANIFEST_ID,
    MEMBERSHIPS,
    POSITION,
    types_of,
)


@dataclass(frozen=True, slots=True)
class DeltaReader:
    """Reads what builds have left in Delta Lake tables; a `MembershipReader`.

    With a `version` of `memberships` (see `versions`) manifests and rows are those of then. It can return
    `artifact-corrupt` and the storage problems.
    """

    lake: Lake
    version: int | None = None

    def cohorts(self) -> Result[Sequence[str], Problems]:
        """The cohorts that have a manifest, sorted."""
        try:
            table = self.lake.opened(MEMBERSHIPS, self.version)
            if table is None:
                return Success(())
            found = queried(table, f"SELECT DISTINCT {ORIGIN} FROM t WHERE {MANIFEST_ID} IS NOT NULL")
            return Success(sorted(found[ORIGIN].to_list()))
        except ERRORS as error:
            return Failure((self._problem(error, "list the cohorts"),))

    def manifest(self, cohort_id: str, /) -> Result[Manifest | None, Problems]:
        """The manifest that the rows name; None where the cohort was never built."""
        try:
            table = self.lake.opened(MEMBERSHIPS, self.version)
            named = None if table is None else self.lake.manifest_id(table, cohort_id)
            return parsed(None if named is None else self.lake.manifest(named) or "", MANIFESTS)
        except ERRORS as error:
            return Failure((self._problem(error, f"read the manifest of {cohort_id}"),))

    def rows(self, cohort_id: str, columns: Sequence[str], /) -> Result[Iterator[pl.DataFrame], Problems]:
        """These columns of the membership in force, in membership order, in batches of one version."""
        return begun(self._rows(cohort_id, columns))

    def seeded(self, stage: str, ids: pl.Series, /) -> Result[pl.Series, Problems]:
        """For each of these generations its metadata, as `metadata.json` holds it; null where none is."""
        try:
            table = self.lake.opened(GENERATIONS)
            if table is None or not len(ids):
                return Success(metadata_texts(ids, ()))
            between = f"gen_id BETWEEN {text(str(ids.min()))} AND {text(str(ids.max()))}"
            found = queried(table, f"SELECT * FROM t WHERE stage = {text(stage)} AND {between}")
            return Success(metadata_texts(ids, (found.filter(found["gen_id"].is_in(ids.implode())),)))
        except ERRORS as error:
            return Failure((self._problem(error, f"read the metadata of {stage}"),))

    def versions(self, cohort_id: str) -> Result[tuple[tuple[int, str], ...], Problems]:
        """The versions at which the cohort was built, the latest first, each with its spec's digest."""
        try:
            table = self.lake.opened(MEMBERSHIPS)
            commits: Sequence[Mapping[str, Any]] = [] if table is None else table.history()
            return Success(
                tuple(
                    (int(one["version"]), str(one["spec_digest"]))
                    for one in commits
                    if one.get("cohort_id") == cohort_id and "spec_digest" in one
                )
            )
        except ERRORS as error:
            return Failure((self._problem(error, f"read the history of {cohort_id}"),))

    def _rows(self, cohort_id: str, columns: Sequence[str]) -> Iterator[pl.DataFrame]:
        try:
            table = self.lake.opened(MEMBERSHIPS, self.version, types_of(columns))
            if table is not None:
                yield from stored_rows(table, cohort_id, columns)
        except ERRORS as error:
            raise ReadFailed(self._problem(error, f"read the membership of {cohort_id}")) from None

    def _problem(self, error: Exception, action: str) -> Problem:
        return self.lake.problem(error, f"{action} from {self.lake.address}")


def stored_rows(table: DeltaTable, cohort_id: str, columns: Sequence[str]) -> Iterator[pl.DataFrame]:
    """The rows of a cohort in their order, in batches; a column that the table lacks is null."""
    wanted = selected(columns, table)
    places = queried(table, batch_numbers(f"FROM t WHERE {of_cohort(cohort_id)}"))
    for batch in batches_at(places):
        sql = f"SELECT {wanted} FROM t WHERE {of_cohort(cohort_id)} AND {batch} ORDER BY {POSITION}"
        yield queried(table, sql).cast(types_of(columns), strict=False)
