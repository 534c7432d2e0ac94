"""The rows of one design's stages, by their number: ids from parents' ids and texts, and the columns."""

from collections.abc import Mapping
from dataclasses import dataclass
from threading import RLock
from typing import TypeAlias

import numpy as np
import polars as pl

from cohort_membership.generate.layout import LARGEST_TABLE, Base, Layout, lay_out
from cohort_membership.identity.bulk import Ids, Kernel, Texts, bulk_ids, cross_check
from cohort_membership.plan import Block, Plan
from cohort_membership.projection import Projection, height
from cohort_membership.radix import Numbers, sums_of

LARGEST_PARENT_STAGE = 4_000_000
"""Parents' ids are kept for a whole stage up to this size; above it each slice makes those it needs."""

RowNumbers: TypeAlias = range | Numbers
"""The rows of a slice by their number in a layout: a run of them, or any in any order."""


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


class BlockRows:
    """Makes rows of one design's stages; it keeps the small tables they are made from.

    Parents are numbered within the block, so that no row of it needs another block.
    """

    def __init__(self, plan: Plan, block: Block, kernel: Kernel, dtypes: Mapping[str, pl.DataType]) -> None:
        self._experiment = plan.experiment
        self._cohort = plan.cohort_id
        self._columns = (plan.experiment.subject, *plan.experiment.columns)
        self._block = block
        self._kernel = kernel
        self._dtypes = dtypes
        self._stages = {one.stage.name: one for one in block.stages}
        self._making = RLock()  # threads make slices side by side: what they share is made once
        self._parents: dict[str, Heads] = {}
        self._tails: dict[str, Texts] = {}
        self._layouts: dict[tuple[str, bool], Layout] = {}

    def rows(self, stage: str, first: int, last: int) -> RowNumbers:
        """The rows of a stage's product that are its generations number `first` to `last`."""
        fresh = self._stages[stage].fresh
        return range(first, last) if fresh is None else fresh.select(np.arange(first, last))

    def layout(self, stage: str, *, of_design: bool = False) -> Layout:
        """The layout of a stage over its own product, or over the rows of the whole design."""
        key = (stage, of_design)
        with self._making:
            if key not in self._layouts:
                product = self._block.factors if of_design else self._stages[stage].projection
                self._layouts[key] = self._lay_out(stage, tuple(one.frame for one in product))
            return self._layouts[key]

    def ids(self, layout: Layout, rows: RowNumbers) -> Ids:
        """The ids alone, for what needs no other column."""
        return self._messages(layout, rows).ids(self._kernel)

    def table_and_ids(self, stage: str, layout: Layout, rows: RowNumbers) -> tuple[pl.DataFrame, Ids]:
        """The wide table of rows of a layout, and their ids."""
        messages = self._messages(layout, rows)
        ids = messages.ids(self._kernel)
        numbers = {name: sums_of(one.numbers, rows) for name, one in layout.columns.items()}
        frame = pl.DataFrame({"gen_id": ids.to_series(), "parent_gen_id": messages.head_index, **numbers})
        # One selection for all columns: a call of polars takes a tenth of a millisecond, whatever it does;
        # and one after the other, since slices are made side by side.
        table = frame.select_seq(
            stage=pl.lit(stage, self._dtypes["stage"]),
            gen_id="gen_id",
            origin_cohort_id=pl.lit(self._cohort, self._dtypes["origin_cohort_id"]),
            parent_gen_id=messages.heads.parents("parent_gen_id"),
            **{column: self._column(column, layout) for column in self._columns},
        )
        return table, ids

    def _column(self, name: str, layout: Layout) -> pl.Expr:
        """A column of the wide table; null where the stage has none of this name."""
        column = layout.columns.get(name)
        return pl.lit(None, self._dtypes[name]) if column is None else column.values(name)

    def _lay_out(self, stage: str, frames: tuple[pl.DataFrame, ...]) -> Layout:
        one = self._stages[stage].stage
        parent: Projection | None = None if one.parent is None else self._stages[one.parent].projection
        return lay_out(one, self._experiment.subject, Base(frames), parent, self._dtypes)

    def _messages(self, layout: Layout, rows: RowNumbers) -> Messages:
        heads, head_index = self._heads_of(layout, sums_of(layout.heads, rows))
        tails, tail_index = self._tails_of(layout, sums_of(layout.tails.numbers, rows))
        return Messages(layout.stage.id_prefix, heads, head_index, tails, tail_index)

    def _heads_of(self, layout: Layout, numbers: Numbers) -> tuple[Heads, Numbers]:
        """The dictionary of the slice's heads, and the place in it of each row's head."""
        parent = layout.stage.parent
        if parent is None:
            return Heads(Texts(layout.subjects)), numbers
        rows = height(self._stages[parent].projection)
        if rows <= LARGEST_PARENT_STAGE:
            with self._making:
                if parent not in self._parents:
                    self._parents[parent] = self._parents_at(parent, range(rows))
            return self._parents[parent], numbers
        needed, places = np.unique(numbers, return_inverse=True)
        return self._parents_at(parent, needed), places

    def _parents_at(self, stage: str, rows: RowNumbers) -> Heads:
        """A stage's generations as heads of the next, by their number in its product."""
        ids = self.ids(self.layout(stage), rows)
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
