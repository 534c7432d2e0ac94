"""`where`: keep the rows for which a predicate is true."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from returns.pipeline import is_successful
from returns.result import Failure, Success

from cohort_membership import design
from cohort_membership.document import Node, Scalar
from cohort_membership.problems import Location
from cohort_membership.rules.decoding import Decoding
from cohort_membership.rules.predicate import judged, read_predicate, true_rows
from cohort_membership.rules.rule import (
    Applied,
    AxisNames,
    Rule,
    RuleKind,
    Scope,
    Step,
    UnclearRule,
    empties,
    too_tall,
)
from cohort_membership.rules.shape import Part

if TYPE_CHECKING:
    from cohort_membership.predicates import Condition, Predicate


@dataclass(frozen=True, slots=True)
class WhereRule(Rule):
    """Keep the rows for which `predicate` is true. It stands at `location`."""

    predicate: "Predicate"
    location: Location | None = None

    def apply(self, axes: Sequence[AxisNames], scope: Scope) -> Applied:
        named = {scope.experiment.canonical(name.axis) for name in self.predicate.names}
        unread = {axis for axis, catalog in scope.catalogs.by_axis.items() if catalog is None}
        if named & (scope.unclear | scope.missing | unread) or self._is_hidden(named, scope):
            return Failure(())  # a problem hides an axis that it names
        condition = judged(self.where, self.predicate, self.location, scope)
        if not is_successful(condition):
            return Failure(condition.failure())
        return self._kept(condition.unwrap(), scope)

    def _is_hidden(self, named: set[str], scope: Scope) -> bool:
        return scope.anything_unclear and not named <= set(scope.known())

    def _kept(self, condition: "Condition", scope: Scope) -> Applied:
        names = tuple(dict.fromkeys(column.partition(".")[0] for column in condition.columns))
        merged = design.merge(scope.factors, names or design.axes_of(scope.factors[:1]), scope.limit)
        if not is_successful(merged):
            return too_tall(self, merged.failure())
        factors, place = merged.unwrap()
        true = true_rows(self.where, condition, factors[place], self.location, scope)
        if not is_successful(true):
            return Failure(true.failure())
        kept = design.keep(factors, place, true.unwrap())
        if design.size(kept) == 0:
            return empties(self, names, self.location, is_predicate=True)
        return Success(Step(kept, meant=names))


def _decode(decoding: Decoding, where: str, name: Scalar, node: Node) -> Rule:
    text = decoding.text(node, where, "a predicate, such as 'axis <> other_axis'")
    if text is None:
        return UnclearRule(where, name, names=(name.text,))
    predicate = read_predicate(where, text)
    if not is_successful(predicate):
        decoding.problems.extend(predicate.failure())
        return UnclearRule(where, name, names=(name.text,))
    return WhereRule(where, name, predicate.unwrap(), text.location)


WHERE = RuleKind("where", _decode, Part.PREDICATE, "Keeps the rows for which a predicate is true.")
