"""Rules on single levels: no separator in them, replicates whole, the rest in their catalogs."""

from collections.abc import Iterable, Iterator

import polars as pl

from cohort_membership.problems import (
    MAX_REPLICATE,
    InvalidReplicate,
    Location,
    Problem,
    ReservedCharacter,
    UnknownLevel,
)
from cohort_membership.validate.evidence import Evidence
from cohort_membership.validate.given import Given

MOST_PER_AXIS = 1_000
"""How many problems one list of levels reports: a wrong file would else fill a log with millions."""


def levels_hold_no_separator(evidence: Evidence) -> Iterable[Problem]:
    for one in evidence.given:
        for level, place in _bad(one, one.has_separator):
            yield ReservedCharacter(axis=one.axis, level=level, location=place)


def replicates_are_whole_numbers(evidence: Evidence) -> Iterable[Problem]:
    for one in evidence.given:
        if one.axis in evidence.experiment.replicates:
            for level, place in _bad(one, ~_is_replicate(one.texts) & ~one.has_separator):
                yield InvalidReplicate(axis=one.axis, level=level, location=place)


def levels_are_in_their_catalogs(evidence: Evidence) -> Iterator[UnknownLevel]:
    for one in evidence.given:
        catalog = evidence.catalogs.by_axis.get(one.axis)
        if catalog is None:
            continue
        for level, place in _bad(one, ~catalog.holds_each(one.texts) & ~one.has_separator):
            yield UnknownLevel(
                axis=one.axis,
                level=level,
                catalog=catalog.name,
                suggestion=evidence.suggestions.nearest(level, catalog.ids),
                location=place,
            )


def _bad(given: Given, is_bad: pl.Series) -> Iterator[tuple[str, Location | None]]:
    """The bad levels of a list with their first places, each once."""
    if not is_bad.any():
        return
    numbers = is_bad.arg_true()
    first = pl.DataFrame({"number": numbers, "level": given.texts.gather(numbers)}).unique(
        "level", keep="first", maintain_order=True
    )
    for number, level in first.head(MOST_PER_AXIS).iter_rows():
        yield level, given.levels.places[number]


def _is_replicate(levels: pl.Series) -> pl.Series:
    """Whole numbers as they are written into an id: digits, no sign, no leading zero."""
    numbers = levels.str.contains("^[1-9][0-9]{0,9}$")
    return numbers & (levels.cast(pl.Int64, strict=False).fill_null(0) <= MAX_REPLICATE)
