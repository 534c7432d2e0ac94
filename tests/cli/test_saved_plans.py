"""A plan that was saved is built exactly, or what moved is told."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from cohort_membership.life.saved_plan import parse_plan, plan_text

from .conftest import Run, files

PLAN = ("build", "first-steps", "--plan", "plan.json", "--json")


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def moved(run: Run, data: Path) -> str:
    """What a build of the plan says has moved; it writes nothing."""
    before = files(data)
    ran = run(*PLAN)
    assert files(data) == before
    (problem,) = ran.object["problems"]
    assert (ran.code, problem["code"]) == (1, "plan-outdated")
    message: str = problem["message"]
    return message.removeprefix("plan: ").removesuffix(" changed after the plan was made")


@pytest.fixture
def saved(run: Run, data: Path) -> Path:
    ran = run("plan", "first-steps", "--out", "plan.json")
    assert ran.code == 0
    assert ran.out.endswith("  saved in  plan.json\n")
    return Path("plan.json")


def test_a_saved_plan_is_built_exactly_and_only_once(run: Run, data: Path, saved: Path) -> None:
    assert run(*PLAN).object["rows"] == 48
    assert moved(run, data) == "the membership in force"
    assert run("plan", "first-steps", "--out", "plan.json").code == 0
    assert run(*PLAN).code == 0


@pytest.mark.parametrize(
    ("file", "old", "new", "what"),
    [
        ("cohorts/first-steps/spec/config.yaml", "larch-large, pebble-8b", "larch-large", "the spec"),
        ("cohorts/first-steps/spec/config.yaml", "# A first cohort", "# My first cohort", "the spec"),
        ("1_raw/draft_templates.csv", 'no judging.",llm', 'no judging.",copy', "a catalog"),
    ],
)
def test_what_moved_since_is_told_and_nothing_is_written(
    run: Run, data: Path, saved: Path, file: str, old: str, new: str, what: str
) -> None:
    change(data / file, old, new)
    assert moved(run, data) == what


def test_another_experiment_is_not_what_the_plan_saw(run: Run, data: Path, saved: Path) -> None:
    (data / "experiment.yaml").write_text("extends: draft-essay-evaluation\n")
    assert moved(run, data) == "the experiment"


def test_a_plan_is_built_with_its_seed_and_with_no_other(run: Run, data: Path) -> None:
    assert run("plan", "first-steps", "--seed", "7", "--out", "plan.json").code == 0
    ran = run(*PLAN, "--seed", "8")
    assert "the seed changed" in ran.object["problems"][0]["message"]
    assert run(*PLAN).code == 0
    assert json.loads((data / "cohorts/first-steps/manifest.json").read_text())["seed"] == 7


def test_a_plan_of_another_cohort_is_wrong_usage(run: Run, data: Path, saved: Path) -> None:
    ran = run("build", "coupled-judges", "--plan", "plan.json")
    assert (ran.code, ran.out) == (2, "")
    assert "plan.json is a plan of 'first-steps'" in ran.err


def test_a_dry_run_holds_to_the_plan_too(run: Run, data: Path, saved: Path) -> None:
    assert run(*PLAN, "--dry-run").object["dry_run"] is True
    change(data / "cohorts/first-steps/spec/config.yaml", "larch-large, pebble-8b", "larch-large")
    assert moved(run, data) == "the spec"
    assert run(*PLAN, "--dry-run").code == 1


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (None, "storage-denied"),
        ("", "artifact-corrupt"),
        ("[]", "artifact-corrupt"),
        ('{"schema_version": 2}', "artifact-corrupt"),
        ('{"schema_version": 1, "cohort_id": "first-steps"}', "artifact-corrupt"),
    ],
)
def test_a_file_that_holds_no_plan_is_a_problem_with_its_place(
    run: Run, data: Path, text: str | None, code: str
) -> None:
    if text is not None:
        Path("plan.json").write_text(text)
    (problem,) = run(*PLAN).object["problems"]
    assert (problem["code"], problem["location"]["file"]) == (code, str(Path("plan.json").absolute()))


def test_a_plan_whose_seed_was_made_negative_is_no_plan(run: Run, data: Path, saved: Path) -> None:
    change(saved, '"seed": null', '"seed": -7')
    (problem,) = run(*PLAN).object["problems"]
    assert (problem["code"], problem["location"]["file"]) == ("artifact-corrupt", str(saved.absolute()))
    assert "a `seed` of 0 or more" in problem["message"]


def test_a_plan_holds_to_the_membership_of_its_store(run: Run, data: Path) -> None:
    pytest.importorskip("adbc_driver_sqlite")
    store = ("--store", "sqlite:///memberships.db")
    assert run("plan", "first-steps", "--out", "plan.json", *store).code == 0
    assert run("build", "first-steps").code == 0
    assert run(*PLAN).object["problems"][0]["code"] == "plan-outdated"
    assert run(*PLAN, *store).code == 0
    assert run(*PLAN, *store).object["problems"][0]["code"] == "plan-outdated"


def test_a_saved_plan_is_small_sorted_and_the_same_each_time(
    run: Run, data: Path, saved: Path, misspell: Callable[[str, str], None]
) -> None:
    text = saved.read_text()
    assert run("plan", "first-steps", "--out", "plan.json").code == 0
    assert saved.read_text() == text
    read = parse_plan(text.encode(), "plan.json").unwrap()
    assert (plan_text(read), read.cohort_id, read.seed) == (text, "first-steps", None)
    content = json.loads(text)
    assert list(content) == sorted(content)
    assert content["levels"]["draft_llm"] == ["larch-large", "pebble-8b"]
    assert "d_" not in text
    misspell("axes:\n", "axes:\n  evaluation_replicate: '@file:many.txt'\n")
    numbers = "\n".join(map(str, range(1, 1001)))
    (data / "cohorts/first-steps/spec/many.txt").write_text(numbers)
    assert run("plan", "first-steps", "--out", "plan.json").code == 0
    # A thousand times the evaluations: as many levels more, and nothing for each of 24,000 generations.
    assert len(saved.read_text()) < len(text) + 200_000


def test_a_saved_plan_names_each_rule_and_what_it_leaves(run: Run, data: Path) -> None:
    assert run("plan", "coupled-judges", "--out", "plan.json").code == 0
    rules = json.loads(Path("plan.json").read_text())["rules"]
    counted = run("count", "coupled-judges", "--json").object["attrition"]
    assert rules
    keys = ("design", "where", "rows")
    assert rules == [{key: one[key] for key in keys} for one in counted]
