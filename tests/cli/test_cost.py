"""`cost`: a bill before anything is built, a budget to hold to, and what is unknown by its name."""

from pathlib import Path

import pytest

from .conftest import Run

EVERY = ("larch-large", "larch-mini", "pebble-8b", "sextant-judge")
TOKENS = "{answer: {input: 1000, output: 500}, verdict: {input: 0, output: 1}}"


@pytest.fixture
def root(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    assert run("init", "data", "--example", "question-answer-verdict").code == 0
    return tmp_path / "data"


def price(root: Path, *models: str, tokens: str = TOKENS) -> None:
    file = root / "experiment.yaml"
    prices = ", ".join(f"{model}: {{input: 1, output: 2}}" for model in models)
    text = file.read_text(encoding="utf-8").partition("\nprices:")[0]
    file.write_text(f"{text}\nprices: {{{prices}}}\ntokens: {tokens}\n", encoding="utf-8")


def test_a_cohort_that_was_never_built_has_a_bill_with_a_row_a_stage_and_model(run: Run, root: Path) -> None:
    price(root, *EVERY)
    found = run("cost", "first-steps", "--json").object
    assert {key: found[key] for key in ("ok", "cohort_id", "usd", "unknown")} == {
        "ok": True,
        "cohort_id": "first-steps",
        "usd": {"all": 0.02412, "remaining": 0.02412},  # 12 x 1000 x 1 + 12 x 500 x 2 + 60 x 1 x 2, a million
        "unknown": [],
    }
    assert found["rows"][0] == {
        **{"stage": "answer", "llm_model_id": "larch-large", "calls": 6, "remaining_calls": 6},
        **{"input_tokens": 6000, "output_tokens": 3000, "usd": 0.012, "remaining_usd": 0.012},
    }
    assert [(row["stage"], row["calls"]) for row in found["rows"]][2:] == [
        *(("verdict", 12), ("verdict", 24), ("verdict", 12), ("verdict", 12)),
    ]
    assert not (root / "gens").exists()


def test_a_budget_ends_with_3_where_what_remains_costs_more(run: Run, root: Path) -> None:
    price(root, *EVERY)
    assert run("cost", "first-steps", "--budget", "0.02412").code == 0
    ran = run("cost", "first-steps", "--budget", "0.02411999")
    assert ran.code == 3
    assert "Over budget: what remains is US$ 0.000000010 over the budget of US$ 0.02411999." in ran.out
    assert run("cost", "first-steps").code == 0


def test_what_is_done_is_paid_and_does_not_remain(run: Run, root: Path) -> None:
    price(root, *EVERY)
    assert run("build", "first-steps").code == 0
    for folder in (root / "gens" / "answer").iterdir():
        (folder / "parsed.txt").write_text("text", encoding="utf-8")
    found = run("cost", "first-steps", "--json").object
    assert found["usd"] == {"all": 0.02412, "remaining": 0.00012}
    assert run("cost", "first-steps", "--budget", "0.00012").code == 0


def test_what_is_unknown_is_named_and_no_budget_holds_for_it(run: Run, root: Path) -> None:
    price(root, "larch-large", "larch-mini", "pebble-8b", tokens="{answer: {input: 1, output: 1}}")
    ran = run("cost", "first-steps", "--json", "--budget", "1000000")
    assert ran.code == 3
    assert ran.object["usd"] == {"all": None, "remaining": None}
    assert [(one["stage"], one["llm_model_id"], one["calls"]) for one in ran.object["unknown"]] == [
        *(("verdict", "pebble-8b", 12), ("verdict", "sextant-judge", 24)),
        *(("verdict", "larch-large", 12), ("verdict", "larch-mini", 12)),
    ]
    assert ran.object["unknown"][1]["why"].startswith("no price; no tokens")
    shown = run("cost", "first-steps", "--budget", "1")
    assert shown.code == 3
    assert "sextant-judge" in shown.out
    assert "so there is no total" in shown.out


@pytest.mark.parametrize("budget", ["-1", "ten", "1,5", "nan", "inf", ""])
def test_a_budget_that_is_no_amount_is_wrong_usage(run: Run, root: Path, budget: str) -> None:
    assert run("cost", "first-steps", f"--budget={budget}").code == 2


def test_a_plan_tells_what_the_change_costs(run: Run, root: Path) -> None:
    assert run("plan", "first-steps", "--json").object["usd"] is None
    assert "What is new and not done costs: unknown" in run("plan", "first-steps").out
    price(root, *EVERY)
    assert run("plan", "first-steps", "--json").object["usd"] == 0.02412
    assert "What is new and not done costs: about US$ 0.024." in run("plan", "first-steps").out


@pytest.mark.parametrize(
    ("section", "where"),
    [
        ("prices: {m: {input: 1}}", "prices.m"),
        ("prices: {m: {input: 1, output: -2}}", "prices.m.output"),
        ("prices: {m: {input: 1, output: free}}", "prices.m.output"),
        ("prices: {m: {input: 1, output: 2, cached: 1}}", "prices.m"),
        ("prices: [1]", "prices"),
        ("tokens: {anwser: {input: 1, output: 1}}", "tokens.anwser"),
        ("tokens: {answer: {input: 1, output: .inf}}", "tokens.answer.output"),
    ],
)
def test_prices_and_tokens_that_make_no_sense_are_rejected_at_their_place(
    run: Run, root: Path, section: str, where: str
) -> None:
    file = root / "experiment.yaml"
    file.write_text(file.read_text(encoding="utf-8") + section + "\n", encoding="utf-8")
    ran = run("cost", "first-steps", "--json")
    assert ran.code == 1
    (problem,) = ran.object["problems"]
    lines = file.read_text(encoding="utf-8").count("\n")
    assert (problem["code"], problem["location"]["line"]) == ("experiment-invalid", lines)
    assert where in problem["message"]
