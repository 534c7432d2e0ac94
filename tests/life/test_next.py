"""`next` gives what can run, in the membership's order, and shards share it out without a word."""

import random
from collections.abc import Mapping
from pathlib import Path

import pytest

from cohort_membership.follow.next_rows import next_rows
from cohort_membership.life.runnable import Wanted
from cohort_membership.life.shards import Shard
from tests.life.left_results import PLACES, STORES, World, lay_out, naive_states


def _ids(world: World, wanted: Wanted) -> list[str]:
    frames = next_rows(world.followed, "alpha", wanted).unwrap()
    return [one for frame in frames for one in frame["gen_id"].to_list()]


def _ready(rows: list[dict[str, object]], marks: dict[str, bool], *, retries: bool) -> list[str]:
    states = naive_states(rows, marks)
    awaited = naive_states(rows, {one: True for one, is_done in marks.items() if is_done})
    return [
        str(row["gen_id"])
        for row, state, without_failed in zip(rows, states, awaited, strict=True)
        if state == "ready" or (retries and state == "failed" and without_failed == "ready")
    ]


@pytest.mark.parametrize(("form", "store"), PLACES)
def test_next_is_what_a_loop_over_the_rows_finds_ready(tmp_path: Path, form: str, store: str) -> None:
    world = lay_out(tmp_path, form, store)
    rows = world.rows()
    ids = [str(row["gen_id"]) for row in rows]
    for number in range(4):
        marks = world.leave(random.Random(number), [*ids, "a_0"])
        for retries in (False, True):
            ready = _ready(rows, marks, retries=retries)
            assert _ids(world, Wanted(retries=retries)) == ready
            assert _ids(world, Wanted(retries=retries, limit=3)) == ready[:3]
            verdicts = [one for one in ready if one.startswith("j_")]
            assert _ids(world, Wanted(stage="verdict", retries=retries)) == verdicts


@pytest.mark.parametrize("of", [1, 2, 3, 7, 1000])
def test_shards_share_out_all_that_can_run(tmp_path: Path, of: int) -> None:
    world = lay_out(tmp_path)
    ids = [str(row["gen_id"]) for row in world.rows()]
    for gen_id in ids[: len(ids) // 3]:
        world.write(f"gens/answer/{gen_id}/parsed.txt", "text")
    ready = _ids(world, Wanted())
    numbers = {(int(one.partition("_")[2], 36) % of) + 1 for one in ready}
    parts = [_ids(world, Wanted(shard=Shard(number, of))) for number in sorted(numbers)]
    assert sorted(one for part in parts for one in part) == sorted(ready)
    assert all(part == [one for one in ready if one in set(part)] for part in parts)
    assert len(ready) > 5


def _first(world: World, stage: str) -> Mapping[str, object]:
    frame = next(iter(next_rows(world.followed, "alpha", Wanted(stage, limit=1)).unwrap()))
    return frame.row(0, named=True)


@pytest.mark.parametrize("store", STORES)
def test_a_row_holds_all_that_a_worker_needs(tmp_path: Path, store: str) -> None:
    world = lay_out(tmp_path, "files", store)
    world.write("texts/answer/terse.txt", "Answer in a line.")
    answer = next(row for row in world.rows() if row["stage"] == "answer")
    gen_id = answer["gen_id"]
    assert _first(world, "answer") == {
        "stage": "answer",
        "gen_id": gen_id,
        "origin_cohort_id": "alpha",
        "parent_gen_id": "",
        "question_id": "q1",
        "template_id": "terse",
        "llm_model_id": "atlas",
        "replicate": 1,
        "folder": f"gens/answer/{gen_id}",
        "parent_folder": None,
        "template": "texts/answer/terse.txt",
    }
    world.write(f"gens/answer/{gen_id}/parsed.txt", "text")
    verdict = _first(world, "verdict")
    assert verdict == {
        "stage": "verdict",
        "gen_id": verdict["gen_id"],
        "origin_cohort_id": "alpha",
        "parent_gen_id": gen_id,
        "question_id": "q1",
        "template_id": "strict",
        "llm_model_id": "judge",
        "folder": f"gens/verdict/{verdict['gen_id']}",
        "parent_folder": f"gens/answer/{gen_id}",
        "template": None,
    }
    assert _first(world, "note")["template"] is None
