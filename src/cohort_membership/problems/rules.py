"""Axes and rules: what a spec says of its design."""

from typing import ClassVar, TypeAlias, assert_never

from cohort_membership.problems.located import Located, kind
from cohort_membership.problems.phrases import Wording, counted, did_you_mean, listed, mismatch, short

MAX_REPLICATE = 2**31 - 1
"""The largest replicate: the column is a signed 32-bit integer, which every store can hold."""


@kind
class UnknownAxis(Located):
    """A name that is no axis here; `known` are those that could be meant.

    `given_later` is the rule, further down, that gives the axis: it is too early to refer to it.
    """

    code: ClassVar[str] = "unknown-axis"
    where: str
    axis: str
    suggestion: str | None = None
    given_later: str | None = None
    known: tuple[str, ...] = ()


@kind
class DuplicateAxis(Located):
    """An axis that is given twice; `first` and `second` are the paths of its keys."""

    code: ClassVar[str] = "duplicate-axis"
    axis: str
    first: str
    second: str


@kind
class MissingAxis(Located):
    """An axis that a stage needs and nothing gives."""

    code: ClassVar[str] = "missing-axis"
    axis: str
    stage: str


@kind
class RuleEmptiesAxis(Located):
    """A rule that leaves no level of `axes`, or a predicate that is true for none."""

    code: ClassVar[str] = "rule-empties-axis"
    where: str
    axes: tuple[str, ...]
    is_predicate: bool = False


@kind
class LevelOutsideAxis(Located):
    """A level in a rule that its axis does not have."""

    code: ClassVar[str] = "level-outside-axis"
    where: str
    axis: str
    level: str
    suggestion: str | None = None


@kind
class PairUnbalanced(Located):
    """`most` and `least` are (level, how often it occurs)."""

    code: ClassVar[str] = "pair-unbalanced"
    where: str
    side: str
    most: tuple[str, int]
    least: tuple[str, int]


@kind
class InvalidReplicate(Located):
    """A replicate that is no whole number from 1 to `MAX_REPLICATE`."""

    code: ClassVar[str] = "invalid-replicate"
    axis: str
    level: str


@kind
class ReservedCharacter(Located):
    """A level with a '|' in it, which joins the parts of an id."""

    code: ClassVar[str] = "reserved-character"
    axis: str
    level: str


RuleProblem: TypeAlias = (
    UnknownAxis
    | DuplicateAxis
    | MissingAxis
    | RuleEmptiesAxis
    | LevelOutsideAxis
    | PairUnbalanced
    | InvalidReplicate
    | ReservedCharacter
)


def words(problem: RuleProblem) -> Wording:
    """What a person reads of it."""
    match problem:
        case UnknownAxis(where=where, axis=axis, given_later=str() as later):
            return Wording(
                f"{where}: {short(axis)} is only given further down, by {later}",
                f"move this below {later}: rules apply in the order in which they stand",
            )
        case UnknownAxis(where=where, axis=axis, suggestion=suggestion, known=known):
            return Wording(
                f"{where}: unknown axis {short(axis, beside=suggestion)}",
                did_you_mean(suggestion, axis) or _correct_or_remove(known),
            )
        case DuplicateAxis(axis=axis, first=first, second=second):
            return Wording(
                f"{second}: the axis {axis!r} is given twice (first: {first})", "remove one of them"
            )
        case MissingAxis(axis=axis, stage=stage):
            return Wording(
                f"axes: {axis!r} is missing; stage {stage!r} needs it",
                f"add `{axis}: [...]` under `axes`, or give the axis by a tuple",
            )
        case RuleEmptiesAxis(where=where, axes=axes, is_predicate=True):
            return Wording(
                f"{where}: the predicate is true for no level of {listed(axes)}",
                "compare it with the columns of the catalogs: text counts with its case, and an empty cell "
                "is NULL",
            )
        case RuleEmptiesAxis(where=where, axes=axes):
            return Wording(
                f"{where}: no level of {listed(axes)} is left",
                "compare the spelling of the levels, and check what earlier rules took away",
            )
        case LevelOutsideAxis(where=where, axis=axis, level=level, suggestion=suggestion):
            return Wording(
                f"{where}: {short(level, beside=suggestion)} is not a level of {axis}",
                did_you_mean(suggestion, level)
                or "add it to the axis, or check whether an earlier rule took it away",
            )
        case PairUnbalanced(where=where, side=side, most=most, least=least):
            return Wording(
                f"{where}: the levels on the {side} do not occur equally often: "
                f"{short(most[0])} {counted(most[1], 'time')}, {short(least[0])} {counted(least[1], 'time')}",
                "complete the pairs, or remove `balance`",
            )
        case InvalidReplicate(axis=axis, level=level):
            return Wording(
                f"{axis}: {mismatch(f'a whole number from 1 to {MAX_REPLICATE}', short(level))}",
                "for three replicates write [1, 2, 3]",
            )
        case ReservedCharacter(axis=axis, level=level):
            return Wording(
                f"{axis}: the level {short(level)} has a '|' in it, which separates the parts of an id",
                "write another character, in the catalog too",
            )
        case _ as never:
            assert_never(never)


def _correct_or_remove(known: tuple[str, ...]) -> str:
    return "correct the name, or remove it" + (f"; the axes are {listed(known)}" if known else "")
