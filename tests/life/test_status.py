"""`status` counts what a loop over the rows counts, wherever results and memberships are."""

import random
from collections import Counter
from pathlib import Path

import pytest

from cohort_membership.follow.status import status
from tests.life.left_results import PLACES, STORES, lay_out, naive_states

UNKNOWN = ["a_0", "j_zzz", "n_unknown"]


@pytest.mark.parametrize(("form", "store"), PLACES)
def test_status_equals_a_naive_count_of_any_mix_of_results(tmp_path: Path, form: str, store: str) -> None:
    world = lay_out(tmp_path, form, store)
    rows = world.rows()
    ids = [str(row["gen_id"]) for row in rows]
    for number in range(6):
        marks = world.leave(random.Random(number), [*ids, *UNKNOWN])
        states = naive_states(rows, marks)
        counts = Counter((row["stage"], state) for row, state in zip(rows, states, strict=True))
        found = status(world.followed, "alpha").unwrap().as_json()
        assert found == {
            "ok": True,
            "cohort_id": "alpha",
            "complete": set(states) == {"done"},
            "stages": {
                stage: {
                    "rows": sum(row["stage"] == stage for row in rows),
                    **{state: counts[stage, state] for state in ("done", "failed", "ready", "blocked")},
                    "stale": 0,
                }
                for stage in ("answer", "verdict", "note")
            },
            "unexpected": len(marks.keys() - set(ids)),
        }


def test_results_of_another_cohort_are_expected_and_those_of_none_are_not(tmp_path: Path) -> None:
    world = lay_out(tmp_path)
    spec = (tmp_path / "cohorts/alpha/spec/config.yaml").read_text()
    world.write("cohorts/beta/spec/config.yaml", spec.replace("[q1, q2]", "[q3]"))
    world.build("beta")
    (other,) = {str(row["gen_id"]) for row in world.rows("beta") if row["stage"] == "note"}
    world.write(f"gens/note/{other}/parsed.txt", "text")
    assert status(world.followed, "alpha").unwrap().unexpected == 0
    world.write("gens/note/n_0/raw.txt", "text")
    world.write("gens/note/no-id/raw.txt", "text")
    assert status(world.followed, "alpha").unwrap().unexpected == 1


@pytest.mark.parametrize("store", STORES)
def test_a_cohort_that_was_not_built_is_told_so_and_one_without_a_spec_too(
    tmp_path: Path, store: str
) -> None:
    world = lay_out(tmp_path, "files", store)
    world.write("cohorts/beta/spec/config.yaml", (tmp_path / "cohorts/alpha/spec/config.yaml").read_text())
    (problem,) = status(world.followed, "beta").failure()
    assert (problem.code, "was not built yet" in str(problem)) == ("artifact-corrupt", True)
    (problem,) = status(world.followed, "alhpa").failure()
    assert (problem.code, "'alpha'" in str(problem)) == ("spec-not-found", True)


def test_a_table_of_results_that_cannot_be_read_is_a_problem_and_never_missing(tmp_path: Path) -> None:
    world = lay_out(tmp_path, "glob")
    world.write("results/1.csv", "id,status\na_1,ok\n")
    (problem,) = status(world.followed, "alpha").failure()
    assert problem.location is not None
    assert (problem.code, problem.location.file) == ("artifact-corrupt", "results/1.csv")
