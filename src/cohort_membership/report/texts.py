"""Texts of the page: all that a person or a file gave is made visible, and cut where it is long."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Generic, TypeVar

from cohort_membership.visible_text import visible

MOST_CHARACTERS = 80
"""Of a name or a level."""

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Cut(Generic[_T]):
    """The first of some things, and how many more there are."""

    shown: tuple[_T, ...]
    more: int = 0


def cut(items: Iterable[_T], count: int, most: int) -> Cut[_T]:
    """At most so many of `count` items.

    >>> cut(["a", "b", "c"], 3, 2)
    Cut(shown=('a', 'b'), more=1)
    """
    return Cut(tuple(islice(items, most)), max(0, count - most))


def named(text: str, most: int = MOST_CHARACTERS) -> str:
    r"""A name or a level on one line, with nothing hidden in it, and not too long.

    >>> named("a\x00b"), named("a" * 9, 4)
    ('a␀b', 'aaaa…')
    """
    return visible(text[:most]) + ("…" if len(text) > most else "")


def all_named(texts: Sequence[str], most: int) -> Cut[str]:
    """The first of these names or levels."""
    return cut(map(named, texts), len(texts), most)


def times(count: int, of: int) -> str:
    """How many there are of each.

    >>> times(60, 12), times(7, 2), times(1, 0)
    ('×5', '×3.5', '')
    """
    if not of:
        return ""
    return f"×{count // of:,}" if count % of == 0 else f"×{count / of:,.1f}"


def taken(before: int, after: int) -> str:
    """What a rule took away; never all where it left something, and never nothing where it took something.

    >>> taken(12, 12), taken(12, 9), taken(10**9, 1), taken(12, 0), taken(3, 6)
    ('none', '−25 %', '−99.9 %', '−100 %', '×2')
    """
    if before == after:
        return "none"
    if after > before:
        return times(after, before)
    share = 100 * (before - after) / before
    return "−100 %" if not after else f"−{min(max(round(share, 1), 0.1), 99.9):g} %"


def percent(part: int, of: int) -> str:
    """A share in whole percents; 100 only where it is all.

    >>> percent(999, 1000), percent(0, 0), percent(5, 5)
    ('99 %', '100 %', '100 %')
    """
    return f"{100 * part // of if of else 100} %"
