"""What is known of a cohort is what the commands tell of it, each thing as far as it can be told."""

import random
from pathlib import Path

import pytest

from cohort_membership.follow.plan import plan
from cohort_membership.follow.report import known
from cohort_membership.follow.status import status
from cohort_membership.report.page import page_of
from tests.life.left_results import PLACES, SPEC, World, lay_out

PRICES = (
    "prices: {atlas: {input: 1, output: 2}, fjord: {input: 1, output: 2}, judge: {input: 3, output: 4}}\n"
)
TOKENS = "tokens: {answer: {input: 9, output: 8}, verdict: {input: 7, output: 6}}\n"
CONFIG = "cohorts/alpha/spec/config.yaml"


@pytest.fixture
def world(tmp_path: Path) -> World:
    found = lay_out(tmp_path)
    experiment = (tmp_path / "experiment.yaml").read_text(encoding="utf-8")
    found.write("experiment.yaml", experiment + PRICES + TOKENS)
    return found


@pytest.mark.parametrize(("form", "store"), PLACES)
def test_how_far_it_is_and_what_is_new_are_what_the_commands_say(
    form: str, store: str, tmp_path: Path
) -> None:
    world, rng = lay_out(tmp_path, form, store), random.Random(7)
    world.leave(rng, [str(row["gen_id"]) for row in world.rows()])
    for levels in ("[q1, q2]", "[q2, q3, q4]"):
        world.write(CONFIG, SPEC.replace("[q1, q2]", levels))
        found = known(world.followed, "alpha")
        assert found.problems == ()
        assert found.status is not None
        assert found.compared is not None
        assert found.status.as_json() == status(world.followed, "alpha").unwrap().as_json()
        change, _ = plan(world.followed, "alpha").unwrap()
        assert found.compared.stages == change.compared.stages
        assert list(found.compared.changes) == list(change.compared.changes)
        assert found.usd_of_new == change.usd or change.usd is None


def test_before_a_first_build_all_is_new_and_costs_what_remains(world: World) -> None:
    world.write("cohorts/beta/spec/config.yaml", SPEC.replace("[q1, q2]", "[q8, q9]"))
    found = known(world.followed, "beta")
    assert (found.in_force, found.status, found.problems) == (None, None, ())
    page = page_of(found)
    assert page.change is not None
    assert page.rows is not None
    assert (page.change.kind, page.change.new, page.is_built) == ("first", page.rows, False)
    change, _ = plan(world.followed, "beta").unwrap()
    assert found.usd_of_new == change.usd


def test_what_is_in_force_is_nothing_new_and_a_change_is_compared(world: World) -> None:
    same, _ = known(world.followed, "alpha"), None
    assert page_of(same).change.kind == "same"  # type: ignore[union-attr]
    world.write(CONFIG, SPEC.replace("[terse, kind]", "[kind]"))
    page = page_of(known(world.followed, "alpha"))
    assert page.change is not None
    assert (page.change.kind, page.change.new, page.change.gone) == ("other", 0, 24)
    (level,) = page.change.levels.shown
    assert (level.axis, level.level, level.is_added) == ("answer_template", "terse", False)


def test_without_a_seed_the_plan_has_that_of_the_last_build(world: World) -> None:
    from cohort_membership.membership import BuildRequest
    from cohort_membership.wiring import open_builder

    open_builder(str(world.root)).unwrap().build(BuildRequest("alpha", seed=7)).unwrap()
    found = known(world.followed, "alpha")
    assert page_of(found).command == "cohort-membership build alpha --seed 7"
    assert page_of(found).change.kind == "same"  # type: ignore[union-attr]
    assert page_of(known(world.followed, "alpha", seed=8)).command.endswith("--seed 8")


def test_a_spec_with_problems_leaves_how_far_it_is_and_shows_the_lines(world: World) -> None:
    world.write(CONFIG, SPEC.replace("[terse, kind]", "[tersee, kind]"))
    found = known(world.followed, "alpha")
    assert found.plan is None
    assert found.status is not None
    page = page_of(found)
    (problem,) = page.problems.shown
    assert problem.excerpt is not None
    assert problem.excerpt.marked == "tersee"
    assert page.progress is not None


def test_results_that_cannot_be_read_are_a_problem_and_the_design_is_shown_all_the_same(
    tmp_path: Path,
) -> None:
    world = lay_out(tmp_path, "jsonl")
    (world.root / "results.jsonl").mkdir()
    found = known(world.followed, "alpha")
    assert [problem.code for problem in found.problems] == ["storage-denied"]
    assert found.plan is not None
    assert found.status is None
    assert found.bill is None


def test_metadata_of_another_generation_is_a_problem_as_validate_tells_it(world: World) -> None:
    folder = next((world.root / "gens" / "answer").iterdir())
    (folder / "metadata.json").write_text('{"stage": "answer", "gen_id": "a_0"}', encoding="utf-8")
    found = known(world.followed, "alpha")
    assert {problem.code for problem in found.problems} == {"generation-conflict"}
