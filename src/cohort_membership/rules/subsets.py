"""`subsets`: keep the levels of an axis that are listed, in the axis's order."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from returns.pipeline import is_successful
from returns.result import Failure, Success

from cohort_membership import design
from cohort_membership.document import Node, Scalar
from cohort_membership.rules.decoding import Decoding
from cohort_membership.rules.rule import (
    AnswerQuery,
    Applied,
    AxisNames,
    Rule,
    RuleKind,
    Scope,
    Step,
    UnclearRule,
    empties,
    single_axes,
)
from cohort_membership.rules.shape import Part
from cohort_membership.spec import Levels, LevelsGiven, as_levels


@dataclass(frozen=True, slots=True)
class SubsetRule(Rule):
    """Keep the levels of the axis `name` that are listed."""

    keep: LevelsGiven

    @property
    def is_named(self) -> bool:
        return False

    @property
    def references(self) -> tuple[Scalar, ...]:
        return (self.name,)

    def answered(self, answer: AnswerQuery) -> Rule:
        keep = answer(self.name.text, self.keep)
        if keep is None:
            return UnclearRule(self.where, self.name, names=(self.name.text,))
        return replace(self, keep=keep)

    def apply(self, axes: Sequence[AxisNames], scope: Scope) -> Applied:
        single = single_axes(self, self.references, axes)
        if not is_successful(single):
            return Failure(single.failure())
        (axis,) = single.unwrap()
        keep = as_levels(self.keep)
        factors = design.subset(scope.factors, axis, keep.texts)
        if design.size(factors) == 0:
            return empties(self, (axis,))
        notices = () if keep.are_asked else tuple(self._lacking(axis, keep, scope))
        return Success(Step(factors, meant=(axis,), notices=notices))

    def _lacking(self, axis: str, keep: Levels, scope: Scope) -> Iterable[str]:
        """A notice for each level that the subset lists and the axis does not have."""
        held = set(scope.levels(axis))
        lacking = {
            level: place for level, place in zip(keep.texts, keep.places, strict=True) if level not in held
        }
        for level, place in lacking.items():
            suggestion = scope.suggestions.nearest(level, held)
            at = f"{place}: " if place else ""
            meant = f"; did you mean {suggestion!r}?" if suggestion else ""
            yield f"{at}{self.where}: {level!r} is not a level of {axis}, so it keeps nothing{meant}"


def _decode(decoding: Decoding, where: str, name: Scalar, node: Node) -> Rule:
    keep, is_clear = decoding.levels(node, where, may_be_empty=True)
    return SubsetRule(where, name, keep) if is_clear else UnclearRule(where, name, names=(name.text,))


SUBSET = RuleKind(
    "subsets",
    _decode,
    Part.ANY_LEVELS,
    "Keeps the levels of an axis that are listed, in the axis's order.",
    is_for_axis=True,
)
