"""Seeding on the local disk: `gens/<stage>/<gen_id>/metadata.json`, written once and never again."""

import errno
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from cohort_membership import artifacts
from cohort_membership.artifacts import METADATA, Seed
from cohort_membership.membership import Membership
from cohort_membership.plan import Plan
from cohort_membership.problems import ArtifactCorrupt, GenerationConflict, Location, Problem, Problems

MOST_CONFLICTS = 1_000
"""How many conflicts a build reports: a folder copied from elsewhere would else fill a log."""


@dataclass(slots=True)
class LocalSeeds:
    """The metadata files of a plan's generations under a data root.

    One listing a stage tells which generations are there already. New ones are made as a folder of
    their own that is renamed into place, so that no reader and no other cohort's build meets a half of
    one, and what a killed build leaves is a folder of this cohort's that the next one removes.
    """

    data_root: Path
    plan: Plan
    _present: dict[str, frozenset[str]] = field(default_factory=dict)

    def conflicts(self, membership: Membership) -> Problems:
        """The metadata files on disk that belong to other generations than their folders say."""
        found: list[Problem] = []
        for table in self._tables_with_present(membership):
            for seed in artifacts.seeds(table, self.plan):
                problem = self._conflict(seed)
                if problem is not None:
                    found.append(problem)
                if len(found) == MOST_CONFLICTS:
                    return tuple(found)
        return tuple(found)

    def reused(self, membership: Membership) -> int:
        """How many generations have their metadata already."""
        return sum(
            1
            for table in self._tables_with_present(membership)
            for stage, gen_id in table.select("stage", "gen_id").iter_rows()
            if self._has_metadata(stage, gen_id)
        )

    def write(self, table: pl.DataFrame) -> None:
        """Seed the generations of a part of the wide table that have no metadata."""
        stage = str(table["stage"][0])
        home = self.data_root / "gens" / stage
        home.mkdir(parents=True, exist_ok=True)
        making = home / self._making
        for seed in artifacts.seeds(table, self.plan):
            if seed.gen_id in self._listed(stage) and self._has_metadata(stage, seed.gen_id):
                continue
            _create(making, home / seed.gen_id, seed.text.encode())

    def finish(self) -> None:
        for stage in self.plan.counts:
            shutil.rmtree(self.data_root / "gens" / stage / self._making, ignore_errors=True)

    @property
    def _making(self) -> str:
        """The folder that a generation's folder is made under; one a cohort, so its lock guards it."""
        return f".seeding-{self.plan.cohort_id}"

    def _listed(self, stage: str) -> frozenset[str]:
        if stage not in self._present:
            try:
                self._present[stage] = frozenset(os.listdir(self.data_root / "gens" / stage))
            except FileNotFoundError:
                self._present[stage] = frozenset()
        return self._present[stage]

    def _tables_with_present(self, membership: Membership) -> Iterator[pl.DataFrame]:
        """The generations whose folder is there; nothing is generated where the listing is empty."""
        for part in membership.slices():
            listed = self._listed(part.stage)
            if listed:
                table = membership.table(part)
                yield table.filter(
                    table["gen_id"].is_in(pl.Series(sorted(listed), dtype=pl.String).implode())
                )

    def _has_metadata(self, stage: str, gen_id: str) -> bool:
        """Whether there is metadata; an empty file is a seed that a crash cut short, so it is none."""
        try:
            return (self.data_root / "gens" / stage / gen_id / METADATA).stat().st_size > 0
        except (FileNotFoundError, NotADirectoryError):
            return False

    def _conflict(self, seed: Seed) -> Problem | None:
        path = self.data_root / "gens" / seed.stage / seed.gen_id / METADATA
        try:
            content = path.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        if not content:
            return None
        location = Location(path.relative_to(self.data_root).as_posix())
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


def _decoded(content: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _create(making: Path, folder: Path, content: bytes) -> None:
    """A generation's folder with its metadata, whole or not at all; one that is there stays."""
    with suppress(FileExistsError):
        making.mkdir()
    temporary = making / METADATA
    temporary.write_bytes(content)
    try:
        making.rename(folder)
    except OSError as error:
        if error.errno not in {errno.EEXIST, errno.ENOTEMPTY}:
            raise
        # The folder holds something already: a model's output, or the seed of a build that came first.
        _place(temporary, folder / METADATA)


def _place(temporary: Path, path: Path) -> None:
    """Give the metadata its name in a folder that is there, unless it holds some."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        if path.stat().st_size == 0:
            temporary.replace(path)
