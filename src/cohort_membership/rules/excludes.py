"""`excludes`: drop the rows whose levels on some axes are listed."""

from collections.abc import Sequence
from dataclasses import dataclass

from returns.pipeline import is_successful
from returns.result import Failure, Success

from cohort_membership import design
from cohort_membership.design import Factor
from cohort_membership.document import Node, Scalar
from cohort_membership.problems import Problem, SpecInvalid
from cohort_membership.rules.cells import listed_rows
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
from cohort_membership.rules.shape import Keys, Part
from cohort_membership.spec import Rows

_KEYS = Keys({"axes": Part.AXES, "items": Part.ROWS})


@dataclass(frozen=True, slots=True)
class ExcludesRule(Rule):
    """Drop the rows that agree on `axes` with one of the items."""

    axes: tuple[Scalar, ...]
    items: Rows

    @property
    def references(self) -> tuple[Scalar, ...]:
        return self.axes

    def apply(self, axes: Sequence[AxisNames], scope: Scope) -> Applied:
        single = single_axes(self, self.references, axes)
        if not is_successful(single):
            return Failure(single.failure())
        names = single.unwrap()
        if len(names) < len(axes):
            return Failure((self._named_twice(),))
        listed = listed_rows(f"{self.where}.items", self.items, axes, scope)
        if listed.problems or not self.is_clear:
            return Failure(listed.problems)
        merged = design.merge(scope.factors, names, scope.limit)
        if not is_successful(merged):
            return too_tall(self, merged.failure())
        factors = design.without(*merged.unwrap(), Factor(listed.frame.unique()))
        if design.size(factors) == 0:
            return empties(self, names)
        return Success(Step(factors, meant=names))

    def _named_twice(self) -> Problem:
        names = ", ".join(axis.text for axis in self.axes)
        return SpecInvalid(
            where=f"{self.where}.axes",
            expected="each axis once",
            got=names,
            location=self.axes[0].location,
        )


def _decode(decoding: Decoding, where: str, name: Scalar, node: Node) -> Rule:
    fields = decoding.fields(node, _KEYS.names, where)
    if fields is None:
        return UnclearRule(where, name, names=(name.text,))
    axes_node = decoding.required(fields, "axes", where, name.location)
    axes, is_clear = ((), False) if axes_node is None else decoding.names(axes_node, f"{where}.axes")
    items_node = decoding.required(fields, "items", where, name.location)
    width = len(axes) if is_clear else None
    items = None if items_node is None else decoding.rows(items_node, f"{where}.items", width)
    if not is_clear or items is None:
        return UnclearRule(where, name, names=(name.text, *(axis.text for axis in axes)))
    return ExcludesRule(where, name, axes, items, is_clear=items.is_clear)


EXCLUDES = RuleKind("excludes", _decode, _KEYS, "Drops the rows whose levels on some axes are listed.")
