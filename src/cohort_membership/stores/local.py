"""The local file store: a data root on disk.

Nothing is written before every conflict has been looked for. Then, under the cohort's lock: the seeds,
the artifacts under temporary names, and when all of them are whole and synced, the renames, the
manifest last: it is the commit marker. A build that dies at any point leaves files that the next one
completes or overwrites.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import polars as pl
from returns.result import Failure, Result, Success

from cohort_membership import artifacts
from cohort_membership.artifacts import CSV, MANIFEST, PARQUET, Artifact
from cohort_membership.membership import BuildReport, BuildRequest, Membership
from cohort_membership.ports import Notify
from cohort_membership.problems import CohortLocked, Problems
from cohort_membership.stores.durable import Staged, staged, sync_file_system, sync_folder
from cohort_membership.stores.local_seeds import LocalSeeds
from cohort_membership.stores.os_errors import as_problem


def silent(stage: str, done: int, total: int) -> None:
    """A progress listener that does not listen."""


@dataclass(frozen=True, slots=True)
class LocalStore:
    """Persists memberships under a data root; a `MembershipWriter`.

    It can return the storage problems and `generation-conflict`.
    """

    data_root: Path
    notify: Notify = silent

    def __call__(self, membership: Membership, request: BuildRequest, /) -> Result[BuildReport, Problems]:
        folder = self.data_root / "cohorts" / membership.cohort_id
        try:
            if request.dry_run:
                return self._write(membership, request, folder)
            folder.mkdir(parents=True, exist_ok=True)
            with _locked(folder) as is_locked:
                if not is_locked:
                    return Failure((CohortLocked(cohort_id=membership.cohort_id),))
                return self._write(membership, request, folder)
        except OSError as error:
            return Failure(
                (as_problem(error, f"write the membership of {membership.cohort_id}", self._file(error)),)
            )

    def _write(
        self, membership: Membership, request: BuildRequest, folder: Path
    ) -> Result[BuildReport, Problems]:
        seeds = LocalSeeds(self.data_root, membership.plan)
        seeded = reused = 0
        if request.seed_metadata:
            conflicts = seeds.conflicts(membership)
            if conflicts:
                return Failure(conflicts)
            reused = seeds.reused(membership)
            seeded = membership.rows - reused
        if not request.dry_run:
            self._persist(membership, folder, seeds if request.seed_metadata else None)
        return Success(self._report(membership, request, folder, seeded, reused))

    def _persist(self, membership: Membership, folder: Path, seeds: LocalSeeds | None) -> None:
        done = 0
        tables: list[pl.DataFrame] = []
        with ExitStack() as stack:
            csv = stack.enter_context(staged(folder / CSV))
            csv.write(artifacts.CSV_HEADER)
            for table in membership.batches():
                if seeds is not None:
                    seeds.write(table)
                csv.write(artifacts.csv_lines(table))
                tables.append(table)
                done += table.height
                self.notify(str(table["stage"][0]), done, membership.rows)
            if seeds is not None:
                seeds.finish()
            parquet = stack.enter_context(staged(folder / PARQUET))
            parquet.write(_parquet(pl.concat(tables)))
            written = {PARQUET: self._artifact(parquet, membership), CSV: self._artifact(csv, membership)}
            manifest = stack.enter_context(staged(folder / MANIFEST))
            manifest.write(artifacts.manifest_text(artifacts.manifest(membership.plan, written)).encode())
        sync_file_system(folder)
        for one in (parquet, csv, manifest):
            one.commit()
        sync_folder(folder)

    def _artifact(self, one: Staged, membership: Membership) -> Artifact:
        return Artifact(one.path.relative_to(self.data_root).as_posix(), one.sha256, membership.rows)

    def _report(
        self, membership: Membership, request: BuildRequest, folder: Path, seeded: int, reused: int
    ) -> BuildReport:
        plan = membership.plan
        return BuildReport(
            cohort_id=plan.cohort_id,
            counts=plan.counts,
            seeded=seeded,
            reused=reused,
            artifacts={name: str((folder / name).absolute()) for name in (PARQUET, CSV, MANIFEST)},
            notices=plan.notices,
            dry_run=request.dry_run,
            metadata={"spec_digest": plan.spec_digest, "seed": plan.seed, "kernel": membership.kernel},
        )

    def _file(self, error: OSError) -> str | None:
        """The file that an error names, relative to the data root."""
        name = error.filename
        if not isinstance(name, str):
            return None
        path = Path(name)
        return path.relative_to(self.data_root).as_posix() if path.is_relative_to(self.data_root) else None


def _parquet(table: pl.DataFrame) -> bytes:
    buffer = BytesIO()
    table.write_parquet(buffer, compression="zstd", compression_level=1)
    return buffer.getvalue()


@contextmanager
def _locked(folder: Path) -> Iterator[bool]:
    """An exclusive lock on the folder itself: it leaves no file behind and dies with its process."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(descriptor)


def read_manifest(data_root: Path, cohort_id: str) -> dict[str, object] | None:
    """The manifest of a built cohort; None where there is none, or none that can be read."""
    try:
        content = json.loads((data_root / "cohorts" / cohort_id / MANIFEST).read_bytes())
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) else None
