"""The membership: its size, its ids and the generations it names."""

from typing import ClassVar, TypeAlias, assert_never

from cohort_membership.problems.located import Located, kind
from cohort_membership.problems.phrases import Wording, counted, did_you_mean, given_name, listed, short


@kind
class DesignTooLarge(Located):
    """`counts` holds the rows of each stage, in chain order; their sum passes `limit`.

    Where the limit is not that of the membership's rows, `remedy` says what helps.
    """

    code: ClassVar[str] = "design-too-large"
    counts: tuple[tuple[str, int], ...]
    limit: int
    remedy: str | None = None


@kind
class AmbiguousGeneration(Located):
    """Two levels of one axis give two generations one id; `first`, `second` describe an example.

    `uncounted` are the axes that the stage's ids do not count.
    """

    code: ClassVar[str] = "ambiguous-generation"
    stage: str
    axis: str
    levels: tuple[str, str]
    gen_id: str
    first: str
    second: str
    touched: int
    uncounted: tuple[str, ...] = ()


@kind
class GenerationConflict(Located):
    """An id that is held for another generation: by a metadata file, or by the membership of `cohort`.

    `uncounted` are the columns in which the two differ that the stage's ids do not count. `gives` is said of
    the metadata of an id that a spec lists: 'gives the id a_2', …
    """

    code: ClassVar[str] = "generation-conflict"
    gen_id: str
    expected: str
    got: str
    uncounted: tuple[str, ...] = ()
    cohort: str | None = None
    gives: str | None = None


@kind
class MissingParent(Located):
    """A generation whose parent the membership does not hold; `touched` generations have that fault.

    Where a spec lists the generation (`is_listed`), it is itself the parent of others: then it, or an
    ancestor of it, is not in the store.
    """

    code: ClassVar[str] = "missing-parent"
    stage: str
    gen_id: str
    parent_gen_id: str
    touched: int
    is_listed: bool = False


@kind
class PlanOutdated(Located):
    """`moved` names what is no longer as the plan saw it: 'the spec', 'the seed', …"""

    code: ClassVar[str] = "plan-outdated"
    moved: tuple[str, ...]


@kind
class UnknownGeneration(Located):
    """A gen_id that no cohort holds."""

    code: ClassVar[str] = "unknown-generation"
    gen_id: str
    suggestion: str | None = None


MembershipProblem: TypeAlias = (
    DesignTooLarge
    | AmbiguousGeneration
    | GenerationConflict
    | MissingParent
    | PlanOutdated
    | UnknownGeneration
)


def words(problem: MembershipProblem) -> Wording:
    """What a person reads of it."""
    match problem:
        case DesignTooLarge(counts=counts, limit=limit, remedy=remedy):
            rows = sum(count for _, count in counts)
            parts = ", ".join(f"{stage} {count:,}" for stage, count in counts)
            return Wording(
                f"membership: {counted(rows, 'row')} ({parts}), over the limit of {limit:,}",
                remedy or "shorten an axis, add a rule, or build with a higher --max-rows",
            )
        case AmbiguousGeneration(stage=stage, axis=axis, levels=levels, gen_id=gen_id) as found:
            return Wording(
                f"{stage}: {gen_id} would be the id of two generations, ({found.first}) and "
                f"({found.second}): {axis} {short(levels[0], beside=levels[1])} and "
                f"{short(levels[1], beside=levels[0])} give the same id, "
                f"in {counted(found.touched, 'generation')}",
                _told_apart(stage, axis, found.uncounted),
            )
        case GenerationConflict(gen_id=gen_id, expected=expected, got=got, gives=str(gives)):
            said = f" ({got})" if got else ""
            return Wording(
                f"{gen_id}: the spec starts from this id ({expected}), but its metadata{said} {gives}",
                "list ids of the stage that the rule names; metadata that was edited must be put back",
            )
        case GenerationConflict(gen_id=gen_id, expected=expected, got=got, cohort=cohort) as found:
            holder = f"cohort {cohort!r} holds it for" if cohort else "its metadata says"
            uncounted = f"; the id does not count {listed(found.uncounted)}" if found.uncounted else ""
            return Wording(
                f"{gen_id}: the spec gives this id to ({expected}), but {holder} ({got}){uncounted}",
                _kept(found.uncounted, cohort),
            )
        case MissingParent(stage=stage, gen_id=gen_id, parent_gen_id=parent, is_listed=True):
            missing = "it" if parent == gen_id else f"its ancestor {parent}"
            return Wording(
                f"{stage} {gen_id}: the spec starts from this id, but {missing} is not in the store",
                "take ids from a membership.csv of this store; they need the metadata that a build writes",
            )
        case MissingParent(stage=stage, gen_id=gen_id, parent_gen_id=parent, touched=touched):
            more = f" (and {counted(touched - 1, 'other')} like it)" if touched > 1 else ""
            missing = f"its parent {parent} is not in the membership" if parent else "it has no parent"
            return Wording(f"{stage} {gen_id}: {missing}{more}", "build the cohort again")
        case PlanOutdated(moved=moved):
            return Wording(
                f"plan: {listed(moved)} changed after the plan was made",
                "make a new plan, review it, and build that",
            )
        case UnknownGeneration(gen_id=gen_id, suggestion=suggestion):
            return Wording(
                f"generation {given_name(gen_id, beside=suggestion)}: no cohort holds this id",
                did_you_mean(suggestion, gen_id) or "copy the id from a membership.csv",
            )
        case _ as never:
            assert_never(never)


def _told_apart(stage: str, axis: str, uncounted: tuple[str, ...]) -> str:
    if axis in uncounted:
        return (
            f"ids of {stage} do not count {axis}: couple it with `ties` to the axis that it should follow, "
            "or keep one of the two levels"
        )
    return (
        "ids ignore case, and may leave an axis out: keep one of the two levels, "
        "or couple the axis with `ties` to the one that it should follow"
    )


def _kept(uncounted: tuple[str, ...], cohort: str | None) -> str:
    if uncounted:
        return f"use the stored {listed(uncounted)}, or another replicate"
    if cohort:
        return f"compare the levels with those of cohort {cohort!r}: an id keeps its first generation"
    return "if the metadata was moved or edited, put it back; it is never overwritten"
