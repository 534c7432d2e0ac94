"""What the words of all families share: the two parts of a message, and texts shown in it."""

from collections.abc import Sequence
from dataclasses import dataclass

from cohort_membership.problems.look_alikes import differing_code_points
from cohort_membership.redaction import redacted_name

MOST_LISTED = 10
"""As many names of a list are shown; a data root may hold thousands."""


@dataclass(frozen=True, slots=True)
class Wording:
    """What a person reads: where it is and what is wrong; and what to do next."""

    message: str
    hint: str | None = None


def short(text: str, limit: int = 80, beside: str | None = None) -> str:
    """The text quoted, with its middle left out where it is long, so that no input floods a log.

    Where it looks like the text that is shown `beside` it, with the code points that differ.

    >>> short("fjrod", beside="fjord"), short("fj\u043erd", beside="fjord")
    ("'fjrod'", "'fj\u043erd' (U+043E)")
    """
    code_points = "" if beside is None else differing_code_points(text, beside)
    if len(text) > limit:
        half = limit // 2 - 1
        text = f"{text[:half]}…{text[-half:]}"
    return repr(text) + (f" ({code_points})" if code_points else "")


def given_name(text: str, beside: str | None = None) -> str:
    """A name that was typed (see `short`), or what may be shown of an address that was typed in its place.

    >>> given_name("../demo"), given_name("postgresql://ann:s3cret@db/cohorts")
    ("'../demo'", "'postgresql://***'")
    """
    return short(redacted_name(text), beside=beside)


def did_you_mean(suggestion: str | None, given: str | None = None) -> str | None:
    """The hint that offers a name in place of the one that was given; none without one."""
    return None if suggestion is None else f"did you mean {short(suggestion, beside=given)}?"


def mismatch(expected: str, got: str) -> str:
    """The words for a wrong type or shape, and only for that."""
    return f"expected {expected}, got {got}"


def counted(number: int, noun: str) -> str:
    """'1 level', '2 levels'."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def listed(names: Sequence[str], most: int = MOST_LISTED) -> str:
    """Names as people list them.

    >>> listed(["a"]), listed(["a", "b"]), listed(["a", "b", "c", "d"], most=2)
    ('a', 'a and b', 'a, b and 2 more')
    """
    shown = list(names[:most])
    if len(names) > most:
        shown.append(f"{len(names) - most:,} more")
    return " and ".join(part for part in (", ".join(shown[:-1]), shown[-1] if shown else "") if part)
