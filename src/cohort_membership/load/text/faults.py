"""What is wrong with a text, told before it is known whose problem it is: the spec's, an include's,
or a catalog's.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from cohort_membership.problems import CatalogInvalid, IncludeInvalid, Location, Problems, SpecSyntax

MAX_FAULTS = 1000
"""A text with more faults than this is the wrong file, not a file with many typos."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a text: where, what was expected and what was got."""

    expected: str
    got: str
    location: Location | None = None
    remedy: str | None = None


Faults: TypeAlias = tuple[Fault, ...]


def as_spec_syntax(faults: Iterable[Fault]) -> Problems:
    """The faults of a cohort's config file.

    >>> as_spec_syntax([Fault("a key", "a list")])[0].detail
    'expected a key, got a list'
    """
    return tuple(
        SpecSyntax(
            location=fault.location,
            detail=f"expected {fault.expected}, got {fault.got}",
            remedy=fault.remedy,
        )
        for fault in faults
    )


def as_include_invalid(faults: Iterable[Fault], include: str) -> Problems:
    """The faults of an included file, named as `include`."""
    return tuple(
        IncludeInvalid(location=fault.location, include=include, expected=fault.expected, got=fault.got)
        for fault in faults
    )


def as_catalog_invalid(faults: Iterable[Fault], catalog: str) -> Problems:
    """The faults of a catalog's file."""
    return tuple(
        CatalogInvalid(location=fault.location, catalog=catalog, expected=fault.expected, got=fault.got)
        for fault in faults
    )
