"""`ties`: several axes take the same level."""

from collections.abc import Sequence
from dataclasses import dataclass

from returns.pipeline import is_successful
from returns.result import Failure, Success

from cohort_membership import design
from cohort_membership.document import Map, Node, Scalar
from cohort_membership.experiment import Experiment
from cohort_membership.rules.decoding import Decoding
from cohort_membership.rules.rule import (
    Applied,
    AxisNames,
    Rule,
    RuleKind,
    Scope,
    Step,
    UnclearRule,
    empties,
    single_axes,
    too_tall,
)
from cohort_membership.rules.shape import Either, Keys, Part

_KEYS = Keys({"axes": Part.AXES})


@dataclass(frozen=True, slots=True)
class TieRule(Rule):
    """All `axes` take the same level; `name` may be one of them, and decides their place."""

    axes: tuple[Scalar, ...]

    @property
    def references(self) -> tuple[Scalar, ...]:
        return self.axes

    def may_be_named(self, axis: str, experiment: Experiment) -> bool:
        return axis in (experiment.canonical(one.text) for one in self.axes)

    def apply(self, axes: Sequence[AxisNames], scope: Scope) -> Applied:
        single = single_axes(self, self.references, axes)
        if not is_successful(single):
            return Failure(single.failure())
        tied = single.unwrap()
        own_name = scope.experiment.canonical(self.name.text)
        result = design.tie(scope.factors, tied, scope.limit, own_name if own_name in tied else None)
        if not is_successful(result):
            return too_tall(self, result.failure())
        factors, _ = result.unwrap()
        if design.size(factors) == 0:
            return empties(self, tied)
        return Success(Step(factors, stands_for=tied[:1]))


def _decode(decoding: Decoding, where: str, name: Scalar, node: Node) -> Rule:
    axes_node: Node | None = node
    if isinstance(node, Map):
        fields = decoding.fields(node, _KEYS.names, where)
        axes_node = None if fields is None else decoding.required(fields, "axes", where, name.location)
    axes, is_clear = ((), False) if axes_node is None else decoding.names(axes_node, where)
    if is_clear:
        return TieRule(where, name, axes)
    return UnclearRule(where, name, names=(name.text, *(axis.text for axis in axes)))


TIE = RuleKind("ties", _decode, Either((Part.AXES, _KEYS)), "Several axes take the same level.")
