"""Rules on the membership as a whole: every generation has its own id, and there are not too many.

Both are decided on the small tables, before any row exists. Since the parts of an id are joined by a
character that no level holds, two generations of a stage share an id exactly if, in every factor,
their rows are equal when normalised, and in one of them they differ. So it is enough to look for rows
that collide within a factor.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from cohort_membership import design
from cohort_membership.catalog import Template
from cohort_membership.design import Factors, Projection
from cohort_membership.identity import gen_id, normalised
from cohort_membership.membership import MOST_ADDRESSABLE
from cohort_membership.problems import AmbiguousGeneration, DesignTooLarge, Problem
from cohort_membership.stages import CHAIN, Stage, cumulative_identity
from cohort_membership.validate.evidence import Evidence
from cohort_membership.validate.levels import levels_are_in_their_catalogs


def project_stages(evidence: Evidence) -> tuple[Projection, ...]:
    """The projection of the design for each stage, in chain order."""
    return tuple(
        design.project(evidence.coupled.factors, cumulative_identity(CHAIN, stage), stage.attributes)
        for stage in CHAIN
    )


def membership_is_within_its_limit(evidence: Evidence) -> Iterable[Problem]:
    if not is_whole(evidence):
        return
    counts = tuple(
        (stage.name, design.height(one)) for stage, one in zip(CHAIN, project_stages(evidence), strict=True)
    )
    limit = min(evidence.request.max_rows, MOST_ADDRESSABLE)
    shuffled = design.size(evidence.coupled.factors) if evidence.request.seed is not None else 0
    if sum(count for _, count in counts) > limit:
        yield DesignTooLarge(counts=counts, limit=limit)
    elif shuffled > limit:
        yield DesignTooLarge(counts=(("rows of the design to shuffle", shuffled),), limit=limit)


def generations_are_unambiguous(evidence: Evidence) -> Iterable[Problem]:
    """No two different generations share an id; told once per pair of colliding levels."""
    if not is_whole(evidence):
        return
    rejected = {(one.axis, one.level) for one in levels_are_in_their_catalogs(evidence)}
    told: set[tuple[str, str, str]] = set()
    for stage in CHAIN:
        for collision in (*_same_text(evidence, stage), *_same_but_attributes(evidence, stage)):
            first, second = collision.levels
            key = (collision.axis, first, second)
            if key not in told and not {(collision.axis, first), (collision.axis, second)} & rejected:
                told.add(key)
                yield _problem(evidence, stage, collision)


def notices_of_collapse(evidence: Evidence) -> tuple[str, ...]:
    """What a person should know of models that copying templates make irrelevant."""
    notices = []
    for stage in CHAIN:
        dropped: dict[str, None] = {}
        for collision in _attribute_collisions(evidence, stage):
            dropped[collision.levels[1]] = None
        if dropped:
            names = ", ".join(repr(level) for level in list(dropped)[:5]) + (
                ", …" if len(dropped) > 5 else ""
            )
            notices.append(
                f"{stage.name}: a template in mode 'copy' asks no model, so its generations that differ only "
                f"in {', '.join(stage.attributes)} are one, with the first model ({names} not used there)"
            )
    return tuple(notices)


@dataclass(frozen=True, slots=True)
class _Collision:
    """Two rows of one factor that give one id, told by the first axis on which they differ.

    `others` is the number of rows that the other factors multiply each of them by.
    """

    axis: str
    levels: tuple[str, str]
    first: Mapping[str, str]
    second: Mapping[str, str]
    pairs: int
    others: int

    @property
    def touched(self) -> int:
        return 2 * self.pairs * self.others


def is_whole(evidence: Evidence) -> bool:
    """Whether the design is known in full: no axis missing, none hidden by a problem."""
    given = set(design.axes_of(evidence.coupled.factors))
    return evidence.coupled.is_clear and all(given >= set(stage.axes) for stage in CHAIN)


def _same_text(evidence: Evidence, stage: Stage) -> Iterator[_Collision]:
    """Levels that differ in case or in composed white space only: ids do not tell them apart."""
    projection = design.project(evidence.coupled.factors, cumulative_identity(CHAIN, stage))
    for one in projection:
        texts = [_distinct_normalised(one.frame[axis]) for axis in one.identity]
        if all(len(set(text.values())) == len(text) for text in texts):
            continue
        columns = [
            [text[level] for level in one.frame[axis]] for axis, text in zip(one.identity, texts, strict=True)
        ]
        others = math.prod(other.height for other in projection if other is not one)
        yield from _collisions(one.frame, list(zip(*columns, strict=True)), one.identity, others)


def _same_but_attributes(evidence: Evidence, stage: Stage) -> Iterator[_Collision]:
    """Generations that differ only in what the id does not count, where the template asks a model."""
    return (one for one in _attribute_collisions(evidence, stage, copies=False))


def _attribute_collisions(evidence: Evidence, stage: Stage, *, copies: bool = True) -> Iterator[_Collision]:
    """Rows with one identity and several attributes: of copying templates, or of those that are not."""
    factors = evidence.coupled.factors
    identity = cumulative_identity(CHAIN, stage)
    modes = _copying(evidence.catalogs.templates.get(stage.name) or {})
    for place, one in enumerate(factors):
        carried = [axis for axis in one.axes if axis in stage.attributes]
        if not carried:
            continue
        own = [axis for axis in one.axes if axis in identity]
        rows = design.distinct(one.frame, [*own, *carried])
        by_template = stage.template_axis in own
        if by_template:
            is_copy = _is_one_of(rows[stage.template_axis], modes)
            rows = rows.filter(is_copy if copies else ~is_copy)
        others = _other_rows(factors, place, identity, stage.template_axis, modes, copies=copies)
        if others:
            keys: list[tuple[str, ...]] = rows.select(own).rows() if own else [()] * rows.height
            yield from _collisions(rows, keys, carried, others)


def _other_rows(
    factors: Factors,
    place: int,
    identity: tuple[str, ...],
    template_axis: str,
    copying: frozenset[str],
    *,
    copies: bool,
) -> int:
    """The product of the other factors' projections, counting only templates of the mode asked for."""
    count = 1
    for other in design.project(factors, identity):
        if other.origin == place:
            continue
        if template_axis in other.identity:
            count *= sum((template in copying) == copies for template in other.frame[template_axis])
        else:
            count *= other.height
    return count


def _is_one_of(levels: pl.Series, wanted: frozenset[str]) -> pl.Series:
    return levels.is_in(pl.Series(sorted(wanted), dtype=pl.String).implode())


def _copying(templates: Mapping[str, Template]) -> frozenset[str]:
    return frozenset(one.template_id for one in templates.values() if one.mode == "copy")


def _collisions(
    frame: pl.DataFrame, keys: list[tuple[str, ...]], axes: Iterable[str], others: int
) -> Iterator[_Collision]:
    """Rows with an equal key, each told against the first of its key, once per pair of levels."""
    axes = tuple(axes)
    first_of: dict[tuple[str, ...], int] = {}
    found: dict[tuple[str, str, str], tuple[int, int, int]] = {}
    for row, key in enumerate(keys):
        first = first_of.setdefault(key, row)
        if first != row:
            axis = next(axis for axis in axes if frame[axis][first] != frame[axis][row])
            pair = (axis, frame[axis][first], frame[axis][row])
            example_and_count = found.get(pair, (first, row, 0))
            found[pair] = (*example_and_count[:2], example_and_count[2] + 1)
    for (axis, *levels), (first, second, count) in found.items():
        yield _Collision(
            axis=axis,
            levels=(levels[0], levels[1]),
            first=frame.row(first, named=True),
            second=frame.row(second, named=True),
            pairs=count,
            others=others,
        )


def _distinct_normalised(levels: pl.Series) -> dict[str, str]:
    return {level: normalised(level) for level in levels.unique(maintain_order=True)}


def _problem(evidence: Evidence, stage: Stage, collision: _Collision) -> Problem:
    base = _example(evidence, stage, collision)
    first, second = {**base, **collision.first}, {**base, **collision.second}
    shown = (*cumulative_identity(CHAIN, stage), *stage.attributes)
    return AmbiguousGeneration(
        stage=stage.name,
        axis=collision.axis,
        levels=collision.levels,
        gen_id=_gen_id(stage, first),
        first=_described(first, shown),
        second=_described(second, shown),
        touched=collision.touched,
    )


def _example(evidence: Evidence, stage: Stage, collision: _Collision) -> dict[str, str]:
    """One row of the design: the first level everywhere, and of templates one that asks a model."""
    copying = _copying(evidence.catalogs.templates.get(stage.name) or {})
    row: dict[str, str] = {}
    for one in evidence.coupled.factors:
        frame = one.frame
        if collision.axis in stage.attributes and stage.template_axis in frame.columns:
            asking = frame.filter(
                ~frame[stage.template_axis].is_in(pl.Series(sorted(copying), dtype=pl.String).implode())
            )
            frame = asking if asking.height else frame
        row |= frame.row(0, named=True)
    return row


def _gen_id(stage: Stage, row: Mapping[str, str]) -> str:
    by_name = {one.name: one for one in CHAIN}
    parent = () if stage.parent is None else (_gen_id(by_name[stage.parent], row),)
    return gen_id(stage.id_prefix, (*parent, *(row[axis] for axis in stage.identity)))


def _described(row: Mapping[str, str], axes: Iterable[str]) -> str:
    return ", ".join(f"{axis} {row[axis]!r}" for axis in axes)
