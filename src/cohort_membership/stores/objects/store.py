"""The object store: a data root in S3, Google Cloud Storage, Azure or anything that obstore opens.

Objects have no common rename, so the manifest is the switch. The order of a build:

1. the seeds that are missing, create-only, many at once;
2. the artifacts under names that their digests give, `cohorts/<id>/versions/<sha256>/<name>`, which no
   other membership uses: what was there stays;
3. `cohorts/<id>/manifest.json`, put on the condition that it is still the one that was there when the
   build began. Here the new membership is there, at once and whole; of two builds one gets through;
   The versions that only the loser has put are removed again;
4. the contract's names, `cohorts/<id>/membership.csv` and `.parquet` (or the parts under membership/),
   copied by the store from the versions that the manifest in force names, and again if another build has
   put a newer one meanwhile; parts of an earlier membership are removed.

So a reader that follows the manifest (`read_artifact`) sees the old membership or the new one, whole,
at every moment. A reader of the contract's names sees in each object an old or a new one, whole and
committed; for the moments between 3 and 4 (or until the next build, if one dies there) it is the old
one while the manifest is new, and the manifest's digests tell.
"""

import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from returns.result import Failure, Result, Success

from cohort_membership.artifacts import CSV, MANIFEST, PARQUET, Artifact
from cohort_membership.manifest import PLAN_DIGEST, SEEDED, manifest_text, plan_digest
from cohort_membership.membership import BuildReport, BuildRequest, Membership
from cohort_membership.plan import Plan
from cohort_membership.ports import MembershipReader, MembershipWriter, Notify
from cohort_membership.problems import CohortLocked, Problems, fail
from cohort_membership.stores.addresses import Address
from cohort_membership.stores.lane import ahead, threads_for
from cohort_membership.stores.local import os_errors
from cohort_membership.stores.local.artifacts import write_one_table, write_parts
from cohort_membership.stores.local.parts import DATASET, KEY_LENGTH, is_part
from cohort_membership.stores.local.store import silent
from cohort_membership.stores.objects.client import Found, Listed, ObjectClient, StoreFailed, open_objects
from cohort_membership.stores.objects.places import artifact_path, version_path, versions_home
from cohort_membership.stores.objects.read_artifact import decoded, digests
from cohort_membership.stores.objects.reader import ATTEMPTS, ObjectReader
from cohort_membership.stores.objects.seeds import ObjectSeeds
from cohort_membership.stores.reports import report_of
from cohort_membership.stores.sql.wide_rows import newer_manifest

_MD5 = re.compile("[0-9a-f]{32}")


def open_store(address: Address, notify: Notify = silent) -> Result[MembershipWriter, Problems]:
    """The writer of the objects at an address."""
    return open_objects(address).map(lambda client: ObjectStore(client, notify))


def open_reader(address: Address) -> Result[MembershipReader, Problems]:
    """The reader of the objects at an address; nothing is asked of the store yet."""
    return open_objects(address).map(ObjectReader)


@dataclass(frozen=True, slots=True)
class ObjectStore:
    """Persists memberships as objects; a `MembershipWriter`.

    Up to `single_rows` rows there is one membership.parquet; above, a dataset of parts of `part_rows`. Of
    up to `look_rows` generations the metadata that the listing does not vouch for is read in every build;
    of more, only where the manifest in force is that of another plan. The artifacts stand in a temporary
    folder until they are uploaded, since their names need their digests. Where all that it would write is
    there already, a build writes nothing.

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
        before = self.client.get(artifact_path(cohort_id, MANIFEST))
        problem = None if before is None else newer_manifest(before.data, artifact_path(cohort_id, MANIFEST))
        if problem is not None:
            return fail(problem)
        seeds = ObjectSeeds(self.client, membership.plan)
        seeded = 0
        if request.seed_metadata:
            seeds.look()
            conflicts = () if self._is_known(membership, before) else seeds.conflicts(membership)
            if conflicts:
                return Failure(conflicts)
            seeded = membership.rows - seeds.reused(membership)
        table = DATASET if membership.rows > self.single_rows else PARQUET
        is_unchanged = not seeded and self._is_in_force(membership, request, before, table)
        if not request.dry_run and not is_unchanged:
            if request.seed_metadata:
                seeded = seeds.write(membership) if seeded else 0
            if not self._persist(membership, request, before):
                return fail(CohortLocked(cohort_id=cohort_id))
        places = self._places(cohort_id, table)
        return Success(
            report_of(membership, request, places, seeded, is_unchanged=is_unchanged, modes=seeds.modes)
        )

    def _is_known(self, membership: Membership, before: Found | None) -> bool:
        """Whether a build of the same plan has looked at the seeds already; few are looked at each time."""
        return membership.rows > self.look_rows and _is_of_plan(before, membership.plan, has_seeds=True)

    def _is_in_force(
        self, membership: Membership, request: BuildRequest, before: Found | None, table: str
    ) -> bool:
        """Whether what a build would write is there, as far as one listing tells: under its digest, and the
        same under the contract's name."""
        if before is None or not _is_of_plan(before, membership.plan, has_seeds=request.seed_metadata):
            return False
        cohort_id, listed = membership.cohort_id, digests(before.data)
        there = {one.path: one for one in self.client.list(f"cohorts/{cohort_id}")}
        return {table, CSV} <= {name.split("/")[0] for name in listed} and all(
            _is_copy(
                there.get(version_path(cohort_id, name, digest)), there.get(artifact_path(cohort_id, name))
            )
            for name, digest in listed.items()
        )

    def _persist(self, membership: Membership, request: BuildRequest, before: Found | None) -> bool:
        cohort_id = membership.cohort_id
        digest = plan_digest(membership.plan)
        try:
            with tempfile.TemporaryDirectory(prefix="cohort-") as name:
                folder = Path(name)
                written = self._stage(membership, folder, digest[:KEY_LENGTH])
                files = {
                    version_path(cohort_id, file, sha256): folder / file
                    for file, (sha256, _) in written.items()
                }
                earlier = {one.path for one in self.client.list(versions_home(cohort_id))}
                for path, file in files.items():
                    self.client.put(path, file)
                listed = {
                    file: Artifact(artifact_path(cohort_id, file), sha256, rows)
                    for file, (sha256, rows) in written.items()
                }
                data = manifest_text(membership.plan, listed, has_seeds=request.seed_metadata).encode()
                if not self._commit(cohort_id, data, before):
                    self._take_back(cohort_id, {path: files[path] for path in files.keys() - earlier})
                    return False
                self._settle(cohort_id, data, files)
                return True
        except OSError as error:
            action = f"write the membership of {cohort_id} to a temporary folder"
            raise StoreFailed(os_errors.as_problem(error, action)) from None

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
        path = artifact_path(cohort_id, MANIFEST)
        if before is None:
            done = self.client.create(path, data)
        else:
            done = before.data == data or self.client.replace(path, data, before)
        if done:
            return True
        # Another build got through; or our own put did, and its answer was lost on the way.
        now = self.client.get(path)
        return now is not None and now.data == data

    def _take_back(self, cohort_id: str, files: Mapping[str, Path]) -> None:
        """Remove the versions that only this build has put: another one got through.

        A third build may be putting the same bytes, to name them in its manifest: what is named by the time
        that all are removed is put again, and that build looks after what it names itself (`_settle`).
        """
        for path in files.keys() - self._named(cohort_id):
            self.client.delete(path)
        for path in files.keys() & self._named(cohort_id):
            self.client.put(path, files[path])

    def _named(self, cohort_id: str) -> set[str]:
        """The versions that the manifest in force names."""
        now = self.client.get(artifact_path(cohort_id, MANIFEST))
        named = {} if now is None else digests(now.data)
        return {version_path(cohort_id, name, digest) for name, digest in named.items()}

    def _settle(self, cohort_id: str, data: bytes, files: Mapping[str, Path]) -> None:
        """Give the contract's names what the manifest in force says; `files` are the versions put here.

        Whoever copies looks at the manifest again afterwards: so the last copy of each name is made
        from the last manifest, in whatever order the copies of several builds arrive.
        """
        for _ in range(ATTEMPTS):
            listed = digests(data)
            for name, digest in listed.items():
                version, place = version_path(cohort_id, name, digest), artifact_path(cohort_id, name)
                if not self.client.copy(version, place) and version in files:
                    self.client.put(version, files[version])  # A build that lost has taken it back.
                    self.client.copy(version, place)
            for name in self._of_other_memberships(cohort_id, listed):
                self.client.delete(artifact_path(cohort_id, name))
            now = self.client.get(artifact_path(cohort_id, MANIFEST))
            if now is None or now.data == data:
                return
            data = now.data

    def _of_other_memberships(self, cohort_id: str, listed: Mapping[str, str]) -> list[str]:
        """Parts, or the one table, that an earlier membership had and this one does not list."""
        home = f"cohorts/{cohort_id}/"
        names = [one.path.removeprefix(home) for one in self.client.list(artifact_path(cohort_id, DATASET))]
        old = [name for name in names if is_part(name.removeprefix(f"{DATASET}/")) and name not in listed]
        is_replaced = PARQUET not in listed and self.client.has(artifact_path(cohort_id, PARQUET))
        return [*old, PARQUET] if is_replaced else old

    def _places(self, cohort_id: str, table: str) -> dict[str, str]:
        paths = {name: artifact_path(cohort_id, name) for name in (table, CSV, MANIFEST)}
        return {name: self.client.address.joined(path) for name, path in paths.items()}


def _is_of_plan(manifest: Found | None, plan: Plan, *, has_seeds: bool) -> bool:
    content = None if manifest is None else decoded(manifest.data)
    return (
        content is not None
        and content.get(PLAN_DIGEST) == plan_digest(plan)
        and content.get("counts") == dict(plan.counts)
        and (content.get(SEEDED) is True) >= has_seeds
    )


def _is_copy(version: Listed | None, copy: Listed | None) -> bool:
    """Whether a copy is that of a version: their sizes, and their tags where both are MD5 digests."""
    if version is None or copy is None or version.size != copy.size:
        return False
    return version.e_tag == copy.e_tag or not (_MD5.fullmatch(version.e_tag) and _MD5.fullmatch(copy.e_tag))
