"""The Delta tables of a lake: opened, made, and given the columns that they lack."""

# ruff: noqa: S608 - what is put into SQL as text are names of ours, cohort ids and digests

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl
from deltalake import DeltaTable, Schema
from deltalake.exceptions import CommitFailedError, DeltaError, SchemaMismatchError, TableNotFoundError
from polars.exceptions import ComputeError
from returns.result import Result

from cohort_membership.experiment import Experiment
from cohort_membership.metadata import MODE, ORIGIN
from cohort_membership.problems import ArtifactCorrupt, Problem, Problems
from cohort_membership.redaction import without_secrets
from cohort_membership.stage import KEY_COLUMNS
from cohort_membership.stores.addresses import Address
from cohort_membership.stores.delta.arrow import arrow_schema, queried
from cohort_membership.stores.objects import errors as object_errors
from cohort_membership.stores.objects.access import RETRIES, Access, access
from cohort_membership.stores.sql.wide_rows import (
    GENERATIONS,
    MANIFEST_ID,
    MEMBERSHIPS,
    POSITION,
    own_columns,
    seed_columns,
)

ERRORS = (DeltaError, OSError, ValueError, ComputeError)

KEPT = "interval 36500 days"
"""How long the log and the files of earlier versions stay, unless the tables' properties are changed."""

_PROPERTIES = {"delta.logRetentionDuration": KEPT, "delta.deletedFileRetentionDuration": KEPT}
MANIFESTS = "manifests"
MANIFESTS_SCHEMA = pl.Schema({MANIFEST_ID: pl.String, "cohort_id": pl.String, "manifest": pl.String})

NOTHING: Mapping[str, pl.DataType] = {}
_KEYS: Mapping[str, pl.DataType] = dict.fromkeys(KEY_COLUMNS, pl.String())
_ALWAYS: Mapping[str, Mapping[str, pl.DataType]] = {
    MEMBERSHIPS: {POSITION: pl.Int64(), **_KEYS, MANIFEST_ID: pl.String()},
    GENERATIONS: {**_KEYS, MODE: pl.String()},
    MANIFESTS: MANIFESTS_SCHEMA,
}
"""The columns that the tables have whatever the experiment."""

_WHOLE_NUMBERS = ("byte", "short", "integer", "long")
_NAMES_OF: Mapping[pl.DataType, Sequence[str]] = {
    pl.String(): ("string",),
    pl.Int32(): _WHOLE_NUMBERS,
    pl.Int64(): _WHOLE_NUMBERS,
}
"""What Delta Lake calls the types that a column may have."""


def memberships_schema(experiment: Experiment) -> pl.Schema:
    """The columns of `memberships`: those of the wide table between our own."""
    keys = dict.fromkeys(KEY_COLUMNS, pl.String())
    return pl.Schema({POSITION: pl.Int64(), **keys, **own_columns(experiment), MANIFEST_ID: pl.String()})


def seeds_schema(experiment: Experiment) -> pl.Schema:
    """The columns of `generations`."""
    own = own_columns(experiment)
    return pl.Schema({name: own.get(name, pl.String()) for name in seed_columns(experiment)})


@dataclass(frozen=True, slots=True)
class Lake:
    """The tables at an address."""

    address: Address
    how: Access = field(repr=False)

    @property
    def options(self) -> dict[str, str]:
        """The client's settings, asked for anew with each table that is opened: keys run out."""
        return _options(self.address, self.how)

    def opened(
        self, name: str, version: int | None = None, wanted: Mapping[str, pl.DataType] = NOTHING
    ) -> DeltaTable | None:
        """A table as it is now, or was; None where there is none.

        The columns that every build makes are as it makes them, and those of `wanted` that are there have
        their types; else it is `SchemaMismatchError`.
        """
        try:
            table = DeltaTable(self._uri(name), version=version, storage_options=self.options)
        except TableNotFoundError:
            return None
        there = {one.name: getattr(one.type, "type", None) for one in table.schema().fields}
        for column, kind in {**wanted, **_ALWAYS[name]}.items():
            if there.get(column) not in _NAMES_OF[kind] and (column in there or column in _ALWAYS[name]):
                raise SchemaMismatchError(f"{name} has another {column}")
        return table

    def made(self, name: str, schema: pl.Schema, *partition: str) -> DeltaTable:
        """A table with these columns: made where there is none, and given the columns that it lacks."""
        table = self.opened(name, wanted=schema)
        if table is None:
            try:
                return self._created(name, schema, partition)
            except ERRORS:
                table = self.opened(name, wanted=schema)  # Another build may have made it meanwhile.
                if table is None:
                    raise
        lacking = {one: kind for one, kind in schema.items() if one not in columns_of(table)}
        if not lacking:
            return table
        try:
            table.alter.add_columns(list(Schema.from_arrow(arrow_schema(lacking)).fields))
        except CommitFailedError:  # Another build of the experiment has just done so.
            table.update_incremental()
            if not set(lacking) <= set(columns_of(table)):
                raise
        return table

    def manifest_id(self, table: DeltaTable, cohort_id: str) -> str | None:
        """What the rows of a cohort name as their manifest; None where their file is gone."""
        try:
            found = queried(table, f"SELECT {MANIFEST_ID} FROM t WHERE {of_cohort(cohort_id)} LIMIT 1")
        except ComputeError as error:
            if "not found" in str(error):
                return None
            raise
        return str(found.item()) if found.height else None

    def manifest(self, manifest_id: str | None, table: DeltaTable | None = None) -> str | None:
        """The text of a manifest; None where there is none."""
        table = table or self.opened(MANIFESTS)
        if table is None or manifest_id is None:
            return None
        found = queried(table, f"SELECT manifest FROM t WHERE {MANIFEST_ID} = {text(manifest_id)} LIMIT 1")
        return str(found.item()) if found.height else None

    def problem(self, error: Exception, action: str) -> Problem:
        kind, got = object_errors.classified(error)
        is_schema = isinstance(error, SchemaMismatchError) or "schema" in str(error).lower()[:200]
        is_gone = isinstance(error, ComputeError) and "not found" in str(error)
        is_unreadable = (kind, got) == object_errors.UNKNOWN and isinstance(error, DeltaError | ComputeError)
        if is_schema or is_gone or is_unreadable:
            return ArtifactCorrupt(
                artifact=f"the tables at {self.address}",
                expected=f"{MEMBERSHIPS}, {MANIFESTS} and {GENERATIONS} as a build makes them",
                got="another schema" if is_schema else "a file that is gone" if is_gone else "damaged ones",
                remedy="restore an earlier version, or give another address",
            )
        secrets = [value for name, value in self.options.items() if name.startswith("AWS_")]
        return object_errors.as_problem(
            error, action, lambda text: without_secrets(self.address.clean(text), secrets)
        )

    def _created(self, name: str, schema: pl.Schema, partition: Sequence[str]) -> DeltaTable:
        return DeltaTable.create(
            self._uri(name),
            arrow_schema(schema),
            partition_by=list(partition),
            configuration=dict(_PROPERTIES),
            storage_options=self.options,
        )

    def _uri(self, name: str) -> str:
        return f"{self.address.text.rstrip('/')}/{name}"


def lake_at(address: Address) -> Result[Lake, Problems]:
    """The lake at an address; `storage-denied` where its settings are wrong."""
    return access(address, os.environ).map(lambda how: Lake(address, how))


def columns_of(table: DeltaTable) -> list[str]:
    """The names of a table's columns, as it was opened."""
    return [one.name for one in table.schema().fields]


def selected(columns: Iterable[str], table: DeltaTable) -> str:
    """What follows SELECT for these columns; one that the table lacks is null."""
    there = set(columns_of(table))
    return ", ".join(f'"{one}"' if one in there else f'NULL AS "{one}"' for one in columns)


def of_cohort(cohort_id: str) -> str:
    """The rows of a cohort, as SQL."""
    return f"{ORIGIN} = {text(cohort_id)}"


def text(value: str) -> str:
    """A text in SQL."""
    return "'" + value.replace("'", "''") + "'"


def _options(address: Address, how: Access) -> dict[str, str]:
    """The settings of deltalake's own client."""
    if "://" not in address.text:
        return {}
    return {
        "allow_http": "true" if how.allow_http else "false",
        "timeout": f"{how.timeout}s",
        "connect_timeout": f"{how.connect_timeout}s",
        "retry_timeout": f"{how.timeout}s",
        "max_retries": str(RETRIES),
        **{f"AWS_{key.upper()}": value for key, value in how.aws_now.items()},
    }
