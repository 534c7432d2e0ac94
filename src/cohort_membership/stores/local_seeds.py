"""Seeding on the local disk: `gens/<stage>/<gen_id>/metadata.json`, written once and never again.

New seeds are prepared under `gens/.seeding-<cohort_id>/`, made durable by one sync of the file system, and
then renamed into place folder by folder (a stage that has no folder yet: all at once). So nobody ever
meets half of one, not even after a power cut, and what a killed build leaves is one folder of this
cohort's that its next build removes. A rename does not replace a folder that holds something: whoever
comes second of two cohorts with a generation in common finds it there.

What is there already is told by one listing a stage. Whether it is what it should be is looked at file
by file, unless the manifest in force is that of the same plan: then the build that wrote it has looked,
and seeds are not overwritten since. `verify` looks in any case, as does a build of few generations.
"""

import errno
import fcntl
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import polars as pl
from toolz import concat

from cohort_membership import artifacts
from cohort_membership.artifacts import METADATA, Seed
from cohort_membership.plan import Plan
from cohort_membership.problems import (
    ArtifactCorrupt,
    GenerationConflict,
    Location,
    Problem,
    Problems,
    StorageDenied,
)
from cohort_membership.stores.durable import make_folder, remove_folders, sync_folder, write_all
from cohort_membership.stores.lane import Lane

MOST_CONFLICTS = 1_000
"""How many conflicts a build reports: a folder copied from elsewhere would else fill a log."""

CHUNK = 2_000
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
    _prepared: int = 0
    _made: list[Path] = field(default_factory=list)
    _there: dict[str, pl.Series] = field(default_factory=dict)
    """By stage the generations that need no seed, as far as is known: at first all that are listed."""

    def list_present(self) -> bool:
        """List what is there, once a stage; whether there is anything."""
        for stage in self.plan.counts:
            self._there[stage] = _listed(self._home / stage)
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
        self._there = {stage: pl.concat(names) if names else _NO_NAMES for stage, names in whole.items()}
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
        seeds = artifacts.seeds(rest, self.plan)
        with Lane() as lane:
            while some := list(islice(seeds, CHUNK)):
                for seed in some:
                    os.mkdir(f"{folder}/{seed.gen_id}")  # noqa: PTH102
                if rest.height <= CHUNK:
                    _write_all(folder, some)
                else:
                    lane.do(_write_all, folder, some)
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
                if error.errno not in _THERE:
                    raise
                found += self._put_each(work, home)
        self.seeded = self._prepared
        for stage in self.plan.counts:
            if (self._home / stage).exists():
                sync_folder(self._home / stage)
        if self._prepared:
            sync_folder(self._home)
        return tuple(found)

    def discard(self) -> None:
        """Remove what is prepared, what a killed build of this cohort has left, and folders made for it."""
        with suppress(FileNotFoundError, NotADirectoryError):
            shutil.rmtree(self._work)
        remove_folders(self._made)

    @property
    def _home(self) -> Path:
        return self.data_root / "gens"

    @property
    def _work(self) -> Path:
        """Where seeds are prepared; one a cohort, so its lock guards it."""
        return self._home / f".seeding-{self.plan.cohort_id}"

    def _put_each(self, work: Path, home: Path) -> Iterator[Problem]:
        while names := _some_names(work):
            for name in names:
                try:
                    os.rename(f"{work}/{name}", f"{home}/{name}")  # noqa: PTH104
                except OSError as error:
                    if error.errno not in _THERE:
                        raise
                    yield from self._put_beside(work / name / METADATA, home / name / METADATA)
                    shutil.rmtree(work / name)

    def _put_beside(self, prepared: Path, path: Path) -> Iterator[Problem]:
        """A seed for a folder that holds something: a model's output, or a seed that came first."""
        content = prepared.read_bytes()
        try:
            path.hardlink_to(prepared)
        except FileExistsError:
            if _complete(path, content):
                return
            self._prepared -= 1
            self.reused += 1
            problem = self._problem(Seed(path.parts[-3], path.parts[-2], content.decode()), path.read_bytes())
            if problem is not None:
                yield problem

    def _contents(self, stage: str, ids: list[str], readers: Executor) -> list[bytes | None]:
        """The metadata files of some generations; read at once, which pays where a disk is far away."""
        home, step = f"{self._home}/{stage}", -(-len(ids) // READERS)
        some = [ids[start : start + step] for start in range(0, len(ids), step)]
        read = readers.map(lambda names: [_read(f"{home}/{name}/{METADATA}") for name in names], some)
        return list(concat(read))

    def _problems(self, part: pl.DataFrame, contents: list[bytes | None]) -> Iterator[Problem]:
        for seed, content in zip(artifacts.seeds(part, self.plan), contents, strict=True):
            if content is None:
                yield StorageDenied(
                    action=f"seed {seed.gen_id}",
                    reason="a file where its folder should be, or a folder where its metadata should be",
                    location=self._location(seed),
                )
            elif content and content != seed.text.encode():
                problem = self._problem(seed, content)
                if problem is not None:
                    yield problem

    def _problem(self, seed: Seed, content: bytes) -> Problem | None:
        location = self._location(seed)
        found = _decoded(content)
        if found is None:
            return ArtifactCorrupt(
                artifact=location.file,
                expected="the metadata of a generation, as a JSON object",
                got="something else",
                remedy="look at the file: it is never overwritten",
                location=location,
            )
        wanted: dict[str, Any] = json.loads(seed.text)
        if artifacts.belongs(found, wanted):
            return None
        return GenerationConflict(
            gen_id=seed.gen_id,
            expected=artifacts.described(wanted),
            got=artifacts.described(found),
            location=location,
        )

    def _location(self, seed: Seed) -> Location:
        return Location(f"gens/{seed.stage}/{seed.gen_id}/{METADATA}")


_THERE = {errno.EEXIST, errno.ENOTEMPTY}
_NO_NAMES = pl.Series([], dtype=pl.String)


def _listed(folder: Path) -> pl.Series:
    """The names in a folder; none where it is not there."""
    parts = [_NO_NAMES]
    try:
        with os.scandir(folder) as entries:
            while names := [entry.name for entry in islice(entries, 50 * CHUNK)]:
                parts.append(pl.Series(names, dtype=pl.String))
    except FileNotFoundError:
        return _NO_NAMES
    return pl.concat(parts)


def _some_names(folder: Path) -> list[str]:
    with os.scandir(folder) as entries:
        return [entry.name for entry in islice(entries, CHUNK)]


def _is_in(names: pl.Series, listed: pl.Series) -> pl.Series:
    return names.is_in(listed.implode())


def _read(path: str) -> bytes | None:
    """The content of a metadata file: empty where there is none yet, None where there can be none.

    An empty file is a seed that a crash cut short, so it is none.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return b""
    except NotADirectoryError:
        return None
    try:
        blocks = []
        while block := os.read(descriptor, 1 << 16):
            blocks.append(block)
        return b"".join(blocks)
    except IsADirectoryError:
        return None
    finally:
        os.close(descriptor)


def _write_all(home: Path, seeds: Sequence[Seed]) -> None:
    """The metadata of generations whose folders have been made: half the work, done beside the other."""
    for seed in seeds:
        path, content = f"{home}/{seed.gen_id}/{METADATA}", seed.text.encode()
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
        try:
            if os.write(descriptor, content) != len(content):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)
        except OSError as error:
            error.filename = path
            raise
        finally:
            os.close(descriptor)


def _complete(path: Path, content: bytes) -> bool:
    """Write a seed that a crash cut short, at its place; False where it holds something.

    The lock lets one of two cohorts do it, so that nothing is written over.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if os.fstat(descriptor).st_size:
            return False
        write_all(descriptor, content)
        os.fsync(descriptor)
        return True
    finally:
        os.close(descriptor)


def _decoded(content: bytes) -> Mapping[str, Any] | None:
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
