"""Rules on single levels: no separator in them, replicates whole, the rest in their catalogs."""

from collections.abc import Callable, Iterable, Iterator

import polars as pl

from cohort_membership.columns import series_of
from cohort_membership.identity import SEPARATOR
from cohort_membership.problems import (
    MAX_REPLICATE,
    InvalidReplicate,
    Location,
    Problem,
    ReservedCharacter,
    UnknownLevel,
)
from cohort_membership.validate.evidence import Evidence

MOST_PER_AXIS = 1_000
"""How many problems one list of levels reports: a wrong file would else fill a log with millions."""


def levels_hold_no_separator(evidence: Evidence) -> Iterable[Problem]:
    for axis, level, place in _each(evidence, lambda _, levels: _has_separator(levels)):
        yield ReservedCharacter(axis=axis, level=level, location=place)


def replicates_are_whole_numbers(evidence: Evidence) -> Iterable[Problem]:
    replicates = evidence.experiment.replicates

    def is_bad(axis: str, levels: pl.Series) -> pl.Series | None:
        return ~_is_replicate(levels) & ~_has_separator(levels) if axis in replicates else None

    for axis, level, place in _each(evidence, is_bad):
        yield InvalidReplicate(axis=axis, level=level, location=place)


def levels_are_in_their_catalogs(evidence: Evidence) -> Iterator[UnknownLevel]:
    catalogs = evidence.catalogs.by_axis

    def is_unknown(axis: str, levels: pl.Series) -> pl.Series | None:
        catalog = catalogs.get(axis)
        return None if catalog is None else ~catalog.holds_each(levels) & ~_has_separator(levels)

    for axis, level, place in _each(evidence, is_unknown):
        catalog = catalogs[axis]
        if catalog is not None:
            yield UnknownLevel(
                axis=axis,
                level=level,
                catalog=catalog.name,
                suggestion=evidence.suggestions.nearest(level, catalog.ids),
                location=place,
            )


def _each(
    evidence: Evidence, is_bad: Callable[[str, pl.Series], pl.Series | None]
) -> Iterator[tuple[str, str, Location | None]]:
    """The bad levels with their axis and first place, each once a list."""
    for axis, levels in evidence.level_lists():
        texts = series_of(levels.texts)
        bad = is_bad(axis, texts)
        if bad is None or not bad.any():
            continue
        numbers = bad.arg_true()
        first = pl.DataFrame({"number": numbers, "level": texts.gather(numbers)}).unique(
            "level", keep="first", maintain_order=True
        )
        for number, level in first.head(MOST_PER_AXIS).iter_rows():
            yield axis, level, levels.places[number]


def _has_separator(levels: pl.Series) -> pl.Series:
    return levels.str.contains(SEPARATOR, literal=True)


def _is_replicate(levels: pl.Series) -> pl.Series:
    """Whole numbers as they are written into an id: digits, no sign, no leading zero."""
    numbers = levels.str.contains("^[1-9][0-9]{0,9}$")
    return numbers & (levels.cast(pl.Int64, strict=False).fill_null(0) <= MAX_REPLICATE)
