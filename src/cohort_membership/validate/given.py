"""The lists of levels that a spec gives, with what is asked of every text, asked once of all of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate

import polars as pl

from cohort_membership.columns import series_of
from cohort_membership.identity import SEPARATOR
from cohort_membership.spec import Levels

NOT_ASCII = r"[^\x00-\x7F]"


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """One list of levels, of an axis by today's name, and for each of its texts what it holds."""

    axis: str
    levels: Levels
    texts: pl.Series
    has_separator: pl.Series
    is_not_ascii: pl.Series


def given_levels(lists: Iterable[tuple[str, Levels]]) -> tuple[Given, ...]:
    """The lists with their texts judged.

    >>> [one] = given_levels([("x", Levels(("a|b", "é"), (None, None)))])
    >>> one.has_separator.to_list(), one.is_not_ascii.to_list()
    ([True, False], [False, True])
    """
    own = list(lists)
    texts = pl.concat([pl.Series(dtype=pl.String), *(series_of(levels.texts) for _, levels in own)])
    judged = (
        texts,
        texts.str.contains(SEPARATOR, literal=True),
        texts.str.contains(NOT_ASCII),
    )
    sizes = [len(levels.texts) for _, levels in own]
    starts = accumulate(sizes, initial=0)
    return tuple(
        Given(axis, levels, *(one.slice(start, size) for one in judged))
        for (axis, levels), start, size in zip(own, starts, sizes, strict=False)
    )
