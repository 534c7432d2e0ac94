"""PURE and total: a valid plan always generates.

A membership is a value that makes its rows when asked, a slice at a time: memory depends on the
slice, not on the cohort, and any slice can be made alone, in any process. The eager table is the
concatenation of the slices: one way of doing it, not two.
"""

from dataclasses import dataclass
from threading import RLock
from typing import Any, TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray
from toolz import unique

from cohort_membership.design import Projection
from cohort_membership.generate.layout import LARGEST_TABLE, Base, Layout, column_type, lay_out
from cohort_membership.generate.radix import Numbers, RadixSum
from cohort_membership.generate.shuffle import shuffled_origins
from cohort_membership.identity.bulk import (
    Ids,
    Kernel,
    Texts,
    bulk_ids,
    choose_kernel,
    cross_check,
    csv_lines,
)
from cohort_membership.membership import Membership, Slice
from cohort_membership.plan import Plan, StagePlan
from cohort_membership.stages import SUBJECT_AXIS

LARGEST_PARENT_STAGE = 4_000_000
"""Parents' ids are kept for a whole stage up to this size; above it each slice makes those it needs."""

RowNumbers: TypeAlias = range | Numbers
"""The rows of a slice by their number in a layout: a run of them, or any in any order."""


def generate(plan: Plan) -> Membership:
    """The membership of a plan; nothing is expanded until a slice is asked for."""
    return _generator(plan).membership()


@dataclass(frozen=True, slots=True)
class Heads:
    """What the ids of a stage start with: its parents, with their ids as a column, or its subjects."""

    parts: Ids | Texts
    parent_ids: pl.Series | None = None

    def parents(self, index: str) -> pl.Expr:
        """The parents' ids, by the column of their numbers; empty texts for a first stage."""
        return pl.lit("") if self.parent_ids is None else pl.lit(self.parent_ids).gather(pl.col(index))


@dataclass(frozen=True, slots=True)
class Messages:
    """The texts that a slice's ids are made of: row i's is `heads[head_index[i]] + tails[tail_index[i]]`."""

    prefix: str
    heads: Heads
    head_index: Numbers
    tails: Texts
    tail_index: Numbers

    def ids(self, kernel: Kernel) -> Ids:
        texts = (self.prefix, self.heads.parts, self.tails, self.head_index, self.tail_index)
        ids = bulk_ids(*texts, kernel=kernel)
        cross_check(*texts, ids=ids)
        return ids


class Generator:
    """Makes the rows of any slice of a plan's stages; it keeps the small tables they are made from.

    A pickle of one is its plan alone: another process lays the tables out again, with the kernel it has.
    """

    def __init__(self, plan: Plan, kernel: Kernel) -> None:
        self.plan = plan
        self.kernel = kernel
        self._cohort = plan.cohort_id
        self._counts = plan.counts
        self._dtypes = _column_types(plan)
        projections = {one.stage.name: one.projection for one in plan.stages}
        self._layouts = {
            one.stage.name: self._lay_out(one, tuple(part.frame for part in one.projection), projections)
            for one in plan.stages
        }
        self._making = RLock()  # threads make slices side by side: what they share is made once
        self._parents: dict[str, Heads] = {}
        self._tails: dict[str, Texts] = {}
        self._shuffled: dict[str, tuple[Layout, Numbers]] = {}
        if plan.seed is not None:
            design = tuple(one.frame for one in plan.design)
            origins = shuffled_origins(plan.design, list(projections.values()), plan.seed)
            self._shuffled = {
                one.stage.name: (self._lay_out(one, design, projections), rows)
                for one, rows in zip(plan.stages, origins, strict=True)
            }

    def __reduce__(self) -> tuple[Any, ...]:
        return _generator, (self.plan,)

    def membership(self) -> Membership:
        return Membership(self.plan, self.table, self.lines, self.table_and_lines, self.kernel.name)

    def table(self, part: Slice) -> pl.DataFrame:
        """The wide table of a slice (see `Membership`)."""
        layout, rows = self._rows(part)
        messages = self._messages(layout, rows)
        return self._table(part, layout, rows, messages, messages.ids(self.kernel))

    def lines(self, part: Slice) -> bytes | memoryview:
        """The slice's lines of `membership.csv` alone."""
        return csv_lines(part.stage, self.ids(part), kernel=self.kernel)

    def table_and_lines(self, part: Slice) -> tuple[pl.DataFrame, bytes | memoryview]:
        """The wide table of a slice and its lines of `membership.csv`, straight from the same ids."""
        layout, rows = self._rows(part)
        messages = self._messages(layout, rows)
        ids = messages.ids(self.kernel)
        lines = csv_lines(part.stage, ids, kernel=self.kernel)
        return self._table(part, layout, rows, messages, ids), lines

    def _table(
        self, part: Slice, layout: Layout, rows: RowNumbers, messages: Messages, ids: Ids
    ) -> pl.DataFrame:
        numbers = {name: _sums(one.numbers, rows) for name, one in layout.columns.items()}
        columns = {name: one.values(name) for name, one in layout.columns.items()}
        frame = pl.DataFrame({"gen_id": ids.to_series(), "parent_gen_id": messages.head_index, **numbers})
        # One selection for all columns: a call of polars takes a tenth of a millisecond, whatever it does;
        # and one after the other, since slices are made side by side.
        return frame.select_seq(
            stage=pl.lit(part.stage, self._dtypes["stage"]),
            gen_id="gen_id",
            origin_cohort_id=pl.lit(self._cohort, self._dtypes["origin_cohort_id"]),
            parent_gen_id=messages.heads.parents("parent_gen_id"),
            combo_id=columns["combo_id"],
            template_id=columns["template_id"],
            llm_model_id=columns["llm_model_id"],
            replicate=columns["replicate"],
        )

    def ids(self, part: Slice) -> Ids:
        """The ids of a slice alone, for what needs no other column."""
        return self._messages(*self._rows(part)).ids(self.kernel)

    def _lay_out(
        self, one: StagePlan, frames: tuple[pl.DataFrame, ...], projections: dict[str, Projection]
    ) -> Layout:
        parent = None if one.stage.parent is None else projections[one.stage.parent]
        return lay_out(one.stage, Base(frames), parent, self._dtypes)

    def _rows(self, part: Slice) -> tuple[Layout, RowNumbers]:
        """The layout that a slice is read from, and the slice's rows in it."""
        if part.stage in self._shuffled:
            layout, rows = self._shuffled[part.stage]
            return layout, rows[part.start : part.stop]
        return self._layouts[part.stage], range(part.start, part.stop)

    def _messages(self, layout: Layout, rows: RowNumbers) -> Messages:
        heads, head_index = self._heads_of(layout, _sums(layout.heads, rows))
        tails, tail_index = self._tails_of(layout, _sums(layout.tails.numbers, rows))
        return Messages(layout.stage.id_prefix, heads, head_index, tails, tail_index)

    def _heads_of(self, layout: Layout, numbers: Numbers) -> tuple[Heads, Numbers]:
        """The dictionary of the slice's heads, and the place in it of each row's head."""
        parent = layout.stage.parent
        if parent is None:
            return Heads(Texts(layout.subjects)), numbers
        if self._counts[parent] <= LARGEST_PARENT_STAGE:
            with self._making:
                if parent not in self._parents:
                    self._parents[parent] = self._parents_at(parent, range(self._counts[parent]))
            return self._parents[parent], numbers
        needed, places = np.unique(numbers, return_inverse=True)
        return self._parents_at(parent, needed), places

    def _parents_at(self, stage: str, rows: RowNumbers) -> Heads:
        """A stage's generations as heads of the next, by their number in its projection."""
        ids = self._messages(self._layouts[stage], rows).ids(self.kernel)
        return Heads(ids, ids.to_series())

    def _tails_of(self, layout: Layout, numbers: Numbers) -> tuple[Texts, Numbers]:
        """The dictionary of the slice's tails, and the place in it of each row's tail."""
        stage, tails = layout.stage.name, layout.tails
        if tails.count <= LARGEST_TABLE:
            with self._making:
                if stage not in self._tails:
                    self._tails[stage] = Texts(tails.texts(np.arange(tails.count)))
            return self._tails[stage], numbers
        needed, places = np.unique(numbers, return_inverse=True)
        return Texts(tails.texts(needed)), places


def _generator(plan: Plan) -> Generator:
    return Generator(plan, choose_kernel())


def _sums(sums: RadixSum, rows: RowNumbers) -> NDArray[Any]:
    return sums.over(rows.start, rows.stop) if isinstance(rows, range) else sums.at(rows)


def _column_types(plan: Plan) -> dict[str, pl.DataType]:
    """One type a column over all stages, so that their tables can be put one after the other."""
    stages = [one.stage for one in plan.stages]
    axes_of_column = {
        "combo_id": [SUBJECT_AXIS],
        "template_id": [stage.template_axis for stage in stages],
        "llm_model_id": [stage.llm_axis for stage in stages],
    }
    levels = {axis: factor.levels(axis).to_list() for factor in plan.design for axis in factor.axes}
    return {
        "stage": pl.Enum([stage.name for stage in stages]),
        "origin_cohort_id": pl.Enum([plan.cohort_id]),
        "replicate": pl.Int32(),
        **{
            column: column_type(list(unique(level for axis in axes for level in levels[axis])))
            for column, axes in axes_of_column.items()
        },
    }
