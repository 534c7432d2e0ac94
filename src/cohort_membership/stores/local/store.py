"""The local file store: a data root on disk.

Nothing is written before every conflict has been looked for. Then, under the cohort's lock: the seeds and
the artifacts where nobody reads them; when all of them are whole and durable, the seeds in their places;
and at last the artifacts, the manifest after all others: it is the commit marker (see `local_commit`). A
build that fails takes back what it did, and one that is killed leaves what the next one completes.
"""

import os
import shutil
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from returns.result import Failure, Result, Success

from cohort_membership.artifacts import CSV, MANIFEST, PARQUET, Artifact
from cohort_membership.executors import ExecutorChoice, ExecutorMissing, WorkersLost, workers_of
from cohort_membership.manifest import manifest_text, plan_digest
from cohort_membership.membership import BuildReport, BuildRequest, Membership
from cohort_membership.ports import Notify
from cohort_membership.problems import (
    CohortLocked,
    Problems,
    StorageDenied,
    StorageUnavailable,
)
from cohort_membership.stores.lane import ahead, threads_for
from cohort_membership.stores.local.artifacts import (
    Batch,
    Written,
    write_one_table,
    write_parts,
    write_parts_by,
)
from cohort_membership.stores.local.commit import PREPARED, WORK, Switch, complete_interrupted
from cohort_membership.stores.local.durable import (
    make_folder,
    remove_folders,
    staged,
    sync_file_system,
    sync_folder,
)
from cohort_membership.stores.local.earlier_build import EarlierBuild
from cohort_membership.stores.local.lock import cohort_lock
from cohort_membership.stores.local.obstacles import is_of_parts, obstacles
from cohort_membership.stores.local.os_errors import as_problem
from cohort_membership.stores.local.parts import DATASET, KEY_LENGTH
from cohort_membership.stores.local.seeds import LocalSeeds
from cohort_membership.stores.reports import report_of

LOOK_ROWS = 10_000
"""Generations of which a build looks at every metadata file: that takes a tenth of a second."""

LISTING_GRACE = 0.05
"""Seconds for which a dataset that was replaced is kept: whoever is listing it, folder by folder and without
the manifest, sees all of it and then finds it gone, and not the half that was not yet removed."""

SMALL = 50_000
"""Rows up to which one thread is faster than two that hand the interpreter's lock to and fro."""


def silent(stage: str, done: int, total: int) -> None:
    """A progress listener that does not listen."""


@dataclass(frozen=True, slots=True)
class LocalStore:
    """Persists memberships under a data root; a `MembershipWriter`.

    Up to `single_rows` rows there is one membership.parquet; above, a dataset of parts of `part_rows`
    under membership/, which `executor` may let others make (see `executors`). Of up to `look_rows`
    generations every metadata file is looked at in every build; of more, only where the manifest in
    force is that of another plan. Where all that it would write is there already, a build writes nothing.

    Either form is read by one call: `pl.read_parquet` of membership.parquet, `pl.scan_parquet` of the
    folder membership/ (its column `stage` prunes the parts); the columns and their types are the same.

    It can return the storage problems, `generation-conflict` and `artifact-corrupt`.
    """

    data_root: Path
    notify: Notify = silent
    executor: ExecutorChoice = None
    single_rows: int = 4_000_000
    part_rows: int = 500_000
    look_rows: int = LOOK_ROWS

    def __call__(self, membership: Membership, request: BuildRequest, /) -> Result[BuildReport, Problems]:
        action = f"write the membership of {membership.cohort_id}"
        try:
            if request.dry_run:
                return self._would_do(_Build(self, membership, request))
            return self._do(_Build(self, membership, request))
        except OSError as error:
            return Failure((as_problem(error, action, self._file(error)),))
        except ExecutorMissing as error:
            reason, remedy = error.args
            return Failure((StorageDenied(action=action, reason=reason, remedy=remedy),))
        except WorkersLost as error:
            return Failure((StorageUnavailable(action=action, reason=str(error)),))

    def _would_do(self, build: "_Build") -> Result[BuildReport, Problems]:
        problems = build.problems()
        if problems:
            return Failure(problems)
        new = build.count()
        return Success(build.report(new, is_unchanged=build.is_in_force(new)))

    def _do(self, build: "_Build") -> Result[BuildReport, Problems]:
        made = make_folder(build.folder)
        try:
            with cohort_lock(build.folder) as is_locked:
                if not is_locked:
                    return Failure((CohortLocked(cohort_id=build.membership.cohort_id),))
                problems = build.problems()
                if not problems and build.is_in_force():
                    return Success(build.report(0, is_unchanged=True))
                problems = problems or build.persist()
                if problems:
                    remove_folders(made)
                    return Failure(problems)
        except BaseException:
            remove_folders(made)
            raise
        return Success(build.report(build.seeds.seeded))

    def _file(self, error: OSError) -> str | None:
        """The file that an error names, relative to the data root; of one in the work folder its own name."""
        name = error.filename
        if not isinstance(name, str):
            return None
        path = Path(name)
        if not path.is_relative_to(self.data_root):
            return None
        return "/".join(part for part in path.relative_to(self.data_root).parts if part != WORK)


class _Build:
    """One build of one cohort."""

    def __init__(self, store: LocalStore, membership: Membership, request: BuildRequest) -> None:
        self.store, self.membership, self.request = store, membership, request
        self.folder = store.data_root / "cohorts" / membership.cohort_id
        self.seeds = LocalSeeds(store.data_root, membership.plan)
        self.digest = plan_digest(membership.plan)
        self.earlier = EarlierBuild(self.folder, store.data_root)
        self.is_parted = membership.rows > store.single_rows
        self._kept: list[Batch] | None = None

    # ------------------------------------------------------- before anything is written

    def problems(self) -> Problems:
        """What stands in the way; everything that can be known before writing."""
        root, cohort_id = self.store.data_root, self.membership.cohort_id
        in_the_way = tuple(obstacles(root, cohort_id, is_parted=self.is_parted))
        if in_the_way or not self.request.seed_metadata:
            return in_the_way
        has_listed = self.seeds.list_present()
        if not has_listed or self._is_known():
            return ()
        return self.seeds.look(table for table, _ in self._batches())

    def _is_known(self) -> bool:
        """Whether a build of the same plan has looked at the seeds already."""
        if self.membership.rows <= self.store.look_rows:
            return False
        return self.earlier.is_of(self.digest, has_seeds=True)

    def is_in_force(self, new: int | None = None) -> bool:
        """Whether all that the build would write is there already; `new` are the seeds that are missing."""
        return (
            self.earlier.is_of(self.digest, has_seeds=self.request.seed_metadata)
            and not self.seeds.is_left_over
            and not (self.count() if new is None else new)
            and self.earlier.is_whole(self._table, self.membership.counts)
        )

    @property
    def _table(self) -> str:
        return DATASET if self.is_parted else PARQUET

    def report(self, seeded: int, *, is_unchanged: bool = False) -> BuildReport:
        places = {name: str((self.folder / name).absolute()) for name in (self._table, CSV, MANIFEST)}
        modes = self.seeds.modes
        return report_of(
            self.membership, self.request, places, seeded, is_unchanged=is_unchanged, modes=modes
        )

    def _path(self, name: str) -> str:
        return f"cohorts/{self.membership.cohort_id}/{name}"

    def _batches(self) -> Iterable[Batch]:
        """The membership in batches; kept where it is small, since it is gone through twice."""
        membership = self.membership
        make, slices = membership.table_and_lines, membership.slices()
        is_small = membership.rows <= SMALL
        made = map(make, slices) if is_small else ahead(make, slices, threads_for(membership))
        if self.is_parted:
            return made
        if self._kept is None:
            self._kept = list(made)
        return self._kept

    def count(self) -> int:
        """How many seeds would be written."""
        if not self.request.seed_metadata:
            return 0
        if self.seeds.has_listed:
            for table, _ in self._batches():
                self.seeds.missing(table)
        return self.membership.rows - self.seeds.reused

    # ------------------------------------------------------------------- the writing

    def persist(self) -> Problems:
        """Write everything; what came in between, where something did. A failure leaves what was there."""
        switch: Switch | None = None
        try:
            self.seeds.discard()
            complete_interrupted(self.folder)
            work = self.folder / WORK
            work.mkdir()
            written = self._write(work)
            self._make_durable(work)
            problems = self.seeds.put()
            if not problems:
                switch = Switch(self.folder, tuple(dict.fromkeys((written.table, CSV))))
                switch.run()
                if (work / DATASET).exists():  # the one that was replaced
                    time.sleep(LISTING_GRACE)
                self._remove_other_form(written.table)
            self._clean()
            return problems
        except BaseException:
            if switch is None or switch.is_undone:
                self._clean()
            raise

    def _write(self, work: Path) -> Written:
        each = self._each()
        store, membership, key = self.store, self.membership, self.digest[:KEY_LENGTH]
        workers = workers_of(store.executor) if self.is_parted else None
        if not self.is_parted:
            written = write_one_table(self._batches(), work, each)
        elif workers is None:
            written = write_parts(membership, work, key, store.part_rows, each)
        else:
            written = write_parts_by(
                workers, membership, work, key, part_rows=store.part_rows, notify=store.notify
            )
            if self.request.seed_metadata:
                for table in membership.batches():
                    self.seeds.prepare(table)
        listed = {
            name: Artifact(self._path(name), sha256, rows) for name, (sha256, rows) in written.files.items()
        }
        with staged(work / MANIFEST, work / PREPARED) as manifest:
            text = manifest_text(membership.plan, listed, has_seeds=self.request.seed_metadata)
            manifest.write(text.encode())
        return written

    def _each(self) -> Callable[[pl.DataFrame], None]:
        done = 0

        def each(table: pl.DataFrame) -> None:
            nonlocal done
            if self.request.seed_metadata:
                self.seeds.prepare(table)
            done += table.height
            self.store.notify(str(table["stage"][0]), done, self.membership.rows)

        return each

    def _make_durable(self, work: Path) -> None:
        """The artifacts are synced one by one; many parts and seeds by one sync of the file system."""
        homes = []
        if self.seeds.is_prepared:
            homes.append(self.store.data_root / "gens")
        if self.is_parted:
            homes.append(work)
        for home in {home.stat().st_dev: home for home in homes}.values():
            sync_file_system(home)
        sync_folder(work)

    def _remove_other_form(self, table: str) -> None:
        """Of an earlier build that wrote the table in the other form: it is not of this membership."""
        other = self.folder / (PARQUET if table == DATASET else DATASET)
        if os.path.lexists(other) and (table == DATASET or is_of_parts(other)):
            other.rename(self.folder / WORK / "other-form")

    def _clean(self) -> None:
        """Remove what nobody reads. What cannot be removed now, the next build removes."""
        with suppress(OSError):
            self.seeds.discard()
        with suppress(FileNotFoundError, NotADirectoryError):
            shutil.rmtree(self.folder / WORK, ignore_errors=True)
