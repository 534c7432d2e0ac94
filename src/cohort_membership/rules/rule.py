"""What every kind of rule has: how it is decoded, what it refers to, what it does to a design.

A rule is a value. `validate.couple` resolves what it refers to, applies it to what the rules before it
left, and records what it took away; a rule itself only says how factors become other factors.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from returns.result import Failure, Result, Success

from cohort_membership import design
from cohort_membership.catalog import Catalogs
from cohort_membership.design import Factor, Factors, TooTall
from cohort_membership.document import Node, Scalar, quoted
from cohort_membership.experiment import Experiment
from cohort_membership.problems import (
    DesignTooLarge,
    Location,
    Problem,
    Problems,
    RuleEmptiesAxis,
    SpecInvalid,
)
from cohort_membership.rules.shape import Shape
from cohort_membership.spec import Levels, LevelsGiven
from cohort_membership.suggest import Suggestions

if TYPE_CHECKING:
    from cohort_membership.rules.decoding import Decoding

AxisNames: TypeAlias = tuple[str, ...]
"""The axes that a name stands for: one, or those of a pair or a tuple."""

Stored: TypeAlias = Mapping[str, Mapping[str, Mapping[str, object]]]
"""The metadata of generations by stage and id; of one that is not there, none."""

AnswerQuery: TypeAlias = Callable[[str, LevelsGiven], Levels | None]
"""The levels of an axis as listed; None where a problem hides them."""


@dataclass(frozen=True, slots=True, eq=False)
class Scope:
    """What stands when a rule is applied: the factors, and what names mean.

    `names` are rules by name with the axes they stand for. `unclear` names are not judged, since a
    problem hides them, and no name at all is where `anything_unclear`. `missing` axes are needed and
    given nowhere, which is told elsewhere. `given_later` names, for each axis that a rule provides,
    that rule, wherever it stands. `at_default` are axes that the spec leaves out: each has one level,
    and stands after all others. No coupling may make a table of more rows than `limit`. All problems
    share the budget of `suggestions`.
    """

    catalogs: Catalogs
    factors: Factors = ()
    names: Mapping[str, AxisNames] = field(default_factory=dict)
    unclear: frozenset[str] = frozenset()
    anything_unclear: bool = False
    missing: frozenset[str] = frozenset()
    given_later: Mapping[str, str] = field(default_factory=dict)
    at_default: frozenset[str] = frozenset()
    limit: int = design.MOST_CELLS
    suggestions: Suggestions = field(default_factory=Suggestions)

    @property
    def experiment(self) -> Experiment:
        return self.catalogs.experiment

    def is_given(self, axis: str) -> bool:
        return design.holder(self.factors, axis) is not None

    def known(self) -> tuple[str, ...]:
        """Every name that a rule may refer to."""
        return (*design.axes_of(self.factors), *self.names)

    def levels(self, axis: str) -> list[str]:
        """The levels that an axis has by now."""
        return self.factors[design.place_of(self.factors, axis)].levels(axis).to_list()

    def give(self, given: Factor) -> Factors:
        """The factors with one more, whose axes are declared nowhere else: it comes last but for defaults.

        A factor that begins with a default is one of them, whatever is nested within it.
        """
        first_default = next(
            (place for place, one in enumerate(self.factors) if one.axes[0] in self.at_default),
            len(self.factors),
        )
        return (*self.factors[:first_default], given, *self.factors[first_default:])


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """What a rule made of a design.

    `stands_for` are the axes that its name means from now on. A level that the rule leaves unused is
    told, but for the axes on which it is `meant` to take levels away.
    """

    factors: Factors
    stands_for: AxisNames = ()
    meant: AxisNames = ()
    notices: tuple[str, ...] = ()


Applied: TypeAlias = Result[Step, Problems]
"""A step, or what is wrong; nothing at all where the rule cannot be judged."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a spec. `where` is its path of keys; `is_clear` is false where a problem hides a part."""

    where: str
    name: Scalar
    is_clear: bool = field(default=True, kw_only=True)

    @property
    def is_named(self) -> bool:
        """Whether the key is a name of the rule's own, which later rules may refer to."""
        return True

    @property
    def references(self) -> tuple[Scalar, ...]:
        """The axes and rules, by name, that must be there before it."""
        return ()

    @property
    def gives(self) -> tuple[Scalar, ...]:
        """The axes that the rule itself provides."""
        return ()

    @property
    def gives_at(self) -> str:
        """The path of the key that names them."""
        return f"{self.where}.axes"

    def may_be_named(self, axis: str, experiment: Experiment) -> bool:
        """Whether the rule may have this axis as its name."""
        return False

    def given_levels(self) -> Iterator[tuple[Scalar, Levels]]:
        """The lists of levels that the rule gives to the axes it provides."""
        return iter(())

    def answered(self, answer: AnswerQuery) -> "Rule":
        """The rule with the levels that it asks of catalogs."""
        return self

    @property
    def starts_from(self) -> tuple[str, Sequence[str]] | None:
        """The stage and the ids of generations that the rule starts from: they are read before it is used."""
        return None

    def with_stored(self, stored: Stored | None, experiment: Experiment) -> "tuple[Rule, Problems]":
        """The rule once these and their ancestors were read, and what is wrong with them.

        None where a problem hides them, which is told elsewhere.
        """
        return self, ()

    def apply(self, axes: Sequence[AxisNames], scope: Scope) -> Applied:
        """What the rule makes of the design; `axes` are what its references stand for."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class UnclearRule(Rule):
    """A rule that a problem hides. It may have touched `names`; any name at all where None."""

    names: tuple[str, ...] | None = None
    is_clear: bool = field(default=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class RuleKind:
    """A kind of rule: the section of a spec that holds them, how one of them is read, and its shape.

    `decode(decoding, where, name, node)` keeps its problems in `decoding`. `does` is a sentence for people.
    A rule that `is_for_axis` has an axis, or an earlier rule, as its key.
    """

    section: str
    decode: "Callable[[Decoding, str, Scalar, Node], Rule]"
    shape: Shape
    does: str
    is_for_axis: bool = False


# ------------------------------------------------------------- what rules share


def empties(
    rule: Rule, axes: Iterable[str], at: Location | None = None, *, is_predicate: bool = False
) -> Applied:
    """The failure of a rule that leaves nothing; it stands at the rule's name, or at another place of it."""
    at = at or rule.name.location
    found = RuleEmptiesAxis(where=rule.where, axes=tuple(axes), is_predicate=is_predicate, location=at)
    return Failure((found,))


def too_tall(rule: Rule, found: TooTall) -> Applied:
    """The failure of a rule that would need a table which no machine should make."""
    counts = ((rule.where, found.height),)
    at = rule.name.location
    return Failure((DesignTooLarge(counts=counts, limit=found.limit, remedy=_FEWER, location=at),))


_FEWER = "shorten its axes by `subsets` above this rule, or let it couple fewer axes: this limit is fixed"


def single_axes(
    rule: Rule, references: Sequence[Scalar], axes: Sequence[AxisNames]
) -> Result[AxisNames, Problems]:
    """The one axis that each reference stands for, each axis once."""
    problems: tuple[Problem, ...] = tuple(
        SpecInvalid(
            where=rule.where,
            expected="one axis",
            got=f"{quoted(reference.text)}, which stands for {', '.join(names)}",
            location=reference.location,
        )
        for reference, names in zip(references, axes, strict=True)
        if len(names) > 1
    )
    return Failure(problems) if problems else Success(tuple(dict.fromkeys(name for (name,) in axes)))
