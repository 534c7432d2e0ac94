"""A validated cohort: everything that generation needs, and nothing that can still fail."""

from collections.abc import Mapping
from dataclasses import InitVar, dataclass
from functools import cached_property

from cohort_membership.catalog import Template
from cohort_membership.design import Factors, Projection, height
from cohort_membership.stages import Stage


@dataclass(frozen=True, slots=True, eq=False)
class StagePlan:
    """A stage and its generations as a product: the design on the axes that tell them apart."""

    stage: Stage
    projection: Projection

    @property
    def count(self) -> int:
        return height(self.projection)


class _Validated:
    """Shown by `validate` when it makes a plan; nothing else holds one."""


VALIDATED = _Validated()


@dataclass(frozen=True, eq=False)
class Plan:
    """A cohort that has been found valid. Only `validate` makes one; it is small and can be pickled.

    `design` are the factors of all axes, `stages` their projections in chain order, `templates` the
    catalogs' templates by stage and id, `replication` what goes into the manifest, `notices` what a
    person should know although nothing is wrong.
    """

    cohort_id: str
    spec_digest: str
    seed: int | None
    design: Factors
    stages: tuple[StagePlan, ...]
    templates: Mapping[str, Mapping[str, Template]]
    replication: Mapping[str, int]
    field_order: tuple[str, ...]
    notices: tuple[str, ...]
    proof: InitVar[_Validated | None] = None

    def __post_init__(self, proof: _Validated | None) -> None:
        if proof is not VALIDATED:
            raise TypeError("a Plan comes from validate(); it is not constructed by hand")

    @cached_property
    def counts(self) -> Mapping[str, int]:
        """How many generations each stage has, in chain order; exact, without expanding anything."""
        return {one.stage.name: one.count for one in self.stages}

    @property
    def rows(self) -> int:
        return sum(self.counts.values())
