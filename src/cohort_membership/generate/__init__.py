"""PURE and total: a valid plan always generates.

A membership is a value that makes its rows when asked, a slice at a time: memory depends on the
slice, not on the cohort, and any slice can be made alone, in any process. The eager table is the
concatenation of the slices: one way of doing it, not two.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import numpy as np
import polars as pl

from cohort_membership.artifacts import csv_lines as lines_of_table
from cohort_membership.generate.block import BlockRows, RowNumbers
from cohort_membership.generate.layout import Layout, column_type
from cohort_membership.generate.shuffle import Listed, first_appearances, shuffled
from cohort_membership.identity.bulk import Ids, Kernel, choose_kernel, csv_lines
from cohort_membership.membership import Membership, Slice
from cohort_membership.plan import Plan
from cohort_membership.radix import Numbers
from cohort_membership.stage import REPLICATE


def generate(plan: Plan) -> Membership:
    """The membership of a plan; nothing is expanded until a slice is asked for."""
    return _generator(plan).membership()


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a slice that one block gives: rows of one of its layouts.

    `places` are the rows' places in the slice, None where the pieces follow one another.
    """

    block: BlockRows
    layout: Layout
    rows: RowNumbers
    places: Numbers | None = None

    def ids(self) -> Ids:
        return self.block.ids(self.layout, self.rows)


class Generator:
    """Makes the rows of any slice of a plan's stages; it keeps the small tables they are made from.

    A pickle of one is its plan alone: another process lays the tables out again, with the kernel it has.
    """

    def __init__(self, plan: Plan, kernel: Kernel) -> None:
        self.plan = plan
        self.kernel = kernel
        dtypes = _column_types(plan)
        self._blocks = [BlockRows(plan, block, kernel, dtypes) for block in plan.blocks]
        self._starts = {
            stage.name: [0, *accumulate(block.stages[number].count for block in plan.blocks)]
            for number, stage in enumerate(plan.experiment.stages)
        }
        self._listed: dict[str, Listed] = {}
        if plan.seed is not None:
            designs = [block.factors for block in plan.blocks]
            every = shuffled([block.row_numbers() for block in plan.blocks], plan.seed)
            self._listed = {
                stage.name: first_appearances(every, designs, plan.experiment.identity(stage))
                for stage in plan.experiment.stages
            }

    def __reduce__(self) -> tuple[Any, ...]:
        return _generator, (self.plan,)

    def membership(self) -> Membership:
        return Membership(self.plan, self.table, self.lines, self.table_and_lines, self.kernel.name)

    def table(self, part: Slice) -> pl.DataFrame:
        """The wide table of a slice (see `Membership`)."""
        pieces = self._pieces(part)
        return _in_order(pieces, [table for table, _ in _made(part, pieces)])

    def lines(self, part: Slice) -> bytes | memoryview:
        """The slice's lines of `membership.csv` alone."""
        pieces = self._pieces(part)
        if _is_mixed(pieces):
            return lines_of_table(self.table(part))
        return self._lines(part, [one.ids() for one in pieces])

    def ids(self, part: Slice) -> list[Ids]:
        """The ids of a slice alone, block by block."""
        return [one.ids() for one in self._pieces(part)]

    def table_and_lines(self, part: Slice) -> tuple[pl.DataFrame, bytes | memoryview]:
        """The wide table of a slice and its lines of `membership.csv`, straight from the same ids."""
        pieces = self._pieces(part)
        made = _made(part, pieces)
        table = _in_order(pieces, [table for table, _ in made])
        if _is_mixed(pieces):
            return table, lines_of_table(table)
        return table, self._lines(part, [ids for _, ids in made])

    def _lines(self, part: Slice, ids: Sequence[Ids]) -> bytes | memoryview:
        lines = [csv_lines(part.stage, some, kernel=self.kernel) for some in ids]
        return lines[0] if len(lines) == 1 else b"".join(lines)

    def _pieces(self, part: Slice) -> list[Piece]:
        """Where the rows of a slice come from."""
        if not len(part):
            block = self._blocks[0]
            return [Piece(block, block.layout(part.stage), range(0))]
        return list(self._listed_pieces(part) if self._listed else self._product_pieces(part))

    def _product_pieces(self, part: Slice) -> Iterator[Piece]:
        """Runs of the blocks' products, one block after the other."""
        starts = self._starts[part.stage]
        for block, start, stop in zip(self._blocks, starts, starts[1:], strict=False):
            first, last = max(part.start, start) - start, min(part.stop, stop) - start
            if first < last:
                yield Piece(block, block.layout(part.stage), block.rows(part.stage, first, last))

    def _listed_pieces(self, part: Slice) -> Iterator[Piece]:
        """Rows that are listed one by one, block by block."""
        own = self._listed[part.stage]
        blocks, rows = own.blocks[part.start : part.stop], own.rows[part.start : part.stop]
        for number, block in enumerate(self._blocks):
            layout = block.layout(part.stage, of_design=True)
            if len(self._blocks) == 1:
                yield Piece(block, layout, rows)
                return
            places = np.flatnonzero(blocks == number)
            if len(places):
                yield Piece(block, layout, rows[places], places)


def _made(part: Slice, pieces: Sequence[Piece]) -> list[tuple[pl.DataFrame, Ids]]:
    return [one.block.table_and_ids(part.stage, one.layout, one.rows) for one in pieces]


def _is_mixed(pieces: Sequence[Piece]) -> bool:
    """Whether the rows of the pieces stand among one another."""
    return any(one.places is not None for one in pieces)


def _in_order(pieces: Sequence[Piece], tables: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """The rows of all pieces, each at its place in the slice."""
    if len(tables) == 1:
        return tables[0]
    table = pl.concat(tables)
    if not _is_mixed(pieces):
        return table
    places = np.concatenate([one.places for one in pieces if one.places is not None])
    return table[np.argsort(places)]


def _generator(plan: Plan) -> Generator:
    return Generator(plan, choose_kernel())


def _column_types(plan: Plan) -> dict[str, pl.DataType]:
    """One type a column over all stages, so that their tables can be put one after the other."""
    experiment = plan.experiment

    def of(column: str) -> pl.DataType:
        if column == REPLICATE:
            return pl.Int32()
        axes = experiment.axes_of_column(column)
        return column_type(level for axis in axes for level in plan.levels(axis))

    return {
        "stage": pl.Enum([stage.name for stage in experiment.stages]),
        "origin_cohort_id": pl.Enum([plan.cohort_id]),
        **{column: of(column) for column in (experiment.subject, *experiment.columns)},
    }
