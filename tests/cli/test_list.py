"""Listing cohorts: each is judged as `validate` and `verify` judge it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from returns.result import Result

from cohort_membership.catalog import Catalogs
from cohort_membership.cli import cohort_states
from cohort_membership.pipeline import CohortMembershipBuilder
from cohort_membership.problems import Problems
from cohort_membership.stores.local.reader import LocalReader
from cohort_membership.wiring import local_builder

from .conftest import Run

FIRST = "cohorts/first-steps/spec/config.yaml"


def states(run: Run) -> dict[str, Any]:
    return {one["cohort_id"]: one for one in run("list", "--json").object["cohorts"]}


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_cohorts_are_listed_with_what_has_become_of_them(run: Run, data: Path) -> None:
    run("build", "first-steps")
    (data / "cohorts" / "no-spec").mkdir()
    broken = data / "cohorts" / "oops" / "spec"
    broken.mkdir(parents=True)
    (broken / "config.yaml").write_text("axes: [")
    (draft, *_) = (data / "gens/draft").iterdir()
    (draft / "parsed.txt").write_text("text")
    unknown = {"rows": None, "done": None, "missing": None, "seed": None}
    never = {"built": False, "up_to_date": False, **unknown}
    built = {"built": True, "up_to_date": True, "rows": 48, "done": 1, "missing": 47, "seed": None}
    judged = {"spec_problems": 0, "notices": [], "files_checked": True}
    assert run("list", "--json").object["cohorts"] == [
        {"cohort_id": "coupled-judges", **never, **judged},
        {"cohort_id": "first-steps", **built, **judged},
        {"cohort_id": "oops", **never, **judged, "spec_problems": 1},
    ]
    change(data / FIRST, "larch-large, pebble-8b", "pebble-8b, larch-large")
    assert [line.rstrip() for line in run("list").out.splitlines()] == [
        "  cohort          rows  done  missing  state",
        "  coupled-judges     –     –        –  not built",
        "  first-steps       48     1       47  "
        "not up to date: the spec, a catalog or the experiment changed since",
        "  oops               –     –        –  1 problem",
        "",
        "Try next",
        "  # show the problems",
        "  cohort-membership validate oops --data-root data",
    ]


def test_a_change_that_changes_no_generation_leaves_a_cohort_up_to_date(run: Run, data: Path) -> None:
    run("build", "coupled-judges")
    with (data / "cohorts/coupled-judges/spec/items/combos.txt").open("a") as stream:
        stream.write("\n")
    assert states(run)["coupled-judges"]["up_to_date"] is True
    assert run("verify", "coupled-judges").err == ""


def test_a_cohort_built_with_a_seed_is_up_to_date_and_the_seed_is_told(run: Run, data: Path) -> None:
    run("build", "first-steps", "--seed", "7")
    found = states(run)["first-steps"]
    assert (found["up_to_date"], found["seed"], found["spec_problems"]) == (True, 7, 0)
    assert "up to date (built with seed 7)" in run("list").out
    verified = run("verify", "first-steps")
    assert (verified.code, verified.err) == (0, "")
    assert "intact (built with seed 7)" in verified.out


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        (FIRST, "pebble-8b", "peble-8b"),
        (FIRST, "  essay_llm:", "  x_llm:"),
        ("1_raw/llm_models.csv", "pebble-8b", "pebble-9b"),
        ("1_raw/llm_models.csv", "id", "name"),
    ],
    ids=["a misspelt level", "a missing axis", "a level gone from its catalog", "an unreadable catalog"],
)
def test_list_counts_the_problems_that_validate_and_verify_show(
    run: Run, data: Path, file: str, old: str, new: str
) -> None:
    run("build", "first-steps")
    change(data / file, old, new)
    shown = run("validate", "first-steps", "--json").object["problems"]
    found = states(run)["first-steps"]
    assert (found["spec_problems"], found["up_to_date"]) == (len(shown), False)
    assert shown
    assert run("verify", "first-steps", "--json").object["problems"] == shown


def test_a_folder_that_can_never_be_built_has_a_problem(run: Run, data: Path) -> None:
    spec = data / FIRST
    for name in ("-dash", "a name"):
        (data / "cohorts" / name / "spec").mkdir(parents=True)
        (data / "cohorts" / name / "spec" / "config.yaml").write_bytes(spec.read_bytes())
    found = states(run)
    assert (found["-dash"]["spec_problems"], found["a name"]["spec_problems"]) == (1, 1)
    assert run("list").out.endswith("  cohort-membership validate --data-root data -- -dash\n")
    assert run("validate", "--data-root", "data", "--", "-dash").code == 1


def test_a_changed_mode_of_a_template_is_not_up_to_date(run: Run, data: Path) -> None:
    run("build", "coupled-judges")
    change(data / "1_raw/essay_templates.csv", ",llm", ",copy")
    assert states(run)["coupled-judges"]["up_to_date"] is False


def test_catalogs_are_read_once_for_all_cohorts(
    run: Run, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = []

    def counting(data_root: Path) -> CohortMembershipBuilder:
        builder = local_builder(data_root)

        def read_catalogs() -> Result[Catalogs, Problems]:
            read.append(data_root)
            return builder.read_catalogs()

        return replace(builder, read_catalogs=read_catalogs)

    monkeypatch.setattr(cohort_states, "local_builder", counting)
    assert len(states(run)) == 2
    assert read == [Path("data")]


@pytest.mark.parametrize("text", ["", "[]", '{"counts": 3}', '{"counts": {"draft": "1"}}', '{"seed": true}'])
def test_a_manifest_that_is_none_is_a_cohort_that_was_not_built(run: Run, data: Path, text: str) -> None:
    (data / "cohorts/first-steps/manifest.json").write_text(text)
    assert states(run)["first-steps"]["built"] is False


def test_results_that_cannot_be_read_are_a_problem_of_the_list(run: Run, data: Path) -> None:
    (data / "gens").write_text("a file in the place of a folder")
    ran = run("list", "--json")
    assert (ran.code, ran.object["problems"][0]["code"]) == (1, "storage-denied")


def test_a_membership_that_cannot_be_read_leaves_open_what_is_done(run: Run, data: Path) -> None:
    run("build", "first-steps")
    (draft, *_) = (data / "gens/draft").iterdir()
    (draft / "parsed.txt").write_text("text")
    (data / "cohorts/first-steps/membership.parquet").unlink()
    found = states(run)["first-steps"]
    assert (found["rows"], found["done"], found["missing"]) == (48, None, None)


def test_a_data_root_without_cohorts_is_a_problem_with_a_way_out(run: Run, tmp_path: Path) -> None:
    ran = run("list", "--data-root", tmp_path / "none")
    assert (ran.code, ran.out) == (1, "")
    assert "there is no folder 'cohorts' in " in ran.err
    assert "cohort-membership init DIR" in ran.err
    assert run("list", "--data-root", tmp_path, "--json").object["ok"] is False


def test_the_environment_names_the_data_root(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("init", tmp_path / "elsewhere")
    monkeypatch.setenv("COHORT_DATA_ROOT", str(tmp_path / "elsewhere"))
    assert len(run("list", "--json").object["cohorts"]) == 2
    assert run("list", "--data-root", tmp_path / "none").code == 1


def conflict(data: Path) -> None:
    file = next((data / "gens/draft").glob("*/metadata.json"))
    file.write_text(file.read_text().replace('"template_id": "', '"template_id": "another-'))


def test_metadata_of_another_generation_is_a_problem_for_list_validate_and_verify(
    run: Run, data: Path
) -> None:
    run("build", "first-steps")
    conflict(data)
    told = {code: run(code, "first-steps", "--json").object["problems"] for code in ("validate", "verify")}
    assert [one["code"] for one in told["validate"]] == ["generation-conflict"]
    assert told["validate"] == told["verify"]
    found = states(run)["first-steps"]
    assert (found["spec_problems"], found["up_to_date"]) == (1, False)


@pytest.mark.parametrize("file", ["membership.csv", "membership.parquet"])
def test_a_damaged_artifact_is_not_up_to_date_and_verify_says_so(run: Run, data: Path, file: str) -> None:
    run("build", "first-steps")
    (data / "cohorts/first-steps" / file).write_bytes(b"other")
    assert states(run)["first-steps"]["up_to_date"] is False
    assert "not up to date: a file is missing or damaged" in run("list").out
    assert run("verify", "first-steps").code == 1
    run("build", "first-steps")
    assert states(run)["first-steps"]["up_to_date"] is True


def test_a_cohort_built_without_metadata_is_up_to_date(run: Run, data: Path) -> None:
    run("build", "first-steps", "--no-seed-metadata")
    assert states(run)["first-steps"]["up_to_date"] is True
    assert run("verify", "first-steps").code == 0


def test_a_changed_mode_is_told_by_build_list_validate_and_verify_with_how_many(run: Run, data: Path) -> None:
    run("build", "coupled-judges")
    change(data / "1_raw/draft_templates.csv", ",llm", ",copy")
    told = [
        [line for line in run(name, "coupled-judges", "--json").object["notices"] if "records mode" in line]
        for name in ("validate", "verify", "build")
    ]
    listed = states(run)["coupled-judges"]["notices"]
    assert sorted(listed) == sorted(told[0]) == sorted(told[1]) == sorted(told[2])
    assert all("generations records mode 'llm', and the catalog says 'copy'" in line for line in listed)
    assert f"coupled-judges: {listed[0]}" in " ".join(run("list").err.split())
    assert states(run)["coupled-judges"]["up_to_date"] is True


def test_files_of_a_large_cohort_are_not_checked_and_that_is_told(
    run: Run, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("build", "first-steps")
    conflict(data)
    monkeypatch.setattr(cohort_states, "MOST_LOOKED_AT", 10)
    found = states(run)["first-steps"]
    assert (found["up_to_date"], found["files_checked"], found["spec_problems"]) == (True, False, 0)
    assert "up to date (files not checked)" in run("list").out


def test_each_manifest_is_read_once_for_all_cohorts(
    run: Run, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for cohort in ("first-steps", "coupled-judges"):
        run("build", cohort)
    read: list[str] = []
    manifest = LocalReader.manifest

    def counting(self: LocalReader, cohort_id: str) -> Any:
        read.append(cohort_id)
        return manifest(self, cohort_id)

    monkeypatch.setattr(LocalReader, "manifest", counting)
    states(run)
    assert sorted(read) == ["coupled-judges", "first-steps"]
