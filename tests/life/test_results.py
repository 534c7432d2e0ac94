"""Results are read as workers leave them: whole, half-written, twice, of unknown ids, or not at all."""

import io
import json
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from returns.pipeline import is_successful

from cohort_membership.draft_essay_evaluation import DRAFT_ESSAY_EVALUATION
from cohort_membership.experiment import Experiment
from cohort_membership.life.outcomes import Outcomes, outcomes_of_rows
from cohort_membership.load.experiment.reader import parse_experiment
from cohort_membership.load.results.local import LocalResults
from cohort_membership.load.results.text import parse_results
from cohort_membership.results import Results
from cohort_membership.stage import Stage

TABLE = Results(("ok",), ("error",), "results/*", "gen_id", "status")
ROW = st.tuples(st.sampled_from(["a_1", "a_2", "a_3", "d_x"]), st.sampled_from(["ok", "error", "running"]))


def _naive(rows: list[tuple[str, str]]) -> dict[str, bool]:
    last = dict(rows)
    return {gen_id: state == "ok" for gen_id, state in last.items() if state in ("ok", "error")}


def _marks(outcomes: Outcomes) -> dict[str, bool]:
    return dict(outcomes.marks.iter_rows())


def _written(rows: list[tuple[str, str]], ending: str) -> bytes:
    if ending == ".csv":
        return ("gen_id,status\n" + "".join(f"{one},{state}\n" for one, state in rows)).encode()
    if ending == ".jsonl":
        lines = (json.dumps({"n": 1, "status": state, "gen_id": one}) + "\n" for one, state in rows)
        return "".join(lines).encode()
    file = io.BytesIO()
    pl.DataFrame(rows, schema={"gen_id": pl.String, "status": pl.String}, orient="row").write_parquet(file)
    return file.getvalue()


@settings(max_examples=40, deadline=None)
@given(st.lists(ROW, max_size=8), st.sampled_from([".csv", ".jsonl", ".parquet"]))
def test_the_last_row_of_an_id_counts_in_every_format(rows: list[tuple[str, str]], ending: str) -> None:
    table, unread = parse_results(_written(rows, ending), f"results/1{ending}", TABLE).unwrap()
    assert _marks(outcomes_of_rows(table, TABLE.done, TABLE.failed)) == _naive(rows)
    assert unread == 0


@settings(max_examples=60, deadline=None)
@given(st.lists(ROW, min_size=1, max_size=5), st.sampled_from([".csv", ".jsonl"]), st.data())
def test_a_file_cut_anywhere_gives_only_rows_that_were_whole(
    rows: list[tuple[str, str]], ending: str, data: st.DataObject
) -> None:
    whole = _written(rows, ending)
    cut = data.draw(st.integers(0, len(whole)))
    table, _ = parse_results(whole[:cut], f"results/1{ending}", TABLE).unwrap()
    found = table.rows()
    assert found == rows[: len(found)]
    lines = whole[:cut].count(b"\n") - (ending == ".csv")
    assert len(found) in {max(lines, 0), lines + 1}


def test_a_worker_that_was_killed_and_started_again_loses_only_the_line_it_was_in() -> None:
    text = b'{"gen_id": "a_1", "status": "ok"}\n{"gen_id": "a_2", "st{"gen_id": "a_3", "status": "ok"}\n'
    table, unread = parse_results(text + b'{"gen_id": "a_4", "status": "ok"}\n', "1.jsonl", TABLE).unwrap()
    assert table["gen_id"].to_list() == ["a_1", "a_4"]
    assert unread == 1
    table, unread = parse_results(
        b"gen_id,status\na_1,ok\na_2,o\na_3a_4,ok,1\na_5,o", "1.csv", TABLE
    ).unwrap()
    assert table.rows() == [("a_1", "ok"), ("a_2", "o")]
    assert unread == 2


@pytest.mark.parametrize(
    ("data", "file", "expected"),
    [
        (b"id,status\na_1,ok\n", "r.csv", "the column 'gen_id'"),
        (b"\xff\xfe\n", "r.csv", "UTF-8"),
        (b"<html>\n</html>\n", "r.jsonl", "JSON objects"),
        (b"PAR1", "r.parquet", "a parquet file"),
    ],
)
def test_a_table_that_is_none_is_a_problem_with_its_place(data: bytes, file: str, expected: str) -> None:
    (problem,) = parse_results(data, file, TABLE).failure()
    assert problem.code == "artifact-corrupt"
    assert problem.location is not None
    assert problem.location.file == file
    assert expected in str(problem)


@pytest.mark.parametrize("file", ["r.csv", "r.jsonl", "r.parquet"])
def test_an_empty_file_holds_no_results_yet(file: str) -> None:
    table, unread = parse_results(b"", file, TABLE).unwrap()
    assert (table.height, unread) == (0, 0)


# ------------------------------------------------------------------------ folders


def _leave(root: Path, stage: str, gen_id: str, **files: str) -> None:
    folder = root / "gens" / stage / gen_id
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / f"{name}.txt").write_text(text)


def test_files_that_are_not_empty_are_marks_and_done_wins(tmp_path: Path) -> None:
    _leave(tmp_path, "draft", "d_1", parsed="text", raw="text")
    _leave(tmp_path, "draft", "d_2", parsed="", raw="text")
    _leave(tmp_path, "draft", "d_3", parsed="", raw="")
    _leave(tmp_path, "essay", "d_4", parsed="a draft in the folder of essays")
    _leave(tmp_path, "essay", "e_5", parsed="text")
    (tmp_path / "gens/essay/README.txt").write_text("not a generation")
    read = LocalResults(tmp_path)
    assert _marks(read.outcomes(DRAFT_ESSAY_EVALUATION).unwrap()) == {"d_1": True, "d_2": False, "e_5": True}
    folders = read.folders(DRAFT_ESSAY_EVALUATION).unwrap()
    assert {stage: ids.to_list() for stage, ids in folders.items()} == {
        "draft": ["d_1", "d_2", "d_3"],
        "essay": ["e_5"],
        "evaluation": [],
    }


def test_a_folder_that_cannot_be_read_is_a_problem_and_never_missing(tmp_path: Path) -> None:
    (tmp_path / "gens").mkdir()
    (tmp_path / "gens/draft").write_text("a file in the place of a folder")
    for read in (LocalResults(tmp_path).outcomes, LocalResults(tmp_path).folders):
        (problem,) = read(DRAFT_ESSAY_EVALUATION).failure()
        assert problem.code == "storage-denied"
        assert problem.location is not None
        assert problem.location.file == "gens/draft"


def _with_table(table: str) -> Experiment:
    stage = Stage("answer", "a_", None, (("template_id", "answer_template"),))
    return Experiment("q", (stage,), results=Results(("ok",), ("error",), table))


def test_a_glob_of_tables_is_read_in_the_order_of_their_names(tmp_path: Path) -> None:
    experiment = _with_table("results/*.csv")
    assert _marks(LocalResults(tmp_path).outcomes(experiment).unwrap()) == {}
    (tmp_path / "results").mkdir()
    (tmp_path / "results/2.csv").write_text("gen_id,status\na_1,ok\n")
    (tmp_path / "results/1.csv").write_text("gen_id,status\na_1,error\na_2,error\n")
    assert _marks(LocalResults(tmp_path).outcomes(experiment).unwrap()) == {"a_1": True, "a_2": False}


def test_a_table_that_cannot_be_read_is_a_problem_beside_the_others(tmp_path: Path) -> None:
    (tmp_path / "results").mkdir()
    (tmp_path / "results/1.csv").write_text("gen_id,status\na_1,ok\n")
    (tmp_path / "results/2.csv").write_text("id,state\n")
    (tmp_path / "results/3.csv").symlink_to("/etc/hostname")
    found = LocalResults(tmp_path).outcomes(_with_table("results/*.csv"))
    assert not is_successful(found)
    assert [one.location and one.location.file for one in found.failure()] == [
        "results/2.csv",
        "results/3.csv",
    ]


# --------------------------------------------------------------------- experiment


def _experiment(results: str) -> bytes:
    return f"extends: draft-essay-evaluation\nresults: {results}\n".encode()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{done: out.txt}", Results(("out.txt",), ("raw.txt",))),
        ("{done: [a.txt, b.txt], failed: []}", Results(("a.txt", "b.txt"), ())),
        ("{table: 'r/*.jsonl', done: [ok]}", Results(("ok",), ("error",), "r/*.jsonl")),
        (
            "{table: r.csv, id: one, state: how, done: [x], failed: [y]}",
            Results(("x",), ("y",), "r.csv", "one", "how"),
        ),
    ],
)
def test_an_experiment_says_where_results_are(text: str, expected: Results) -> None:
    assert parse_experiment(_experiment(text), "experiment.yaml").unwrap().results == expected


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("{table: r.txt}", "results.table"),
        ("{table: ../r.csv}", "results.table"),
        ("{state: how}", "results"),
        ("{done: a/b.txt}", "results.done"),
        ("{dnoe: a.txt}", "results"),
        ("[a]", "results"),
    ],
)
def test_results_that_make_no_sense_are_invalid_at_their_place(text: str, where: str) -> None:
    (problem,) = parse_experiment(_experiment(text), "experiment.yaml").failure()
    assert problem.code == "experiment-invalid"
    assert getattr(problem, "where", None) == where
    assert problem.location is not None
    assert problem.location.line == 2


@pytest.mark.parametrize("asked", [set(), {"d_1"}, {"d_1", "e_5", "d_9", "../draft/d_1", ""}])
def test_results_of_a_few_generations_are_those_of_all_as_far_as_they_are_asked_for(
    tmp_path: Path, asked: set[str]
) -> None:
    objects = pytest.importorskip("obstore.store").MemoryStore()
    for path in ("draft/d_1/parsed.txt", "draft/d_2/raw.txt", "draft/d_11/parsed.txt", "essay/e_5/raw.txt"):
        (tmp_path / "gens" / path).parent.mkdir(parents=True)
        (tmp_path / "gens" / path).write_text("text")
        objects.put(f"gens/{path}", b"text")
    there = pytest.importorskip("cohort_membership.load.results.objects").ObjectResults(
        objects, lambda error: ("unavailable", str(error))
    )
    for read in (LocalResults(tmp_path), there):
        every = _marks(read.outcomes(DRAFT_ESSAY_EVALUATION).unwrap())
        some = _marks(read.outcomes(DRAFT_ESSAY_EVALUATION, asked).unwrap())
        assert some == {one: is_done for one, is_done in every.items() if one in asked}
