"""Cases on disk of other commands than `build`: each with exactly its problems, and nothing changed."""

from pathlib import Path

import pytest

from tests.case_folders import Case, cases, contents

from .conftest import Run

COMMANDS = [case for case in cases("invalid") if isinstance(case.content.get("command"), list)]


@pytest.mark.parametrize("case", COMMANDS, ids=lambda case: case.name)
def test_a_command_gives_exactly_the_problems_of_its_case_and_changes_no_file(
    case: Case, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = case.lay_out(tmp_path)
    monkeypatch.chdir(root)
    before = contents(root)
    ran = run(*case.content["command"], "--data-root", root, "--json")
    assert ran.code == 1
    found = [(one["code"], (one["location"] or {}).get("file")) for one in ran.object["problems"]]
    assert found == [(one["code"], one["file"]) for one in case.content["expected"]]
    assert contents(root) == before


def test_there_are_such_cases() -> None:
    assert COMMANDS
