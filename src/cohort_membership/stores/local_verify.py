"""What a build has left on the local disk, checked: artifacts, ids, parents, seeds; nothing is changed.

What is derived is built again by the next build; a metadata file that belongs to another generation is
only ever named.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
from returns.pipeline import is_successful
from returns.result import Failure, Result, Success

from cohort_membership.artifacts import MANIFEST, METADATA, Artifact
from cohort_membership.membership import WIDE_COLUMNS
from cohort_membership.plan import Plan
from cohort_membership.problems import ArtifactCorrupt, Location, Problem, Problems, in_source_order
from cohort_membership.stores.local import LOOK_ROWS, PLAN_DIGEST, SEEDED
from cohort_membership.stores.local_commit import sha256_of
from cohort_membership.stores.local_parts import DATASET
from cohort_membership.stores.local_seeds import MOST_CONFLICTS, LocalSeeds
from cohort_membership.stores.os_errors import as_problem
from cohort_membership.stores.plan_digest import plan_digest
from cohort_membership.verify import (
    REBUILD,
    digest_mismatches,
    duplicate_ids,
    manifest_artifacts,
    missing_parents,
    parse_manifest,
)


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What was found whole: files by their digests, rows by their ids and parents, seeds by their content.

    `is_current` tells whether the membership is the one that the plan would give today.
    """

    cohort_id: str
    rows: int
    files: int
    seeds: int
    is_current: bool


def verify_local(data_root: Path, plan: Plan) -> Result[VerifyReport, Problems]:
    """Check what the last build of a plan's cohort has left under a data root.

    It can return `artifact-corrupt` (a file that is not what the manifest says, an id twice, metadata that
    is missing or no JSON object), `missing-parent`, `generation-conflict` and the storage problems; all
    that there are, but of a table that is damaged the damage alone. Memory is that of the ids of all rows.
    """
    try:
        return _Check(data_root, plan).run()
    except OSError as error:
        return Failure((as_problem(error, f"check the membership of {plan.cohort_id}"),))


@dataclass(frozen=True, slots=True)
class _Check:
    data_root: Path
    plan: Plan

    def run(self) -> Result[VerifyReport, Problems]:
        file = f"cohorts/{self.plan.cohort_id}/{MANIFEST}"
        try:
            data = (self.data_root / file).read_bytes()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return Failure((_corrupt(file, "the manifest of a built cohort", "no file"),))
        parsed = parse_manifest(data, file)
        return parsed.bind(
            lambda manifest: manifest_artifacts(manifest, file).bind(
                lambda listed: self._artifacts(manifest, listed)
            )
        )

    def _artifacts(
        self, manifest: Mapping[str, Any], listed: Mapping[str, Artifact]
    ) -> Result[VerifyReport, Problems]:
        problems = digest_mismatches(listed, {name: self._digest(one) for name, one in listed.items()})
        damaged = {problem.location.file for problem in problems if problem.location is not None}
        tables = [one.path for one in listed.values() if one.path.endswith(".parquet")]
        rows = seeds = 0
        if not damaged.intersection(tables):
            table = self._table(tables)
            if not is_successful(table):
                return Failure((*problems, *table.failure()))
            whole = table.unwrap()
            folder = f"cohorts/{self.plan.cohort_id}"
            home = tables[0] if len(tables) == 1 else f"{folder}/{DATASET}"
            problems += (*missing_parents(whole), *duplicate_ids(whole, home))
            rows = whole.height
            if manifest.get(SEEDED, True):
                problems += self._seeds(whole)
                seeds = rows
        if problems:
            return Failure(in_source_order(problems))
        is_current = manifest.get(PLAN_DIGEST) == plan_digest(self.plan)
        return Success(VerifyReport(self.plan.cohort_id, rows, len(listed), seeds, is_current))

    def _digest(self, one: Artifact) -> str | None:
        try:
            return sha256_of(self.data_root / one.path)
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None

    def _table(self, paths: list[str]) -> Result[pl.DataFrame, Problems]:
        try:
            parts = [pl.read_parquet(self.data_root / path, hive_partitioning=False) for path in paths]
            return Success(pl.concat(parts).select(WIDE_COLUMNS))
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException, ValueError):
            # Its bytes are those that the manifest names: something else wrote both.
            columns = ", ".join(WIDE_COLUMNS)
            return Failure((_corrupt(paths[0] if paths else MANIFEST, f"a table of {columns}", "another"),))

    def _seeds(self, table: pl.DataFrame) -> Problems:
        """Metadata that is not there or not theirs, of generations whose template a catalog still holds."""
        seeds = LocalSeeds(self.data_root, self.plan)
        seeds.list_present()
        stages = table["stage"].cast(pl.String)
        by_stage = [table.filter(stages == stage) for stage in self.plan.counts]
        known = [self._with_known_template(part) for part in by_stage if part.height]
        found = seeds.look(part for part in known if part.height)
        conflicting = {problem.location for problem in found}
        rest = [
            problem
            for part in known
            if part.height
            for problem in self._missing(seeds, part)
            if problem.location not in conflicting
        ]
        return (*found, *rest[:MOST_CONFLICTS])

    def _with_known_template(self, part: pl.DataFrame) -> pl.DataFrame:
        templates = list(self.plan.templates.get(str(part["stage"][0]), {}))
        known = pl.Series(templates, dtype=pl.String).implode()
        return part.filter(part["template_id"].cast(pl.String).is_in(known))

    def _missing(self, seeds: LocalSeeds, part: pl.DataFrame) -> Iterator[Problem]:
        # Of very many generations a build looks at the files only where the manifest is another's.
        remedy = REBUILD
        if self.plan.rows > LOOK_ROWS:
            remedy = f"move {MANIFEST} away and build the cohort again: it then looks at every file"
        for stage, gen_id in seeds.missing(part).select("stage", "gen_id").iter_rows():
            file = f"gens/{stage}/{gen_id}/{METADATA}"
            yield _corrupt(file, "the metadata of a generation", "none", remedy)


def _corrupt(file: str, expected: str, got: str, remedy: str = REBUILD) -> ArtifactCorrupt:
    return ArtifactCorrupt(artifact=file, expected=expected, got=got, remedy=remedy, location=Location(file))
