"""What a person should know although nothing is wrong: levels that look alike, replicates that disagree."""

from collections.abc import Iterable, Iterator

import polars as pl

from cohort_membership.plan import Plan
from cohort_membership.problems.look_alikes import as_seen, differing_code_points
from cohort_membership.stage import REPLICATE
from cohort_membership.validate.evidence import Evidence
from cohort_membership.validate.given import NOT_ASCII

MOST_NOTICES = 20
"""Look-alikes of one list that are named."""


def notices_of_look_alikes(evidence: Evidence) -> Iterator[str]:
    """Levels of one axis, and ids of one catalog, that a reader cannot tell apart."""
    for one in evidence.given:
        for place, told in _look_alikes(one.texts) if one.is_not_ascii.any() else ():
            at = one.levels.places[place]
            yield f"{f'{at}: ' if at else ''}{one.axis}: {told}"
    seen = set()
    for catalog in evidence.catalogs.by_axis.values():
        if catalog is not None and catalog.name not in seen:
            seen.add(catalog.name)
            ids = catalog.table[catalog.id_column]
            if ids.str.contains(NOT_ASCII).any():
                distinct = ids.unique(maintain_order=True)
                yield from (f"{catalog.name}: {told}" for _, told in _look_alikes(distinct))


def _look_alikes(texts: pl.Series) -> Iterable[tuple[int, str]]:
    """The place of each text that looks like an earlier one, and what tells them apart."""
    first: dict[str, str] = {}
    found: list[tuple[int, str]] = []
    for place, text in enumerate(texts.to_list()):
        earlier = first.setdefault(as_seen(text), text)
        if earlier != text and len(found) < MOST_NOTICES:
            here, there = differing_code_points(text, earlier), differing_code_points(earlier, text)
            points = f"{here or 'nothing'} against {there or 'nothing'}"
            found.append((place, f"{text!r} looks like {earlier!r}, and is another level ({points})"))
    return found


def notices_of_replication(evidence: Evidence, plan: Plan) -> Iterator[str]:
    """Replicates of the replication file that are not those of the design."""
    file, replication = evidence.experiment.replication_file, evidence.catalogs.replication
    for stage in evidence.experiment.stages:
        axis = stage.axis_of.get(REPLICATE)
        count = len(plan.levels(axis)) if axis and stage.name in replication else None
        if count is not None and count != replication[stage.name]:
            yield (
                f"{file}: {stage.name} has {replication[stage.name]} replicates there and {count} in this "
                "cohort; the file goes into the manifest and changes no row"
            )
