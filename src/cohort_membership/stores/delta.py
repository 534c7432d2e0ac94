"""Delta Lake: tables `memberships` (partitioned by cohort), `manifests` and `generations` (by stage).

A build makes one commit in `memberships`, which replaces the cohort's rows and carries the spec's digest
in its metadata; a reader sees the table before it or after it. Each row names its manifest by digest, so
rows and manifest belong together at every version. Each commit also says which build of the cohort it is
(an application transaction), so that of two builds under way at once only one gets through. Earlier
versions stay: the tables keep their log and their files until someone says otherwise, so that every
earlier membership can be read (`DeltaStore.read(cohort_id, version)`).
"""

# ruff: noqa: S608 - what is put into SQL as text are names of ours, cohort ids and digests

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl
from deltalake import CommitProperties, DeltaTable, Transaction, write_deltalake
from deltalake.exceptions import CommitFailedError, DeltaError, SchemaMismatchError, TableNotFoundError
from polars.exceptions import ComputeError
from returns.result import Failure, Result, Success

from cohort_membership.membership import WIDE_COLUMNS, BuildReport, BuildRequest, Membership
from cohort_membership.ports import MembershipWriter, Notify
from cohort_membership.problems import (
    ArtifactCorrupt,
    CohortLocked,
    Location,
    Problem,
    Problems,
    StorageDenied,
    StorageUnavailable,
    fail,
)
from cohort_membership.stores import object_errors
from cohort_membership.stores.addresses import Address
from cohort_membership.stores.delta_arrow import arrow_schema, queried, streamed
from cohort_membership.stores.delta_seeds import DeltaSeeds
from cohort_membership.stores.local import silent
from cohort_membership.stores.object_access import RETRIES, Access, access
from cohort_membership.stores.redaction import without_secrets
from cohort_membership.stores.wide_rows import (
    GENERATIONS,
    MEMBERSHIPS,
    POSITION,
    RowsDigest,
    StoredMembership,
    manifest_of,
    of_newer_schema,
    report_of,
    stored_batches,
)

ATTEMPTS = 10
"""How often a commit is tried again that another one, of other rows, came before."""

KEPT = "interval 36500 days"
"""How long the log and the files of earlier versions stay, unless the tables' properties are changed."""

_PROPERTIES = {"delta.logRetentionDuration": KEPT, "delta.deletedFileRetentionDuration": KEPT}
MANIFESTS, MANIFEST_ID = "manifests", "manifest_sha256"
_SCHEMA = pl.Schema(
    {
        POSITION: pl.Int64,
        **dict.fromkeys(WIDE_COLUMNS, pl.String),
        "replicate": pl.Int32,
        MANIFEST_ID: pl.String,
    }
)
_MANIFESTS_SCHEMA = pl.Schema({MANIFEST_ID: pl.String, "cohort_id": pl.String, "manifest": pl.String})
_ERRORS = (DeltaError, OSError, ValueError, ComputeError)


def open_store(address: Address, notify: Notify = silent) -> Result[MembershipWriter, Problems]:
    """The writer of the tables at an address."""
    return delta_store(address, notify).map(_as_writer)


def delta_store(address: Address, notify: Notify = silent) -> Result["DeltaStore", Problems]:
    """The store itself, which reads too (`read`, `versions`)."""
    return access(address, os.environ).map(lambda how: DeltaStore(address, _options(address, how), notify))


@dataclass(frozen=True, slots=True)
class DeltaStore:
    """Persists memberships in Delta Lake tables; a `MembershipWriter`.

    It can return the storage problems and `generation-conflict`. Memory stays with the batch, and with
    the ids of one stage's generations that are seeded already.
    """

    address: Address
    options: Mapping[str, str] = field(repr=False)
    notify: Notify = silent

    def __call__(self, membership: Membership, request: BuildRequest, /) -> Result[BuildReport, Problems]:
        try:
            return self._write(membership, request)
        except _ERRORS as error:
            action = f"write the membership of {membership.cohort_id} to {self.address}"
            return Failure((self._problem(error, action),))

    def read(self, cohort_id: str, version: int | None = None) -> Result[StoredMembership, Problems]:
        """The membership of a cohort and its manifest: the latest, or that of a version of the table.

        It can return the storage problems; `storage-denied` where the cohort had not been built.
        """
        action = f"read the membership of {cohort_id} from {self.address}"
        try:
            table = self._opened(MEMBERSHIPS, version)
            if table is None:
                return fail(StorageDenied(action=action, reason="no table"))
            columns = f"{', '.join(WIDE_COLUMNS)}, {MANIFEST_ID}"
            rows = queried(table, f"SELECT {columns} FROM t WHERE {_of(cohort_id)} ORDER BY {POSITION}")
            if not rows.height:
                return fail(
                    StorageDenied(action=action, reason="no such cohort", location=Location(MEMBERSHIPS))
                )
            manifest = self._manifest(rows[MANIFEST_ID][0])
        except _ERRORS as error:
            return Failure((self._problem(error, action),))
        return _belonging(rows.drop(MANIFEST_ID).cast({"replicate": pl.Int32}), manifest)

    def versions(self, cohort_id: str) -> Result[tuple[tuple[int, str], ...], Problems]:
        """The versions at which the cohort was built, the latest first, each with its spec's digest."""
        try:
            table = self._opened(MEMBERSHIPS)
            commits = [] if table is None else table.history()
            return Success(
                tuple(
                    (int(one["version"]), str(one["spec_digest"]))
                    for one in commits
                    if one.get("cohort_id") == cohort_id and "spec_digest" in one
                )
            )
        except _ERRORS as error:
            return Failure((self._problem(error, f"read the history of {cohort_id} from {self.address}"),))

    def _write(self, membership: Membership, request: BuildRequest) -> Result[BuildReport, Problems]:
        # Opened first: what another build commits from here on, this build's commit will meet.
        table = (
            self._opened(MEMBERSHIPS)
            if request.dry_run
            else self._made(MEMBERSHIPS, _SCHEMA, "origin_cohort_id")
        )
        in_force = None if table is None else self._manifest(_manifest_id(table, membership.cohort_id))
        newer = None if in_force is None else of_newer_schema(in_force, MANIFESTS)
        if newer is not None:
            return fail(newer)
        seeded = 0
        if request.seed_metadata:
            seeds = DeltaSeeds(membership, self._seeds_table)
            result = seeds.look() if request.dry_run else seeds.write(ATTEMPTS)
            if isinstance(result, Failure):
                return result
            seeded = result.unwrap()
        if table is not None and not request.dry_run:
            problem = self._commit(membership, table, request)
            if problem is not None:
                return fail(problem)
        places = {name: self.address.joined(name) for name in (MEMBERSHIPS, MANIFESTS, GENERATIONS)}
        return Success(report_of(membership, request, places, seeded))

    def _commit(self, membership: Membership, table: DeltaTable, request: BuildRequest) -> Problem | None:
        """Replace the cohort's rows in one commit; what was in the way of it."""
        plan = membership.plan
        digest = RowsDigest()
        for rows in membership.batches():
            digest.add(rows)  # The commit's metadata must be known before its first row is written.
        manifest = manifest_of(plan, digest, request)
        manifest_id = hashlib.sha256(manifest.encode()).hexdigest()
        self._keep(plan.cohort_id, manifest_id, manifest)
        application = f"cohort-membership/{plan.cohort_id}"
        build = table.transaction_version(application) or 0
        for _ in range(ATTEMPTS):
            try:
                write_deltalake(
                    table,
                    streamed(self._rows(membership, manifest_id), _SCHEMA),
                    mode="overwrite",
                    predicate=_of(plan.cohort_id),
                    commit_properties=CommitProperties(
                        custom_metadata={"cohort_id": plan.cohort_id, "spec_digest": plan.spec_digest},
                        app_transactions=[Transaction(application, build + 1)],
                    ),
                )
                return None
            except CommitFailedError:
                table.update_incremental()
            if (table.transaction_version(application) or 0) != build:
                is_same = _manifest_id(table, plan.cohort_id) == manifest_id
                return None if is_same else CohortLocked(cohort_id=plan.cohort_id)
        return StorageUnavailable(
            action=f"commit the membership of {plan.cohort_id} to {self.address}",
            reason="other commits at every attempt",
        )

    def _rows(self, membership: Membership, manifest_id: str) -> Iterator[pl.DataFrame]:
        done = 0
        for rows in stored_batches(membership, RowsDigest()):
            yield rows.with_columns(pl.lit(manifest_id).alias(MANIFEST_ID))
            done += rows.height
            self.notify(str(rows["stage"][0]), done, membership.rows)

    def _keep(self, cohort_id: str, manifest_id: str, manifest: str) -> None:
        """Let the manifest be there before rows name it."""
        table = self._made(MANIFESTS, _MANIFESTS_SCHEMA)
        if self._manifest(manifest_id, table) is None:
            row = pl.DataFrame([[manifest_id], [cohort_id], [manifest]], schema=_MANIFESTS_SCHEMA)
            write_deltalake(table, streamed([row], _MANIFESTS_SCHEMA), mode="append")

    def _manifest(self, manifest_id: str | None, table: DeltaTable | None = None) -> str | None:
        """The text of a manifest; None where there is none."""
        table = table or self._opened(MANIFESTS)
        if table is None or manifest_id is None:
            return None
        found = queried(table, f"SELECT manifest FROM t WHERE {MANIFEST_ID} = '{manifest_id}' LIMIT 1")
        return str(found.item()) if found.height else None

    def _seeds_table(self, schema: Mapping[str, Any] | None) -> DeltaTable | None:
        """The table of seeds as it is now; made with the schema where one is given."""
        return self._opened(GENERATIONS) if schema is None else self._made(GENERATIONS, schema, "stage")

    def _opened(self, name: str, version: int | None = None) -> DeltaTable | None:
        try:
            return DeltaTable(self._uri(name), version=version, storage_options=dict(self.options))
        except TableNotFoundError:
            return None

    def _made(self, name: str, schema: Mapping[str, Any], *partition: str) -> DeltaTable:
        table = self._opened(name)
        if table is not None:
            return table
        try:
            return DeltaTable.create(
                self._uri(name),
                arrow_schema(schema),
                partition_by=list(partition),
                configuration=dict(_PROPERTIES),
                storage_options=dict(self.options),
            )
        except _ERRORS:
            table = self._opened(name)  # Another build may have made it meanwhile.
            if table is None:
                raise
            return table

    def _uri(self, name: str) -> str:
        return f"{self.address.text.rstrip('/')}/{name}"

    def _problem(self, error: Exception, action: str) -> Problem:
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


def _of(cohort_id: str) -> str:
    """The rows of a cohort, as SQL; a cohort's id holds no quotation mark."""
    return f"origin_cohort_id = '{cohort_id}'"


def _manifest_id(table: DeltaTable, cohort_id: str) -> str | None:
    """What the rows of a cohort name as their manifest; None where their file is gone."""
    try:
        found = queried(table, f"SELECT {MANIFEST_ID} FROM t WHERE {_of(cohort_id)} LIMIT 1")
    except ComputeError as error:
        if "not found" in str(error):
            return None
        raise
    return str(found.item()) if found.height else None


def _belonging(rows: pl.DataFrame, manifest: str | None) -> Result[StoredMembership, Problems]:
    """The rows with the manifest that they name, if they are the rows that it lists."""
    digest = RowsDigest()
    digest.add(rows)
    content = None if manifest is None else json.loads(manifest)
    if content is not None and content["artifacts"][MEMBERSHIPS]["sha256"] == digest.sha256:
        return Success(StoredMembership(content, rows))
    return fail(
        ArtifactCorrupt(
            artifact=MEMBERSHIPS,
            expected="the rows that their manifest lists",
            got="others" if content is not None else "rows without a manifest",
            remedy="build the cohort",
        )
    )


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
        **{f"AWS_{key.upper()}": value for key, value in how.aws.items()},
    }


def _as_writer(store: DeltaStore) -> MembershipWriter:
    return store
