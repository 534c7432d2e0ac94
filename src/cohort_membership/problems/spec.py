"""The spec bundle: its files, its text and its shape."""

from typing import ClassVar, TypeAlias, assert_never

from cohort_membership.problems.located import Located, kind
from cohort_membership.problems.phrases import Wording, did_you_mean, mismatch, short


@kind
class SpecNotFound(Located):
    """A cohort without a spec."""

    code: ClassVar[str] = "spec-not-found"
    cohort_id: str
    suggestion: str | None = None


@kind
class SpecUnreadable(Located):
    """A spec file that cannot be read."""

    code: ClassVar[str] = "spec-unreadable"
    reason: str


@kind
class SpecSyntax(Located):
    """A spec whose text cannot be parsed."""

    code: ClassVar[str] = "spec-syntax"
    detail: str
    remedy: str | None = None


@kind
class SpecInvalid(Located):
    """`where` is the path of keys, such as `rules.pairs.judged.balance`.

    A wrong type or shape has `expected` and `got`; anything else says in `detail` what is wrong. The hint
    is the suggestion or, without one, the remedy.
    """

    code: ClassVar[str] = "spec-invalid"
    where: str
    expected: str = ""
    got: str = ""
    detail: str = ""
    suggestion: str | None = None
    remedy: str | None = None


@kind
class IncludeNotFound(Located):
    """An included file that is not there."""

    code: ClassVar[str] = "include-not-found"
    include: str


@kind
class IncludeOutsideBundle(Located):
    """An included path that leaves the cohort's spec folder."""

    code: ClassVar[str] = "include-outside-bundle"
    include: str


@kind
class IncludeInvalid(Located):
    """An included file of another kind, size or content than its place needs.

    `expected` and `got`, or `detail`, as in `SpecInvalid`.
    """

    code: ClassVar[str] = "include-invalid"
    include: str
    expected: str = ""
    got: str = ""
    detail: str = ""
    remedy: str | None = None


SpecProblem: TypeAlias = (
    SpecNotFound
    | SpecUnreadable
    | SpecSyntax
    | SpecInvalid
    | IncludeNotFound
    | IncludeOutsideBundle
    | IncludeInvalid
)


def words(problem: SpecProblem) -> Wording:
    """What a person reads of it."""
    match problem:
        case SpecNotFound(cohort_id=cohort_id, suggestion=suggestion):
            return Wording(
                f"cohort {short(cohort_id, beside=suggestion)}: there is no spec at "
                f"cohorts/{cohort_id}/spec/config.yaml (or .yml, .json)",
                did_you_mean(suggestion, cohort_id)
                or "`cohort-membership list` shows the cohorts under the data root",
            )
        case SpecUnreadable(reason=reason):
            return Wording(
                f"spec: the file cannot be read as UTF-8 text: {reason}",
                "save it as UTF-8 text, in a file that you may read",
            )
        case SpecSyntax(detail=detail, remedy=remedy):
            return Wording(f"spec: {detail}", remedy)
        case SpecInvalid(where=where, suggestion=suggestion, remedy=remedy) as found:
            detail = found.detail or mismatch(found.expected, found.got)
            return Wording(f"{where}: {detail}", did_you_mean(suggestion) or remedy)
        case IncludeNotFound(include=include):
            return Wording(
                f"include: there is no file {short(include)} in the spec folder",
                "the path is relative to the file that holds the '@file:'",
            )
        case IncludeOutsideBundle(include=include):
            return Wording(
                f"include: {short(include)} is outside the spec folder",
                "copy the file into the cohort's spec folder and include it from there",
            )
        case IncludeInvalid(include=include, remedy=remedy) as found:
            detail = found.detail or mismatch(found.expected, found.got)
            return Wording(f"include {short(include)}: {detail}", remedy)
        case _ as never:
            assert_never(never)
