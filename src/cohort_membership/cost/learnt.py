"""The tokens that calls have taken, learnt from results: their mean, from how many, and their spread."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TypeAlias, TypeVar

import polars as pl

from cohort_membership.cost.calls import Call, compared, kind_of
from cohort_membership.pricing import CallTokens
from cohort_membership.results import USAGE

LEAST = 5
"""Done generations that a mean is taken of: fewer tell too little."""

DECIMALS = 6
"""A mean is rounded to so many places, so that all that follows is exact."""

_Number = TypeVar("_Number", float, pl.Expr)
_KEYS = ("stage", "template", "model")


@dataclass(frozen=True, slots=True)
class Variance:
    """How tokens vary: those of prompts, those of answers, and both together."""

    input: float = 0.0
    output: float = 0.0
    both: float = 0.0

    def of(self, inputs: float, outputs: float) -> float:
        """The variance of prompts and answers weighed by these and added."""
        return inputs**2 * self.input + outputs**2 * self.output + 2 * inputs * outputs * self.both


@dataclass(frozen=True, slots=True)
class Learnt:
    """The mean tokens of `calls` done generations of one `key`: (stage, template, model), or less of it.

    `within` is how calls of the same template and model vary, `between` how the means of these do among one
    another. `shares` are the parts of the calls that each (stage, template, model) has.
    """

    key: tuple[str | None, ...]
    calls: int
    mean: CallTokens
    within: Variance
    between: Variance
    shares: Mapping[tuple[str | None, ...], float]


Lessons: TypeAlias = Mapping[tuple[str | None, ...], Learnt]


def learn(usage: pl.DataFrame) -> Lessons:
    """What can be learnt from done generations, by stage, template and model, and by less.

    `usage` has a row each: `stage`, `template` and `model` (String, null where a stage has none), and
    `input_tokens` and `output_tokens` (Int64).

    >>> rows = [("answer", "terse", "atlas", 100 + n, 10) for n in range(5)]
    >>> found = learn(pl.DataFrame(rows, schema=[*_KEYS, "input_tokens", "output_tokens"], orient="row"))
    >>> found["answer", "terse"].calls, found["answer", "terse"].mean
    (5, CallTokens(input=Decimal('102.000000'), output=Decimal('10.000000')))
    """
    groups = _groups(usage)
    found: dict[tuple[str | None, ...], Learnt] = {}
    for size in (3, 2, 1):
        alike: dict[tuple[str | None, ...], list[_Group]] = {}
        for one in groups:
            alike.setdefault(one.key[:size], []).append(one)
        for key, own in alike.items():
            if sum(one.calls for one in own) >= LEAST:
                found[key] = _learnt(key, own)
    return found


@dataclass(frozen=True, slots=True)
class _Group:
    """The calls of a template and a model: how many, their tokens, and their squares around the mean."""

    key: tuple[str | None, ...]
    calls: int
    took: int
    gave: int
    squares: tuple[float, float, float]


def _groups(usage: pl.DataFrame) -> list[_Group]:
    spelt = usage.with_columns(compared(usage["template"]), compared(usage["model"]))
    took, gave = pl.col("input_tokens").cast(pl.Float64), pl.col("output_tokens").cast(pl.Float64)
    off = took - took.mean(), gave - gave.mean()
    squares = [(one * other).sum().alias(f"squares {n}") for n, (one, other) in enumerate(_pairs(*off))]
    rows = spelt.group_by(_KEYS, maintain_order=True).agg(pl.len(), pl.col(*USAGE).sum(), *squares)
    return [_Group(row[:3], row[3], row[4], row[5], (row[6], row[7], row[8])) for row in rows.iter_rows()]


def _learnt(key: tuple[str | None, ...], groups: Sequence[_Group]) -> Learnt:
    """Variances by analysis of variance, for groups of unequal size (Searle, Variance Components, 1992)."""
    calls = sum(one.calls for one in groups)
    took, gave = sum(one.took for one in groups), sum(one.gave for one in groups)
    means = took / calls, gave / calls
    within = [sum(parts) for parts in zip(*(one.squares for one in groups), strict=True)]
    around = [0.0, 0.0, 0.0]
    for one in groups:
        off = one.took / one.calls - means[0], one.gave / one.calls - means[1]
        around = [sofar + one.calls * a * b for sofar, (a, b) in zip(around, _pairs(*off), strict=True)]
    of_calls = [square / max(1, calls - len(groups)) for square in within]
    spread = calls - sum(one.calls**2 for one in groups) / calls  # nothing where there is one group
    of_means = [
        (other - (len(groups) - 1) * own) / spread if spread else 0.0
        for own, other in zip(of_calls, around, strict=True)
    ]
    return Learnt(
        key,
        calls,
        CallTokens(_mean(took, calls), _mean(gave, calls)),
        Variance(*of_calls),
        Variance(max(0.0, of_means[0]), max(0.0, of_means[1]), of_means[2]),
        {one.key: one.calls / calls for one in groups},
    )


def _pairs(first: _Number, second: _Number) -> tuple[tuple[_Number, _Number], ...]:
    """What is multiplied for the variance of either, and for that of both."""
    return (first, first), (second, second), (first, second)


def lesson_for(lessons: Lessons, call: Call) -> Learnt | None:
    """The closest mean there is: of the same template and model, the same template, or the stage."""
    key = kind_of(call)
    return next((lessons[key[:size]] for size in (3, 2, 1) if key[:size] in lessons), None)


def _mean(total: int, count: int) -> Decimal:
    return Decimal(round(Fraction(total, count) * 10**DECIMALS)).scaleb(-DECIMALS)
