"""A text or a subject that changed after seeding is told by every command, and what was made is kept."""

import hashlib
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from returns.result import Failure

from cohort_membership.draft_essay_evaluation import DRAFT_ESSAY_EVALUATION
from cohort_membership.follow.explain import explain
from cohort_membership.follow.plan import plan
from cohort_membership.follow.status import status
from cohort_membership.life.drift import Drift
from cohort_membership.load.templates import TemplateTexts
from cohort_membership.membership import BuildRequest
from cohort_membership.ports import ReadFault
from cohort_membership.stores.verification import verify_membership
from cohort_membership.wiring import open_builder, open_reader
from tests.case_folders import contents
from tests.life.left_results import EXPERIMENT, STORES, World, lay_out

FILES = {
    "experiment.yaml": EXPERIMENT.replace(
        "catalogs:\n", "catalogs:\n  question_id: {file: questions.csv, column: id}\n"
    ),
    "questions.csv": "id,fact\nq1,a\nq1,b\nq2,c\n",
    "texts/answer/terse.txt": "Answer in a line.",
    "texts/verdict/strict.txt": "Judge.",
}
"""Answers to `terse` and verdicts by `strict` have texts, and questions have rows."""


def _metadata(world: World, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found = []
    for row in rows:
        texts = world.followed.reader.seeded(row["stage"], pl.Series([row["gen_id"]])).unwrap()
        found.append(json.loads(texts.item()))
    return found


@pytest.mark.parametrize("store", STORES)
def test_metadata_holds_the_digests_only_where_the_template_has_a_text(tmp_path: Path, store: str) -> None:
    world = lay_out(tmp_path, "files", store, FILES)
    rows: list[dict[str, Any]] = world.rows()
    texts = {
        ("answer", "terse"): hashlib.sha256(b"Answer in a line.").hexdigest(),
        ("verdict", "strict"): hashlib.sha256(b"Judge.").hexdigest(),
    }
    facts = {"q1": [{"fact": "a", "id": "q1"}, {"fact": "b", "id": "q1"}], "q2": [{"fact": "c", "id": "q2"}]}
    for row, metadata in zip(rows, _metadata(world, rows), strict=True):
        digest = texts.get((row["stage"], str(row["template_id"])))
        assert metadata.get("template_sha256") == digest
        expected = None
        if digest and row["stage"] == "answer":
            lines = "".join(f"{json.dumps(one)}\n" for one in facts[row["question_id"]])
            expected = hashlib.sha256(lines.encode()).hexdigest()
        assert metadata.get("subject_sha256") == expected
        assert None not in metadata.values()
        assert list(metadata) == sorted(metadata)


@pytest.mark.parametrize("store", STORES)
def test_a_text_that_changed_is_told_by_every_command(tmp_path: Path, store: str) -> None:
    world = lay_out(tmp_path, "files", store, FILES)
    rows: list[dict[str, Any]] = world.rows()
    made = [row for row in rows if row["stage"] == "verdict" and row["template_id"] == "strict"]
    assert not status(world.followed, "alpha").unwrap().drift
    assert plan(world.followed, "alpha").unwrap()[0].notices == ()
    world.write("texts/verdict/strict.txt", "Judge harder.")
    found = status(world.followed, "alpha").unwrap()
    assert found.drift == {Drift("verdict", "text", "strict"): len(made)}
    assert {stage: one.stale for stage, one in found.stages.items()} == {
        "answer": 0,
        "verdict": len(made),
        "note": 0,
    }
    told = (f"{len(made)} verdicts were made with an earlier text of strict",)
    change, _ = plan(world.followed, "alpha").unwrap()
    assert change.notices == told
    assert [one["new"] for one in change.stages.values()] == [0, 0, 0]
    planned = open_builder(str(tmp_path), world.store).unwrap().plan(BuildRequest("alpha")).unwrap()
    reader = open_reader(world.store or str(tmp_path)).unwrap()
    assert verify_membership(reader, planned).unwrap().notices == told
    other = next(row for row in rows if row["stage"] == "verdict" and row["template_id"] == "mild")
    assert explain(world.followed, made[0]["gen_id"]).unwrap().as_json()["stale"] is True
    assert explain(world.followed, other["gen_id"]).unwrap().as_json()["stale"] is False


@pytest.mark.parametrize("store", STORES)
def test_a_subject_whose_rows_changed_is_told_of_the_first_stage(tmp_path: Path, store: str) -> None:
    world = lay_out(tmp_path, "files", store, FILES)
    world.write("questions.csv", "id,fact\nq1,a\nq1,other\nq2,c\nq3,d\n")
    found = status(world.followed, "alpha").unwrap()
    assert found.drift == {Drift("answer", "rows", "q1"): 4}
    assert found.stages["answer"].stale == 4
    (notice,) = plan(world.followed, "alpha").unwrap()[0].notices
    assert notice == "4 answers were made with earlier catalog rows of q1"


@pytest.mark.parametrize("store", STORES)
def test_a_build_keeps_what_it_finds_and_records_the_new_text_of_new_generations(
    tmp_path: Path, store: str
) -> None:
    world = lay_out(tmp_path, "files", store, FILES)
    rows: list[dict[str, Any]] = world.rows()
    before = _metadata(world, rows)
    world.write("texts/answer/terse.txt", "Answer in two lines.")
    spec = tmp_path / "cohorts/alpha/spec/config.yaml"
    spec.write_text(spec.read_text().replace("[q1, q2]", "[q1, q2, q3]"))
    (tmp_path / "questions.csv").write_text("id,fact\nq1,a\nq1,b\nq2,c\nq3,d\n")
    world.build()
    assert _metadata(world, rows) == before
    assert status(world.followed, "alpha").unwrap().drift == {Drift("answer", "text", "terse"): 8}
    new = [row for row in world.rows() if row["question_id"] == "q3" and row["template_id"] == "terse"]
    digest = hashlib.sha256(b"Answer in two lines.").hexdigest()
    assert {one["template_sha256"] for one in _metadata(world, new)} == {digest}


def test_generations_that_were_seeded_without_a_text_are_not_stale(tmp_path: Path) -> None:
    world = lay_out(tmp_path)
    before = contents(tmp_path / "gens")
    world.write("texts/answer/terse.txt", "Answer in a line.")
    assert not status(world.followed, "alpha").unwrap().drift
    world.build()
    assert contents(tmp_path / "gens") == before


def test_what_is_no_file_of_the_data_root_is_no_text(tmp_path: Path) -> None:
    world = lay_out(tmp_path)
    world.write("texts/answer/terse.txt", "Answer in a line.")
    (tmp_path / "texts/answer/kind.txt").symlink_to("/etc/hostname")
    (tmp_path / "texts/verdict").write_text("a file in the place of a folder")
    planned = open_builder(str(tmp_path)).unwrap().plan(BuildRequest("alpha")).unwrap()
    assert {stage: list(texts) for stage, texts in planned.texts.items()} == {"answer": ["terse"]}


def test_a_text_that_cannot_be_read_is_a_problem_at_its_place() -> None:
    texts = TemplateTexts(
        lambda path, **_: Failure(ReadFault("unavailable", "a disk that is away")), DRAFT_ESSAY_EVALUATION
    )
    (problem,) = texts.digests("essay", ["letter"]).failure()
    assert problem.location is not None
    assert (problem.code, problem.location.file) == (
        "storage-unavailable",
        "1_raw/templates/essay/letter.txt",
    )
