"""Reviewing changed files: what pre-commit and a pull request show."""

import re
import subprocess
from pathlib import Path

import pytest
import yaml

from .conftest import Run, files

REPOSITORY = Path(__file__).parent.parent.parent
SPEC = "data/cohorts/first-steps/spec/config.yaml"


def test_a_changed_spec_is_its_cohorts_plan(run: Run, data: Path) -> None:
    before = files(data)
    ran = run("review", SPEC, "README.md", "--json")
    plan = run("plan", "first-steps", "--json").object
    del plan["ok"]
    assert (ran.code, ran.object) == (0, {"ok": True, "cohorts": [plan]})
    assert run("review", SPEC).out == run("plan", "first-steps").out
    assert files(data) == before


def test_a_changed_catalog_concerns_every_cohort(run: Run, data: Path) -> None:
    found = run("review", "data/1_raw/llm_models.csv", "--json").object["cohorts"]
    assert [one["cohort_id"] for one in found] == ["coupled-judges", "first-steps"]


def test_other_files_change_no_cohort(run: Run, data: Path) -> None:
    run("build", "first-steps")
    others = ("README.md", "data/cohorts/first-steps/membership.csv", "data/cohorts/gone/spec/config.yaml")
    for arguments in ((), others):
        ran = run("review", *arguments)
        assert (ran.code, ran.out) == (0, "These files change no cohort.\n")
        assert run("review", *arguments, "--json").object == {"ok": True, "cohorts": []}


def test_the_problems_of_all_changed_specs_are_told_together(run: Run, data: Path) -> None:
    other = data / "cohorts/coupled-judges/spec/config.yaml"
    for path in (Path(SPEC), other):
        path.write_text(path.read_text().replace("larch-large", "lurch-large"))
    (data / "cohorts/a name/spec").mkdir(parents=True)
    (data / "cohorts/a name/spec/config.yaml").write_text("axes: {}\n")
    ran = run("review", SPEC, other, "data/cohorts/a name/spec/config.yaml", "--json")
    problems = ran.object["problems"]
    assert ran.code == 1
    assert {one["code"] for one in problems} == {"unknown-level", "invalid-cohort-id"}
    assert {(one["location"] or {}).get("file") for one in problems} > {
        "cohorts/first-steps/spec/config.yaml",
        "cohorts/coupled-judges/spec/config.yaml",
    }


def test_the_hook_shows_the_plans_of_what_is_staged_and_stops_a_mistake(
    run: Run, data: Path, tmp_path: Path
) -> None:
    """As pre-commit does: the files that are staged and match, after the entry."""
    (hook,) = yaml.safe_load((REPOSITORY / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    program, *arguments = hook["entry"].split()
    assert program == "cohort-membership"

    def git(*words: str) -> str:
        done = subprocess.run(["git", *words], cwd=tmp_path, capture_output=True, text=True, check=True)
        return done.stdout

    def staged() -> list[str]:
        git("add", ".")
        names = git("diff", "--cached", "--name-only", "--diff-filter=ACMRTUXB").splitlines()
        return [name for name in names if re.search(hook["files"], name)]

    git("init", "-q")
    git("add", ".")
    git("-c", "user.name=a", "-c", "user.email=a@localhost", "commit", "-qm", "an example")
    spec = tmp_path / SPEC
    spec.write_text(spec.read_text().replace("larch-large, pebble-8b", "larch-large"))
    (data / "notes.txt").write_text("not a spec")
    assert staged() == [SPEC]
    ran = run(*arguments, *staged())
    assert (ran.code, ran.out.splitlines()[0]) == (
        0,
        "first-steps: a build adds 24 generations and takes 0 away.",
    )
    spec.write_text(spec.read_text().replace("larch-large", "lurch-large"))
    ran = run(*arguments, *staged())
    assert (ran.code, ran.out) == (1, "")
    assert "did you mean 'larch-large'?" in ran.err


@pytest.mark.parametrize("root", ["data", "./data", "elsewhere/../data"])
def test_the_data_root_may_be_written_in_any_way(run: Run, data: Path, root: str) -> None:
    Path("elsewhere").mkdir()
    ran = run("review", SPEC, str(Path(SPEC).absolute()), "--data-root", root, "--json")
    assert [one["cohort_id"] for one in ran.object["cohorts"]] == ["first-steps"]
