"""`init --example` and `experiment`: experiments to start from, and what one says."""

from pathlib import Path

import pytest

from cohort_membership.example import EXAMPLES, example_root

from .conftest import Run, files

TWO_STAGES = "question-answer-verdict"


@pytest.mark.parametrize("name", EXAMPLES)
def test_each_example_is_copied_and_its_experiment_shown(run: Run, tmp_path: Path, name: str) -> None:
    assert run("init", tmp_path, "--example", name).code == 0
    for path, content in files(tmp_path).items():
        assert (example_root(name) / path).read_bytes() == content
    assert (tmp_path / ".gitignore").is_file()
    shown = run("experiment", "--data-root", tmp_path, "--json")
    assert shown.code == 0
    assert shown.object["built_in"] is (name == EXAMPLES[0])


@pytest.mark.parametrize("name", EXAMPLES[:2])
def test_each_cohort_of_an_example_is_built_without_a_problem(run: Run, tmp_path: Path, name: str) -> None:
    assert run("init", tmp_path, "--example", name).code == 0
    for cohort in (tmp_path / "cohorts").iterdir():
        assert run("build", cohort.name, "--data-root", tmp_path).code == 0


def test_the_cohort_at_more_temperatures_reuses_the_answers_at_the_default(run: Run, tmp_path: Path) -> None:
    run("init", tmp_path, "--example", TWO_STAGES)
    first = run("build", "first-steps", "--data-root", tmp_path, "--json").object
    warmer = run("build", "warmer", "--data-root", tmp_path, "--json").object
    assert first["counts"] == {"answer": 12, "verdict": 60}
    assert warmer["counts"] == {"answer": 15, "verdict": 15}
    assert warmer["reused"] == 12


def test_a_folder_that_is_not_empty_is_refused_whatever_the_example(run: Run, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("x")
    assert run("init", tmp_path, "--example", "empty").code == 1
    assert files(tmp_path) == {"mine": b"x"}


def test_an_example_that_there_is_not_is_wrong_usage(run: Run, tmp_path: Path) -> None:
    assert run("init", tmp_path / "new", "--example", "poem").code == 2


def test_the_experiment_is_shown_as_a_tree_with_what_each_id_counts(run: Run, tmp_path: Path) -> None:
    run("init", tmp_path, "--example", TWO_STAGES)
    shown = run("experiment", "--data-root", tmp_path).out
    assert (
        "└── answer  a_…\n    its id counts question_id, answer_template, answer_llm, answer_replicate\n"
        in shown
    )
    assert "and answer_temperature where it is not 0.7\n" in shown
    assert "└── verdict  j_…\n        its id counts its answer, verdict_template, verdict_llm\n" in shown
    told = run("experiment", "--data-root", tmp_path, "--json").object
    assert told["stages"]["answer"]["added"] == {
        "temperature": {"axis": "answer_temperature", "default": "0.7"}
    }
    assert told["catalogs"]["answer_llm"]["attributes"] == ["family", "tier"]
    assert told["catalogs"]["answer_llm"]["levels"] == 4


def test_an_experiment_that_is_none_is_told_with_its_place(run: Run, tmp_path: Path) -> None:
    run("init", tmp_path, "--example", TWO_STAGES)
    file = tmp_path / "experiment.yaml"
    file.write_text(file.read_text().replace("parent: answer", "parent: anser"))
    ran = run("experiment", "--data-root", tmp_path, "--json")
    assert ran.code == 1
    (problem,) = ran.object["problems"]
    assert (problem["code"], problem["hint"]) == ("experiment-invalid", "did you mean 'answer'?")
