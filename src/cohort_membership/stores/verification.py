"""EDGE: what a build has left in a store, checked: artifacts, ids, parents, metadata; nothing is changed.

It stands on the read side that every store has. What is derived is built again by the next build; metadata
of another generation is only ever named.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import polars as pl
from returns.pipeline import is_successful
from returns.result import Failure, Result, Success

from cohort_membership.artifacts import CSV, MANIFEST, METADATA
from cohort_membership.life.drift import Drift, drift_counts, drift_notices, drifted
from cohort_membership.manifest import REBUILD, SEEDED, Manifest, corrupt, plan_digest
from cohort_membership.metadata import OtherMode, Seed, mode_notices
from cohort_membership.other_cohorts.reading import held_otherwise, manifests, rows_of
from cohort_membership.plan import Plan
from cohort_membership.ports import ArtifactReader, MembershipReader, ReadFailed
from cohort_membership.problems import Problem, Problems, fail, in_source_order
from cohort_membership.stage import TEMPLATE
from cohort_membership.verify import (
    MOST_PROBLEMS,
    bad_cells,
    duplicate_ids,
    empty_cells,
    missing_parents,
    other_stages,
    seed_findings,
)

LOOK_ROWS = 10_000
"""Generations of which a build looks at every metadata file: that takes a tenth of a second."""

_CHUNK = 2_000


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What was found whole: artifacts by their digests, rows by ids and parents, seeds by their content.

    `is_current` tells whether the membership is the one that the plan would give today; `files` counts what
    the manifest lists. `notices` are what a person should know although nothing is wrong.
    """

    cohort_id: str
    rows: int
    files: int
    seeds: int
    is_current: bool
    notices: tuple[str, ...] = ()


def verify_membership(reader: MembershipReader, plan: Plan) -> Result[VerifyReport, Problems]:
    """Check what the last build of a plan's cohort has left in a store.

    It can return `artifact-corrupt` (an artifact that is not what the manifest says, an id twice, a column
    that is empty, metadata that is missing or no JSON object), `missing-parent`, `generation-conflict` and
    the storage problems; all that there are, but of a table that is damaged the damage alone. Memory is
    that of the ids of all rows.
    """
    built = reader.manifest(plan.cohort_id)
    if not is_successful(built):
        return Failure(built.failure())
    manifest = built.unwrap()
    if manifest is None:
        file = f"cohorts/{plan.cohort_id}/{MANIFEST}"
        return fail(corrupt(file, "the manifest of a built cohort", "no file"))
    check = _Check(reader, plan, manifest)
    check.run()
    check.look_at_other_cohorts()
    if check.problems:
        return Failure(in_source_order(check.problems))
    is_current = manifest.plan_digest == plan_digest(plan)
    notices = (*mode_notices(check.modes), *drift_notices(check.drift))
    seeds = check.rows if check.has_seeds else 0
    return Success(
        VerifyReport(plan.cohort_id, check.rows, len(manifest.artifacts), seeds, is_current, notices)
    )


@dataclass(slots=True)
class _Check:
    """One check; what it finds grows as the rows go by."""

    reader: MembershipReader
    plan: Plan
    manifest: Manifest
    rows: int = 0
    problems: list[Problem] = field(default_factory=list)
    modes: Counter[OtherMode] = field(default_factory=Counter)
    drift: Counter[Drift] = field(default_factory=Counter)
    _unseeded: list[Seed] = field(default_factory=list)
    _cells: Counter[tuple[str, str]] = field(default_factory=Counter)
    _keys: list[pl.DataFrame] = field(default_factory=list)

    @property
    def has_seeds(self) -> bool:
        """Whether metadata is to be there; an early version did not say, and always wrote it."""
        return bool(self.manifest.content.get(SEEDED, True))

    def run(self) -> None:
        if self._is_table_damaged():
            return
        found = self.reader.rows(self.plan.cohort_id, self.plan.experiment.wide_columns)
        if not is_successful(found):
            self.problems += found.failure()
            return
        try:
            for batch in found.unwrap():
                self._batch(batch)
        except ReadFailed as failed:
            self.problems.append(failed.problem)
            return
        self.problems += self._of_all_rows()
        conflicting = {problem.location for problem in self.problems}
        self.problems += [one for one in self._missing() if one.location not in conflicting]

    def look_at_other_cohorts(self) -> None:
        """An id that another cohort holds for a different generation; of a membership that is whole."""
        if self.problems:
            return
        plan = self.plan

        def tables() -> Iterator[pl.DataFrame]:
            return rows_of(self.reader, plan.cohort_id, plan.experiment.wide_columns)

        found = manifests(self.reader).bind(
            lambda built: held_otherwise(self.reader, plan, built, tables, has_seeds=self.has_seeds)
        )
        self.problems += found.unwrap() if is_successful(found) else found.failure()

    def _is_table_damaged(self) -> bool:
        if not isinstance(self.reader, ArtifactReader):
            return False
        found = self.reader.mismatches(self.plan.cohort_id, self.manifest)
        self.problems += found.unwrap() if is_successful(found) else found.failure()
        csv = self.manifest.artifacts.get(CSV)
        whole = {None if csv is None else csv.path}
        return any(one.location is None or one.location.file not in whole for one in self.problems)

    def _batch(self, batch: pl.DataFrame) -> None:
        experiment = self.plan.experiment
        self.rows += batch.height
        self._cells.update(empty_cells(batch, experiment))
        self._cells.update(other_stages(batch, experiment))
        self._keys.append(batch.select("stage", "gen_id", "parent_gen_id"))
        if self.has_seeds:
            for stage in experiment.by_name:
                self._seeds(stage, batch.filter(batch["stage"] == stage))

    def _of_all_rows(self) -> Iterator[Problem]:
        listed = [one.path for name, one in self.manifest.artifacts.items() if name != CSV]
        file = listed[0] if len(listed) == 1 else f"cohorts/{self.plan.cohort_id}/membership"
        yield from bad_cells(self._cells, file)
        if self._keys:
            keys = pl.concat(self._keys)
            yield from missing_parents(keys, self.plan.experiment)
            yield from duplicate_ids(keys.filter(keys["gen_id"].is_not_null()), file)

    def _seeds(self, stage: str, rows: pl.DataFrame) -> None:
        """Metadata that is not theirs or not there, of generations whose template a catalog still holds."""
        modes = self.plan.modes.get(stage)
        known = rows["gen_id"].is_not_null()
        if modes is not None:
            known &= rows[TEMPLATE].is_in(list(modes))
        for part in rows.filter(known).iter_slices(_CHUNK):
            texts = self.reader.seeded(stage, part["gen_id"])
            if not is_successful(texts):
                self.problems += texts.failure()
                continue
            problems, unseeded, others = seed_findings(part, texts.unwrap(), self.plan)
            self.problems += problems[: MOST_PROBLEMS - len(self.problems)]
            self._unseeded += unseeded[: MOST_PROBLEMS - len(self._unseeded)]
            self.modes.update(others)
            self._drift(stage, part, texts.unwrap())

    def _drift(self, stage: str, part: pl.DataFrame, texts: pl.Series) -> None:
        digests, subject = self.plan.texts.get(stage, {}), self.plan.experiment.subject
        if digests:
            rows = drifted(part, texts, digests, self.plan.subjects, subject)
            self.drift.update(drift_counts(rows, subject))

    def _missing(self) -> Iterator[Problem]:
        # Of very many generations a build looks at the files only where the manifest is another's.
        remedy = REBUILD
        if self.plan.rows > LOOK_ROWS:
            remedy = f"move {MANIFEST} away and build the cohort again: it then looks at every file"
        for seed in self._unseeded:
            file = f"gens/{seed.stage}/{seed.gen_id}/{METADATA}"
            yield corrupt(file, "the metadata of a generation", "none", remedy)
