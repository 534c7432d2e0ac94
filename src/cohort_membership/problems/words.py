"""The one place where problems become words: where, expected, got, and a hint."""

from dataclasses import dataclass
from typing import assert_never

from cohort_membership.problems.kinds import (
    MAX_REPLICATE,
    AmbiguousGeneration,
    ArtifactCorrupt,
    CatalogInvalid,
    CatalogNotFound,
    CohortLocked,
    DesignTooLarge,
    DuplicateAxis,
    GenerationConflict,
    IncludeInvalid,
    IncludeNotFound,
    IncludeOutsideBundle,
    InvalidCohortId,
    InvalidReplicate,
    LevelOutsideAxis,
    MissingAxis,
    MissingParent,
    PairUnbalanced,
    Problem,
    ReservedCharacter,
    RuleEmptiesAxis,
    SpecInvalid,
    SpecNotFound,
    SpecSyntax,
    SpecUnreadable,
    StorageDenied,
    StorageFull,
    StorageUnavailable,
    UnknownAxis,
    UnknownLevel,
)


@dataclass(frozen=True, slots=True)
class Wording:
    """What a person reads: where it is, what was expected and what was got; and what to do next."""

    message: str
    hint: str | None = None


def wording(problem: Problem) -> Wording:
    """The one place where problems become words.

    >>> typo = UnknownLevel(axis="draft_llm", level="fjrod", catalog="models.csv", suggestion="fjord")
    >>> told = wording(typo)
    >>> told.message, told.hint
    ("draft_llm: expected an id of models.csv, got 'fjrod'", "did you mean 'fjord'?")
    """
    match problem:
        case InvalidCohortId(cohort_id=cohort_id):
            return Wording(
                "cohort id: expected letters, digits, '.', '_' or '-' (at most 128, not starting with '.' "
                f"or '-'), got {_short(cohort_id)}",
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
                f"{second}: expected the axis {axis!r} to be given once, got it again (first: {first})",
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
                f"{stage} {gen_id}: expected its parent {parent or '(none given)'} in the membership, got "
                f"none; {touched:,} generations are touched",
                "build the cohort again",
            )
        case StorageUnavailable(action=action, reason=reason):
            return Wording(f"storage: expected to {action}, got {reason}", "try again")
        case StorageDenied(action=action, reason=reason, remedy=remedy):
            return Wording(
                f"storage: expected to {action}, got {reason}",
                remedy or "check the permissions of the place",
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


def _short(text: str, limit: int = 80) -> str:
    """The text quoted, with its middle left out where it is long, so that no input floods a log."""
    if len(text) <= limit:
        return repr(text)
    half = limit // 2 - 1
    return repr(f"{text[:half]}…{text[-half:]}")


def _did_you_mean(suggestion: str | None) -> str | None:
    return None if suggestion is None else f"did you mean {_short(suggestion)}?"
