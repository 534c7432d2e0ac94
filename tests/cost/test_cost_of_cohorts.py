"""What a cohort costs is what loops over its rows and results give, wherever these are."""

import json
import random
from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from cohort_membership.cost.bill import Bill
from cohort_membership.follow.cost import cost
from cohort_membership.follow.plan import plan
from cohort_membership.generate import generate
from cohort_membership.life.outcomes import Outcomes
from cohort_membership.load.price_list import PriceList
from cohort_membership.load.results.usage import read_usage
from cohort_membership.membership import BuildRequest
from cohort_membership.wiring import open_data_root
from tests.life.left_results import SPEC, World, lay_out

MONEY = """
prices:
  atlas: {input: 0.9, output: '2.35'}
  fjord: {input: 0.1, output: 0.30}
  judge: {input: 3, output: 7}
tokens: {answer: {input: 900, output: 700.5}, verdict: {input: 1600, output: 5}}
"""
PRICES = {"atlas": ("0.9", "2.35"), "fjord": ("0.1", "0.30"), "judge": ("3", "7")}
SPEC_WITHOUT_NOTES = SPEC.replace("  note_style: [plain]\n", "")
STAGES = {"a": "answer", "j": "verdict", "n": "note"}
Took = dict[str, tuple[int, int]]


def with_money(world: World, extra: str = MONEY) -> World:
    world.write("experiment.yaml", (world.root / "experiment.yaml").read_text(encoding="utf-8") + extra)
    return world


def without_notes(world: World) -> None:
    """An experiment with prices whose every stage asks a model."""
    text = (world.root / "experiment.yaml").read_text(encoding="utf-8")
    notes = "  note: {id_prefix: n_, columns: {style: note_style}}\n"
    assert notes in text
    world.write("experiment.yaml", text.replace(notes, "") + MONEY)


def leave(world: World, rng: random.Random, ids: list[str]) -> tuple[set[str], Took]:
    """Leave results of some generations, most of which tell what they took; what is done, and took what."""
    some = rng.sample(ids, rng.randrange(len(ids)))
    told = {one: (rng.randrange(10**4), rng.randrange(10**4)) for one in some if rng.random() < 0.8}
    if world.form == "files":
        for one in some:
            folder = f"gens/{STAGES[one[0]]}/{one}"
            world.write(f"{folder}/parsed.txt", "text")
            if one in told:
                usage = dict(zip(("prompt_tokens", "completion_tokens"), told[one], strict=True))
                world.write(f"{folder}/raw_metadata.json", json.dumps({"usage": usage, "id": "x"}))
            else:
                world.write(f"{folder}/raw_metadata.json", rng.choice(["", "{", "[]", '{"usage": {}}']))
    else:
        rows = [
            {"gen_id": one, "status": "ok", "input_tokens": took, "output_tokens": gave}
            for one in some
            for took, gave in [told.get(one, (None, None))]
        ]
        if world.form == "jsonl":
            world.write("results.jsonl", "".join(json.dumps(row) + "\n" for row in rows) + '{"gen_i')
        else:
            schema = {"gen_id": pl.String, "status": pl.String}
            columns = {**schema, "input_tokens": pl.Int64, "output_tokens": pl.Float64}
            pl.DataFrame(rows, schema=columns).write_parquet(world.root / "results.parquet")
    return set(some), told


def naive(rows: list[dict[str, object]], done: set[str], told: Took) -> dict[str, Any]:
    """The bill, with loops and fractions."""
    took: dict[tuple[object, ...], list[tuple[int, int]]] = defaultdict(list)
    for row in rows:
        key = (row["stage"], row["template_id"], row["llm_model_id"])
        for size in (1, 2, 3) if row["gen_id"] in told else ():
            took[key[:size]].append(told[str(row["gen_id"])])
    given = {"answer": (Fraction(900), Fraction("700.5")), "verdict": (Fraction(1600), Fraction(5))}
    usd: dict[str, Fraction] = {"all": Fraction(0), "remaining": Fraction(0)}
    for row in rows:
        key = (row["stage"], row["template_id"], row["llm_model_id"])
        if row["stage"] == "note":
            continue
        found = next((took[key[:size]] for size in (3, 2, 1) if len(took[key[:size]]) >= 5), None)
        mean = given[str(row["stage"])]
        if found is not None:
            mean = tuple(round(Fraction(sum(one[place] for one in found), len(found)), 6) for place in (0, 1))  # type: ignore[assignment]
        each = sum(
            tokens * Fraction(price)
            for tokens, price in zip(mean, PRICES[str(row["llm_model_id"])], strict=True)
        )
        usd["all"] += Fraction(each) / 10**6
        usd["remaining"] += 0 if row["gen_id"] in done else Fraction(each) / 10**6
    return usd


def priced(bill: Bill) -> Mapping[str, Fraction]:
    """The dollars of the rows, without the notes', which no model writes."""
    rows = [row for row in bill.rows if row.stage != "note"]
    return {
        "all": sum((Fraction(row.usd or 0) for row in rows), Fraction(0)),
        "remaining": sum((Fraction(row.remaining_usd or 0) for row in rows), Fraction(0)),
    }


@pytest.mark.parametrize(
    ("form", "store"),
    [("files", "data root"), ("jsonl", "data root"), ("parquet", "delta"), ("files", "sqlite")],
)
def test_a_bill_is_what_a_loop_over_rows_and_results_gives(tmp_path: Path, form: str, store: str) -> None:
    world = with_money(lay_out(tmp_path, form, store))
    rows = world.rows()
    ids = [str(row["gen_id"]) for row in rows]
    learnt = 0
    for number in range(4):
        for path in (*world.root.glob("gens/*/*/*.txt"), *world.root.glob("gens/*/*/raw_metadata.json")):
            path.unlink()
        done, told = leave(world, random.Random(number), ids)
        bill = cost(world.followed, "alpha").unwrap()
        assert priced(bill) == naive(rows, done, told)
        learnt += bill.learnt_from
        assert {row.stage: row.calls for row in bill.rows}["note"] == 2
        (unknown,) = bill.unknown
        assert (unknown.stage, unknown.calls, "names no model" in unknown.why) == ("note", 2, True)
    assert learnt


def test_before_a_first_build_all_remains_and_a_plan_costs_the_same(tmp_path: Path) -> None:
    world = with_money(lay_out(tmp_path), MONEY)
    world.write("cohorts/beta/spec/config.yaml", SPEC.replace("[q1, q2]", "[q9]"))
    bill = cost(world.followed, "beta").unwrap()
    assert bill.rows[0].calls == bill.rows[0].remaining > 0
    assert plan(world.followed, "beta").unwrap()[0].usd is None  # the notes name no model
    known = naive(_rows_of(world, "beta"), set(), {})
    assert priced(bill) == known


def test_a_plan_costs_what_is_new_and_not_done(tmp_path: Path) -> None:
    world = lay_out(tmp_path)
    without_notes(world)
    world.write("cohorts/alpha/spec/config.yaml", SPEC_WITHOUT_NOTES)
    world.build()
    assert plan(world.followed, "alpha").unwrap()[0].usd == 0
    world.write("cohorts/alpha/spec/config.yaml", SPEC_WITHOUT_NOTES.replace("[q1, q2]", "[q1, q2, q3]"))
    before, after = (
        naive(rows, set(), {}) for rows in (_rows_of(world, "alpha", built=True), _planned(world))
    )
    found = plan(world.followed, "alpha").unwrap()[0]
    assert found.usd is not None
    assert Fraction(found.usd) == after["all"] - before["all"]
    assert found.as_json()["usd"] == float(found.usd)
    world.write("gens/answer/a_0/parsed.txt", "of no cohort")
    done = next(str(row["gen_id"]) for row in _planned(world) if row["question_id"] == "q3")
    world.write(f"gens/answer/{done}/parsed.txt", "text")
    less = plan(world.followed, "alpha").unwrap()[0].usd
    assert less is not None
    assert less < found.usd


def test_results_that_no_cohort_holds_any_more_count_as_done_by_their_metadata(tmp_path: Path) -> None:
    world = with_money(lay_out(tmp_path))
    rows = world.rows()
    of_q2 = {str(row["gen_id"]): STAGES[str(row["gen_id"])[0]] for row in rows if row["question_id"] == "q2"}
    for gen_id, stage in of_q2.items():
        world.write(f"gens/{stage}/{gen_id}/parsed.txt", "text")
    world.write("cohorts/alpha/spec/config.yaml", SPEC.replace("[q1, q2]", "[q1]"))
    world.build()
    world.write("cohorts/alpha/spec/config.yaml", SPEC)
    assert priced(cost(world.followed, "alpha").unwrap()) == naive(rows, set(of_q2), {})


def test_usage_is_learnt_from_other_cohorts_and_its_interval_is_told(tmp_path: Path) -> None:
    world = lay_out(tmp_path, "jsonl")
    rows = [row for row in world.rows() if row["stage"] != "note"]
    _, told = leave(world, random.Random(3), [str(row["gen_id"]) for row in rows])
    without_notes(world)
    world.write("cohorts/beta/spec/config.yaml", SPEC_WITHOUT_NOTES.replace("[q1, q2]", "[q9]"))
    bill = cost(world.followed, "beta").unwrap()
    assert bill.rows[0].remaining == bill.rows[0].calls
    assert 5 <= bill.learnt_from <= len(told)
    assert bill.remaining_usd is not None
    assert bill.interval is not None
    assert bill.interval.low < float(bill.remaining_usd) < bill.interval.high


def test_raw_metadata_that_is_not_there_tells_nothing_and_what_cannot_be_read_is_a_problem(
    tmp_path: Path,
) -> None:
    world = lay_out(tmp_path)
    world.write(
        "gens/answer/a_1/raw_metadata.json", '{"usage": {"prompt_tokens": 9, "completion_tokens": 7}}'
    )
    (tmp_path / "gens/answer/a_2/raw_metadata.json").mkdir(parents=True)
    root = open_data_root(str(tmp_path)).unwrap()
    marks = pl.DataFrame({"gen_id": ["a_1", "a_3", "x_1"], "is_done": [True, True, True]})
    read = read_usage(root.read, world.followed.experiment, Outcomes(marks))
    assert read.unwrap().rows() == [("a_1", 9, 7)]
    marks = pl.DataFrame({"gen_id": ["a_1", "a_2"], "is_done": [True, True]})
    (problem,) = read_usage(root.read, world.followed.experiment, Outcomes(marks)).failure()
    assert (problem.code, problem.location and problem.location.file) == (
        "storage-denied",
        "gens/answer/a_2/raw_metadata.json",
    )


def test_the_price_list_has_public_models_and_tells_its_date_and_its_warning() -> None:
    pytest.importorskip("genai_prices")
    listed = PriceList()
    assert listed("no-such-model") is None
    assert list(listed.notices()) == []
    price = listed("gpt-4o")
    assert price is not None
    assert (price.input, price.output) == (Decimal("2.5"), Decimal(10))
    (notice,) = listed.notices()
    assert "gpt-4o" in notice
    assert "not be 100% accurate" in notice
    assert "price is of 20" in notice


def _rows_of(world: World, cohort: str, *, built: bool = False) -> list[dict[str, object]]:
    if not built:
        return _planned(world, cohort)
    table = pl.read_parquet(world.root / f"cohorts/{cohort}/membership.parquet")
    return table.with_columns(pl.col(pl.Enum).cast(pl.String)).rows(named=True)


def _planned(world: World, cohort: str = "alpha") -> list[dict[str, object]]:
    made = world.followed.builder.plan(BuildRequest(cohort)).unwrap()
    return generate(made).frame().with_columns(pl.col(pl.Enum).cast(pl.String)).rows(named=True)
