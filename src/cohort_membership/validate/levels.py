"""Rules on single levels: no separator in them, replicates whole, the rest in their catalogs."""

from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import dataclass

from cohort_membership.catalog import COMBOS_FILE, MODELS_FILE, TEMPLATE_FILES, WITHOUT_MODEL, Catalogs
from cohort_membership.identity import SEPARATOR
from cohort_membership.problems import (
    MAX_REPLICATE,
    InvalidReplicate,
    Location,
    Problem,
    ReservedCharacter,
    UnknownLevel,
)
from cohort_membership.stages import CHAIN, ESSAY, REPLICATE_AXES, SUBJECT_AXIS
from cohort_membership.suggest import SUGGESTIONS, nearest
from cohort_membership.validate.evidence import Evidence

MOST_PER_AXIS = 1_000
"""How many problems one list of levels reports: a wrong file would else fill a log with millions."""


def levels_hold_no_separator(evidence: Evidence) -> Iterable[Problem]:
    for axis, level, place in _each(evidence, lambda _, level: SEPARATOR in level):
        yield ReservedCharacter(axis=axis, level=level, location=place)


def replicates_are_whole_numbers(evidence: Evidence) -> Iterable[Problem]:
    bad = _each(evidence, lambda axis, level: axis in REPLICATE_AXES and not _is_replicate(level))
    for axis, level, place in bad:
        if SEPARATOR not in level:
            yield InvalidReplicate(axis=axis, level=level, location=place)


def levels_are_in_their_catalogs(evidence: Evidence) -> Iterator[UnknownLevel]:
    catalogs = {one.axis: one for one in _catalogs(evidence.catalogs)}

    def is_unknown(axis: str, level: str) -> bool:
        return axis in catalogs and level not in catalogs[axis].ids and SEPARATOR not in level

    for number, (axis, level, place) in enumerate(_each(evidence, is_unknown)):
        yield UnknownLevel(
            axis=axis,
            level=level,
            catalog=catalogs[axis].file,
            suggestion=nearest(level, catalogs[axis].candidates) if number < SUGGESTIONS else None,
            location=place,
        )


@dataclass(frozen=True, slots=True)
class _Catalog:
    axis: str
    file: str
    ids: Container[str]
    candidates: Iterable[str]


def _catalogs(catalogs: Catalogs) -> Iterator[_Catalog]:
    """The catalog of each axis; an axis whose catalog could not be read has none."""
    if catalogs.combos is not None:
        yield _Catalog(SUBJECT_AXIS, COMBOS_FILE, catalogs.combos, catalogs.combos)
    for stage in CHAIN:
        templates = catalogs.templates.get(stage.name)
        if templates is not None:
            yield _Catalog(stage.template_axis, TEMPLATE_FILES[stage.name], templates, templates)
        if catalogs.models is not None:
            also = {WITHOUT_MODEL} if stage is ESSAY else set()
            yield _Catalog(stage.llm_axis, MODELS_FILE, catalogs.models | also, catalogs.models)


def _each(
    evidence: Evidence, is_bad: Callable[[str, str], bool]
) -> Iterator[tuple[str, str, Location | None]]:
    """The bad levels with their axis and first place, each once a list."""
    for axis, levels in evidence.level_lists():
        seen: set[str] = set()
        for number, level in enumerate(levels.texts):
            if is_bad(axis, level) and level not in seen:
                seen.add(level)
                yield axis, level, levels.places[number]
                if len(seen) == MOST_PER_AXIS:
                    break


def _is_replicate(level: str) -> bool:
    """A whole number as it is written into an id: digits, no sign, no leading zero."""
    is_decimal = level.isascii() and level.isdigit() and not level.startswith("0")
    return is_decimal and len(level) <= len(str(MAX_REPLICATE)) and int(level) <= MAX_REPLICATE
