"""The design on the page: axes with their levels, and what each rule leaves of their product."""

from dataclasses import dataclass

from cohort_membership.attrition import Attrition, attrition, with_beginnings
from cohort_membership.plan import Plan
from cohort_membership.report.texts import Cut, all_named, cut, named, taken

MOST_AXES, MOST_LEVELS, MOST_STEPS, MOST_UNUSED = 100, 12, 60, 10


@dataclass(frozen=True, slots=True)
class AxisShown:
    """An axis, the stages that it belongs to, and its levels."""

    name: str
    stages: tuple[str, ...]
    count: int
    levels: Cut[str]


@dataclass(frozen=True, slots=True)
class StepShown:
    """A rule and what it left. `top` and `bottom` are its rows before and after, as shares of the most that
    there are; `beginning` says what the rows before are where they are not those that the step before left;
    `unused` are axes with the levels that no row has any more."""

    name: str
    beginning: str | None
    before: int
    rows: int
    taken: str
    top: float
    bottom: float
    stages: tuple[tuple[str, int], ...]
    unused: tuple[tuple[str, Cut[str]], ...]


@dataclass(frozen=True, slots=True)
class DesignShown:
    """`designs` is how many the cohort is the union of."""

    rows: int
    designs: int
    axes: Cut[AxisShown]
    steps: Cut[StepShown]


def design_of(plan: Plan) -> DesignShown:
    axes, steps = plan.experiment.axes, attrition(plan)
    rows = sum(block.rows for block in plan.blocks)
    most = max((count for one in steps for count in one.rows), default=1)
    return DesignShown(
        rows,
        len(plan.union) or len(plan.blocks),
        cut((_axis(plan, axis) for axis in axes), len(axes), MOST_AXES),
        cut((_step(one, of, most) for one, of in with_beginnings(steps)), len(steps), MOST_STEPS),
    )


def _axis(plan: Plan, axis: str) -> AxisShown:
    levels = plan.levels(axis)
    stages = tuple(one.name for one in plan.experiment.stages_of[axis])
    return AxisShown(axis, stages, len(levels), all_named(levels, MOST_LEVELS))


def _step(step: Attrition, beginning: str | None, most: int) -> StepShown:
    before, after = step.rows
    return StepShown(
        named(step.name),
        None if beginning is None else named(beginning),
        before,
        after,
        taken(before, after),
        before / max(1, most),
        after / max(1, most),
        tuple((stage, counts[1]) for stage, counts in step.stages.items()),
        tuple((axis, all_named(levels, MOST_UNUSED)) for axis, levels in step.unused),
    )
