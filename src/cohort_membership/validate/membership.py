"""Rules on the membership as a whole: every generation has its own id, and there are not too many.

Both are decided on the small tables, before any row exists. Since the parts of an id are joined by a
character that no level holds, two generations of a stage share an id exactly if, in every factor,
their rows are equal when normalised, and in one of them they differ. So it is enough to look for rows
that collide within a factor.
"""

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import polars as pl
from returns.pipeline import is_successful

from cohort_membership.experiment import Experiment
from cohort_membership.identity import gen_id_of
from cohort_membership.membership import MOST_ADDRESSABLE
from cohort_membership.plan import Block, StagePlan
from cohort_membership.problems import AmbiguousGeneration, DesignTooLarge, Problem, SpecInvalid
from cohort_membership.stage import Stage
from cohort_membership.validate.evidence import MOST_SAMPLED, Evidence
from cohort_membership.validate.levels import levels_are_in_their_catalogs
from cohort_membership.validate.same_ids import FactorCollision, StageOfDesign, is_one_of

if TYPE_CHECKING:
    from cohort_membership.union import Collision, Unwieldy


SHORTER = "shorten an axis, or add a rule: this limit is fixed"
UNSHUFFLED = "build without a seed, shorten an axis, add a rule, or build with a higher --max-rows"
FEWER_SAMPLED = "lower `sample.rows`, or name fewer axes in `sample.by`: this limit is fixed"
APART = "shorten these axes, or build the designs as cohorts of their own: this limit is fixed"
"""What helps where a design is too large, and the membership's limit is not the reason."""


def membership_is_within_its_limit(evidence: Evidence) -> Iterable[Problem]:
    blocks = evidence.blocks
    if blocks is None:
        return
    counts = tuple(
        (stage.name, sum(block.stages[number].count for block in blocks))
        for number, stage in enumerate(evidence.experiment.stages)
    )
    limit = min(evidence.request.max_rows, MOST_ADDRESSABLE)
    shuffled = sum(block.rows for block in blocks) if evidence.request.seed is not None else 0
    if sum(count for _, count in counts) > limit:
        remedy = SHORTER if limit == MOST_ADDRESSABLE else None
        yield DesignTooLarge(counts=counts, limit=limit, remedy=remedy)
    elif shuffled > limit:
        counts = (("rows of the design to shuffle", shuffled),)
        yield DesignTooLarge(counts=counts, limit=limit, remedy=UNSHUFFLED)


def designs_can_be_compared(evidence: Evidence) -> Iterable[Problem]:
    """What the designs of a union share is told from small tables, and a sample from not too many rows."""
    if not evidence.is_whole:
        return
    sample = evidence.spec.sample
    if not is_successful(evidence.union):
        yield _unwieldy(evidence, evidence.union.failure())
    elif sample and evidence.design_rows > MOST_SAMPLED:
        counts = (("rows of the design to take a sample from", evidence.design_rows),)
        at = sample.location
        yield DesignTooLarge(counts=counts, limit=MOST_SAMPLED, remedy=SHORTER, location=at)
    elif sample and evidence.sampled_rows > evidence.most_in_sample:
        counts, limit = (("rows in the sample", evidence.sampled_rows),), evidence.most_in_sample
        yield DesignTooLarge(counts=counts, limit=limit, remedy=FEWER_SAMPLED, location=sample.location)


def _unwieldy(evidence: Evidence, found: "Unwieldy") -> Problem:
    at = evidence.spec.designs[0].name.location if evidence.spec.designs else None
    if found.what == "others":
        detail = f"{found.size + 1:,} designs are too many: a cohort has at most {found.limit + 1}"
        return SpecInvalid(where="designs", detail=detail, remedy="split the cohort", location=at)
    axes = f" ({', '.join(found.axes)})" if found.axes else ""
    noun = f"{found.what} to compare the designs by{axes}"
    counts = ((noun, found.size),)
    return DesignTooLarge(counts=counts, limit=found.limit, remedy=APART, location=at)


def generations_are_unambiguous(evidence: Evidence) -> Iterable[Problem]:
    """No two different generations share an id; told once per pair of colliding levels."""
    if evidence.blocks is None:
        return
    rejected: set[tuple[str, str]] | None = None
    told: set[tuple[str, str, str]] = set()
    for problem in _ambiguities(evidence, evidence.blocks):
        if isinstance(problem, AmbiguousGeneration):
            if rejected is None:
                rejected = {(one.axis, one.level) for one in levels_are_in_their_catalogs(evidence)}
            first, second = problem.levels
            key = (problem.axis, first, second)
            if key in told or {(problem.axis, first), (problem.axis, second)} & rejected:
                continue
            told.add(key)
        yield problem


def _ambiguities(evidence: Evidence, blocks: Sequence[Block]) -> Iterator[Problem]:
    for number, stage in enumerate(evidence.experiment.stages):
        for block in blocks:
            one = StageOfDesign(evidence, stage, block.factors)
            for collision in (*one.same_text(), *one.attribute_collisions(copies=False)):
                yield _ambiguous(evidence.experiment, stage, one.told(collision))
        for earlier, later in itertools.combinations([block.stages[number] for block in blocks], 2):
            yield from _between(evidence, earlier, later)


def _between(evidence: Evidence, earlier: StagePlan, later: StagePlan) -> Iterator[Problem]:
    """Generations of one design that share an id with different ones of another."""
    from cohort_membership.union import reattributed, respelled

    stage, experiment = earlier.stage, evidence.experiment
    identity = experiment.identity(stage)
    first, second = ([one.frame for one in plan.projection] for plan in (earlier, later))
    asking, others = ([_asking(frame, evidence, stage) for frame in frames] for frames in (first, second))
    for found in (
        respelled(first, second, identity),
        reattributed(asking, others, identity, stage.attributes),
    ):
        if is_successful(found):
            yield from (_ambiguous(experiment, stage, one) for one in found.unwrap())
        else:
            yield _unwieldy(evidence, found.failure())


def _asking(frame: pl.DataFrame, evidence: Evidence, stage: Stage) -> pl.DataFrame:
    """The rows whose template asks a model."""
    catalog = evidence.catalogs.of_templates(stage.name)
    if catalog is None or stage.template_axis not in frame.columns:
        return frame
    return frame.filter(~is_one_of(frame[stage.template_axis], catalog.copying))


def _ambiguous(experiment: Experiment, stage: Stage, found: "FactorCollision | Collision") -> Problem:
    shown = (*experiment.identity(stage), *stage.attributes)
    return AmbiguousGeneration(
        stage=stage.name,
        axis=found.axis,
        levels=found.levels,
        gen_id=gen_id_of(experiment, stage, found.first),
        first=_described(found.first, shown),
        second=_described(found.second, shown),
        touched=found.touched,
        uncounted=stage.attributes if found.axis in stage.attributes else (),
    )


def notices_of_collapse(evidence: Evidence) -> tuple[str, ...]:
    """What a person should know of models that copying templates make irrelevant."""
    notices = []
    for stage in evidence.experiment.stages:
        dropped = {
            collision.levels[1]: None
            for block in evidence.blocks or ()
            for collision in StageOfDesign(evidence, stage, block.factors).attribute_collisions(copies=True)
        }
        if dropped:
            names = ", ".join(repr(level) for level in list(dropped)[:5]) + (
                ", …" if len(dropped) > 5 else ""
            )
            notices.append(
                f"{stage.name}: a template in mode 'copy' asks no model, so its generations that differ only "
                f"in {', '.join(stage.attributes)} are one, with the first model ({names} not used there)"
            )
    return tuple(notices)


def notices_of_sample(evidence: Evidence) -> tuple[str, ...]:
    """Says where a sample asks for more rows than there are."""
    wanted = evidence.spec.sample
    if wanted is None or wanted.by or wanted.rows <= evidence.design_rows:
        return ()
    at = f"{wanted.location}: " if wanted.location else ""
    return (f"{at}sample: the design has {evidence.design_rows:,} rows, and all of them are kept",)


def _described(row: Mapping[str, str], axes: Iterable[str]) -> str:
    return ", ".join(f"{axis} {row[axis]!r}" for axis in axes if axis in row)
