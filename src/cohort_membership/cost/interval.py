"""Where the cost of what remains lies: an estimate from the spread of what was learnt.

The total is a sum of many calls, so it is taken as normal (the central limit theorem). What makes it
uncertain: each call to come takes more or fewer tokens than the mean; the mean itself was taken of so many
calls only; and where a mean is of other templates or models too, each of these differs from it. That counts
as far as they have more, or less, of what remains than their share of the mean. The spread is learnt from so
many calls as well, so the quantile is Student's, with degrees of freedom after Satterthwaite (Biometrics
Bulletin 2, 1946, 110-114).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist
from typing import TYPE_CHECKING, NamedTuple

from cohort_membership.cost.calls import kind_of

if TYPE_CHECKING:
    from cohort_membership.cost.bill import Item
    from cohort_membership.cost.learnt import Learnt

HOLDS = 0.9
"""How often the interval holds the truth."""

LEAST_FREEDOM = 3.0
"""Below so many degrees of freedom the quantile would be anything."""


@dataclass(frozen=True, slots=True)
class Interval:
    """US dollars: an estimate, not exact."""

    low: float
    high: float


def interval_of(items: "Iterable[Item]") -> Interval | None:
    """The interval of what remains; None where it is unknown, or nothing of it was learnt."""
    total = 0.0
    learnt: dict[tuple[str | None, ...], tuple[Learnt, list[_ToCome]]] = {}
    for one in items:
        if not one.remaining:
            continue
        if one.price is None or one.tokens is None:
            return None
        took, gave = float(one.price.input) / 1e6, float(one.price.output) / 1e6
        total += one.remaining * (took * float(one.tokens.input) + gave * float(one.tokens.output))
        if one.learnt is not None:
            _, calls = learnt.setdefault(one.learnt.key, (one.learnt, []))
            calls.append(_ToCome(kind_of(one.call), one.remaining, took, gave))
    if not learnt:
        return None
    variance = slack = 0.0
    for source, calls in learnt.values():
        for part, certainty in _parts(source, calls):
            variance += part
            slack += part**2 / certainty
    freedom = max(LEAST_FREEDOM, variance**2 / slack) if slack else LEAST_FREEDOM
    half = quantile((1 + HOLDS) / 2, freedom) * sqrt(max(variance, 0.0))
    return Interval(max(0.0, total - half), total + half)


class _ToCome(NamedTuple):
    """Calls to come of a kind, and the US dollars that a token of a prompt and of an answer costs."""

    kind: tuple[str | None, ...]
    calls: int
    took: float
    gave: float


def _parts(learnt: "Learnt", calls: Sequence[_ToCome]) -> Iterable[tuple[float, int]]:
    """The variances, with their degrees of freedom, of calls that share a mean."""
    inputs, outputs = sum(one.calls * one.took for one in calls), sum(one.calls * one.gave for one in calls)
    each = sum(one.calls * learnt.within.of(one.took, one.gave) for one in calls)
    yield each + learnt.within.of(inputs, outputs) / learnt.calls, max(1, learnt.calls - len(learnt.shares))
    if len(learnt.shares) > 1:
        leaning = {kind: (-share * inputs, -share * outputs) for kind, share in learnt.shares.items()}
        for one in calls:
            took, gave = leaning.get(one.kind, (0.0, 0.0))
            leaning[one.kind] = took + one.calls * one.took, gave + one.calls * one.gave
        yield sum(learnt.between.of(*one) for one in leaning.values()), len(learnt.shares) - 1


def quantile(probability: float, freedom: float) -> float:
    """Student's t, expanded around the normal quantile (Fisher and Cornish, Technometrics 2, 1960, 209-225).

    >>> round(quantile(0.95, 10), 3), round(quantile(0.95, 1e9), 3)
    (1.812, 1.645)
    """
    z = NormalDist().inv_cdf(probability)
    first, second = (z**3 + z) / 4, (5 * z**5 + 16 * z**3 + 3 * z) / 96
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    return z + first / freedom + second / freedom**2 + third / freedom**3
