"""`cover`: the rows are written beside the spec, and a `tuples` rule takes them."""

from pathlib import Path

import pytest

from .conftest import Run, files

AXES = "draft_template,draft_llm,essay_template,evaluation_template"


def _spec(data: Path) -> Path:
    return data / "cohorts" / "first-steps" / "spec"


def test_cover_writes_rows_and_tells_how_few_they_are(run: Run, data: Path) -> None:
    before = files(data)
    ran = run("cover", "first-steps", "--axes", AXES)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines()[0] == "5 rows instead of 8: every pair of levels is there."
    after = files(data)
    assert set(after) - set(before) == {"cohorts/first-steps/spec/items/cover.csv"}
    assert {name: after[name] for name in before} == before
    text = (_spec(data) / "items" / "cover.csv").read_text(encoding="utf-8")
    assert text.splitlines()[0] == AXES
    assert len(text.splitlines()) == 6


def test_the_rows_are_ready_for_the_rule_that_is_shown(run: Run, data: Path) -> None:
    shown = run("cover", "first-steps", "--axes", AXES).out
    rule = shown[shown.index("  tuples:") :]
    config = _spec(data) / "config.yaml"
    lines = config.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [
        line for line in lines if not line.strip().startswith(tuple(f"{axis}:" for axis in AXES.split(",")))
    ]
    config.write_text("".join(kept) + "rules:\n" + rule, encoding="utf-8")
    built = run("validate", "first-steps", "--json")
    assert built.object["ok"], built.out
    again = run("cover", "first-steps", "--axes", AXES, "--strength", "4", "--force", "--json").object
    assert again["rows"] == again["allowed_rows"] == 5


def test_programs_get_one_object(run: Run, data: Path) -> None:
    assert run("cover", "first-steps", "--axes", AXES, "--json").object == {
        "ok": True,
        "cohort_id": "first-steps",
        "file": "cohorts/first-steps/spec/items/cover.csv",
        "axes": AXES.split(","),
        "strength": 2,
        "rows": 5,
        "allowed_rows": 8,
        "combinations": 18,
    }


def test_a_file_that_is_there_is_replaced_with_force_only(run: Run, data: Path) -> None:
    target = _spec(data) / "items" / "cover.csv"
    target.parent.mkdir()
    target.write_text("mine", encoding="utf-8")
    refused = run("cover", "first-steps", "--axes", AXES, "--json")
    assert (refused.code, refused.object["problems"][0]["code"]) == (1, "storage-denied")
    assert files(target.parent) == {"cover.csv": b"mine"}
    assert run("cover", "first-steps", "--axes", AXES, "--force").code == 0
    assert target.read_text(encoding="utf-8") != "mine"
    assert list(files(target.parent)) == ["cover.csv"]


@pytest.mark.parametrize(
    "out", ["../cover.csv", "/tmp/cover.csv", "link/cover.csv", "config.yaml", "a\0.csv"]
)
def test_nothing_is_written_outside_the_bundle_or_over_the_spec(run: Run, data: Path, out: str) -> None:
    outside = data.parent / "outside"
    outside.mkdir()
    (_spec(data) / "link").symlink_to(outside)
    before = files(data.parent)
    assert run("cover", "first-steps", "--axes", AXES, "--out", out, "--force").code in {1, 2}
    assert files(data.parent) == before


def test_an_axis_that_there_is_not_is_told_with_the_nearest(run: Run, data: Path) -> None:
    ran = run("cover", "first-steps", "--axes", "draft_templat,draft_llm", "--json")
    (problem,) = ran.object["problems"]
    assert (ran.code, problem["code"], problem["hint"]) == (
        1,
        "unknown-axis",
        "did you mean 'draft_template'?",
    )


def test_without_axes_the_option_and_the_axes_are_told(run: Run, data: Path) -> None:
    ran = run("cover", "first-steps")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("error: --axes is missing: give those to cover of combo_id, draft_template, ")


def test_an_axis_that_resembles_none_is_told_with_all_that_there_are(run: Run, data: Path) -> None:
    (problem,) = run("cover", "first-steps", "--axes", "zzz,draft_llm", "--json").object["problems"]
    assert "the axes are combo_id, draft_template, " in problem["hint"]


@pytest.mark.parametrize(
    "wrong",
    [
        ("--axes", "draft_llm,"),
        ("--axes", "draft_llm,draft_llm"),
        ("--axes", "draft_llm", "--strength", "2"),
        ("--axes", "draft_llm", "--strength", "0"),
        (),
    ],
)
def test_axes_and_strengths_that_make_no_sense_are_wrong_usage(
    run: Run, data: Path, wrong: tuple[str, ...]
) -> None:
    assert run("cover", "first-steps", *wrong).code == 2
