"""`pairs`: two axes take only the allowed combinations, in the order given."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import polars as pl
from returns.pipeline import is_successful
from returns.result import Failure, Success

from cohort_membership import design
from cohort_membership.document import Node, Scalar, quoted
from cohort_membership.problems import Location, PairUnbalanced, Problem, SpecInvalid
from cohort_membership.rules.cells import listed_rows
from cohort_membership.rules.decoding import Decoding, Fields
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
from cohort_membership.rules.shape import Keys, Part, Word
from cohort_membership.spec import Rows

_SIDES = ("left", "right", "both")
_KEYS = Keys({"left": Part.AXIS, "right": Part.AXIS, "allowed": Part.PAIRS}, {"balance": Word(_SIDES)})


@dataclass(frozen=True, slots=True)
class Balance:
    """The sides on which each level must occur equally often."""

    sides: str
    location: Location | None = None


@dataclass(frozen=True, slots=True)
class PairRule(Rule):
    """`left` and `right` (axes, or earlier rules by name) take the allowed pairs, in that order."""

    left: Scalar
    right: Scalar
    allowed: Rows
    balance: Balance | None = None

    @property
    def references(self) -> tuple[Scalar, ...]:
        return (self.left, self.right)

    def apply(self, axes: Sequence[AxisNames], scope: Scope) -> Applied:
        left, right = axes
        if set(left) & set(right):
            return Failure((self._same_side(),))
        listed = listed_rows(f"{self.where}.allowed", self.allowed, (left, right), scope)
        if listed.problems or not self.is_clear:
            return Failure(listed.problems)
        allowed = design.deduplicated(listed.frame)
        unbalanced = tuple(self._unbalanced(left, right, allowed.frame))
        if unbalanced:
            return Failure(unbalanced)
        result = design.pair(scope.factors, allowed, scope.limit)
        if not is_successful(result):
            return too_tall(self, result.failure())
        factors, _ = result.unwrap()
        if design.size(factors) == 0:
            return empties(self, (*left, *right))
        return Success(Step(factors, stands_for=(*left, *right)))

    def _same_side(self) -> Problem:
        return SpecInvalid(
            where=f"{self.where}.right",
            expected="another axis than on the left",
            got=f"{quoted(self.right.text)} on both sides",
            location=self.right.location,
        )

    def _unbalanced(self, left: AxisNames, right: AxisNames, allowed: pl.DataFrame) -> Iterable[Problem]:
        sides = {} if self.balance is None else {"left": left, "right": right}
        for name, side in sides.items():
            if self.balance is None or self.balance.sides not in (name, "both"):
                continue
            often = allowed.group_by(side, maintain_order=True).len(_OFTEN)
            if often[_OFTEN].n_unique() > 1:
                yield PairUnbalanced(
                    where=self.where,
                    side=name,
                    most=_counted(often, often[_OFTEN].arg_max()),
                    least=_counted(often, often[_OFTEN].arg_min()),
                    location=self.balance.location or self.name.location,
                )


_OFTEN = "\0often"
"""The name of a passing column; no axis can be called so."""


def _counted(often: pl.DataFrame, row: int | None) -> tuple[str, int]:
    *level, count = often.row(row or 0)
    return ", ".join(level), count


def _decode(decoding: Decoding, where: str, name: Scalar, node: Node) -> Rule:
    fields = decoding.fields(node, _KEYS.names, where)
    if fields is None:
        return UnclearRule(where, name, names=(name.text,))
    left, right = (decoding.axis(fields, side, where, name) for side in ("left", "right"))
    allowed_node = decoding.required(fields, "allowed", where, name.location)
    allowed = None if allowed_node is None else decoding.pairs(allowed_node, f"{where}.allowed")
    balance = _balance(decoding, fields, where)
    if left is None or right is None or allowed is None:
        names = (name.text, *(side.text for side in (left, right) if side))
        return UnclearRule(where, name, names=names)
    return PairRule(where, name, left, right, allowed, balance, is_clear=allowed.is_clear)


def _balance(decoding: Decoding, fields: Fields, where: str) -> Balance | None:
    node = fields.value("balance")
    sides = decoding.one_of(node, f"{where}.balance", _SIDES)
    return None if node is None or sides is None else Balance(sides, node.location)


PAIR = RuleKind("pairs", _decode, _KEYS, "Two axes take the allowed pairs of levels, in their order.")
