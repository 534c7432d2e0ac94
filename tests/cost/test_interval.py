"""On simulated histories the interval of what remains holds the truth nine times of ten.

A cohort has templates and models whose tokens are log-normal, each pair with a mean and a spread of its own.
Half of its generations are history: they are done and tell what they took. The cost of the other half is
estimated from them, and compared with what these take then.
"""

import random
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from statistics import median
from typing import TypeAlias

import polars as pl
import pytest

from cohort_membership.catalog import Catalogs
from cohort_membership.cost.bill import bill_of, itemised
from cohort_membership.cost.calls import Call
from cohort_membership.cost.learnt import learn
from cohort_membership.cost.rates import Rates
from cohort_membership.experiment import Experiment
from cohort_membership.pricing import Price
from cohort_membership.stage import Stage

STAGES = (
    Stage("answer", "a_", None, (("template_id", "t"), ("llm_model_id", "m"))),
    Stage("verdict", "v_", "answer", (("template_id", "vt"), ("llm_model_id", "vm"))),
)
COHORTS = 20
Spreads: TypeAlias = tuple[tuple[float, float], tuple[float, float]]


@dataclass(frozen=True)
class Told:
    """Of simulated cohorts: how many totals there are, how many the interval holds, and the middle error."""

    totals: int
    held: int
    error: float


def simulated(seed: int, *, times: int, templates: int, models: int, calls: tuple[int, int]) -> Told:
    """Each cohort several times over, with other calls. `calls` are the least and most of a pair."""
    rng = random.Random(seed)
    held = 0
    errors: list[float] = []
    for _ in range(COHORTS):
        names = [f"m{number}" for number in range(models)]
        prices = {name: Price(_usd(rng), _usd(rng)) for name in names}
        rates = Rates(Catalogs(Experiment("q", STAGES, prices=prices)))
        pairs = [
            (Call(stage.name, f"t{number}", name), rng.randint(*calls), _spreads(rng))
            for stage in STAGES
            for number in range(templates)
            for name in names
        ]
        for _ in range(times):
            estimate, low, high, truth = _once(rng, rates, pairs)
            held += low <= truth <= high
            errors.append(abs(estimate - truth) / truth)
    return Told(len(errors), held, median(errors))


def _once(
    rng: random.Random, rates: Rates, pairs: list[tuple[Call, int, Spreads]]
) -> tuple[float, float, float, float]:
    """The estimate of what remains, its interval, and what it took then."""
    made = [
        (call, round(rng.lognormvariate(*prompt)), round(rng.lognormvariate(*answer)))
        for call, count, (prompt, answer) in pairs
        for _ in range(count)
    ]
    rng.shuffle(made)
    history, rest = made[: len(made) // 2], made[len(made) // 2 :]
    names = ["stage", "template", "model", "input_tokens", "output_tokens"]
    usage = pl.DataFrame([(*call, took, gave) for call, took, gave in history], schema=names, orient="row")
    calls, remaining = Counter(call for call, *_ in made), Counter(call for call, *_ in rest)
    learnt = Rates(rates.catalogs, learn(usage))
    bill = bill_of("simulated", itemised(calls, remaining, learnt))
    prices = rates.catalogs.experiment.prices
    truth = sum(
        took * float(prices[str(call.model)].input) + gave * float(prices[str(call.model)].output)
        for call, took, gave in rest
    )
    assert bill.remaining_usd is not None
    assert bill.interval is not None
    return float(bill.remaining_usd), bill.interval.low, bill.interval.high, truth / 1e6


def _spreads(rng: random.Random) -> Spreads:
    """Of a template and a model: the mean and the spread of the logarithms of prompts and of answers."""
    return (rng.gauss(6.5, 0.5), rng.uniform(0.1, 0.4)), (rng.gauss(6, 0.7), rng.uniform(0.3, 0.9))


def _usd(rng: random.Random) -> Decimal:
    return Decimal(f"{rng.uniform(0.1, 10):.2f}")


def _both(seed: int, times: int) -> dict[str, Told]:
    """Cohorts with many calls of a template and a model, and with so few that wider means are needed."""
    return {
        "many": simulated(seed, times=times, templates=4, models=3, calls=(20, 60)),
        "few": simulated(seed, times=times, templates=10, models=8, calls=(1, 9)),
    }


def test_of_a_hundred_totals_the_interval_holds_85_to_95_and_the_middle_error_is_below_a_tenth() -> None:
    told = _both(1, times=5)
    assert told["many"].totals == told["few"].totals == 100
    assert all(85 <= one.held <= 95 for one in told.values()), told
    assert max(one.error for one in told.values()) < 0.1, told


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 6))
def test_of_a_thousand_totals_the_interval_holds_850_to_950(seed: int) -> None:
    for kind, told in _both(seed, times=50).items():
        print(f"{kind} calls of a pair: {told}")
        assert 850 <= told.held <= 950, (kind, told)
        assert told.error < 0.1, (kind, told)
