"""What the commands do to a data root, and what they say about it."""

import fcntl
import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from cohort_membership.example import example_root

from .conftest import Run


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


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
        "  metadata  48 seeded, 0 reused",
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
    assert "48 to seed, 0 reused" in ran.out
    assert "to write  data/cohorts/first-steps/membership.parquet" in ran.out


def test_without_seeds_no_metadata_is_written(run: Run, data: Path) -> None:
    assert "not seeded" in run("build", "first-steps", "--no-seed-metadata").out
    assert not (data / "gens").exists()


def test_a_seed_may_be_any_integer_and_is_kept_in_the_manifest(run: Run, data: Path) -> None:
    assert run("build", "first-steps", "--seed", "-3").code == 0
    manifest = json.loads((data / "cohorts/first-steps/manifest.json").read_bytes())
    assert manifest["seed"] == -3


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
        "message": "draft_llm: expected an id of 1_raw/llm_models.csv, got 'lerch-large'",
        "location": {"file": "cohorts/first-steps/spec/config.yaml", "line": 16, "column": 15},
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


# ------------------------------------------------------------------------------- list


def test_cohorts_are_listed_with_what_has_become_of_them(
    run: Run, data: Path, misspell: Callable[[str, str], None]
) -> None:
    run("build", "first-steps")
    (data / "cohorts" / "no-spec").mkdir()
    broken = data / "cohorts" / "oops" / "spec"
    broken.mkdir(parents=True)
    (broken / "config.yaml").write_text("axes: [")
    assert run("list", "--json").object["cohorts"] == [
        {
            "cohort_id": "coupled-judges",
            "built": False,
            "up_to_date": False,
            "rows": None,
            "spec_problems": 0,
        },
        {"cohort_id": "first-steps", "built": True, "up_to_date": True, "rows": 48, "spec_problems": 0},
        {"cohort_id": "oops", "built": False, "up_to_date": False, "rows": None, "spec_problems": 1},
    ]
    misspell("# A first cohort", "# The first cohort")
    shown = [line.split(maxsplit=2) for line in run("list").out.splitlines()]
    assert [line[0] for line in shown] == ["cohort", "coupled-judges", "first-steps", "oops"]
    assert [line[1] for line in shown] == ["rows", "–", "48", "–"]
    assert shown[1][2].strip() == "not built"
    assert shown[2][2].strip() == "the spec changed since it was built"
    assert shown[3][2].startswith("spec has problems")


def test_an_included_file_that_changed_is_a_change_of_the_spec(run: Run, data: Path) -> None:
    run("build", "coupled-judges")
    with (data / "cohorts/coupled-judges/spec/items/combos.txt").open("a") as stream:
        stream.write("\n")
    assert run("list", "--json").object["cohorts"][0]["up_to_date"] is False


def test_a_data_root_without_cohorts_is_a_problem_with_a_way_out(run: Run, tmp_path: Path) -> None:
    ran = run("list", "--data-root", tmp_path / "none")
    assert (ran.code, ran.out) == (1, "")
    assert "expected a folder 'cohorts' in " in ran.err
    assert "cohort-membership init DIR" in ran.err
    assert run("list", "--data-root", tmp_path, "--json").object["ok"] is False


def test_the_environment_names_the_data_root(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("init", tmp_path / "elsewhere")
    monkeypatch.setenv("COHORT_DATA_ROOT", str(tmp_path / "elsewhere"))
    assert len(run("list", "--json").object["cohorts"]) == 2
    assert run("list", "--data-root", tmp_path / "none").code == 1


# --------------------------------------------------------------------- init and demo


def test_init_copies_the_example_byte_for_byte(run: Run, tmp_path: Path) -> None:
    ran = run("init", tmp_path / "a" / "b", "--json")
    assert (ran.code, ran.err) == (0, "")
    written = files(tmp_path / "a" / "b")
    assert sorted(written) == sorted(ran.object["files"])
    for path, content in written.items():
        assert (example_root() / path).read_bytes() == content


def test_an_empty_folder_is_filled(run: Run, tmp_path: Path) -> None:
    assert run("init", "--data-root", tmp_path).code == 0
    assert (tmp_path / "combo_mappings.csv").is_file()


@pytest.mark.parametrize("command", ["init", "demo"])
@pytest.mark.parametrize("place", ["full", "full/file", "full/file/below"])
def test_what_is_there_is_never_overwritten(run: Run, tmp_path: Path, command: str, place: str) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").write_text("mine")
    told, as_json = run(command, tmp_path / place), run(command, tmp_path / place, "--json")
    assert files(tmp_path) == {"full/file": b"mine"}
    assert (told.code, told.out, as_json.code, as_json.err) == (1, "", 1, "")
    assert told.err.startswith("error[storage-denied] storage: expected ")
    assert [problem["code"] for problem in as_json.object["problems"]] == ["storage-denied"]


def test_an_init_that_fails_halfway_takes_away_what_it_wrote(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = []
    opened = Path.open

    def until_full(self: Path, mode: str = "r", encoding: str | None = None) -> object:
        if mode == "xb":
            written.append(self)
            if len(written) == 5:
                raise OSError(28, "No space left on device")
        return opened(self, mode, encoding=encoding)

    monkeypatch.setattr(Path, "open", until_full)
    ran = run("init", tmp_path / "new" / "root", "--json")
    assert ran.code == 75
    assert ran.object["problems"][0]["code"] == "storage-full"
    assert list(tmp_path.iterdir()) == []


def test_the_demo_shows_a_membership_and_commands_that_work_as_they_stand(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = run("demo")
    assert (ran.code, ran.err) == (0, "")
    assert "coupled-judges is built: 528 generations." in ran.out
    assert ran.out.count("d_30id6s5dko7a8y4z") == 3, (
        "a draft, and the two essays that name it as their parent"
    )
    steps = [line.strip() for line in ran.out.split("Try next\n")[1].splitlines() if "#" not in line]
    assert len(steps) == 6
    for step in steps:
        if step.startswith("cohort-membership "):
            done = run(*step.split()[1:])
            assert done.code == (1 if "validate oops" in step else 0), step
            assert ("did you mean 'pebble-8b'?" in done.err) == ("validate oops" in step)
        else:
            subprocess.run(["sh", "-c", step], check=True)


def test_a_demo_again_uses_the_example_that_is_there(run: Run, tmp_path: Path) -> None:
    assert run("demo", tmp_path, "--json").object["created"] is True
    again = run("demo", tmp_path, "--json").object
    assert (again["created"], again["seeded"], again["reused"]) == (False, 0, 528)


def test_under_uv_the_commands_to_copy_start_with_uv_run(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_RUN_RECURSION_DEPTH", "1")
    assert (
        f"  uv run cohort-membership list --data-root '{tmp_path}/a b'" in run("init", tmp_path / "a b").out
    )
