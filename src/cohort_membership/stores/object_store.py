"""The object store: a data root in S3, Google Cloud Storage, Azure or anything that obstore opens.

Objects have no common rename, so the manifest is the switch. The order of a build:

1. the seeds that are missing, create-only, many at once;
2. the artifacts under names that their digests give, `cohorts/<id>/versions/<sha256>/<name>`, which no
   other membership uses: what was there stays;
3. `cohorts/<id>/manifest.json`, put on the condition that it is still the one that was there when the
   build began. Here the new membership is there, at once and whole; of two builds one gets through;
4. the contract's names, `cohorts/<id>/membership.csv` and `.parquet`, copied by the store from the
   versions that the manifest in force names, and again if another build has put a newer one meanwhile.

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
from cohort_membership.stores.durable import staged
from cohort_membership.stores.local import silent
from cohort_membership.stores.object_client import Found, ObjectClient, StoreFailed, open_objects
from cohort_membership.stores.object_seeds import ObjectSeeds

ATTEMPTS = 10
"""How often a reader or a finishing build looks again where builds follow one another closely."""


def open_store(address: Address, notify: Notify = silent) -> Result[MembershipWriter, Problems]:
    """The writer of the objects at an address."""
    return open_objects(address).map(lambda client: ObjectStore(client, notify))


@dataclass(frozen=True, slots=True)
class ObjectStore:
    """Persists memberships as objects; a `MembershipWriter`.

    It can return the storage problems and `generation-conflict`. Memory stays with the batch; the
    artifacts stand in a temporary folder until they are uploaded, since their names need their digests.
    """

    client: ObjectClient
    notify: Notify = silent

    def __call__(self, membership: Membership, request: BuildRequest, /) -> Result[BuildReport, Problems]:
        try:
            return self._write(membership, request)
        except StoreFailed as failed:
            return Failure((failed.problem,))

    def _write(self, membership: Membership, request: BuildRequest) -> Result[BuildReport, Problems]:
        cohort_id = membership.cohort_id
        before = self.client.get(_path(cohort_id, MANIFEST))
        seeds = ObjectSeeds(self.client, membership.plan)
        reused = seeded = 0
        if request.seed_metadata:
            seeds.look()
            conflicts = seeds.conflicts(membership)
            if conflicts:
                return Failure(conflicts)
            reused = seeds.reused(membership)
            seeded = membership.rows - reused
        if not request.dry_run:
            if request.seed_metadata:
                seeded = seeds.write(membership)
                reused = membership.rows - seeded
            try:
                with tempfile.TemporaryDirectory(prefix="cohort-") as folder:
                    committed = self._persist(membership, Path(folder), before)
            except OSError as error:
                action = f"write the membership of {cohort_id} to a temporary folder"
                return Failure((os_errors.as_problem(error, action),))
            if not committed:
                return fail(CohortLocked(cohort_id=cohort_id))
        return Success(self._report(membership, request, seeded, reused))

    def _persist(self, membership: Membership, folder: Path, before: Found | None) -> bool:
        cohort_id = membership.cohort_id
        written = _stage(membership, folder, self.notify)
        for name, one in written.items():
            self.client.put(version_path(cohort_id, name, one.sha256), folder / name)
        content = artifacts.manifest(membership.plan, written)
        data = artifacts.manifest_text(content).encode()
        if not self._commit(cohort_id, data, before):
            return False
        self._settle(cohort_id, data)
        return True

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
            for name, digest in _digests(data).items():
                source = version_path(cohort_id, name, digest)
                self.client.copy(source, _path(cohort_id, name))
            now = self.client.get(_path(cohort_id, MANIFEST))
            if now is None or now.data == data:
                return
            data = now.data

    def _report(self, membership: Membership, request: BuildRequest, seeded: int, reused: int) -> BuildReport:
        plan = membership.plan
        return BuildReport(
            cohort_id=plan.cohort_id,
            counts=plan.counts,
            seeded=seeded,
            reused=reused,
            artifacts={
                name: self.client.address.joined(_path(plan.cohort_id, name))
                for name in (PARQUET, CSV, MANIFEST)
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


def _stage(membership: Membership, folder: Path, notify: Notify) -> dict[str, Artifact]:
    """The artifacts, as the local store makes them, in a folder."""
    done = 0
    tables: list[pl.DataFrame] = []
    with staged(folder / CSV) as csv:
        csv.write(artifacts.CSV_HEADER)
        for table in membership.batches():
            csv.write(artifacts.csv_lines(table))
            tables.append(table)
            done += table.height
            notify(str(table["stage"][0]), done, membership.rows)
    csv.commit()
    pl.concat(tables).write_parquet(folder / PARQUET, compression="zstd", compression_level=1)
    with (folder / PARQUET).open("rb") as file:
        parquet = hashlib.file_digest(file, "sha256").hexdigest()
    return {
        name: Artifact(_path(membership.cohort_id, name), digest, membership.rows)
        for name, digest in ((PARQUET, parquet), (CSV, csv.sha256))
    }


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
