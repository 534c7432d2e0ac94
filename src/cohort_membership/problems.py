"""The expected failures: frozen values in one closed union, and the words that tell them.

Every value says where it stands (`location`) and carries what was expected and what was got. The
wording lives in one place, `wording`, so that a message reads the same in a terminal, in JSON and in
an orchestrator. Codes and their families are the contract's table (README, "Problems").
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Never, TypeAlias, assert_never

from returns.result import Failure, Result


@dataclass(frozen=True, slots=True)
class Location:
    """A place in a file: `file` relative to the data root; `line`, `column` from 1, in characters.

    `width` is the number of characters to underline from `column`; it is not part of the JSON form.
    """

    file: str
    line: int | None = None
    column: int | None = None
    width: int = 1

    def __str__(self) -> str:
        return ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Located:
    """What every problem has; `code` and `retryable` belong to the class, not to the value."""

    code: ClassVar[str]
    retryable: ClassVar[bool] = False
    location: Location | None = None


# ------------------------------------------------------------------ request


@dataclass(frozen=True, slots=True, kw_only=True)
class InvalidCohortId(_Located):
    code: ClassVar[str] = "invalid-cohort-id"
    cohort_id: str


# --------------------------------------------------------------------- spec


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecNotFound(_Located):
    code: ClassVar[str] = "spec-not-found"
    cohort_id: str
    suggestion: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecUnreadable(_Located):
    code: ClassVar[str] = "spec-unreadable"
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecSyntax(_Located):
    code: ClassVar[str] = "spec-syntax"
    detail: str
    remedy: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecInvalid(_Located):
    """`where` is the path of keys, such as `rules.pairs.judged.balance`."""

    code: ClassVar[str] = "spec-invalid"
    where: str
    expected: str
    got: str
    suggestion: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IncludeNotFound(_Located):
    code: ClassVar[str] = "include-not-found"
    include: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IncludeOutsideBundle(_Located):
    code: ClassVar[str] = "include-outside-bundle"
    include: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IncludeInvalid(_Located):
    code: ClassVar[str] = "include-invalid"
    include: str
    expected: str
    got: str


# -------------------------------------------------------------------- rules


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownAxis(_Located):
    """`given_later` is the tuple, further down, that provides the axis: it is too early to refer to it."""

    code: ClassVar[str] = "unknown-axis"
    where: str
    axis: str
    suggestion: str | None = None
    given_later: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DuplicateAxis(_Located):
    code: ClassVar[str] = "duplicate-axis"
    axis: str
    first: str
    second: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingAxis(_Located):
    code: ClassVar[str] = "missing-axis"
    axis: str
    stage: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleEmptiesAxis(_Located):
    code: ClassVar[str] = "rule-empties-axis"
    where: str
    axes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelOutsideAxis(_Located):
    code: ClassVar[str] = "level-outside-axis"
    where: str
    axis: str
    level: str
    suggestion: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PairUnbalanced(_Located):
    """`most` and `least` are (level, how often it occurs)."""

    code: ClassVar[str] = "pair-unbalanced"
    where: str
    side: str
    most: tuple[str, int]
    least: tuple[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class InvalidReplicate(_Located):
    code: ClassVar[str] = "invalid-replicate"
    axis: str
    level: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReservedCharacter(_Located):
    code: ClassVar[str] = "reserved-character"
    axis: str
    level: str


# ----------------------------------------------------------------- catalogs


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogNotFound(_Located):
    code: ClassVar[str] = "catalog-not-found"
    catalog: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogInvalid(_Located):
    code: ClassVar[str] = "catalog-invalid"
    catalog: str
    expected: str
    got: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownLevel(_Located):
    code: ClassVar[str] = "unknown-level"
    axis: str
    level: str
    catalog: str
    suggestion: str | None = None


# --------------------------------------------------------------- membership


@dataclass(frozen=True, slots=True, kw_only=True)
class DesignTooLarge(_Located):
    """`counts` holds the rows of each stage, in chain order; their sum passes `limit`."""

    code: ClassVar[str] = "design-too-large"
    counts: tuple[tuple[str, int], ...]
    limit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AmbiguousGeneration(_Located):
    """Two levels of one axis give two generations one id; `first`, `second` describe an example."""

    code: ClassVar[str] = "ambiguous-generation"
    stage: str
    axis: str
    levels: tuple[str, str]
    gen_id: str
    first: str
    second: str
    touched: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationConflict(_Located):
    """A metadata file that belongs to another generation than its folder says."""

    code: ClassVar[str] = "generation-conflict"
    gen_id: str
    expected: str
    got: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingParent(_Located):
    code: ClassVar[str] = "missing-parent"
    stage: str
    gen_id: str
    parent_gen_id: str
    touched: int


# ------------------------------------------------------------------ storage


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageUnavailable(_Located):
    code: ClassVar[str] = "storage-unavailable"
    retryable: ClassVar[bool] = True
    action: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageDenied(_Located):
    code: ClassVar[str] = "storage-denied"
    action: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageFull(_Located):
    code: ClassVar[str] = "storage-full"
    retryable: ClassVar[bool] = True
    action: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CohortLocked(_Located):
    code: ClassVar[str] = "cohort-locked"
    retryable: ClassVar[bool] = True
    cohort_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ArtifactCorrupt(_Located):
    code: ClassVar[str] = "artifact-corrupt"
    artifact: str
    expected: str
    got: str
    remedy: str | None = None


Problem: TypeAlias = (
    InvalidCohortId
    | SpecNotFound
    | SpecUnreadable
    | SpecSyntax
    | SpecInvalid
    | IncludeNotFound
    | IncludeOutsideBundle
    | IncludeInvalid
    | UnknownAxis
    | DuplicateAxis
    | MissingAxis
    | RuleEmptiesAxis
    | LevelOutsideAxis
    | PairUnbalanced
    | InvalidReplicate
    | ReservedCharacter
    | CatalogNotFound
    | CatalogInvalid
    | UnknownLevel
    | DesignTooLarge
    | AmbiguousGeneration
    | GenerationConflict
    | MissingParent
    | StorageUnavailable
    | StorageDenied
    | StorageFull
    | CohortLocked
    | ArtifactCorrupt
)
Problems: TypeAlias = tuple[Problem, ...]

CODES: tuple[str, ...] = tuple(kind.code for kind in Problem.__args__)
"""Every code of the contract's table, in its order."""


@dataclass(frozen=True, slots=True)
class Wording:
    """What a person reads: where it is, what was expected and what was got; and what to do next."""

    message: str
    hint: str | None = None


def wording(problem: Problem) -> Wording:
    """The one place where problems become words.

    >>> wording(UnknownLevel(axis="draft_llm", level="fjrod", catalog="1_raw/llm_models.csv", suggestion="fjord"))
    Wording(message="draft_llm: expected an id of 1_raw/llm_models.csv, got 'fjrod'", hint="did you mean 'fjord'?")
    """
    match problem:
        case InvalidCohortId(cohort_id=cohort_id):
            return Wording(
                "cohort id: expected letters, digits, '.', '_' or '-' (at most 128, not starting with '.' or '-'), "
                f"got {_short(cohort_id)}",
                "a cohort is named by its folder under cohorts/; `cohort-membership list` shows them",
            )
        case SpecNotFound(cohort_id=cohort_id, suggestion=suggestion):
            return Wording(
                f"cohort {_short(cohort_id)}: expected a spec at cohorts/{cohort_id}/spec/config.yaml "
                "(or .yml, .json), got none",
                _did_you_mean(suggestion) or "`cohort-membership list` shows the cohorts under the data root",
            )
        case SpecUnreadable(reason=reason):
            return Wording(f"spec: expected a readable UTF-8 file, got {reason}")
        case SpecSyntax(detail=detail, remedy=remedy):
            return Wording(f"spec: {detail}", remedy)
        case SpecInvalid(where=where, expected=expected, got=got, suggestion=suggestion):
            return Wording(f"{where}: expected {expected}, got {got}", _did_you_mean(suggestion))
        case IncludeNotFound(include=include):
            return Wording(
                f"include: expected the file {_short(include)} in the spec bundle, got none",
                "the path is relative to the file that holds the '@file:'",
            )
        case IncludeOutsideBundle(include=include):
            return Wording(
                f"include: expected a path inside the spec bundle, got {_short(include)}, which leaves it",
                "copy the file into the cohort's spec folder and include it from there",
            )
        case IncludeInvalid(include=include, expected=expected, got=got):
            return Wording(f"include {_short(include)}: expected {expected}, got {got}")
        case UnknownAxis(where=where, axis=axis, given_later=str() as later):
            return Wording(
                f"{where}: expected an axis given before this rule, got {_short(axis)}, which {later} gives",
                "rules apply in the order they are declared: move this one below the tuple",
            )
        case UnknownAxis(where=where, axis=axis, suggestion=suggestion):
            return Wording(
                f"{where}: expected an axis of this cohort, got {_short(axis)}",
                _did_you_mean(suggestion)
                or "an axis is combo_id, or <stage>_template, <stage>_llm or <stage>_replicate of a stage",
            )
        case DuplicateAxis(axis=axis, first=first, second=second):
            return Wording(
                f"{second}: expected the axis {axis!r} to be given once, got it a second time (first: {first})",
                "keep one of the two",
            )
        case MissingAxis(axis=axis, stage=stage):
            return Wording(
                f"axes: expected {axis!r}, which the stage {stage!r} needs, got none",
                f"add it under `axes`, for example `{axis}: [...]`, or give it by a tuple",
            )
        case RuleEmptiesAxis(where=where, axes=axes):
            names = ", ".join(axes)
            return Wording(
                f"{where}: expected at least one level of {names} to remain, got none",
                "the rule and the axis share no level: compare their spelling",
            )
        case LevelOutsideAxis(where=where, axis=axis, level=level, suggestion=suggestion):
            return Wording(
                f"{where}: expected a level of {axis}, got {_short(level)}",
                _did_you_mean(suggestion)
                or "add it to the axis, or see whether an earlier rule took it away",
            )
        case PairUnbalanced(where=where, side=side, most=most, least=least):
            return Wording(
                f"{where}: expected every {side} level equally often, "
                f"got {_short(most[0])} {most[1]} times and {_short(least[0])} {least[1]} times",
                "complete the pairs, or drop `balance`",
            )
        case InvalidReplicate(axis=axis, level=level):
            return Wording(
                f"{axis}: expected a whole number from 1 to {MAX_REPLICATE}, got {_short(level)}",
                "for n replicates write [1, 2, ..., n]",
            )
        case ReservedCharacter(axis=axis, level=level):
            return Wording(
                f"{axis}: expected a level without '|', got {_short(level)}",
                "'|' joins the parts of an id; a level that holds one could forge another id",
            )
        case CatalogNotFound(catalog=catalog):
            return Wording(
                f"catalog: expected the file {catalog} under the data root, got none",
                "`cohort-membership init DIR` writes an example data root to compare with",
            )
        case CatalogInvalid(catalog=catalog, expected=expected, got=got):
            return Wording(f"catalog {catalog}: expected {expected}, got {got}")
        case UnknownLevel(axis=axis, level=level, catalog=catalog, suggestion=suggestion):
            return Wording(
                f"{axis}: expected an id of {catalog}, got {_short(level)}",
                _did_you_mean(suggestion) or f"add it to {catalog}, or correct the level",
            )
        case DesignTooLarge(counts=counts, limit=limit):
            rows = sum(count for _, count in counts)
            parts = ", ".join(f"{stage} {count:,}" for stage, count in counts)
            return Wording(
                f"membership: expected at most {limit:,} rows, got {rows:,} ({parts})",
                "shorten an axis, add a rule, or raise --max-rows",
            )
        case AmbiguousGeneration(stage=stage, axis=axis, levels=levels, gen_id=gen_id) as found:
            return Wording(
                f"{stage}: expected every generation to have its own id, got {gen_id} for both "
                f"({found.first}) and ({found.second}): "
                f"{axis} {_short(levels[0])} and {_short(levels[1])} give one id; "
                f"{found.touched:,} generations are touched",
                "an essay's id does not count its model, and ids ignore case: keep one of the two levels"
                " or separate them by another replicate",
            )
        case GenerationConflict(gen_id=gen_id, expected=expected, got=got):
            return Wording(
                f"{gen_id}: expected the metadata of {expected}, got that of {got}",
                "the file was moved or edited: put it back where it belongs; it is never overwritten",
            )
        case MissingParent(stage=stage, gen_id=gen_id, parent_gen_id=parent, touched=touched):
            return Wording(
                f"{stage} {gen_id}: expected its parent {parent or '(none given)'} in the membership, got none; "
                f"{touched:,} generations are touched",
                "build the cohort again",
            )
        case StorageUnavailable(action=action, reason=reason):
            return Wording(f"storage: expected to {action}, got {reason}", "try again")
        case StorageDenied(action=action, reason=reason):
            return Wording(
                f"storage: expected to {action}, got {reason}", "check the permissions of the place"
            )
        case StorageFull(action=action, reason=reason):
            return Wording(f"storage: expected to {action}, got {reason}", "free some space and try again")
        case CohortLocked(cohort_id=cohort_id):
            return Wording(
                f"cohort {cohort_id!r}: expected to be its only build, got another one under way",
                "wait for it to end and try again",
            )
        case ArtifactCorrupt(artifact=artifact, expected=expected, got=got, remedy=remedy):
            return Wording(f"{artifact}: expected {expected}, got {got}", remedy)
        case _ as never:
            assert_never(never)


MAX_REPLICATE = 2**31 - 1
"""The largest replicate: the column is a signed 32-bit integer, which every store can hold."""


def in_source_order(problems: Iterable[Problem]) -> Problems:
    """Each problem once, sorted by file, line and column; those without a place come last."""

    def place(problem: Problem) -> tuple[bool, str, int, int]:
        at = problem.location
        return (at is None, at.file if at else "", (at and at.line) or 0, (at and at.column) or 0)

    return tuple(sorted(dict.fromkeys(problems), key=place))


def as_json(problem: Problem) -> dict[str, Any]:
    """The problem as the command line and orchestrators give it: plain JSON types only."""
    words, at = wording(problem), problem.location
    return {
        "code": problem.code,
        "message": words.message,
        "location": None if at is None else {"file": at.file, "line": at.line, "column": at.column},
        "hint": words.hint,
        "retryable": problem.retryable,
    }


def all_retryable(problems: Problems) -> bool:
    """Whether doing the same again may help: only if every single problem is retryable."""
    return all(problem.retryable for problem in problems)


def fail(*problems: Problem) -> Result[Never, Problems]:
    """A failure that carries these problems."""
    return Failure(problems)


def plain_text(problems: Problems) -> str:
    """All problems as lines of text, for logs and exceptions: place, code, message, hint."""
    lines = []
    for problem in problems:
        words = wording(problem)
        place = f"{problem.location}: " if problem.location else ""
        lines.append(f"{place}{problem.code}: {words.message}" + (f" ({words.hint})" if words.hint else ""))
    return "\n".join(lines)


class CohortRejected(Exception):
    """The exception twin of a failed result, for callers who prefer exceptions.

    `problems` holds the values; the text tells them all.
    """

    def __init__(self, problems: Problems) -> None:
        super().__init__(plain_text(problems))
        self.problems = problems


def counted(number: int, noun: str) -> str:
    """'1 level', '2 levels'."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def by_code(problems: Problems) -> Mapping[str, int]:
    """How many problems of each code, in order of appearance."""
    counts: dict[str, int] = {}
    for problem in problems:
        counts[problem.code] = counts.get(problem.code, 0) + 1
    return counts


def _short(text: str, limit: int = 80) -> str:
    """The text quoted, with its middle left out where it is long, so that no input floods a log."""
    if len(text) <= limit:
        return repr(text)
    half = limit // 2 - 1
    return repr(f"{text[:half]}…{text[-half:]}")


def _did_you_mean(suggestion: str | None) -> str | None:
    return None if suggestion is None else f"did you mean {_short(suggestion)}?"
