"""Seeding in a Delta Lake table: the rows of `generations` that are missing, appended, never changed.

Every append says that it is one of these (an application transaction), so that of two at once one is
refused, looks again at what is there and appends the rest: no generation is there twice.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl
from deltalake import CommitProperties, DeltaTable, Transaction, write_deltalake
from deltalake.exceptions import CommitFailedError
from returns.result import Failure, Result, Success

from cohort_membership.membership import Membership
from cohort_membership.problems import Problems, StorageUnavailable, fail
from cohort_membership.stores.delta_arrow import queried, streamed
from cohort_membership.stores.wide_rows import (
    GENERATIONS,
    SEED_COLUMNS,
    conflicts_among,
    modes,
    positioned,
    seed_rows,
)

APPLICATION = "cohort-membership/generations"
SCHEMA = pl.Schema({**dict.fromkeys(SEED_COLUMNS, pl.String), "replicate": pl.Int32})
_COUNTED = ("template_id", "combo_id", "parent_gen_id", "llm_model_id", "replicate")
_DIFFERS = pl.any_horizontal(
    (pl.col(name) != pl.col(f"wanted_{name}")).fill_null(value=False) for name in _COUNTED
)
"""Letter by letter; whether a pair that differs is a conflict is looked at one by one."""


@dataclass(slots=True)
class DeltaSeeds:
    """The seeds of a membership. `open_table` gives the table as it is now, made where a schema is given."""

    membership: Membership
    open_table: Callable[[Mapping[str, Any] | None], DeltaTable | None]
    _there: dict[str, pl.Series] = field(default_factory=dict)

    def look(self) -> Result[int, Problems]:
        """How many generations have no seed yet; the conflicts where some belong to others."""
        return self._compared(self.open_table(None)).map(lambda reused: self.membership.rows - reused)

    def write(self, attempts: int) -> Result[int, Problems]:
        """Append the seeds that are missing; how many."""
        for _ in range(attempts):
            table = self.open_table(SCHEMA)
            compared = self._compared(table)
            if isinstance(compared, Failure):
                return compared
            missing = self.membership.rows - compared.unwrap()
            if not missing or table is None:
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
            streamed(missing, SCHEMA),
            mode="append",
            commit_properties=CommitProperties(app_transactions=[Transaction(APPLICATION, number)]),
        )

    def _compared(self, table: DeltaTable | None) -> Result[int, Problems]:
        """How many generations have their seed; which, is kept."""
        self._there.clear()
        if table is None:
            return Success(0)
        reused, stage, there = 0, "", pl.DataFrame(schema=SCHEMA)
        for rows in self._wanted():
            if _stage(rows) != stage:
                stage = _stage(rows)
                there = _seeds_of(table, stage)
                self._there[stage] = there["gen_id"].implode()
            wanted = rows.rename({name: f"wanted_{name}" for name in rows.columns})
            pairs = there.join(wanted, left_on="gen_id", right_on="wanted_gen_id", coalesce=False)
            conflicts = conflicts_among(pairs.filter(_DIFFERS).iter_rows(named=True))
            if conflicts:
                return Failure(conflicts)
            reused += pairs.height
        return Success(reused)

    def _wanted(self) -> Iterator[pl.DataFrame]:
        plan_modes = modes(self.membership.plan)
        for table in self.membership.batches():
            yield seed_rows(positioned(table, 0), plan_modes)


def _seeds_of(table: DeltaTable, stage: str) -> pl.DataFrame:
    columns = ", ".join(SEED_COLUMNS)
    return queried(table, f"SELECT {columns} FROM t WHERE stage = '{stage}'").cast(SCHEMA)  # noqa: S608


def _stage(rows: pl.DataFrame) -> str:
    return str(rows["stage"][0])
