"""Seeding on the local disk: `gens/<stage>/<gen_id>/metadata.json`, written once and never again.

New seeds are prepared under `gens/.seeding-<cohort_id>/`, made durable by one sync of the file system, and
then renamed into place folder by folder (a stage that has no folder yet: all at once). So nobody ever
meets half of one, not even after a power cut, and what a killed build leaves is a folder of this
cohort's that its next build removes. Where a stage's folder is a mount of its own, the seeds are first
copied there, into a folder of the same name. A rename does not replace a folder that holds something:
whoever comes second of two cohorts with a generation in common finds it there.

What is there already is told by one listing a stage. Whether it is what it should be is looked at file
by file, unless the manifest in force is that of the same plan: then the build that wrote it has looked,
and seeds are not overwritten since. `verify` looks in any case, as does a build of few generations.
"""

import errno
import os
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import polars as pl

from cohort_membership import metadata
from cohort_membership.artifacts import METADATA
from cohort_membership.metadata import OtherMode, Seed
from cohort_membership.plan import Plan
from cohort_membership.problems import (
    Location,
    Problem,
    Problems,
    StorageDenied,
)
from cohort_membership.regular_files import read_regular
from cohort_membership.stores.lane import Lane
from cohort_membership.stores.local.durable import make_folder, remove_folders, sync_folder
from cohort_membership.stores.local.seed_files import (
    CHUNK,
    NO_NAMES,
    complete,
    copied_into,
    listed,
    read_seed,
    some_names,
    write_seeds,
)

MOST_CONFLICTS = 1_000
"""How many conflicts a build reports: a folder copied from elsewhere would else fill a log."""

READERS = 8


@dataclass(slots=True)
class LocalSeeds:
    """The metadata files of a plan's generations under a data root.

    First `look` (where there is reason to), then `prepare` batch by batch, then `put`; or `discard`.
    """

    data_root: Path
    plan: Plan
    reused: int = 0
    seeded: int = 0
    modes: Counter[OtherMode] = field(default_factory=Counter)
    """The files that record another mode than the catalog has, as far as they were looked at."""
    _prepared: int = 0
    _made: list[Path] = field(default_factory=list)
    _there: dict[str, pl.Series] = field(default_factory=dict)
    """By stage the generations that need no seed, as far as is known: at first all that are listed."""

    def list_present(self) -> bool:
        """List what is there, once a stage; whether there is anything."""
        for stage in self.plan.counts:
            self._there[stage] = listed(self._home / stage)
        return self.has_listed

    @property
    def has_listed(self) -> bool:
        return any(len(names) for names in self._there.values())

    def look(self, tables: Iterable[pl.DataFrame]) -> Problems:
        """Read the metadata that is there; what belongs to other generations than its folder says."""
        found: list[Problem] = []
        whole: dict[str, list[pl.Series]] = {stage: [] for stage in self._there}
        with ThreadPoolExecutor(READERS) as readers:
            for table in tables:
                stage = str(table["stage"][0])
                for part in table.filter(_is_in(table["gen_id"], self._there[stage])).iter_slices(CHUNK):
                    contents = self._contents(stage, part["gen_id"].to_list(), readers)
                    whole[stage].append(part["gen_id"].filter(pl.Series([bool(one) for one in contents])))
                    found.extend(self._problems(part, contents))
                    if len(found) >= MOST_CONFLICTS:
                        return tuple(found[:MOST_CONFLICTS])
        self._there = {stage: pl.concat(names) if names else NO_NAMES for stage, names in whole.items()}
        return tuple(found)

    def missing(self, table: pl.DataFrame) -> pl.DataFrame:
        """The generations of a batch that are to be seeded; the others are counted as reused."""
        there = self._there[str(table["stage"][0])]
        if not len(there):
            return table
        rest = table.filter(~_is_in(table["gen_id"], there))
        self.reused += table.height - rest.height
        return rest

    def prepare(self, table: pl.DataFrame) -> None:
        """Write the seeds of a batch where nobody looks for them."""
        rest = self.missing(table)
        if not rest.height:
            return
        folder = self._work / str(table["stage"][0])
        if not folder.exists():
            self._made += make_folder(folder)
        seeds = metadata.seeds(rest, self.plan)
        with Lane() as lane:
            while some := list(islice(seeds, CHUNK)):
                for seed in some:
                    os.mkdir(f"{folder}/{seed.gen_id}")  # noqa: PTH102
                if rest.height <= CHUNK:
                    write_seeds(folder, some)
                else:
                    lane.do(write_seeds, folder, some)
            lane.finish()
        self._prepared += rest.height

    @property
    def is_prepared(self) -> bool:
        """Whether there is anything to `put`."""
        return self._prepared > 0

    def put(self) -> Problems:
        """Give the prepared seeds, which are durable by now, their places; conflicts that came meanwhile."""
        found: list[Problem] = []
        for stage in self.plan.counts:
            work, home = self._work / stage, self._home / stage
            if not work.exists():
                continue
            try:
                work.rename(home)
            except OSError as error:
                if error.errno not in _NOT_REPLACED:
                    raise
                found += self._put_each(work, home)
        self.seeded = self._prepared
        for stage in self.plan.counts:
            if (self._home / stage).exists():
                sync_folder(self._home / stage)
        if self._prepared:
            sync_folder(self._home)
        return tuple(found)

    @property
    def is_left_over(self) -> bool:
        """Whether a killed build of this cohort has left what it prepared."""
        return any(map(os.path.lexists, self._left))

    def discard(self) -> None:
        """Remove what is prepared, what a killed build of this cohort has left, and folders made for it."""
        for work in self._left:
            if work.is_symlink():
                raise NotADirectoryError(errno.ENOTDIR, "a link where a folder should be", str(work))
            with suppress(FileNotFoundError, NotADirectoryError):
                shutil.rmtree(work)
        remove_folders(self._made)

    @property
    def _home(self) -> Path:
        return self.data_root / "gens"

    @property
    def _work(self) -> Path:
        """Where seeds are prepared; one a cohort, so its lock guards it."""
        return self._home / f".seeding-{self.plan.cohort_id}"

    @property
    def _left(self) -> tuple[Path, ...]:
        """Where a killed build may have left what it prepared."""
        return self._work, *(self._home / stage / self._work.name for stage in self.plan.counts)

    def _put_each(self, work: Path, home: Path) -> Iterator[Problem]:
        """One by one; by way of a copy where the stage's folder is on another file system, or mounted."""
        while names := some_names(work):
            for name in names:
                try:
                    os.rename(f"{work}/{name}", f"{home}/{name}")  # noqa: PTH104
                except OSError as error:
                    if error.errno == errno.EXDEV:
                        yield from self._put_each(copied_into(home, work), home)
                        shutil.rmtree(work)
                        return
                    if error.errno not in _THERE:
                        raise
                    yield from self._put_beside(work / name / METADATA, home / name / METADATA)
                    shutil.rmtree(work / name)

    def _put_beside(self, prepared: Path, path: Path) -> Iterator[Problem]:
        """A seed for a folder that holds something: a model's output, or a seed that came first."""
        content = read_regular(prepared, self.data_root)
        try:
            path.hardlink_to(prepared)
        except FileExistsError:
            if complete(path, content):
                return
            self._prepared -= 1
            self.reused += 1
            found = read_regular(path, self.data_root)
            problem = self._problem(Seed(path.parts[-3], path.parts[-2], content.decode()), found)
            if problem is not None:
                yield problem

    def _contents(self, stage: str, ids: list[str], readers: Executor) -> list[bytes | None]:
        """The metadata files of some generations; read at once, which pays where a disk is far away."""
        home, step = f"{self._home}/{stage}", -(-len(ids) // READERS)
        some = [ids[start : start + step] for start in range(0, len(ids), step)]
        read = readers.map(
            lambda names: [read_seed(f"{home}/{name}/{METADATA}", self.data_root) for name in names], some
        )
        return [content for each in read for content in each]

    def _problems(self, part: pl.DataFrame, contents: list[bytes | None]) -> Iterator[Problem]:
        for seed, content in zip(metadata.seeds(part, self.plan), contents, strict=True):
            if content is None:
                yield StorageDenied(
                    action=f"write the metadata of {seed.gen_id}",
                    reason=(
                        "something else than its folder, or than a file of the data root where its metadata "
                        "should be (a folder, a pipe, a link that leads outside, nowhere or to an empty file)"
                    ),
                    location=self._location(seed),
                )
            elif content:
                problem = self._problem(seed, content)
                if problem is not None:
                    yield problem

    def _problem(self, seed: Seed, content: bytes) -> Problem | None:
        found = metadata.judged(seed, content, self.plan.experiment, self._location(seed).file)
        if isinstance(found, OtherMode):
            self.modes[found] += 1
            return None
        return found

    def _location(self, seed: Seed) -> Location:
        return Location(f"gens/{seed.stage}/{seed.gen_id}/{METADATA}")


_THERE = {errno.EEXIST, errno.ENOTEMPTY}
_NOT_REPLACED = {*_THERE, errno.EBUSY, errno.ENOTDIR}
"""What a rename over a stage's folder meets: it holds something, is a mount point, or a link to a folder."""


def _is_in(names: pl.Series, listed: pl.Series) -> pl.Series:
    return names.is_in(listed.implode())
