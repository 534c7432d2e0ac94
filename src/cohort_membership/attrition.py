"""Why a cohort is as small as it is: what each rule took away, on the small tables."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from cohort_membership.design import Factors, axes_of, size
from cohort_membership.plan import Plan
from cohort_membership.projection import height, project


@dataclass(frozen=True, slots=True)
class Attrition:
    """One step: the rows of the design before and after it, and what that means for each stage.

    `design` names the design of a union, None where there is but one. `unused` are axes with the levels
    that no row has any more.
    """

    design: str | None
    where: str
    rows: tuple[int, int]
    stages: Mapping[str, tuple[int, int]]
    unused: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def name(self) -> str:
        """The rule as people call it, with its design where it is one of a union."""
        is_told = self.design is None or self.where.startswith("designs.")
        return self.where if is_told else f"{self.design}: {self.where}"


def attrition(plan: Plan) -> tuple[Attrition, ...]:
    """What each rule took away, in order, design by design; then the union and the sample, if there are any.

    A stage is counted on those of its axes that the design has by then: a tuple gives axes later.
    """
    return (*_rules(plan), *_whole(plan))


def with_beginnings(steps: Sequence[Attrition]) -> Iterator[tuple[Attrition, str | None]]:
    """Each step, with what its rows before are; None where they are what the step before it left."""
    left: tuple[str | None, int] | None = None
    for one in steps:
        yield one, None if left == (one.design, one.rows[0]) else _beginning(one)
        left = one.design, one.rows[1]


def _beginning(step: Attrition) -> str:
    if step.where == "designs":
        return "the designs, one after the other"
    return "all combinations" if step.design is None else f"all combinations of {step.design}"


def _rules(plan: Plan) -> Iterator[Attrition]:
    for taken in plan.taken:
        before, after = _stages(plan, taken.before), _stages(plan, taken.after)
        yield Attrition(
            design=taken.design,
            where=taken.where,
            rows=(size(taken.before), size(taken.after)),
            stages=_pairs(before, after),
            unused=taken.unused,
        )


def _whole(plan: Plan) -> Iterator[Attrition]:
    """What is left of the designs together, and of those in a sample."""
    together, counts = sum(block.rows for block in plan.union), plan.counts_of(plan.union)
    if len(plan.union) > 1:
        rows = sum(size(block.factors) for block in plan.union)
        each = [_stages(plan, block.factors) for block in plan.union]
        before = {stage: sum(one[stage] for one in each) for stage in counts}
        yield Attrition(None, "designs", (rows, together), _pairs(before, counts))
    if plan.union is not plan.blocks:
        left = sum(block.rows for block in plan.blocks)
        yield Attrition(None, "sample", (together, left), _pairs(counts, plan.counts))


def _pairs(before: Mapping[str, int], after: Mapping[str, int]) -> Mapping[str, tuple[int, int]]:
    return {stage: (before[stage], after[stage]) for stage in before}


def _stages(plan: Plan, factors: Factors) -> Mapping[str, int]:
    given = set(axes_of(factors))
    return {
        stage.name: height(
            project(factors, [axis for axis in plan.experiment.identity(stage) if axis in given])
        )
        for stage in plan.experiment.stages
    }
