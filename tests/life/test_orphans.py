"""`orphans` names what is on disk, or has results, and is in no cohort; it changes nothing."""

from pathlib import Path

import pytest

from cohort_membership.follow.orphaned import orphaned
from tests.case_folders import contents
from tests.life.left_results import SPEC, STORES, lay_out


def test_generations_of_a_cohort_that_shrank_are_orphans_until_another_cohort_holds_them(
    tmp_path: Path,
) -> None:
    world = lay_out(tmp_path)
    rows = world.rows()
    gone = sorted(
        str(row["gen_id"]) for row in rows if row["question_id"] == "q2" and row["stage"] == "answer"
    )
    assert orphaned(world.followed).unwrap().gen_ids == ()
    world.write("cohorts/alpha/spec/config.yaml", SPEC.replace("[q1, q2]", "[q1]"))
    world.build()
    world.write(f"gens/answer/{gone[0]}/parsed.txt", "text")
    before = contents(tmp_path)
    found = orphaned(world.followed).unwrap().as_json()
    assert found["stages"] == {
        "answer": {"generations": 8, "done": 1},
        "verdict": {"generations": 16, "done": 0},
        "note": {"generations": 1, "done": 0},
    }
    expected = [str(row["gen_id"]) for row in rows if row["question_id"] == "q2"]
    ids: list[str] = found["gen_ids"]  # type: ignore[assignment]
    assert (ids[:8], sorted(ids)) == (gone, sorted(expected))
    assert contents(tmp_path) == before
    world.write("cohorts/beta/spec/config.yaml", SPEC)
    world.build("beta")
    assert orphaned(world.followed).unwrap().gen_ids == ()


@pytest.mark.parametrize("store", STORES)
def test_results_of_no_cohort_are_orphans_on_every_store(tmp_path: Path, store: str) -> None:
    world = lay_out(tmp_path, "jsonl", store)
    known = world.rows()[0]["gen_id"]
    lines = (f'{{"gen_id": "{one}", "status": "ok"}}\n' for one in (known, "j_0", "x_1", "note"))
    world.write("results.jsonl", "".join(lines))
    found = orphaned(world.followed).unwrap()
    assert (found.gen_ids, found.stages["verdict"]) == (("j_0",), {"generations": 1, "done": 1})
