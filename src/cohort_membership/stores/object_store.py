"""The object store: a data root in S3, Google Cloud Storage, Azure or anything that obstore opens.

Objects have no common rename, so the manifest is the switch. The order of a build:

1. the seeds that are missing, create-only, many at once;
2. the artifacts under names that their digests give, `cohorts/<id>/versions/<sha256>/<name>`, which no
   other membership uses: what was there stays;
3. `cohorts/<id>/manifest.json`, put on the condition that it is still the one that was there when the
   build began. Here the new membership is there, at once and whole; of two builds one gets through;
4. the contract's names, `cohorts/<id>/membership.csv` and `.parquet` (or the parts under membership/),
   copied by the store from the versions that the manifest in force names, and again if another build has
   put a newer one meanwhile; parts of an earlier membership are removed.

So a reader that follows the manifest (`read_artifact`) sees the old membership or the new one, whole,
at every moment. A reader of the contract's names sees in each object an old or a new one, whole and
committed; for the moments between 3 and 4 (or until the next build, if one dies there) it is the old
one while the manifest is new, and the manifest's digests tell.
"""

import hashlib
import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
from returns.result import Failure, Result, Success

from cohort_membership import artifacts
from cohort_membership.artifacts import CSV, MANIFEST, PARQUET, SCHEMA_VERSION, Artifact
from cohort_membership.membership import BuildReport, BuildRequest, Membership
from cohort_membership.ports import MembershipWriter, Notify
from cohort_membership.problems import (
    ArtifactCorrupt,
    CohortLocked,
    Location,
    Problems,
    StorageUnavailable,
    fail,
)
from cohort_membership.stores import os_errors
from cohort_membership.stores.addresses import Address, parse_address
from cohort_membership.stores.lane import ahead, threads_for
from cohort_membership.stores.local import PLAN_DIGEST, SEEDED, silent
from cohort_membership.stores.local_artifacts import write_one_table, write_parts
from cohort_membership.stores.local_parts import DATASET, KEY_LENGTH, is_part
from cohort_membership.stores.object_client import Found, ObjectClient, StoreFailed, open_objects
from cohort_membership.stores.object_seeds import ObjectSeeds
from cohort_membership.stores.plan_digest import plan_digest
from cohort_membership.stores.wide_rows import of_newer_schema

ATTEMPTS = 10
"""How often a reader or a finishing build looks again where builds follow one another closely."""


def open_store(address: Address, notify: Notify = silent) -> Result[MembershipWriter, Problems]:
    """The writer of the objects at an address."""
    return open_objects(address).map(lambda client: ObjectStore(client, notify))


@dataclass(frozen=True, slots=True)
class ObjectStore:
    """Persists memberships as objects; a `MembershipWriter`.

    Up to `single_rows` rows there is one membership.parquet; above, a dataset of parts of `part_rows`. Of
    up to `look_rows` generations the metadata that the listing does not vouch for is read in every build;
    of more, only where the manifest in force is that of another plan. The artifacts stand in a temporary
    folder until they are uploaded, since their names need their digests.

    It can return the storage problems and `generation-conflict`.
    """

    client: ObjectClient
    notify: Notify = silent
    single_rows: int = 4_000_000
    part_rows: int = 1_000_000
    look_rows: int = 10_000

    def __call__(self, membership: Membership, request: BuildRequest, /) -> Result[BuildReport, Problems]:
        try:
            return self._write(membership, request)
        except StoreFailed as failed:
            return Failure((failed.problem,))

    def _write(self, membership: Membership, request: BuildRequest) -> Result[BuildReport, Problems]:
        cohort_id = membership.cohort_id
        before = self.client.get(_path(cohort_id, MANIFEST))
        problem = None if before is None else of_newer_schema(before.data, _path(cohort_id, MANIFEST))
        if problem is not None:
            return fail(problem)
        seeds = ObjectSeeds(self.client, membership.plan)
        reused = seeded = 0
        if request.seed_metadata:
            seeds.look()
            conflicts = () if self._is_known(membership, before) else seeds.conflicts(membership)
            if conflicts:
                return Failure(conflicts)
            reused = seeds.reused(membership)
            seeded = membership.rows - reused
        table = DATASET if membership.rows > self.single_rows else PARQUET
        if not request.dry_run:
            if request.seed_metadata:
                seeded = seeds.write(membership) if seeded else 0
                reused = membership.rows - seeded
            if not self._persist(membership, request, before):
                return fail(CohortLocked(cohort_id=cohort_id))
        return Success(self._report(membership, request, table, seeded, reused))

    def _is_known(self, membership: Membership, before: Found | None) -> bool:
        """Whether a build of the same plan has looked at the seeds already; few are looked at each time."""
        content = None if before is None else _decoded(before.data)
        return (
            membership.rows > self.look_rows
            and content is not None
            and content.get(PLAN_DIGEST) == plan_digest(membership.plan)
            and content.get(SEEDED) is True
        )

    def _persist(self, membership: Membership, request: BuildRequest, before: Found | None) -> bool:
        cohort_id = membership.cohort_id
        digest = plan_digest(membership.plan)
        try:
            with tempfile.TemporaryDirectory(prefix="cohort-") as name:
                folder = Path(name)
                written = self._stage(membership, folder, digest[:KEY_LENGTH])
                for file, (sha256, _) in written.items():
                    self.client.put(version_path(cohort_id, file, sha256), folder / file)
        except OSError as error:
            action = f"write the membership of {cohort_id} to a temporary folder"
            raise StoreFailed(os_errors.as_problem(error, action)) from None
        listed = {
            file: Artifact(_path(cohort_id, file), sha256, rows) for file, (sha256, rows) in written.items()
        }
        more = {PLAN_DIGEST: digest, SEEDED: request.seed_metadata}
        data = artifacts.manifest_text(artifacts.manifest(membership.plan, listed, **more)).encode()
        if not self._commit(cohort_id, data, before):
            return False
        self._settle(cohort_id, data)
        return True

    def _stage(self, membership: Membership, folder: Path, key: str) -> dict[str, tuple[str, int]]:
        """The artifacts as files, the same as those of the local store: digest and rows by name."""
        done = 0

        def each(table: pl.DataFrame) -> None:
            nonlocal done
            done += table.height
            self.notify(str(table["stage"][0]), done, membership.rows)

        if membership.rows > self.single_rows:
            return write_parts(membership, folder, key, self.part_rows, each).files
        batches = ahead(membership.table_and_lines, membership.slices(), threads_for(membership))
        return write_one_table(batches, folder, each).files

    def _commit(self, cohort_id: str, data: bytes, before: Found | None) -> bool:
        """Put the manifest over the one that was there; whether it is the one in force now."""
        path = _path(cohort_id, MANIFEST)
        if before is None:
            done = self.client.create(path, data)
        else:
            done = before.data == data or self.client.replace(path, data, before)
        if done:
            return True
        # Another build got through; or our own put did, and its answer was lost on the way.
        now = self.client.get(path)
        return now is not None and now.data == data

    def _settle(self, cohort_id: str, data: bytes) -> None:
        """Give the contract's names what the manifest in force says.

        Whoever copies looks at the manifest again afterwards: so the last copy of each name is made
        from the last manifest, in whatever order the copies of several builds arrive.
        """
        for _ in range(ATTEMPTS):
            digests = _digests(data)
            for name, digest in digests.items():
                self.client.copy(version_path(cohort_id, name, digest), _path(cohort_id, name))
            for name in self._of_other_memberships(cohort_id, digests):
                self.client.delete(_path(cohort_id, name))
            now = self.client.get(_path(cohort_id, MANIFEST))
            if now is None or now.data == data:
                return
            data = now.data

    def _of_other_memberships(self, cohort_id: str, listed: Mapping[str, str]) -> list[str]:
        """Parts, or the one table, that an earlier membership had and this one does not list."""
        home = f"cohorts/{cohort_id}/"
        names = [one.path.removeprefix(home) for one in self.client.list(_path(cohort_id, DATASET))]
        old = [name for name in names if is_part(name.removeprefix(f"{DATASET}/")) and name not in listed]
        is_replaced = PARQUET not in listed and self.client.has(_path(cohort_id, PARQUET))
        return [*old, PARQUET] if is_replaced else old

    def _report(
        self, membership: Membership, request: BuildRequest, table: str, seeded: int, reused: int
    ) -> BuildReport:
        plan = membership.plan
        return BuildReport(
            cohort_id=plan.cohort_id,
            counts=plan.counts,
            seeded=seeded,
            reused=reused,
            artifacts={
                name: self.client.address.joined(_path(plan.cohort_id, name))
                for name in (table, CSV, MANIFEST)
            },
            notices=plan.notices,
            dry_run=request.dry_run,
            metadata={"spec_digest": plan.spec_digest, "seed": plan.seed, "kernel": membership.kernel},
        )


@dataclass(frozen=True, slots=True)
class ReadArtifact:
    """An artifact of a membership as read: its manifest, and the bytes whose digest the manifest has."""

    manifest: Mapping[str, Any]
    data: bytes


def read_artifact(address: str, cohort_id: str, name: str = CSV) -> Result[ReadArtifact, Problems]:
    """An artifact of the membership that is in force, whole, while builds go on.

    Two artifacts belong to one membership if their manifests are equal. It can return the storage
    problems; `artifact-corrupt` where there is no membership, or what the manifest names is damaged.
    """
    try:
        return parse_address(address).bind(open_objects).bind(lambda one: _read(one, cohort_id, name))
    except StoreFailed as failed:
        return Failure((failed.problem,))


def _read(client: ObjectClient, cohort_id: str, name: str) -> Result[ReadArtifact, Problems]:
    path = _path(cohort_id, MANIFEST)
    previous: bytes | None = None
    for _ in range(ATTEMPTS):
        found = client.get(path)
        if found is None:
            return _corrupt(path, "the manifest of a built cohort", "no object")
        content = _decoded(found.data)
        digest = _digests(found.data).get(name)
        if content is None or digest is None:
            return _corrupt(
                path, f"a manifest (schema version {SCHEMA_VERSION}) that lists {name}", "another"
            )
        # The contract's name serves a data root that another tool has copied here.
        for place in (version_path(cohort_id, name, digest), _path(cohort_id, name)):
            one = client.get(place)
            if one is not None and hashlib.sha256(one.data).hexdigest() == digest:
                return Success(ReadArtifact(content, one.data))
        if found.data == previous:
            return _corrupt(_path(cohort_id, name), f"bytes of sha256 {digest[:12]}…", "none such")
        previous = found.data
    return fail(
        StorageUnavailable(action=f"read {name} of {cohort_id}", reason="a new manifest at every look")
    )


def version_path(cohort_id: str, name: str, sha256: str) -> str:
    """Where an artifact stands under its digest; it is never written over with anything else.

    >>> version_path("demo", "membership.csv", "ab" * 32)[:30]
    'cohorts/demo/versions/abababab'
    """
    return f"cohorts/{cohort_id}/versions/{sha256}/{name}"


def _path(cohort_id: str, name: str) -> str:
    return f"cohorts/{cohort_id}/{name}"


def _decoded(data: bytes) -> dict[str, Any] | None:
    try:
        content = json.loads(data)
    except (ValueError, RecursionError):
        return None
    is_known = isinstance(content, dict) and content.get("schema_version") == SCHEMA_VERSION
    return content if is_known else None


def _digests(manifest: bytes) -> dict[str, str]:
    """The digests of the artifacts that a manifest lists; none of one that cannot be understood."""
    listed = (_decoded(manifest) or {}).get("artifacts")
    if not isinstance(listed, dict):
        return {}
    return {
        name: one["sha256"]
        for name, one in listed.items()
        if isinstance(one, dict) and isinstance(one.get("sha256"), str)
    }


def _corrupt(path: str, expected: str, got: str) -> Result[Any, Problems]:
    return fail(
        ArtifactCorrupt(
            artifact=path, expected=expected, got=got, remedy="build the cohort", location=Location(path)
        )
    )
