"""EDGE: results in a data root on the local disk.

One listing a stage tells which generations have a folder. A mark is a file of its own, so that its size is
asked for, by its path from the stage's folder; a generation that is done is not asked for another mark.
"""

import errno
import os
import stat
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import polars as pl
from returns.pipeline import is_successful
from returns.result import Failure, Result, Success

from cohort_membership.experiment import Experiment
from cohort_membership.life.outcomes import MARKS, Outcomes, outcomes_of_rows
from cohort_membership.load.results.names import is_generation
from cohort_membership.load.results.text import NO_ROWS, parse_results
from cohort_membership.problems import Location, Problem, Problems, StorageDenied, StorageUnavailable
from cohort_membership.regular_files import Unfit, read_regular
from cohort_membership.results import Results
from cohort_membership.stage import Stage

LIMIT = 4 * 2**30
"""The bytes that a file of a results table may have."""

_LASTING = (errno.EACCES, errno.EPERM, errno.ENOTDIR, errno.EISDIR)
_NOTHING = (errno.ENOENT, errno.ENAMETOOLONG)
_Folders: TypeAlias = Mapping[str, pl.Series]


@dataclass(frozen=True, slots=True)
class LocalResults:
    """What workers have left in a data root (see `ports.ResultsReader`)."""

    data_root: Path

    def outcomes(
        self, experiment: Experiment, /, among: Collection[str] | None = None
    ) -> Result[Outcomes, Problems]:
        results = experiment.results
        if results.table is not None:
            return self._of_table(results, results.table)
        parts = [pl.DataFrame(schema=MARKS)]
        for stage in experiment.stages:
            found = self._of_stage(stage, results, among)
            if not is_successful(found):
                return Failure(found.failure())
            parts.append(found.unwrap())
        return Success(Outcomes(pl.concat(parts)))

    def folders(self, experiment: Experiment, /) -> Result[Mapping[str, pl.Series], Problems]:
        found: dict[str, pl.Series] = {}
        for stage in experiment.stages:
            try:
                with _opened(self.data_root / "gens" / stage.name) as folder:
                    names = [] if folder is None else sorted(_generations(folder, stage))
            except OSError as error:
                return Failure((_unread(error, f"gens/{stage.name}"),))
            found[stage.name] = pl.Series("gen_id", names, dtype=pl.String)
        return Success(found)

    def _of_stage(
        self, stage: Stage, results: Results, among: Collection[str] | None
    ) -> Result[pl.DataFrame, Problems]:
        place = f"gens/{stage.name}"
        done: list[str] = []
        failed: list[str] = []
        try:
            with _opened(self.data_root / place) as folder:
                for name in () if folder is None else _asked_for(folder, stage, among):
                    place = f"gens/{stage.name}/{name}"
                    if _is_marked(folder, name, results.done):
                        done.append(name)
                    elif _is_marked(folder, name, results.failed):
                        failed.append(name)
        except OSError as error:
            return Failure((_unread(error, place),))
        is_done = [True] * len(done) + [False] * len(failed)
        return Success(pl.DataFrame({"gen_id": done + failed, "is_done": is_done}, schema=MARKS))

    def _of_table(self, results: Results, table: str) -> Result[Outcomes, Problems]:
        problems: list[Problem] = []
        parts, unread = [NO_ROWS], 0
        for file in self._files(table, problems):
            try:
                data = read_regular(self.data_root / file, self.data_root, LIMIT)
            except FileNotFoundError:  # moved away since the listing
                continue
            except OSError as error:
                problems.append(_unread(error, file))
                continue
            parsed = parse_results(data, file, results)
            if is_successful(parsed):
                rows, bad = parsed.unwrap()
                parts.append(rows)
                unread += bad
            else:
                problems += parsed.failure()
        if problems:
            return Failure(tuple(problems))
        return Success(
            outcomes_of_rows(pl.concat(parts, how="diagonal"), results.done, results.failed, unread)
        )

    def _files(self, table: str, problems: list[Problem]) -> Sequence[str]:
        """The files that the path or glob means, sorted by name; a folder that cannot be read is told."""
        if not any(mark in table for mark in "*?["):
            return [table] if os.path.lexists(self.data_root / table) else []
        fixed = [part for part in Path(table).parts[:-1] if not any(mark in part for mark in "*?[")]
        folder = self.data_root.joinpath(*fixed)
        try:
            os.scandir(folder).close()
        except OSError as error:
            if error.errno not in _NOTHING:
                problems.append(_unread(error, "/".join(fixed) or "."))
            return []
        found = (path for path in self.data_root.glob(table) if not path.is_dir())
        return sorted(path.relative_to(self.data_root).as_posix() for path in found)


@contextmanager
def _opened(folder: Path) -> Iterator[int | None]:
    """A descriptor of a folder; None where there is none."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        if error.errno not in _NOTHING:
            raise
        yield None
        return
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _asked_for(folder: int, stage: Stage, among: Collection[str] | None) -> Iterable[str]:
    if among is None:
        return _generations(folder, stage)
    return (name for name in among if is_generation(name, stage))


def _generations(folder: int, stage: Stage) -> Iterator[str]:
    """The names in a stage's folder that are ids of it; anything else is not ours."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if is_generation(entry.name, stage) and entry.is_dir():
                yield entry.name


def _is_marked(folder: int | None, name: str, marks: Sequence[str]) -> bool:
    """Whether one of the marks is a regular file that is not empty."""
    for mark in marks:
        try:
            found = os.stat(f"{name}/{mark}", dir_fd=folder)
        except FileNotFoundError:
            continue
        if found.st_size and stat.S_ISREG(found.st_mode):
            return True
    return False


def _unread(error: OSError, place: str) -> Problem:
    reason = (error.strerror or type(error).__name__).lower()
    is_lasting = isinstance(error, Unfit) or error.errno in _LASTING
    kind = StorageDenied if is_lasting else StorageUnavailable
    return kind(location=Location(place), action=f"read results from {place}", reason=reason)
