"""Calls are counted on a plan's small tables, and equal a count of the rows that the contract gives."""

import random
from collections import Counter

import polars as pl
import pytest
from returns.pipeline import is_successful

from cohort_membership.catalog import COPY
from cohort_membership.cost.calls import Call, calls_among, calls_of, without
from cohort_membership.experiment import Experiment
from cohort_membership.follow.carried import carried
from cohort_membership.membership import MOST_ADDRESSABLE
from cohort_membership.plan import Plan
from cohort_membership.stage import Stage
from tests.algebra.drawn_specs import draw
from tests.algebra.given import Given, naive, planned, read_given
from tests.algebra.naive_experiment import Rejected
from tests.algebra.naive_membership import NaiveMembership
from tests.case_folders import Case, cases

WORKED = [case for case in (*cases("valid"), *cases("algebra")) if "sha256" not in case.content]
ROWS = {"stage": pl.String(), "gen_id": pl.String(), "parent_gen_id": pl.String()}


@pytest.mark.parametrize("case", WORKED, ids=lambda case: case.name)
def test_the_calls_of_a_worked_case_are_those_that_a_count_of_its_rows_gives(case: Case) -> None:
    _agree(read_given(case.folder / "data", case.cohort_id, case.content.get("seed")), 1)


def test_the_calls_of_random_cohorts_are_those_that_a_count_of_their_rows_gives() -> None:
    drawn = [draw(number) for number in range(60)]
    accepted = [given for given in drawn if is_successful(planned(given))]
    assert sum(_agree(given, number) > 1 for number, given in enumerate(accepted)) > 1  # unions
    assert len(accepted) > 25


def _agree(given: Given, number: int) -> int:
    """Both counts are the same, of all calls and of those not done; how many designs there are."""
    plan, found = planned(given).unwrap(), naive(given)
    assert not isinstance(found, Rejected)
    calls = calls_of(plan)
    assert dict(calls) == _counted(found, {str(row["gen_id"]) for row in found.rows})
    ids = [str(row["gen_id"]) for row in found.rows]
    done = set(random.Random(number).sample(ids, len(ids) // 2))
    others = {"stage": plan.experiment.stages[0].name, "gen_id": "of another cohort", "parent_gen_id": ""}
    among = calls_among(plan, _done(plan, found, done, others))
    assert dict(among) == _counted(found, done)
    left = {call: count for call, count in without(calls, among).items() if count}
    assert left == _counted(found, set(ids) - done)
    return len(plan.blocks)


def _counted(found: NaiveMembership, ids: set[str]) -> dict[Call, int]:
    return dict(
        Counter(
            Call(str(row["stage"]), row.get("template_id"), row.get("llm_model_id"))
            for row in found.rows
            if row["gen_id"] in ids and found.metadata[f"{row['stage']}/{row['gen_id']}"].get("mode") != COPY
        )
    )


def _done(
    plan: Plan, found: NaiveMembership, done: set[str], *others: dict[str, str]
) -> dict[str, pl.DataFrame]:
    schema = {**ROWS, **dict.fromkeys((plan.experiment.subject, *plan.experiment.columns), pl.String())}
    texts = [
        {name: None if value is None else str(value) for name, value in row.items()}
        for row in (*found.rows, *others)
    ]
    rows = pl.DataFrame([[row.get(name) for name in schema] for row in texts], schema=schema, orient="row")
    levels = carried(rows, plan.experiment)
    return {stage: table.filter(pl.col("gen_id").is_in(sorted(done))) for stage, table in levels.items()}


def test_a_billion_generations_are_counted_on_small_tables() -> None:
    given = Given(
        {
            "axes": {
                "q": [f"q{n}" for n in range(10_000)],
                "t": [f"t{n}" for n in range(100)],
                "m": [f"m{n}" for n in range(10)],
                "r": [str(n) for n in range(1, 101)],
            }
        },
        {},
        {
            "subject": "q",
            "stages": {
                "answer": {
                    "id_prefix": "a_",
                    "columns": {"template_id": "t", "llm_model_id": "m", "replicate": "r"},
                }
            },
        },
    )
    calls = calls_of(planned(given, MOST_ADDRESSABLE).unwrap())
    assert set(calls.values()) == {1_000_000}
    assert sum(calls.values()) == 1_000_000_000


def test_an_ancestor_that_is_not_told_leaves_a_generation_uncounted_and_a_later_axis_has_its_default() -> (
    None
):
    stages = (
        Stage("answer", "a_", None, (("template_id", "t"),)),
        Stage("verdict", "v_", "answer", (("llm_model_id", "judge"),)),
    )
    experiment = Experiment("q", stages)
    rows = pl.DataFrame(
        [
            ("answer", "a_1", "", "x", "terse", None),
            ("verdict", "v_1", "a_1", None, None, "m"),
            ("verdict", "v_2", "a_2", "x", None, "m"),
        ],
        schema=["stage", "gen_id", "parent_gen_id", "q", "template_id", "llm_model_id"],
        orient="row",
    )
    assert carried(rows, experiment)["verdict"].to_dicts() == [
        {"gen_id": "v_1", "judge": "m", "q": "x", "t": "terse"}
    ]
