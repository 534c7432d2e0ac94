"""The couplings applied in the order they are declared, each to what the ones before it left.

An axis or a rule with a problem becomes *unclear*: whatever touches it later is passed over, since a
problem there could merely follow from the first.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from returns.pipeline import is_successful

from cohort_membership import design
from cohort_membership.catalog import Catalogs
from cohort_membership.design import Factors, axis_factor
from cohort_membership.document import Scalar
from cohort_membership.plan import Taken
from cohort_membership.problems import Location, Problem, SpecInvalid, UnknownAxis
from cohort_membership.rules.rule import AxisNames, Rule, Scope, Step, UnclearRule
from cohort_membership.spec import Axis, Levels
from cohort_membership.suggest import Suggestions

LEAST_LIMIT = 1_000_000
"""A coupling may make a table of so many rows whatever the limit of the membership is: a table over axes
of two branches can be taller than the membership."""

MOST_UNUSED = 20
"""How many levels of one axis a rule's notices name."""


@dataclass(frozen=True, slots=True, eq=False)
class Coupled:
    """The design that axes and rules leave, and what was found on the way."""

    scope: Scope
    problems: tuple[Problem, ...] = ()
    notices: tuple[str, ...] = ()
    taken: tuple[Taken, ...] = ()
    used_names: dict[str, Rule] = field(default_factory=dict)

    @property
    def factors(self) -> Factors:
        return self.scope.factors

    @property
    def is_clear(self) -> bool:
        """Whether the factors are the whole design."""
        return not (self.scope.unclear or self.scope.anything_unclear or self.problems)

    def hiding(self, problems: Iterable[Problem], *touched: str) -> "Coupled":
        """With problems of a rule: they hide all the names that it touches."""
        names = {name for one in touched for name in (one, *self.scope.names.get(one, ()))}
        names |= {self.scope.experiment.canonical(name) for name in names}
        scope = replace(self.scope, unclear=self.scope.unclear | names)
        return replace(self, scope=scope, problems=(*self.problems, *problems))


def couple(
    axes: Sequence[Axis],
    rules: Sequence[Rule],
    catalogs: Catalogs,
    max_rows: int,
    *,
    axes_clear: bool,
    suggestions: Suggestions | None = None,
) -> Coupled:
    """The design of these axes and rules: the axes as factors, those left out at their defaults, then
    each rule applied to what the rules before it left.
    """
    declared = _declared(
        axes, rules, catalogs, axes_clear=axes_clear, suggestions=suggestions or Suggestions()
    )
    coupled = Coupled(replace(declared, limit=max(max_rows, LEAST_LIMIT)))
    places = _LevelPlaces(axes, rules, coupled.scope)
    for rule in rules:
        coupled = _after(rule, coupled, places)
    return coupled


def _declared(
    axes: Sequence[Axis],
    rules: Sequence[Rule],
    catalogs: Catalogs,
    *,
    axes_clear: bool,
    suggestions: Suggestions,
) -> Scope:
    experiment = catalogs.experiment
    factors: dict[str, design.Factor] = {}
    unclear: set[str] = set()
    for axis in axes:
        name = experiment.canonical(axis.name.text)
        if name not in experiment.axes:
            unclear |= {name, axis.name.text, suggestions.nearest(name, experiment.axes) or name}
        elif not axis.is_clear or not isinstance(axis.levels, Levels):
            unclear.add(name)
        elif name in factors:
            unclear.add(name)  # given twice: told elsewhere, and either may be meant
        else:
            factors[name] = axis_factor(name, axis.levels.texts)
    given_later = {experiment.canonical(axis.text): rule.where for rule in rules for axis in rule.gives}
    given = {*(experiment.canonical(axis.name.text) for axis in axes), *given_later}
    hidden = {
        experiment.canonical(name)
        for rule in rules
        if isinstance(rule, UnclearRule)
        for name in rule.names or ()
    }
    defaults = {axis: level for axis, level in experiment.defaults.items() if axis not in given | hidden}
    clear = (one for name, one in factors.items() if name not in unclear)
    return Scope(
        catalogs,
        (*clear, *(axis_factor(axis, [level]) for axis, level in defaults.items())),
        unclear=frozenset(unclear),
        anything_unclear=not axes_clear,
        missing=frozenset(experiment.axes) - given - defaults.keys(),
        given_later=given_later,
        at_default=frozenset(defaults),
        suggestions=suggestions,
    )


# ------------------------------------------------------------------------- the fold


def _after(rule: Rule, coupled: Coupled, places: "_LevelPlaces") -> Coupled:
    """What is left when one more rule has been applied."""
    if isinstance(rule, UnclearRule):
        if rule.names is None:
            return replace(coupled, scope=replace(coupled.scope, anything_unclear=True))
        return coupled.hiding((), *rule.names)
    touched = (rule.name.text, *(one.text for one in (*rule.references, *rule.gives)))
    clash = _name_clash(rule, coupled)
    if clash:
        return coupled.hiding([clash], *touched)
    if rule.is_named:  # taken even where the rule fails: its name a second time is a mistake of its own
        coupled = replace(coupled, used_names={**coupled.used_names, rule.name.text: rule})
    resolved = _resolve(rule, coupled.scope)
    if resolved.unclear:
        return coupled.hiding(resolved.problems, *touched)
    applied = rule.apply(resolved.axes, coupled.scope)
    if not is_successful(applied):
        return coupled.hiding(applied.failure(), *touched)
    step = applied.unwrap()
    taken = _taken(rule, coupled.factors, step)
    names = (
        {**coupled.scope.names, rule.name.text: step.stands_for} if step.stands_for else coupled.scope.names
    )
    return replace(
        coupled,
        scope=replace(coupled.scope, factors=step.factors, names=names),
        notices=(*coupled.notices, *step.notices, *_unused_notices(rule, step, taken, places)),
        taken=(*coupled.taken, taken),
    )


def _name_clash(rule: Rule, coupled: Coupled) -> Problem | None:
    """Names of rules and of axes are one name space."""
    if not rule.is_named:
        return None
    experiment, name = coupled.scope.experiment, rule.name.text
    axis = experiment.canonical(name)
    if axis in experiment.axes and not rule.may_be_named(axis, experiment):
        detail = f"the name {name!r} is that of an axis"
        remedy = "give the rule another name; only a tie may have the name of an axis that it ties"
    elif name in coupled.used_names:
        detail = f"the name {name!r} is taken: {coupled.used_names[name].where} has it"
        remedy = "give each rule a name of its own"
    else:
        return None
    return SpecInvalid(where=rule.where, detail=detail, remedy=remedy, location=rule.name.location)


@dataclass(frozen=True, slots=True)
class _Resolved:
    """The axes that the references of a rule stand for; `unclear` if any of them is not judged."""

    axes: tuple[AxisNames, ...]
    problems: tuple[Problem, ...]
    unclear: bool


def _resolve(rule: Rule, scope: Scope) -> _Resolved:
    axes: list[AxisNames] = []
    problems: list[Problem] = []
    unclear = False
    for reference in rule.references:
        name = scope.experiment.canonical(reference.text)
        stands_for = scope.names.get(reference.text)
        if {name, reference.text} & scope.unclear:
            unclear = True
        elif stands_for is not None:
            axes.append(stands_for)
        elif scope.is_given(name):
            axes.append((name,))
        elif scope.anything_unclear or name in scope.missing:
            unclear = True
        else:
            problems.append(_unknown(rule.where, reference, scope))
    return _Resolved(tuple(axes), tuple(problems), unclear or bool(problems))


def _unknown(where: str, reference: Scalar, scope: Scope) -> Problem:
    later = scope.given_later.get(scope.experiment.canonical(reference.text))
    return UnknownAxis(
        where=where,
        axis=reference.text,
        suggestion=None if later else scope.suggestions.nearest(reference.text, scope.known()),
        given_later=later,
        location=reference.location,
    )


# ------------------------------------------------------------------- what rules take


def _taken(rule: Rule, before: Factors, step: Step) -> Taken:
    """What the rule took away. Only factors that it changed are looked at."""
    kept = {id(one.frame) for one in step.factors}
    gone = [one for one in before if id(one.frame) not in kept]
    unused = []
    for one in gone:
        for axis in one.axes:
            left = step.factors[design.place_of(step.factors, axis)].levels(axis)
            lost = one.levels(axis).filter(~one.levels(axis).is_in(left.implode()))
            if lost.len():
                unused.append((axis, tuple(lost.to_list())))
    return Taken(rule.where, before, step.factors, tuple(unused))


def _unused_notices(rule: Rule, step: Step, taken: Taken, places: "_LevelPlaces") -> Iterator[str]:
    for axis, levels in taken.unused:
        if axis in step.meant:
            continue
        for level in levels[:MOST_UNUSED]:
            at = places.of(axis, level)
            yield f"{f'{at}: ' if at else ''}{rule.where} leaves the level {level!r} of {axis} unused"
        if len(levels) > MOST_UNUSED:
            more = len(levels) - MOST_UNUSED
            yield f"{rule.where} leaves {more:,} more levels of {axis} unused"


class _LevelPlaces:
    """Where the levels of an axis stand: in its declaration, or in the rule that gives it."""

    def __init__(self, axes: Sequence[Axis], rules: Sequence[Rule], scope: Scope) -> None:
        self._axes, self._rules, self._canonical = axes, rules, scope.experiment.canonical

    def of(self, axis: str, level: str) -> Location | None:
        lists = [(one.name, one.levels) for one in self._axes]
        lists += [given for rule in self._rules for given in rule.given_levels()]
        for name, levels in lists:
            if self._canonical(name.text) == axis and isinstance(levels, Levels) and level in levels.texts:
                return levels.places[levels.texts.index(level)]
        return None
