"""`explain` tells of an id what a loop over all memberships finds."""

from pathlib import Path
from typing import Any

import pytest

from cohort_membership.follow.explain import explain
from tests.life.left_results import SPEC, STORES, World, lay_out

COLUMNS = {
    "answer": ("question_id", "template_id", "llm_model_id", "replicate"),
    "verdict": ("question_id", "template_id", "llm_model_id"),
    "note": ("question_id", "style"),
}


def _with_two_cohorts(root: Path, store: str) -> World:
    """`beta` shares the question q2 with `alpha`, which was first, and has one more rubric."""
    world = lay_out(root, "files", store)
    spec = SPEC.replace("[q1, q2]", "[q2, q3]").replace("[strict, mild]", "[strict, mild, late]")
    world.write("cohorts/beta/spec/config.yaml", spec)
    world.build("beta")
    return world


def _naive(rows: dict[str, list[dict[str, Any]]], gen_id: str) -> dict[str, Any]:
    cohorts = [cohort for cohort, own in rows.items() if any(row["gen_id"] == gen_id for row in own)]
    known = {row["gen_id"]: row for own in rows.values() for row in reversed(own)}
    line = [known[gen_id]]
    while line[0]["parent_gen_id"]:
        line.insert(0, known[line[0]["parent_gen_id"]])
    children = {row["gen_id"]: row["stage"] for row in known.values() if row["parent_gen_id"] == gen_id}
    counts = {stage: list(children.values()).count(stage) for stage in COLUMNS if stage in children.values()}
    lineage = [
        {
            "stage": row["stage"],
            "gen_id": row["gen_id"],
            "columns": {one: row[one] for one in COLUMNS[row["stage"]]},
        }
        for row in line
    ]
    return {
        "ok": True,
        "gen_id": gen_id,
        "stage": line[-1]["stage"],
        "cohorts": cohorts,
        "origin_cohort_id": cohorts[0],
        "columns": lineage[-1]["columns"],
        "lineage": lineage,
        "children": counts,
        "state": "blocked" if line[-1]["parent_gen_id"] else "ready",
        "stale": False,
    }


@pytest.mark.parametrize("store", STORES)
def test_every_id_is_explained_as_a_loop_over_all_memberships_finds_it(tmp_path: Path, store: str) -> None:
    world = _with_two_cohorts(tmp_path, store)
    rows: dict[str, list[dict[str, Any]]] = {one: world.rows(one) for one in ("alpha", "beta")}
    own = [rows["alpha"][0], rows["alpha"][12], rows["alpha"][-1], rows["alpha"][-4], rows["beta"][20]]
    for row in (*own, next(one for one in rows["beta"] if one["template_id"] == "late")):
        assert explain(world.followed, row["gen_id"]).unwrap().as_json() == _naive(rows, row["gen_id"])


def test_a_state_is_that_of_its_results(tmp_path: Path) -> None:
    world = lay_out(tmp_path)
    rows = world.rows()
    answer, verdict = rows[0]["gen_id"], next(one["gen_id"] for one in rows if one["stage"] == "verdict")
    world.write(f"gens/answer/{answer}/parsed.txt", "text")
    world.write(f"gens/verdict/{verdict}/raw.txt", "text")
    assert explain(world.followed, str(answer)).unwrap().state == "done"
    assert explain(world.followed, str(verdict)).unwrap().state == "failed"


@pytest.mark.parametrize("store", STORES)
def test_an_id_that_no_cohort_holds_is_a_problem_with_the_nearest_one(tmp_path: Path, store: str) -> None:
    world = lay_out(tmp_path, "files", store)
    known = str(world.rows()[0]["gen_id"])
    (problem,) = explain(world.followed, f"{known[:-1]}_").failure()
    assert (problem.code, known in str(problem)) == ("unknown-generation", True)
    for strange in ("", "a_", "../alpha", "a_0\0", "十句话"):
        (problem,) = explain(world.followed, strange).failure()
        assert problem.code == "unknown-generation"


def test_an_id_that_a_build_would_give_is_explained_before_the_build(tmp_path: Path) -> None:
    pytest.importorskip("adbc_driver_sqlite")
    world = _with_two_cohorts(tmp_path, "data root")
    world.write("cohorts/gamma/spec/config.yaml", SPEC.replace("[q1, q2]", "[q2, q4]"))
    world.write("cohorts/wrong/spec/config.yaml", "axes: [")
    gamma = World(tmp_path, "files", f"sqlite:///{tmp_path}/elsewhere.db")
    gamma.build("gamma")
    planned = next(row for row in gamma.rows("gamma") if row["question_id"] == "q4")
    (tmp_path / "cohorts/gamma/manifest.json").unlink()
    found = explain(world.followed, str(planned["gen_id"])).unwrap()
    assert (found.cohorts, found.columns["question_id"]) == (("gamma",), "q4")
