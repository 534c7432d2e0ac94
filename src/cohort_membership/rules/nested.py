"""`nested`: an axis whose levels depend on the level of another."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from returns.pipeline import is_successful
from returns.result import Failure, Success
from toolz import concat

from cohort_membership import design
from cohort_membership.document import Map, Node, Scalar, described, quoted
from cohort_membership.problems import LevelOutsideAxis, Problem, SpecInvalid, counted
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
    single_axes,
    too_tall,
)
from cohort_membership.rules.shape import Keys, Part
from cohort_membership.spec import Levels, LevelsGiven, as_levels

_KEYS = Keys(
    {"axis": Part.GIVEN_AXIS, "within": Part.AXIS, "levels": Part.LEVELS_BY_LEVEL},
    {"otherwise": Part.LEVELS},
)


@dataclass(frozen=True, slots=True)
class NestedRule(Rule):
    """Each level of `within` is followed by its own levels of `axis`; those without by `otherwise`."""

    axis: Scalar
    within: Scalar
    levels: tuple[tuple[Scalar, LevelsGiven], ...]
    otherwise: LevelsGiven | None = None

    @property
    def references(self) -> tuple[Scalar, ...]:
        return (self.within,)

    @property
    def gives(self) -> tuple[Scalar, ...]:
        return (self.axis,)

    @property
    def gives_at(self) -> str:
        return f"{self.where}.axis"

    def given_levels(self) -> Iterator[tuple[Scalar, Levels]]:
        for levels in (*(levels for _, levels in self.levels), self.otherwise):
            if isinstance(levels, Levels):
                yield self.axis, levels

    def answered(self, answer: AnswerQuery) -> Rule:
        axis = self.axis.text
        levels = [(level, answer(axis, given)) for level, given in self.levels]
        otherwise = None if self.otherwise is None else answer(axis, self.otherwise)
        if any(given is None for _, given in levels) or (otherwise is None and self.otherwise is not None):
            return UnclearRule(self.where, self.name, names=(self.name.text, axis))
        known = tuple((level, given) for level, given in levels if given is not None)
        return replace(self, levels=known, otherwise=otherwise)

    def apply(self, axes: Sequence[AxisNames], scope: Scope) -> Applied:
        single = single_axes(self, self.references, axes)
        if not is_successful(single):
            return Failure(single.failure())
        (within,) = single.unwrap()
        axis = scope.experiment.canonical(self.axis.text)
        problems = tuple(self._misfits(within, scope))
        is_judged_elsewhere = scope.is_given(axis) or axis not in scope.experiment.axes
        if problems or is_judged_elsewhere or axis in scope.unclear or not self.is_clear:
            return Failure(problems)
        result = design.nest(scope.factors, within, self._table(axis, within, scope), scope.limit)
        if not is_successful(result):
            return too_tall(self, result.failure())
        return Success(Step(result.unwrap()[0]))

    def _misfits(self, within: str, scope: Scope) -> Iterator[Problem]:
        held = dict.fromkeys(scope.levels(within))
        for level, _ in self.levels:
            if level.text not in held:
                yield LevelOutsideAxis(
                    where=f"{self.where}.levels",
                    axis=within,
                    level=level.text,
                    suggestion=scope.suggestions.nearest(level.text, held),
                    location=level.location,
                )
        given = {level.text for level, _ in self.levels}
        lacking = [level for level in held if level not in given]
        if lacking and self.otherwise is None and self.is_clear:
            more = f" and {counted(len(lacking) - 1, 'more level')}" if len(lacking) > 1 else ""
            yield SpecInvalid(
                where=self.where,
                detail=f"there are no levels for {quoted(lacking[0])}{more} of {within}",
                remedy="add an entry under `levels`, or give `otherwise`",
                location=self.name.location,
            )

    def _table(self, axis: str, within: str, scope: Scope) -> design.Factor:
        """The levels of the axis for each level of `within`."""
        own = {level.text: levels for level, levels in self.levels}
        each = [(level, self._texts(own.get(level))) for level in scope.levels(within)]
        columns = [[level for level, texts in each for _ in texts], list(concat(texts for _, texts in each))]
        return design.factor([within, axis], columns)

    def _texts(self, own: LevelsGiven | None) -> Sequence[str]:
        levels = own or self.otherwise
        return () if levels is None else as_levels(levels).texts


def _decode(decoding: Decoding, where: str, name: Scalar, node: Node) -> Rule:
    fields = decoding.fields(node, _KEYS.names, where)
    if fields is None:
        return UnclearRule(where, name)
    axis, within = (decoding.axis(fields, key, where, name) for key in ("axis", "within"))
    levels_node = decoding.required(fields, "levels", where, name.location)
    levels, are_clear = _levels(decoding, levels_node, f"{where}.levels")
    otherwise: LevelsGiven | None = None
    otherwise_node = fields.value("otherwise")
    if otherwise_node is not None:
        otherwise, is_clear = decoding.levels(otherwise_node, f"{where}.otherwise")
        are_clear = are_clear and is_clear
    if axis is None:
        return UnclearRule(where, name)
    if within is None:
        return UnclearRule(where, name, names=(name.text, axis.text))
    return NestedRule(where, name, axis, within, levels, otherwise, is_clear=are_clear)


def _levels(
    decoding: Decoding, node: Node | None, where: str
) -> tuple[tuple[tuple[Scalar, LevelsGiven], ...], bool]:
    """The levels by level, and whether these are all."""
    if not isinstance(node, Map):
        if node is not None:
            decoding.invalid(node.location, where, "a map from levels to lists of levels", described(node))
        return (), False
    levels: list[tuple[Scalar, LevelsGiven]] = []
    all_clear = True
    for key, value in node.entries:
        name = decoding.name(key, where)
        given, is_clear = decoding.levels(value, f"{where}.{key.text.strip()}")
        all_clear = all_clear and is_clear and name is not None
        if name:
            levels.append((name, given))
    return tuple(levels), all_clear


NESTED = RuleKind("nested", _decode, _KEYS, "Gives an axis levels that depend on the level of another.")
