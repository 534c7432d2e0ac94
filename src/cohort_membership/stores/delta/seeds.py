"""Seeding in a Delta Lake table: the rows of `generations` that are missing, appended, never changed.

Every append says that it is one of these (an application transaction), so that of two at once one is
refused, looks again at what is there and appends the rest: no generation is there twice.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import polars as pl
from deltalake import CommitProperties, DeltaTable, Transaction, write_deltalake
from deltalake.exceptions import CommitFailedError
from returns.result import Failure, Result, Success

from cohort_membership.experiment import Experiment
from cohort_membership.membership import Membership
from cohort_membership.metadata import MODE, UNJUDGED, OtherMode, other_modes
from cohort_membership.problems import Problems, StorageUnavailable, fail
from cohort_membership.stage import TEMPLATE
from cohort_membership.stores.delta.arrow import queried, streamed
from cohort_membership.stores.delta.tables import Lake, seeds_schema, selected, text
from cohort_membership.stores.sql.wide_rows import (
    GENERATIONS,
    conflicts_among,
    modes,
    positioned,
    seed_rows,
    subjects,
)

APPLICATION = "cohort-membership/generations"


@dataclass(slots=True)
class DeltaSeeds:
    """The seeds of a membership."""

    membership: Membership
    lake: Lake
    modes: Counter[OtherMode] = field(default_factory=Counter)
    """The seeds that record another mode than the catalog has."""
    _there: dict[str, pl.Series] = field(default_factory=dict)

    def look(self) -> Result[int, Problems]:
        """How many generations have no seed yet; the conflicts where some belong to others."""
        return self._compared(self.lake.opened(GENERATIONS, wanted=self._schema)).map(
            lambda reused: self.membership.rows - reused
        )

    def write(self, attempts: int) -> Result[int, Problems]:
        """Append the seeds that are missing; how many."""
        for _ in range(attempts):
            table = self.lake.made(GENERATIONS, self._schema, "stage")
            compared = self._compared(table)
            if isinstance(compared, Failure):
                return compared
            missing = self.membership.rows - compared.unwrap()
            if not missing:
                return Success(0)
            try:
                self._append(table)
            except CommitFailedError:
                continue
            return Success(missing)
        return fail(
            StorageUnavailable(action=f"append to {GENERATIONS}", reason="other commits at every attempt")
        )

    def _append(self, table: DeltaTable) -> None:
        number = (table.transaction_version(APPLICATION) or 0) + 1
        # The stream is drawn from inside of deltalake: it may ask the table for nothing.
        missing = (rows.filter(~rows["gen_id"].is_in(self._there[_stage(rows)])) for rows in self._wanted())
        write_deltalake(
            table,
            streamed(missing, self._schema),
            mode="append",
            schema_mode="merge",  # The table may have columns of another experiment besides.
            commit_properties=CommitProperties(app_transactions=[Transaction(APPLICATION, number)]),
        )

    def _compared(self, table: DeltaTable | None) -> Result[int, Problems]:
        """How many generations have their seed; which, is kept."""
        self._there.clear()
        self.modes.clear()
        if table is None:
            return Success(0)
        experiment, differs = self._experiment, self._differs()
        reused, stage, there = 0, "", pl.DataFrame(schema=self._schema)
        for rows in self._wanted():
            if _stage(rows) != stage:
                stage = _stage(rows)
                there = self._seeds_of(table, stage)
                self._there[stage] = there["gen_id"].implode()
            wanted = rows.rename({name: f"wanted_{name}" for name in rows.columns})
            pairs = there.join(wanted, left_on="gen_id", right_on="wanted_gen_id", coalesce=False)
            conflicts = conflicts_among(pairs.filter(differs).iter_rows(named=True), experiment)
            if conflicts:
                return Failure(conflicts)
            reused += pairs.height
            self._count_modes(pairs)
        return Success(reused)

    def _count_modes(self, pairs: pl.DataFrame) -> None:
        columns = ["stage", f"wanted_{TEMPLATE}", MODE]
        if columns[1] in pairs.columns:
            recorded = pairs.group_by(columns, maintain_order=True).len()
            self.modes.update(other_modes(recorded.iter_rows(), self.membership.plan))

    def _wanted(self) -> Iterator[pl.DataFrame]:
        plan_modes, plan_subjects = modes(self.membership.plan), subjects(self.membership.plan)
        for table in self.membership.batches():
            yield seed_rows(positioned(table, 0), plan_modes, plan_subjects, self._experiment)

    def _seeds_of(self, table: DeltaTable, stage: str) -> pl.DataFrame:
        columns = selected(self._schema, table)
        found = queried(table, f"SELECT {columns} FROM t WHERE stage = {text(stage)}")  # noqa: S608
        return found.cast(self._schema)

    def _differs(self) -> pl.Expr:
        """Letter by letter; whether a pair that differs is a conflict is looked at one by one."""
        counted = [name for name in self._schema if name not in {"gen_id", "stage", *UNJUDGED}]
        pairs = [pl.col(name) != pl.col(f"wanted_{name}") for name in counted]
        return pl.any_horizontal(one.fill_null(value=False) for one in pairs)

    @property
    def _experiment(self) -> Experiment:
        return self.membership.plan.experiment

    @property
    def _schema(self) -> pl.Schema:
        return seeds_schema(self._experiment)


def _stage(rows: pl.DataFrame) -> str:
    return str(rows["stage"][0])
