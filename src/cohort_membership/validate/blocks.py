"""The designs of a cohort as a plan holds them: each with its stages and its fresh rows; and a sample."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from returns.pipeline import is_successful
from returns.result import Failure, Result, Success

from cohort_membership.design import Factor, Factors
from cohort_membership.experiment import Experiment
from cohort_membership.identity.bulk import choose_kernel
from cohort_membership.plan import Block, StagePlan
from cohort_membership.projection import Projection, project
from cohort_membership.radix import Numbers

if TYPE_CHECKING:
    from cohort_membership.sample import Sampling
    from cohort_membership.union import Fresh, Unwieldy


def make_blocks(experiment: Experiment, designs: Sequence[Factors]) -> "Result[tuple[Block, ...], Unwieldy]":
    """A block for each design, in order; each with the rows that no earlier one has.

    Where the rows that designs share cannot be told from small tables it is `Unwieldy`.
    """
    projections = [
        [project(factors, experiment.identity(stage), stage.attributes) for stage in experiment.stages]
        for factors in designs
    ]
    blocks: list[Block] = []
    for number, factors in enumerate(designs):
        own = projections[number]
        fresh = _fresh([_frames_of(factors) for factors in designs[: number + 1]])
        of_stages = [
            _fresh([_identities(projection[place]) for projection in projections[: number + 1]])
            for place in range(len(experiment.stages))
        ]
        unwieldy = [one for one in (fresh, *of_stages) if not is_successful(one)]
        if unwieldy:
            return Failure(unwieldy[0].failure())
        stages = (
            StagePlan(stage, projection, one.unwrap())
            for stage, projection, one in zip(experiment.stages, own, of_stages, strict=True)
        )
        blocks.append(Block(factors, tuple(stages), fresh.unwrap()))
    return Success(tuple(blocks))


def sampled(experiment: Experiment, blocks: Sequence[Block], sampling: "Sampling") -> Factors:
    """The design that a sample leaves: one factor of its rows, in the design's order."""
    from cohort_membership.sample import sample
    from cohort_membership.union import Fresh

    every = [(block.factors, block.fresh or Fresh(block.rows, block.rows, ())) for block in blocks]
    kept = sample(every, sampling, kernel=choose_kernel())
    rows = [_rows_at(block.factors, rows) for block, rows in zip(blocks, kept, strict=True)]
    return (Factor(pl.concat([one.select(experiment.axes) for one in rows])),)


def _rows_at(factors: Factors, rows: Numbers) -> pl.DataFrame:
    """These rows of a product, laid out."""
    columns: list[pl.Series] = []
    rest = rows
    for one in reversed(factors):
        rest, digits = np.divmod(rest, one.height)
        columns += one.frame[digits].get_columns()
    return pl.DataFrame(columns)


def _fresh(products: Sequence[Sequence[pl.DataFrame]]) -> "Result[Fresh | None, Unwieldy]":
    """The rows of the last product that are in none of the others; None where it is the only one."""
    *others, own = products
    if not others:
        return Success(None)
    from cohort_membership.union import fresh_rows

    return fresh_rows(own, others)


def _frames_of(factors: Factors) -> list[pl.DataFrame]:
    return [one.frame for one in factors]


def _identities(projection: Projection) -> list[pl.DataFrame]:
    return [one.keys for one in projection if one.identity]
