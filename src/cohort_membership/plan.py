"""A validated cohort: everything that generation needs, and nothing that can still fail."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cohort_membership.design import Factors, size
from cohort_membership.experiment import Experiment
from cohort_membership.projection import Projection, height
from cohort_membership.stage import Stage

if TYPE_CHECKING:
    from cohort_membership.union import Fresh


@dataclass(frozen=True, slots=True, eq=False)
class StagePlan:
    """A stage and its generations as a product: a design on the axes that tell them apart.

    `fresh` are those that no earlier design of a union has, None where that is all.
    """

    stage: Stage
    projection: Projection
    fresh: "Fresh | None" = None

    @property
    def count(self) -> int:
        return height(self.projection) if self.fresh is None else self.fresh.count


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """One design: its factors, and its stages in the order of the membership.

    `fresh` are its rows that no earlier design of a union has, None where that is all.
    """

    factors: Factors
    stages: tuple[StagePlan, ...]
    fresh: "Fresh | None" = None

    @property
    def rows(self) -> int:
        """The rows that the block adds to the design."""
        return size(self.factors) if self.fresh is None else self.fresh.count

    def row_numbers(self) -> NDArray[np.int64]:
        """The numbers of those rows, as the product of the factors numbers them."""
        rows = np.arange(self.rows)
        return rows if self.fresh is None else self.fresh.select(rows)


@dataclass(frozen=True, slots=True, eq=False)
class Taken:
    """What one rule took away: the design before it and after it.

    `unused` are axes with the levels that no row has any more; `design` is that of a union.
    """

    where: str
    before: Factors
    after: Factors
    unused: tuple[tuple[str, tuple[str, ...]], ...] = ()
    design: str | None = None


@dataclass(frozen=True, eq=False, repr=False)
class Plan:
    """A cohort that has been found valid; it is small and can be pickled.

    `blocks` are the designs whose union is the cohort's, mostly one; a sample is a design of one factor.
    `modes` are the modes of the templates in them, by stage and template, as metadata records them; a stage
    whose templates tell no mode is not there. `texts` are the SHA-256 of the templates' texts, by stage and
    template, where there is a text, and `subjects` those of the rows that the subjects have in their
    catalog: metadata records both. `replication` goes into the manifest, `notices` are what a
    person should know although nothing is wrong. `taken` is what each rule took away, and `union` the
    designs before a sample (see `attrition`).
    """

    cohort_id: str
    experiment: Experiment
    spec_digest: str
    seed: int | None
    blocks: tuple[Block, ...]
    modes: Mapping[str, Mapping[str, str]]
    replication: Mapping[str, int]
    field_order: tuple[str, ...]
    notices: tuple[str, ...]
    taken: tuple[Taken, ...] = ()
    union: tuple[Block, ...] = ()
    texts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    subjects: Mapping[str, str] = field(default_factory=dict)

    def __getstate__(self) -> Mapping[str, object]:
        """A worker gets what rows are made from, and not how the plan came about."""
        return {**self.__dict__, "taken": (), "union": ()}

    def __repr__(self) -> str:
        counts = ", ".join(f"{stage} {count:,}" for stage, count in self.counts.items())
        return f"Plan({self.cohort_id!r}: {counts})"

    @cached_property
    def counts(self) -> Mapping[str, int]:
        """How many generations each stage has, in the order of the membership; nothing is expanded."""
        return self.counts_of(self.blocks)

    def counts_of(self, blocks: Sequence[Block]) -> Mapping[str, int]:
        """How many generations each stage has in these designs together."""
        return {
            stage.name: sum(block.stages[number].count for block in blocks)
            for number, stage in enumerate(self.experiment.stages)
        }

    @property
    def rows(self) -> int:
        return sum(self.counts.values())

    def levels(self, axis: str) -> list[str]:
        """The distinct levels of an axis in the designs, in order of first appearance."""
        own = [one.levels(axis) for block in self.blocks for one in block.factors if axis in one.axes]
        if len(own) == 1:
            return own[0].to_list()
        return list(dict.fromkeys(chain.from_iterable(own)))
