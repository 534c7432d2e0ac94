"""Rows of one factor that give one id: what can make two generations of a design ambiguous."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl

from cohort_membership.design import Factors
from cohort_membership.experiment import Experiment
from cohort_membership.identity import normalised
from cohort_membership.projection import distinct, project
from cohort_membership.stage import Stage
from cohort_membership.validate.evidence import Evidence


@dataclass(frozen=True, slots=True)
class FactorCollision:
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


@dataclass(frozen=True, slots=True, eq=False)
class StageOfDesign:
    """One stage in one design."""

    evidence: Evidence
    stage: Stage
    factors: Factors

    @property
    def experiment(self) -> Experiment:
        return self.evidence.experiment

    @property
    def copying(self) -> frozenset[str]:
        catalog = self.evidence.catalogs.of_templates(self.stage.name)
        return frozenset() if catalog is None else catalog.copying

    def same_text(self) -> Iterator[FactorCollision]:
        """Levels that differ in case or in composed white space only: ids do not tell them apart."""
        identity = self.experiment.identity(self.stage)
        if self.evidence.alike_axes.isdisjoint(identity):
            return
        projection = project(self.factors, identity)
        for one in projection:
            if self.evidence.alike_axes.isdisjoint(one.identity):
                continue
            texts = [_normalised(one.frame[axis]) for axis in one.identity]
            others = math.prod(other.height for other in projection if other is not one)
            yield from _collisions(one.frame, pl.DataFrame(texts), one.identity, others)

    def attribute_collisions(self, *, copies: bool) -> Iterator[FactorCollision]:
        """Rows with one identity and several attributes: of copying templates, or of those that are not."""
        identity = self.experiment.identity(self.stage)
        copying, template = self.copying, self.stage.template_axis
        if copies and not copying:
            return
        for place, one in enumerate(self.factors):
            carried = [axis for axis in one.axes if axis in self.stage.attributes]
            if not carried:
                continue
            own = [axis for axis in one.axes if axis in identity]
            rows = distinct(one.frame, [*own, *carried])
            if template in own:
                is_copy = is_one_of(rows[template], copying)
                rows = rows.filter(is_copy if copies else ~is_copy)
            is_alone = rows.height == (rows.select(own).n_unique() if own else min(1, rows.height))
            others = 0 if is_alone else self._other_rows(place, copies=copies)
            if others:
                yield from _collisions(rows, rows.select(own), carried, others)

    def _other_rows(self, place: int, *, copies: bool) -> int:
        """The product of the other factors' projections, counting only templates of the mode asked for."""
        count = 1
        for other in project(self.factors, self.experiment.identity(self.stage)):
            if other.origin == place:
                continue
            template = self.stage.template_axis
            if template in other.identity:
                count *= int((is_one_of(other.frame[template], self.copying) == copies).sum())
            else:
                count *= other.height
        return count

    def told(self, collision: FactorCollision) -> FactorCollision:
        """The collision with whole rows of the design as its example."""
        base = self._example(collision)
        return replace(collision, first={**base, **collision.first}, second={**base, **collision.second})

    def _example(self, collision: FactorCollision) -> dict[str, str]:
        """One row of the design: the first level everywhere, and of templates one that asks a model."""
        template = self.stage.template_axis
        row: dict[str, str] = {}
        for one in self.factors:
            frame = one.frame
            if collision.axis in self.stage.attributes and template in frame.columns:
                asking = frame.filter(~is_one_of(frame[template], self.copying))
                frame = asking if asking.height else frame
            row |= frame.row(0, named=True)
        return row


def is_one_of(levels: pl.Series, wanted: frozenset[str]) -> pl.Series:
    return levels.is_in(pl.Series(sorted(wanted), dtype=pl.String).implode())


def _normalised(levels: pl.Series) -> pl.Series:
    distinct = levels.unique()
    after = pl.Series([normalised(level) for level in distinct.to_list()], dtype=pl.String)
    return levels.replace_strict(distinct, after)


_FIRST, _ROW, _AXIS, _PAIRS = "\0first", "\0row", "\0axis", "\0pairs"
"""Names of passing columns; no axis can be called so."""


def _collisions(
    frame: pl.DataFrame, keys: pl.DataFrame, axes: Sequence[str], others: int
) -> Iterator[FactorCollision]:
    """Rows with an equal key, each told against the first of its key, once per pair of levels."""
    named = keys.rename({name: f"\0key {name}" for name in keys.columns})
    first = pl.col(_ROW).first().over(named.columns) if named.columns else pl.col(_ROW).first()
    rows = pl.concat([frame.with_row_index(_ROW), named], how="horizontal").with_columns(first.alias(_FIRST))
    rows = rows.filter(pl.col(_ROW) != pl.col(_FIRST)).select(_ROW, _FIRST, *axes)
    if not rows.height:
        return
    before = frame.select(axes)[rows[_FIRST].to_list()].rename({axis: f"\0{axis}" for axis in axes})
    both = pl.concat([rows, before], how="horizontal")
    differing = pl.coalesce(pl.when(pl.col(axis) != pl.col(f"\0{axis}")).then(pl.lit(axis)) for axis in axes)
    for axis, found in both.with_columns(differing.alias(_AXIS)).group_by(_AXIS, maintain_order=True):
        name = str(axis[0])
        pairs = found.group_by(f"\0{name}", name, maintain_order=True).agg(
            pl.col(_FIRST).first(), pl.col(_ROW).first(), pl.len().alias(_PAIRS)
        )
        for earlier, later, one, other, count in pairs.iter_rows():
            yield FactorCollision(
                axis=name,
                levels=(earlier, later),
                first=frame.row(one, named=True),
                second=frame.row(other, named=True),
                pairs=count,
                others=others,
            )
