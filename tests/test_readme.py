"""What the README shows is what happens."""

import re
from pathlib import Path

import pytest

from cohort_membership.problems import CODES

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


def _blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, flags=re.DOTALL | re.MULTILINE)


def test_the_scripts_of_the_readme_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from cohort_membership.cli import main

    monkeypatch.chdir(tmp_path)
    assert main(["init", "cohort-demo"]) == 0
    capsys.readouterr()
    builds, in_memory = (block for block in _blocks("python") if "dagster" not in block)
    exec(compile(builds, "README", "exec"), {})
    assert "'draft'" in capsys.readouterr().out
    exec(compile(in_memory, "README", "exec"), {})
    assert capsys.readouterr().out == "{'draft': 2, 'essay': 2, 'evaluation': 4} 8\n"


def test_the_readme_names_every_problem_code_once_in_its_table() -> None:
    table = README[README.index("| family | codes |") :]
    named = re.findall(r"`([a-z-]+)`", table[: table.index("\n\n")])
    assert named == list(CODES)


def test_the_spec_of_the_readme_is_one_that_is_read() -> None:
    from cohort_membership.load.yaml_text import parse_yaml

    assert parse_yaml(_blocks("yaml")[0], "config.yaml").unwrap() is not None
