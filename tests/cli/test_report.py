"""`report`: one file, the same for the same state, of a cohort with problems too; nothing else changes."""

from collections.abc import Callable
from pathlib import Path

import pytest

from cohort_membership.example import EXAMPLES
from tests.report.parsed import Parsed

from .conftest import Run, files

pytest.importorskip("jinja2", reason="the extra `report` is not installed")


def parsed(file: Path) -> Parsed:
    found = Parsed(file.read_text(encoding="utf-8"))
    assert not found.unbalanced
    return found


@pytest.mark.parametrize("example", EXAMPLES)
def test_each_cohort_of_the_examples_has_a_page_before_and_after_its_build(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, example: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("init", "data", "--example", example).code == 0
    for cohort in [one.name for one in (tmp_path / "data/cohorts").iterdir() if one.is_dir()]:
        before = files(tmp_path / "data")
        ran = run("report", cohort)
        assert (ran.code, ran.out, ran.err) == (0, f"Wrote report-{cohort}.html\n", "")
        assert files(tmp_path / "data") == before
        rows = run("count", cohort, "--json").object["rows"]
        page = parsed(tmp_path / f"report-{cohort}.html").shown
        assert f"all of its {rows:,} generations are new" in page
        assert run("build", cohort).code == 0
        assert run("report", cohort, "--out", "built.html").code == 0
        built = parsed(tmp_path / "built.html").shown
        assert "Nothing: the membership in force is this one" in built
        assert f"0 of {rows:,}" in built
        assert "membership.csv" in built


def test_the_same_state_gives_the_same_bytes_wherever_it_lies(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = []
    for place in ("one", "another"):
        assert run("init", tmp_path / place / "data").code == 0
        monkeypatch.chdir(tmp_path / place)
        assert run("build", "first-steps", "--seed", "7").code == 0
        assert run("report", "first-steps").code == 0
        texts.append(Path("report-first-steps.html").read_bytes())
        assert run("report", "first-steps", "--data-root", tmp_path / place / "data").code == 0
        texts.append(Path("report-first-steps.html").read_bytes())
    assert len(set(texts)) == 1
    assert b"build first-steps --seed 7" in texts[0]
    assert str(tmp_path).encode() not in texts[0]


def test_a_cohort_with_problems_has_a_page_that_shows_them_and_ends_as_validate_does(
    run: Run, data: Path, misspell: Callable[[str, str], None]
) -> None:
    misspell("combo_id", "combo_jd")
    told = run("validate", "first-steps", "--json")
    ran = run("report", "first-steps", "--json")
    assert ran.code == told.code == 1
    assert ran.object == told.object
    shown = parsed(Path("report-first-steps.html")).shown
    for problem in told.object["problems"]:
        assert problem["code"] in shown
        assert problem["message"] in shown
    assert "What the rules leave" not in shown
    assert "report-first-steps.html shows them" in run("report", "first-steps").err


def test_a_broken_experiment_has_a_page_too(run: Run, data: Path) -> None:
    (data / "experiment.yaml").write_text("subject: [", encoding="utf-8")
    assert run("report", "first-steps").code == 1
    assert "experiment-invalid" in parsed(Path("report-first-steps.html")).shown


@pytest.mark.parametrize("cohort", ["no-such-cohort", "../escape", "a b"])
def test_where_there_is_no_cohort_no_file_is_written(run: Run, data: Path, cohort: str) -> None:
    before = files(data.parent)
    assert run("report", cohort).code == 1
    assert files(data.parent) == before


def test_a_page_in_a_folder_that_is_not_there_is_a_problem(run: Run, data: Path) -> None:
    ran = run("report", "first-steps", "--out", "none/page.html", "--json")
    assert (ran.code, [one["code"] for one in ran.object["problems"]]) == (1, ["storage-denied"])


def test_in_json_it_says_which_file_it_wrote(run: Run, data: Path) -> None:
    assert run("report", "first-steps", "--json").object == {
        **{"ok": True, "cohort_id": "first-steps", "file": "report-first-steps.html"}
    }


def test_more_rows_than_the_limit_are_a_problem_as_for_a_build(run: Run, data: Path) -> None:
    ran = run("report", "first-steps", "--max-rows", "47", "--json")
    assert (ran.code, [one["code"] for one in ran.object["problems"]]) == (1, ["design-too-large"])
    assert Path("report-first-steps.html").exists()


def test_a_cohort_in_another_store_is_told_from_there(run: Run, data: Path) -> None:
    store = ("--store", "sqlite:///memberships.db")
    assert run("build", "first-steps", *store).code == 0
    assert run("report", "first-steps", *store).code == 0
    assert "0 of 48" in parsed(Path("report-first-steps.html")).shown
