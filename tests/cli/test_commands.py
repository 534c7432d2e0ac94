"""What the commands do to a data root, and what they say about it."""

import fcntl
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import Run, files

# ------------------------------------------------------------------------------ build


def test_a_build_shows_rows_by_stage_seeds_and_where_the_artifacts_are(run: Run, data: Path) -> None:
    ran = run("build", "first-steps")
    assert (ran.code, ran.err) == (0, "")
    assert [line.rstrip() for line in ran.out.splitlines()] == [
        "first-steps is built: 48 generations.",
        "",
        "  stage       rows",
        "  draft         12",
        "  essay         12",
        "  evaluation    24",
        "  ──────────  ────",
        "  total         48",
        "",
        "  metadata  48 new, 0 already known",
        "  written   data/cohorts/first-steps/membership.parquet",
        "            data/cohorts/first-steps/membership.csv",
        "            data/cohorts/first-steps/manifest.json",
    ]


def test_a_build_as_json_is_the_report(run: Run, data: Path) -> None:
    ran = run("build", "first-steps", "--json")
    cohort = data / "cohorts" / "first-steps"
    assert (ran.code, ran.err, ran.out.count("\n")) == (0, "", 1)
    assert ran.object == {
        "ok": True,
        "cohort_id": "first-steps",
        "counts": {"draft": 12, "essay": 12, "evaluation": 24},
        "rows": 48,
        "seeded": 48,
        "reused": 0,
        "artifacts": {
            name: str(cohort / name) for name in ("membership.parquet", "membership.csv", "manifest.json")
        },
        "notices": [],
    }


def test_a_dry_run_says_that_nothing_was_written_and_writes_nothing(run: Run, data: Path) -> None:
    before = files(data)
    ran = run("build", "first-steps", "--dry-run")
    assert files(data) == before
    assert ran.out.startswith("Dry run: nothing was written. A build of first-steps would give:\n")
    assert "48 new, 0 already known" in ran.out
    assert "to write  data/cohorts/first-steps/membership.parquet" in ran.out


def test_without_seeds_no_metadata_is_written(run: Run, data: Path) -> None:
    assert "metadata  none written" in run("build", "first-steps", "--no-seed-metadata").out
    assert not (data / "gens").exists()


def test_a_dry_run_says_in_json_that_it_is_one(run: Run, data: Path) -> None:
    assert run("build", "first-steps", "--dry-run", "--json").object["dry_run"] is True
    assert "dry_run" not in run("build", "first-steps", "--json").object


def test_a_seed_is_kept_in_the_manifest(run: Run, data: Path) -> None:
    assert run("build", "first-steps", "--seed", "3").code == 0
    manifest = json.loads((data / "cohorts/first-steps/manifest.json").read_bytes())
    assert manifest["seed"] == 3


@pytest.mark.parametrize("command", ["build", "plan", "report"])
def test_a_negative_seed_is_wrong_usage_since_it_would_shuffle_as_the_positive_one(
    run: Run, data: Path, command: str
) -> None:
    for seed in (["--seed", "-3"], ["--seed=-3"]):
        ran = run(command, "first-steps", *seed)
        assert (ran.code, ran.out) == (2, "")
        assert "Expected 0 or more" in ran.err
    assert not (data / "gens").exists()


def test_more_rows_than_asked_for_are_rejected(run: Run, data: Path) -> None:
    ran = run("build", "first-steps", "--max-rows", "47", "--json")
    assert ran.code == 1
    assert [problem["code"] for problem in ran.object["problems"]] == ["design-too-large"]


def test_a_rejected_build_as_json_holds_every_problem_and_keeps_stderr_silent(
    run: Run, misspell: Callable[[str, str], None]
) -> None:
    misspell("larch-large", "lerch-large")
    ran = run("build", "first-steps", "--json")
    assert (ran.code, ran.err) == (1, "")
    assert ran.object["ok"] is False
    assert ran.object["problems"][0] == {
        "code": "unknown-level",
        "message": "draft_llm: 'lerch-large' is not in 1_raw/llm_models.csv",
        "location": {"file": "cohorts/first-steps/spec/config.yaml", "line": 17, "column": 15},
        "hint": "did you mean 'larch-large'?",
        "retryable": False,
    }


def test_a_build_that_may_succeed_later_ends_with_75(run: Run, data: Path) -> None:
    descriptor = os.open(data / "cohorts" / "first-steps", os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        told, as_json = run("build", "first-steps"), run("build", "first-steps", "--json")
    finally:
        os.close(descriptor)
    assert (told.code, as_json.code) == (75, 75)
    assert told.err.startswith("error[cohort-locked] ")
    assert told.err.endswith("1 problem (1 cohort-locked); nothing was written.\n")
    assert as_json.object["problems"][0]["retryable"] is True


def test_notices_are_warnings_on_stderr(run: Run, misspell: Callable[[str, str], None]) -> None:
    misspell(
        "  evaluation_llm: [sextant-judge]",
        "  evaluation_llm: [sextant-judge]\nrules:\n  subsets: {evaluation_llm: [sextant-judge, quill-2]}",
    )
    ran = run("validate", "first-steps")
    assert ran.code == 0
    assert ran.err.startswith("warning: ")
    assert "quill-2" in ran.err
    assert len(run("validate", "first-steps", "--json").object["notices"]) == 1


# --------------------------------------------------------------------------- validate


def test_a_valid_cohort_is_said_to_be_valid_and_nothing_is_written(run: Run, data: Path) -> None:
    before = files(data)
    ran = run("validate", "coupled-judges")
    assert files(data) == before
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("coupled-judges is valid: 528 generations; nothing was written.\n")


def test_a_valid_cohort_as_json_gives_its_counts(run: Run, data: Path) -> None:
    assert run("validate", "coupled-judges", "--json").object == {
        "ok": True,
        "cohort_id": "coupled-judges",
        "counts": {"draft": 24, "essay": 72, "evaluation": 432},
        "rows": 528,
        "notices": [],
    }


def test_all_cohorts_are_validated_at_once_and_every_problem_is_told(run: Run, data: Path) -> None:
    ran = run("validate", "--all")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines()[0] == "2 cohorts, without a problem; nothing was written."
    alone = [run("validate", one, "--json").object for one in ("coupled-judges", "first-steps")]
    for one in alone:
        del one["ok"]
    assert run("validate", "--all", "--json").object == {"ok": True, "cohorts": alone}
    path = data / "1_raw/llm_models.csv"
    path.write_text(path.read_text().replace("id", "name", 1))
    (data / "cohorts/oops/spec").mkdir(parents=True)
    (data / "cohorts/oops/spec/config.yaml").write_text("axes: [")
    problems = run("validate", "--all", "--json").object["problems"]
    assert sorted(one["code"] for one in problems) == ["catalog-invalid", "spec-syntax"]


def test_metadata_in_a_builds_way_is_found_by_validate(run: Run, data: Path) -> None:
    run("build", "first-steps")
    victim = next((data / "gens" / "draft").iterdir()) / "metadata.json"
    victim.write_text(victim.read_text().replace("larch-large", "quill-2").replace("pebble-8b", "quill-2"))
    ran = run("validate", "first-steps", "--json")
    assert ran.code == 1
    assert [problem["code"] for problem in ran.object["problems"]] == ["generation-conflict"]


@pytest.mark.parametrize("name", ["../data", ".hidden", "a b", ""])
def test_a_name_that_is_no_cohort_id_is_rejected_input(run: Run, data: Path, name: str) -> None:
    ran = run("validate", name, "--json")
    assert ran.code == 1
    assert [problem["code"] for problem in ran.object["problems"]] == ["invalid-cohort-id"]
