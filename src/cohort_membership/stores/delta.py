"""Delta Lake: two tables, `memberships` (partitioned by cohort) and `generations` (by stage).

A build makes one commit in `memberships`, which replaces the cohort's rows and carries the spec's digest
and the manifest in its metadata; a reader sees the table before it or after it. Each commit also says
which build of the cohort it is (an application transaction), so that of two builds under way at once
only one gets through. Earlier versions stay: the tables keep their log and their files until someone
says otherwise, so that every earlier membership can be read (`DeltaStore.read(cohort_id, version)`).
"""

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl
from deltalake import CommitProperties, DeltaTable, Transaction, write_deltalake
from deltalake.exceptions import CommitFailedError, DeltaError, SchemaMismatchError, TableNotFoundError
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
_SCHEMA = {POSITION: pl.Int64, **dict.fromkeys(WIDE_COLUMNS, pl.String), "replicate": pl.Int32}
_ERRORS = (DeltaError, OSError, ValueError)


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
            rows = queried(
                table,
                f"SELECT {', '.join(WIDE_COLUMNS)} FROM t WHERE origin_cohort_id = '{cohort_id}' "  # noqa: S608
                f"ORDER BY {POSITION}",
            ).cast({"replicate": pl.Int32})
            manifests = [json.loads(one["manifest"]) for one in _commits(table, cohort_id)]
        except _ERRORS as error:
            return Failure((self._problem(error, action),))
        if not manifests:
            return fail(StorageDenied(action=action, reason="no such cohort", location=Location(MEMBERSHIPS)))
        return self._of_digest(rows, manifests)

    def versions(self, cohort_id: str) -> Result[tuple[tuple[int, str], ...], Problems]:
        """The versions at which the cohort was built, the latest first, each with its spec's digest."""
        try:
            table = self._opened(MEMBERSHIPS)
            commits = [] if table is None else _commits(table, cohort_id)
            return Success(tuple((int(one["version"]), str(one["spec_digest"])) for one in commits))
        except _ERRORS as error:
            return Failure((self._problem(error, f"read the history of {cohort_id} from {self.address}"),))

    def _write(self, membership: Membership, request: BuildRequest) -> Result[BuildReport, Problems]:
        # Opened first: what another build commits from here on, this build's commit will meet.
        table = (
            self._opened(MEMBERSHIPS)
            if request.dry_run
            else self._made(MEMBERSHIPS, _SCHEMA, "origin_cohort_id")
        )
        latest = None if table is None else next(iter(_commits(table, membership.cohort_id)), None)
        newer = None if latest is None else of_newer_schema(latest["manifest"], MEMBERSHIPS)
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
        places = {name: self.address.joined(name) for name in (MEMBERSHIPS, GENERATIONS)}
        return Success(report_of(membership, request, places, seeded))

    def _commit(self, membership: Membership, table: DeltaTable, request: BuildRequest) -> Problem | None:
        """Replace the cohort's rows in one commit; what was in the way of it."""
        plan = membership.plan
        digest = RowsDigest()
        for rows in membership.batches():
            digest.add(rows)  # The commit's metadata must be known before its first row is written.
        manifest = manifest_of(plan, digest, request)
        application = f"cohort-membership/{plan.cohort_id}"
        build = table.transaction_version(application) or 0
        for _ in range(ATTEMPTS):
            properties = CommitProperties(
                custom_metadata={
                    "cohort_id": plan.cohort_id,
                    "spec_digest": plan.spec_digest,
                    "manifest": manifest,
                },
                app_transactions=[Transaction(application, build + 1)],
            )
            try:
                write_deltalake(
                    table,
                    streamed(stored_batches(membership, RowsDigest(), self.notify), _SCHEMA),
                    mode="overwrite",
                    predicate=f"origin_cohort_id = '{plan.cohort_id}'",
                    commit_properties=properties,
                )
                return None
            except CommitFailedError:
                table.update_incremental()
            if (table.transaction_version(application) or 0) != build:
                latest = next(iter(_commits(table, plan.cohort_id)), None)
                is_same = latest is not None and latest["manifest"] == manifest
                return None if is_same else CohortLocked(cohort_id=plan.cohort_id)
        return StorageUnavailable(
            action=f"commit the membership of {plan.cohort_id} to {self.address}",
            reason="other commits at every attempt",
        )

    def _seeds_table(self, schema: Mapping[str, Any] | None) -> DeltaTable | None:
        """The table of seeds as it is now; made with the schema where one is given."""
        return self._opened(GENERATIONS) if schema is None else self._made(GENERATIONS, schema, "stage")

    def _opened(self, name: str, version: int | None = None) -> DeltaTable | None:
        try:
            return DeltaTable(self._uri(name), version=version, storage_options=dict(self.options))
        except TableNotFoundError:
            return None

    def _made(self, name: str, schema: Mapping[str, Any], partition: str) -> DeltaTable:
        table = self._opened(name)
        if table is not None:
            return table
        try:
            return DeltaTable.create(
                self._uri(name),
                arrow_schema(schema),
                partition_by=[partition],
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

    def _of_digest(
        self, rows: pl.DataFrame, manifests: Iterable[Mapping[str, Any]]
    ) -> Result[StoredMembership, Problems]:
        """The rows with their manifest: the latest one, unless the table was restored to an older one."""
        digest = RowsDigest()
        digest.add(rows)
        for manifest in manifests:
            if manifest["artifacts"][MEMBERSHIPS]["sha256"] == digest.sha256:
                return Success(StoredMembership(manifest, rows))
        return fail(
            ArtifactCorrupt(
                artifact=MEMBERSHIPS,
                expected="the rows that a manifest in the table's history lists",
                got="others",
                remedy="build the cohort",
            )
        )

    def _problem(self, error: Exception, action: str) -> Problem:
        if isinstance(error, SchemaMismatchError) or "schema" in str(error).lower()[:200]:
            return ArtifactCorrupt(
                artifact=f"the tables at {self.address}",
                expected=f"{MEMBERSHIPS} and {GENERATIONS} as a build makes them",
                got="another schema",
                remedy="give another address, or move the tables that are there away",
            )
        secrets = [value for name, value in self.options.items() if name.startswith("AWS_")]
        return object_errors.as_problem(
            error, action, lambda text: without_secrets(self.address.clean(text), secrets)
        )


def _commits(table: DeltaTable, cohort_id: str) -> list[dict[str, Any]]:
    """The commits of a cohort's builds up to the table's version, the latest first."""
    return [one for one in table.history() if one.get("cohort_id") == cohort_id and "manifest" in one]


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
