"""Delta Lake: tables `memberships` (partitioned by cohort), `manifests` and `generations` (by stage).

A build makes one commit in `memberships`, which replaces the cohort's rows and carries the spec's digest
in its metadata; a reader sees the table before it or after it. Each row names its manifest by digest, so
rows and manifest belong together at every version. Each commit also says which build of the cohort it is
(an application transaction), so that of two builds under way at once only one gets through. Earlier
versions stay: the tables keep their log and their files until someone says otherwise, so that every
earlier membership can be read (`DeltaReader` with a version).

Columns follow the experiment: a table that lacks some is given them, and rows without them hold null.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl
from deltalake import CommitProperties, DeltaTable, Transaction, write_deltalake
from deltalake.exceptions import CommitFailedError
from polars.exceptions import ComputeError
from returns.result import Failure, Result, Success

from cohort_membership.membership import BuildReport, BuildRequest, Membership
from cohort_membership.metadata import ORIGIN
from cohort_membership.plan import Plan
from cohort_membership.ports import MembershipReader, MembershipWriter, Notify
from cohort_membership.problems import (
    CohortLocked,
    Problem,
    Problems,
    StorageUnavailable,
    fail,
)
from cohort_membership.stores.addresses import Address
from cohort_membership.stores.delta.arrow import streamed
from cohort_membership.stores.delta.reader import DeltaReader, stored_rows
from cohort_membership.stores.delta.seeds import DeltaSeeds
from cohort_membership.stores.delta.tables import (
    ERRORS,
    MANIFESTS,
    MANIFESTS_SCHEMA,
    Lake,
    lake_at,
    memberships_schema,
    of_cohort,
    text,
)
from cohort_membership.stores.local.store import silent
from cohort_membership.stores.reports import report_of
from cohort_membership.stores.sql.wide_rows import (
    GENERATIONS,
    MANIFEST_ID,
    MEMBERSHIPS,
    digest_for,
    listed_rows,
    manifest_of,
    newer_manifest,
    stored_batches,
    unfit_name,
)

ATTEMPTS = 10
"""How often a commit is tried again that another one, of other rows, came before."""


def open_store(address: Address, notify: Notify = silent) -> Result[MembershipWriter, Problems]:
    """The writer of the tables at an address."""
    return lake_at(address).map(lambda lake: DeltaStore(lake, notify))


def open_reader(address: Address) -> Result[MembershipReader, Problems]:
    """The reader of the tables at an address."""
    return lake_at(address).map(DeltaReader)


@dataclass(frozen=True, slots=True)
class DeltaStore:
    """Persists memberships in Delta Lake tables; a `MembershipWriter`.

    It can return the storage problems and `generation-conflict`. Memory stays with the batch, and with
    the ids of one stage's generations that are seeded already.
    """

    lake: Lake
    notify: Notify = silent

    def __call__(self, membership: Membership, request: BuildRequest, /) -> Result[BuildReport, Problems]:
        unfit = unfit_name(membership.plan.experiment)
        if unfit is not None:
            return fail(unfit)
        try:
            return self._write(membership, request)
        except ERRORS as error:
            action = f"write the membership of {membership.cohort_id} to {self.lake.address}"
            return Failure((self.lake.problem(error, action),))

    def _write(self, membership: Membership, request: BuildRequest) -> Result[BuildReport, Problems]:
        # Opened first: what another build commits from here on, this build's commit will meet.
        plan = membership.plan
        schema = memberships_schema(plan.experiment)
        table = (
            self.lake.opened(MEMBERSHIPS, wanted=schema)
            if request.dry_run
            else self.lake.made(MEMBERSHIPS, schema, ORIGIN)
        )
        in_force = None
        if table is not None:
            in_force = self.lake.manifest(self.lake.manifest_id(table, membership.cohort_id))
        newer = None if in_force is None else newer_manifest(in_force, MANIFESTS)
        if newer is not None:
            return fail(newer)
        seeded, seeds = 0, DeltaSeeds(membership, self.lake)
        if request.seed_metadata:
            result = seeds.look() if request.dry_run else seeds.write(ATTEMPTS)
            if isinstance(result, Failure):
                return result
            seeded = result.unwrap()
        is_unchanged = not seeded and table is not None and _is_in_force(table, in_force, plan, request)
        if table is not None and not request.dry_run and not is_unchanged:
            problem = self._commit(membership, table, request)
            if problem is not None:
                return fail(problem)
        places = {name: self.lake.address.joined(name) for name in (MEMBERSHIPS, MANIFESTS, GENERATIONS)}
        return Success(
            report_of(membership, request, places, seeded, is_unchanged=is_unchanged, modes=seeds.modes)
        )

    def _commit(self, membership: Membership, table: DeltaTable, request: BuildRequest) -> Problem | None:
        """Replace the cohort's rows in one commit; what was in the way of it."""
        plan = membership.plan
        digest = digest_for(plan)
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
                    streamed(self._rows(membership, manifest_id), memberships_schema(plan.experiment)),
                    mode="overwrite",
                    schema_mode="merge",  # The table may have columns of another experiment besides.
                    predicate=of_cohort(plan.cohort_id),
                    commit_properties=CommitProperties(
                        custom_metadata={"cohort_id": plan.cohort_id, "spec_digest": plan.spec_digest},
                        app_transactions=[Transaction(application, build + 1)],
                    ),
                )
                return None
            except CommitFailedError:
                table.update_incremental()
            if (table.transaction_version(application) or 0) != build:
                is_same = self.lake.manifest_id(table, plan.cohort_id) == manifest_id
                return None if is_same else CohortLocked(cohort_id=plan.cohort_id)
        return StorageUnavailable(
            action=f"commit the membership of {plan.cohort_id} to {self.lake.address}",
            reason="other commits at every attempt",
        )

    def _rows(self, membership: Membership, manifest_id: str) -> Iterator[pl.DataFrame]:
        done = 0
        for rows in stored_batches(membership, digest_for(membership.plan)):
            yield rows.with_columns(pl.lit(manifest_id).alias(MANIFEST_ID))
            done += rows.height
            self.notify(str(rows["stage"][0]), done, membership.rows)

    def _keep(self, cohort_id: str, manifest_id: str, manifest: str) -> None:
        """Let the manifest be there before rows name it."""
        table = self.lake.made(MANIFESTS, MANIFESTS_SCHEMA)
        kept = self.lake.manifest(manifest_id, table)
        if kept not in {None, manifest}:
            table.delete(f"{MANIFEST_ID} = {text(manifest_id)}")  # It was damaged.
        if kept != manifest:
            row = pl.DataFrame([[manifest_id], [cohort_id], [manifest]], schema=MANIFESTS_SCHEMA)
            write_deltalake(table, streamed([row], MANIFESTS_SCHEMA), mode="append")


def _is_in_force(table: DeltaTable, manifest: str | None, plan: Plan, request: BuildRequest) -> bool:
    """Whether what a build would write is there: the manifest, and the rows that it lists."""
    listed = listed_rows(manifest, plan, request)
    if listed is None:
        return False
    digest = digest_for(plan)
    try:
        for rows in stored_rows(table, plan.cohort_id, plan.experiment.wide_columns):
            digest.add(rows)
    except ComputeError:  # A file that is gone or damaged is written anew.
        return False
    return (digest.sha256, digest.rows) == (listed.sha256, listed.rows)
