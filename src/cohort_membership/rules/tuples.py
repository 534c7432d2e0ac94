"""`tuples`: several axes take the listed rows; they are declared nowhere else."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from returns.result import Failure, Success

from cohort_membership import design
from cohort_membership.document import Node, Scalar
from cohort_membership.rules.decoding import Decoding
from cohort_membership.rules.rule import Applied, AxisNames, Rule, RuleKind, Scope, Step, UnclearRule
from cohort_membership.rules.shape import Keys, Part
from cohort_membership.spec import Levels, Rows

_KEYS = Keys({"axes": Part.GIVEN_AXES, "items": Part.ROWS})


@dataclass(frozen=True, slots=True)
class TupleRule(Rule):
    """The listed rows give `axes` their levels."""

    axes: tuple[Scalar, ...]
    items: Rows

    @property
    def gives(self) -> tuple[Scalar, ...]:
        return self.axes

    def given_levels(self) -> Iterator[tuple[Scalar, Levels]]:
        for column, axis in enumerate(self.axes):
            yield axis, self.items.column(column)

    def apply(self, axes: Sequence[AxisNames], scope: Scope) -> Applied:
        names = tuple(scope.experiment.canonical(one.text) for one in self.axes)
        is_new = not any(map(scope.is_given, names)) and len(set(names)) == len(names)
        if not is_new or not set(names) <= set(scope.experiment.axes) or scope.unclear & set(names):
            return Failure(())  # what is wrong with its axes is told elsewhere
        factors = scope.give(design.factor(names, [self.items.column(n).texts for n in range(len(names))]))
        return Success(Step(factors, stands_for=names))


def _decode(decoding: Decoding, where: str, name: Scalar, node: Node) -> Rule:
    fields = decoding.fields(node, _KEYS.names, where)
    if fields is None:
        return UnclearRule(where, name)
    axes_node = decoding.required(fields, "axes", where, name.location)
    axes, is_clear = ((), False) if axes_node is None else decoding.names(axes_node, f"{where}.axes")
    items_node = decoding.required(fields, "items", where, name.location)
    width = len(axes) if is_clear else None
    items = None if items_node is None else decoding.rows(items_node, f"{where}.items", width)
    if not is_clear:
        return UnclearRule(where, name)
    if items is None:
        return UnclearRule(where, name, names=(name.text, *(axis.text for axis in axes)))
    return TupleRule(where, name, axes, items, is_clear=items.is_clear)


TUPLE = RuleKind(
    "tuples", _decode, _KEYS, "Several axes take the listed rows; they are declared nowhere else."
)
