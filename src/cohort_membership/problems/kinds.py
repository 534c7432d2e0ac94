"""Every kind of expected failure: frozen values that carry where, what was expected, what was got."""

from dataclasses import dataclass
from typing import ClassVar, TypeAlias


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
    remedy: str | None = None


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

MAX_REPLICATE = 2**31 - 1
"""The largest replicate: the column is a signed 32-bit integer, which every store can hold."""
