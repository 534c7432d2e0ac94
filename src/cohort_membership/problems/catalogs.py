"""The catalogs, and levels that they do not hold."""

from typing import ClassVar, TypeAlias, assert_never

from cohort_membership.problems.located import Located, kind
from cohort_membership.problems.phrases import Wording, did_you_mean, mismatch, short


@kind
class CatalogNotFound(Located):
    """A catalog whose file is not there."""

    code: ClassVar[str] = "catalog-not-found"
    catalog: str


@kind
class CatalogInvalid(Located):
    """A catalog whose file is not as catalogs are; `expected` and `got`, or `detail`, as in `SpecInvalid`."""

    code: ClassVar[str] = "catalog-invalid"
    catalog: str
    expected: str = ""
    got: str = ""
    detail: str = ""
    remedy: str | None = None


@kind
class UnknownLevel(Located):
    """A level that its catalog does not hold."""

    code: ClassVar[str] = "unknown-level"
    axis: str
    level: str
    catalog: str
    suggestion: str | None = None


CatalogProblem: TypeAlias = CatalogNotFound | CatalogInvalid | UnknownLevel


def words(problem: CatalogProblem) -> Wording:
    """What a person reads of it."""
    match problem:
        case CatalogNotFound(catalog=catalog):
            return Wording(
                f"catalog: there is no file {catalog} under the data root",
                "`cohort-membership init DIR` writes an example data root to compare with",
            )
        case CatalogInvalid(catalog=catalog, remedy=remedy) as found:
            detail = found.detail or mismatch(found.expected, found.got)
            return Wording(f"catalog {catalog}: {detail}", remedy)
        case UnknownLevel(axis=axis, level=level, catalog=catalog, suggestion=suggestion):
            return Wording(
                f"{axis}: {short(level, beside=suggestion)} is not in {catalog}",
                did_you_mean(suggestion, level) or f"add it to {catalog}, or correct the level",
            )
        case _ as never:
            assert_never(never)
