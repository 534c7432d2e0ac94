"""The couplings applied in the order they are declared, each to what the ones before it left.

An axis or a rule with a problem becomes *unclear*: whatever touches it later is passed over, since a
problem there could merely follow from the first.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from toolz import countby

from cohort_membership import design
from cohort_membership.design import Factor, Factors, axis_factor
from cohort_membership.problems import (
    DesignTooLarge,
    LevelOutsideAxis,
    Location,
    PairUnbalanced,
    Problem,
    RuleEmptiesAxis,
    SpecInvalid,
    UnknownAxis,
    counted,
)
from cohort_membership.spec import (
    Cell,
    PairRule,
    Rule,
    Scalar,
    Spec,
    SubsetRule,
    TieRule,
    TupleRule,
    UnclearRule,
)
from cohort_membership.stages import AXES, CHAIN, REQUIRED_AXES, canonical
from cohort_membership.suggest import SUGGESTIONS, nearest


@dataclass(frozen=True, slots=True, eq=False)
class Coupled:
    """The factors that axes and rules leave, and what was found on the way.

    `names` are rules by name with the axes they stand for; `unclear` names are not judged;
    `missing` axes are needed and given nowhere, which is told elsewhere; `tuples` names, for each axis
    that a tuple provides, the tuple, wherever it stands;
    `is_clear` tells whether the factors are the whole design.
    """

    factors: Factors = ()
    problems: tuple[Problem, ...] = ()
    notices: tuple[str, ...] = ()
    names: dict[str, tuple[str, ...]] = field(default_factory=dict)
    unclear: frozenset[str] = frozenset()
    anything_unclear: bool = False
    missing: frozenset[str] = frozenset()
    tuples: Mapping[str, str] = field(default_factory=dict)
    max_rows: int = 0

    @property
    def is_clear(self) -> bool:
        return not (self.unclear or self.anything_unclear or self.problems)

    def found(self, problems: Iterable[Problem], *touched: str) -> "Coupled":
        """Problems of a rule: they hide all the names that it touches."""
        hidden = self.unclear | {name for one in touched for name in (one, *self.names.get(one, ()))}
        return replace(self, problems=(*self.problems, *problems), unclear=hidden)

    def given(self) -> tuple[str, ...]:
        """Every name that a rule may refer to."""
        return (*design.axes_of(self.factors), *self.names)


def couple(spec: Spec, max_rows: int) -> Coupled:
    """The design of a spec: its axes as factors, then each rule on them, then the replicates not given."""
    coupled = _declared(spec, max_rows)
    for rule in spec.rules:
        coupled = _apply(rule, coupled)
    absent = [
        stage.replicate_axis
        for stage in CHAIN
        if design.holder(coupled.factors, stage.replicate_axis) is None
    ]
    return replace(coupled, factors=(*coupled.factors, *(axis_factor(axis, ["1"]) for axis in absent)))


def _declared(spec: Spec, max_rows: int) -> Coupled:
    factors: dict[str, Factor] = {}
    unclear: set[str] = set()
    for axis in spec.axes:
        name = canonical(axis.name.text)
        if name not in AXES:
            unclear |= {name, axis.name.text, nearest(name, AXES) or name}
        elif not axis.is_clear:
            unclear.add(name)
        elif name not in factors:
            factors[name] = axis_factor(name, axis.levels.texts)
    tuples = {
        canonical(axis.text): rule.where
        for rule in spec.rules
        if isinstance(rule, TupleRule)
        for axis in rule.axes
    }
    clear = tuple(one for name, one in factors.items() if name not in unclear)
    return Coupled(
        clear,
        unclear=frozenset(unclear),
        anything_unclear=not spec.axes_clear,
        missing=frozenset(REQUIRED_AXES) - {canonical(axis.name.text) for axis in spec.axes} - tuples.keys(),
        tuples=tuples,
        max_rows=max_rows,
    )


def _apply(rule: Rule, coupled: Coupled) -> Coupled:
    match rule:
        case UnclearRule(names=None):
            return replace(coupled, anything_unclear=True)
        case UnclearRule(names=tuple() as names):
            return coupled.found((), *names, *map(canonical, names))
        case SubsetRule():
            return _subset(rule, coupled)
        case TieRule():
            return _tie(rule, coupled)
        case PairRule():
            return _pair(rule, coupled)
        case TupleRule():
            return _tuple(rule, coupled)
    raise AssertionError(rule)  # pragma: no cover


@dataclass(frozen=True, slots=True)
class _Resolved:
    """The axes that the references of a rule stand for; `unclear` if any of them is not judged."""

    axes: tuple[tuple[str, ...], ...]
    problems: tuple[Problem, ...]
    unclear: bool


def _resolve(where: str, references: Sequence[Scalar], coupled: Coupled) -> _Resolved:
    axes: list[tuple[str, ...]] = []
    problems: list[Problem] = []
    unclear = False
    for reference in references:
        name = canonical(reference.text)
        stands_for = coupled.names.get(reference.text)
        if {name, reference.text} & coupled.unclear:
            unclear = True
        elif stands_for is not None:
            axes.append(stands_for)
        elif design.holder(coupled.factors, name) is not None:
            axes.append((name,))
        elif coupled.anything_unclear or name in coupled.missing:
            unclear = True
        else:
            problems.append(_unknown(where, reference, coupled))
    return _Resolved(tuple(axes), tuple(problems), unclear or bool(problems))


def _unknown(where: str, reference: Scalar, coupled: Coupled) -> Problem:
    later = coupled.tuples.get(canonical(reference.text))
    return UnknownAxis(
        where=where,
        axis=reference.text,
        suggestion=None if later else nearest(reference.text, coupled.given()),
        given_later=later,
        location=reference.location,
    )


# ----------------------------------------------------------------------- subset


def _subset(rule: SubsetRule, coupled: Coupled) -> Coupled:
    resolved = _resolve(rule.where, [rule.axis], coupled)
    if resolved.unclear:
        return coupled.found(resolved.problems, canonical(rule.axis.text))
    (axes,) = resolved.axes
    axis, *others = axes
    if others:
        return coupled.found([_one_axis(rule.where, rule.axis, axes)], *axes)
    factors = design.subset(coupled.factors, axis, rule.keep.texts)
    if design.size(factors) == 0:
        return coupled.found(
            [RuleEmptiesAxis(where=rule.where, axes=axes, location=rule.axis.location)], axis
        )
    return replace(coupled, factors=factors, notices=(*coupled.notices, *_lacking(rule, axis, coupled)))


def _lacking(rule: SubsetRule, axis: str, coupled: Coupled) -> Iterable[str]:
    """A notice for each level that the subset lists and the axis does not have."""
    held = set(_levels(coupled, axis))
    lacking = {
        level: place
        for level, place in zip(rule.keep.texts, rule.keep.places, strict=True)
        if level not in held
    }
    for number, (level, place) in enumerate(lacking.items()):
        suggestion = nearest(level, held) if number < SUGGESTIONS else None
        at = f"{place}: " if place else ""
        meant = f"; did you mean {suggestion!r}?" if suggestion else ""
        yield f"{at}{rule.where}: {level!r} is no level of {axis}, so it keeps nothing{meant}"


def _one_axis(where: str, reference: Scalar, axes: Sequence[str]) -> Problem:
    return SpecInvalid(
        where=where,
        expected="one axis",
        got=f"{reference.text!r}, which stands for {', '.join(axes)}",
        location=reference.location,
    )


# -------------------------------------------------------------------------- tie


def _tie(rule: TieRule, coupled: Coupled) -> Coupled:
    touched = (rule.name.text, *(canonical(one.text) for one in rule.axes))
    resolved = _resolve(rule.where, rule.axes, coupled)
    if resolved.unclear:
        return coupled.found(resolved.problems, *touched)
    several = [
        _one_axis(rule.where, reference, axes)
        for reference, axes in zip(rule.axes, resolved.axes, strict=True)
        if len(axes) > 1
    ]
    if several:
        return coupled.found(several, *touched)
    axes = tuple(dict.fromkeys(axis for (axis,) in resolved.axes))
    own_name = canonical(rule.name.text)
    factors = design.tie(coupled.factors, axes, own_name if own_name in axes else None)
    if design.size(factors) == 0:
        return coupled.found(
            [RuleEmptiesAxis(where=rule.where, axes=axes, location=rule.name.location)], *touched
        )
    return replace(coupled, factors=factors, names={**coupled.names, rule.name.text: axes[:1]})


# ------------------------------------------------------------------------- pair


def _pair(rule: PairRule, coupled: Coupled) -> Coupled:
    touched = (rule.name.text, *(canonical(one.text) for one in (rule.left, rule.right)))
    resolved = _resolve(rule.where, [rule.left, rule.right], coupled)
    if resolved.unclear:
        return coupled.found(resolved.problems, *touched)
    left, right = resolved.axes
    if set(left) & set(right):
        return coupled.found([_same_side(rule)], *touched)
    rows, outside = _allowed(rule, left, right, coupled)
    allowed = design.factor((*left, *right), [] if outside else rows)
    problems = outside or list(_misfits(rule, left, right, allowed, coupled))
    if problems:
        return coupled.found(problems, *touched)
    factors = design.pair(coupled.factors, left, right, allowed)
    return replace(coupled, factors=factors, names={**coupled.names, rule.name.text: (*left, *right)})


def _misfits(
    rule: PairRule, left: tuple[str, ...], right: tuple[str, ...], allowed: Factor, coupled: Coupled
) -> Iterator[Problem]:
    """What is wrong with allowed pairs of which each is in order: unbalanced, too few, too many."""
    yield from _unbalanced(rule, left, right, allowed)
    height = design.pair_height(coupled.factors, left, right, allowed)
    if height == 0:
        yield RuleEmptiesAxis(where=rule.where, axes=(*left, *right), location=rule.name.location)
    elif height > max(coupled.max_rows, allowed.height):
        yield DesignTooLarge(counts=((rule.where, height),), limit=coupled.max_rows)


def _same_side(rule: PairRule) -> Problem:
    return SpecInvalid(
        where=rule.where,
        expected="left and right to be different axes",
        got=f"{rule.left.text!r} and {rule.right.text!r}",
        location=rule.right.location,
    )


def _allowed(
    rule: PairRule, left: tuple[str, ...], right: tuple[str, ...], coupled: Coupled
) -> tuple[list[tuple[str, ...]], list[Problem]]:
    """The allowed rows as flat texts, and the cells that are no levels of their side."""
    known = {side: _combinations(coupled, side) for side in (left, right)}
    rows: list[tuple[str, ...]] = []
    problems: dict[Problem, None] = {}
    for row, places in zip(rule.allowed.rows, rule.allowed.places, strict=True):
        if rule.allowed.flat:
            cells, cell_places = _unflattened(row, left, right), (places[0], places[0])
        else:
            cells, cell_places = tuple(map(_flat, row)), (places[0], places[1])
        if cells is None:
            problems[_row_width(rule, len(row), left, right, places[0])] = None
            continue
        rows.append((*cells[0], *cells[1]))
        for side, cell, place in zip((left, right), cells, cell_places, strict=True):
            if len(cell) != len(side):
                problems[_cell_width(rule, side, cell, place)] = None
            elif cell not in known[side]:
                candidates = known[side] if len(problems) < SUGGESTIONS else ()
                problems[_outside(rule, side, cell, place, candidates)] = None
    return rows, list(problems)


def _flat(cell: Cell) -> tuple[str, ...]:
    return (cell,) if isinstance(cell, str) else cell


def _unflattened(
    row: Sequence[Cell], left: Sequence[str], right: Sequence[str]
) -> tuple[tuple[str, ...], ...] | None:
    if len(row) != len(left) + len(right):
        return None
    texts = tuple(map(str, row))
    return texts[: len(left)], texts[len(left) :]


def _row_width(
    rule: PairRule, width: int, left: Sequence[str], right: Sequence[str], place: Location | None
) -> Problem:
    return SpecInvalid(
        where=f"{rule.where}.allowed",
        expected=f"{counted(len(left) + len(right), 'cell')} ({', '.join((*left, *right))})",
        got=str(width),
        location=place,
    )


def _cell_width(rule: PairRule, side: Sequence[str], cell: Sequence[str], place: Location | None) -> Problem:
    expected = (
        f"a level of {side[0]}" if len(side) == 1 else f"a list of {len(side)} levels ({', '.join(side)})"
    )
    return SpecInvalid(
        where=f"{rule.where}.allowed", expected=expected, got=" ".join(map(repr, cell)), location=place
    )


def _outside(
    rule: PairRule,
    side: Sequence[str],
    cell: Sequence[str],
    place: Location | None,
    candidates: Iterable[tuple[str, ...]],
) -> Problem:
    suggestion = nearest(cell[0], [one[0] for one in candidates]) if len(side) == 1 else None
    return LevelOutsideAxis(
        where=f"{rule.where}.allowed",
        axis=", ".join(side),
        level=", ".join(cell),
        suggestion=suggestion,
        location=place,
    )


def _unbalanced(
    rule: PairRule, left: Sequence[str], right: Sequence[str], allowed: Factor
) -> Iterable[Problem]:
    sides = {"left": (left,), "right": (right,), "both": (left, right), None: ()}[rule.balance]
    for side in sides:
        often = countby(", ".join, allowed.frame.select(side).iter_rows())
        if len(set(often.values())) > 1:
            most, least = (
                max(often.items(), key=lambda one: one[1]),
                min(often.items(), key=lambda one: one[1]),
            )
            yield PairUnbalanced(
                where=rule.where,
                side="left" if side is left else "right",
                most=most,
                least=least,
                location=rule.balance_at or rule.name.location,
            )


# ------------------------------------------------------------------------ tuple


def _tuple(rule: TupleRule, coupled: Coupled) -> Coupled:
    names = [canonical(one.text) for one in rule.axes]
    touched = (rule.name.text, *names)
    again = [one for one, name in zip(rule.axes, names, strict=True) if _is_given(name, coupled)]
    if again or len(set(names)) < len(names) or not set(names) <= set(AXES) or set(names) & coupled.unclear:
        return coupled.found((), *touched)
    given = design.factor(names, [tuple(map(str, row)) for row in rule.items.rows])
    return replace(
        coupled,
        factors=design.give(coupled.factors, given),
        names={**coupled.names, rule.name.text: tuple(names)},
    )


def _is_given(axis: str, coupled: Coupled) -> bool:
    return design.holder(coupled.factors, axis) is not None


# ------------------------------------------------------------------------------


def _levels(coupled: Coupled, axis: str) -> list[str]:
    place = design.holder(coupled.factors, axis)
    return [] if place is None else coupled.factors[place].levels(axis).to_list()


def _combinations(coupled: Coupled, axes: tuple[str, ...]) -> set[tuple[str, ...]]:
    place = design.holder(coupled.factors, axes[0])
    return set() if place is None else set(coupled.factors[place].frame.select(axes).unique().iter_rows())
