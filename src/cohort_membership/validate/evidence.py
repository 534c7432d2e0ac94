"""What the rules look at: the sources, and what follows from them once for all rules."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import polars as pl
from returns.pipeline import is_successful
from returns.result import Result

from cohort_membership.catalog import Catalogs
from cohort_membership.design import MOST_CELLS, axes_of
from cohort_membership.document import Scalar
from cohort_membership.experiment import Experiment
from cohort_membership.identity import normalised
from cohort_membership.membership import BuildRequest
from cohort_membership.plan import Block
from cohort_membership.problems import Problem
from cohort_membership.projection import height, project
from cohort_membership.rules.rule import Rule
from cohort_membership.sources import Sources
from cohort_membership.spec import Axis, Design, Levels, Spec
from cohort_membership.suggest import Suggestions
from cohort_membership.validate.blocks import make_blocks, sampled
from cohort_membership.validate.couple import Coupled, couple
from cohort_membership.validate.given import Given, given_levels
from cohort_membership.validate.queries import answered

if TYPE_CHECKING:
    from cohort_membership.union import Unwieldy

MOST_SAMPLED = 100_000_000
"""Rows of a design from which a sample is taken: going through so many takes some seconds."""

_NO_SPEC = Spec(axes=(), axes_clear=False)


@dataclass(frozen=True, slots=True, eq=False)
class Coupling:
    """One design of a spec: the axes and rules that make it, and what they leave.

    `design` is the one of a union whose own axes and rules were put over the shared ones, None where the
    spec has but one.
    """

    design: Design | None
    axes: tuple[Axis, ...]
    rules: tuple[Rule, ...]
    axes_clear: bool
    coupled: Coupled

    def given(self) -> Iterator[tuple[str, Scalar]]:
        """Every axis that the design gives, with where: declared with levels, or provided by a rule."""
        own = self.design.axes if self.design else ()
        for axis in self.axes:
            is_own = self.design is not None and any(axis is one for one in own)
            where = f"designs.{self.design.name.text}.axes" if self.design and is_own else "axes"
            yield f"{where}.{axis.name.text}", axis.name
        for rule in self.rules:
            yield from ((rule.gives_at, name) for name in rule.gives)


@dataclass(frozen=True, eq=False)
class Evidence:
    """The sources of a cohort and its couplings applied, design by design.

    A spec or a catalog that could not be read stands here as one of which nothing is known.
    """

    sources: Sources
    spec: Spec
    catalogs: Catalogs
    designs: tuple[Coupling, ...]
    suggestions: Suggestions

    @property
    def request(self) -> BuildRequest:
        return self.sources.request

    @property
    def experiment(self) -> Experiment:
        return self.catalogs.experiment

    @cached_property
    def is_whole(self) -> bool:
        """Whether every design is known in full: no axis missing, none hidden by a problem."""
        axes = set(self.experiment.axes)
        return all(one.coupled.is_clear and axes <= set(axes_of(one.coupled.factors)) for one in self.designs)

    @cached_property
    def union(self) -> "Result[tuple[Block, ...], Unwieldy]":
        """The designs as a plan holds them, before any sample; to be asked only where they are whole."""
        return make_blocks(self.experiment, [one.coupled.factors for one in self.designs])

    @property
    def design_rows(self) -> int:
        """The rows of the design, before any sample; to be asked only where the union is known."""
        return sum(block.rows for block in self.union.unwrap())

    @property
    def is_sample_too_large(self) -> bool:
        """Whether there are too many rows to take the sample from, or in it."""
        return self.spec.sample is not None and (
            self.design_rows > MOST_SAMPLED or self.sampled_rows > self.most_in_sample
        )

    @property
    def most_in_sample(self) -> int:
        """The rows that a sample may have."""
        return MOST_CELLS // len(self.experiment.axes)

    @property
    def sampled_rows(self) -> int:
        """The rows that the sample may come to have; to be asked only where the union is known."""
        wanted = self.spec.sample
        if wanted is None:
            return 0
        by = {self.experiment.canonical(one.text) for one in wanted.by}
        groups = sum(height(project(block.factors, list(by))) for block in self.union.unwrap())
        return min(self.design_rows, wanted.rows * max(1, groups))

    @cached_property
    def blocks(self) -> tuple[Block, ...] | None:
        """The designs as a plan holds them; None where a problem hides them."""
        if not self.is_whole or not is_successful(self.union):
            return None
        wanted = self.spec.sample
        if wanted is None:
            return self.union.unwrap()
        experiment = self.experiment
        by = tuple(dict.fromkeys(experiment.canonical(one.text) for one in wanted.by))
        is_clear = set(by) <= set(experiment.axes) and self._are_replicates_numbers()
        if self.is_sample_too_large or not is_clear:
            return None
        from cohort_membership.sample import Sampling

        sampling = Sampling(
            rows=wanted.rows,
            seed=wanted.seed,
            by=by,
            defaults={
                one.axis: normalised(one.default) for stage in experiment.stages for one in stage.added
            },
            whole=frozenset(experiment.replicates),
        )
        rows = sampled(experiment, self.union.unwrap(), sampling)
        return make_blocks(experiment, [rows]).unwrap()

    def _are_replicates_numbers(self) -> bool:
        """Whether a sample can tell its rows apart: their digests count replicates as numbers."""
        return all(
            one.levels(axis).str.contains("^[0-9]+$").all()
            for design in self.designs
            for one in design.coupled.factors
            for axis in one.axes
            if axis in self.experiment.replicates
        )

    @cached_property
    def alike_axes(self) -> frozenset[str]:
        """The axes on which ids take two levels for one: they differ in case, or at their ends."""
        factors = [one for design in self.designs for one in design.coupled.factors]
        levels = [(axis, one.levels(axis)) for one in factors for axis in one.axes]
        if not levels or not _may_be_alike(pl.concat([own.alias("") for _, own in levels])):
            return frozenset()
        return frozenset(axis for axis, own in levels if _are_alike(own))

    @cached_property
    def given(self) -> tuple[Given, ...]:
        """Every list of levels that the spec gives, the answers of catalogs included."""
        return given_levels(self._level_lists())

    def _level_lists(self) -> Iterator[tuple[str, Levels]]:
        spec = self.spec
        axes = (*spec.axes, *(axis for design in spec.designs for axis in design.axes))
        rules = (*spec.rules, *(rule for design in spec.designs for rule in design.rules))
        for axis in axes:
            if isinstance(axis.levels, Levels):
                yield self.experiment.canonical(axis.name.text), axis.levels
        for rule in rules:
            for name, levels in rule.given_levels():
                yield self.experiment.canonical(name.text), levels


def _may_be_alike(levels: pl.Series) -> bool:
    """Whether any of them may be written otherwise in an id."""
    return bool(levels.str.contains(r"[^ -@\[-~]").any())  # anything but ASCII without capital letters


def _are_alike(levels: pl.Series) -> bool:
    """Whether ids take two of these levels, each there once, for one."""
    return _may_be_alike(levels) and len({normalised(level) for level in levels}) < len(levels)


def gather(sources: Sources, catalogs: Catalogs) -> Evidence:
    """The evidence of sources whose experiment is known."""
    spec = answered(sources.spec or _NO_SPEC, catalogs)
    suggestions = Suggestions()
    designs: tuple[Design | None, ...] = spec.designs or (None,)
    return Evidence(
        sources,
        spec,
        catalogs,
        tuple(_coupling(spec, design, catalogs, sources.request.max_rows, suggestions) for design in designs),
        suggestions,
    )


def _coupling(
    spec: Spec, design: Design | None, catalogs: Catalogs, max_rows: int, suggestions: Suggestions
) -> Coupling:
    axes, rules, axes_clear = spec.axes, spec.rules, spec.axes_clear
    if design is not None:
        axes = _put_over(spec.axes, design.axes, catalogs.experiment)
        rules = (*rules, *design.rules)
        axes_clear = axes_clear and design.is_clear
    coupled = couple(axes, rules, catalogs, max_rows, axes_clear=axes_clear, suggestions=suggestions)
    return Coupling(design, axes, rules, axes_clear, coupled)


def _put_over(shared: Iterable[Axis], own: Iterable[Axis], experiment: Experiment) -> tuple[Axis, ...]:
    """The shared axes with a design's own: one of the same name in its place, the others after them."""

    def name(axis: Axis) -> str:
        return experiment.canonical(axis.name.text)

    own = tuple(own)
    shared = tuple(shared)
    replaced = tuple(next((one for one in own if name(one) == name(axis)), axis) for axis in shared)
    names = {name(axis) for axis in shared}
    return (*replaced, *(axis for axis in own if name(axis) not in names))


def sources_were_read(evidence: Evidence) -> Iterable[Problem]:
    """What the readers could not read or decode."""
    return (*evidence.sources.problems, *evidence.spec.problems, *evidence.catalogs.problems)


def couplings_fit_their_axes(evidence: Evidence) -> Iterable[Problem]:
    """What was found while the rules were applied, each to what the ones before it left."""
    return (problem for one in evidence.designs for problem in one.coupled.problems)
