"""Every script and every command that a page shows runs."""

import re
import shlex
from pathlib import Path

import pytest

from cohort_membership.cli import main
from cohort_membership.cli.app import app
from cohort_membership.cli.commands import COMMANDS

from .data_roots import example_root, questions_root
from .pages import API, DAGSTER, MAIN, NOTEBOOK, PAGES, WORKER, Block, all_blocks, blocks, name

SCRIPTS = [one for one in all_blocks("python") if one.page not in (API, DAGSTER, WORKER, NOTEBOOK)]
CONSOLES = all_blocks("console")
NOT_OURS = ("pip install uv", "uv add ", "uv run pytest", "uv run --group bench python -m tests.benchmarks")
"""What a page has people type that is no command of ours."""


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    """Where scripts and commands run: the example, and the data root of the main page."""
    monkeypatch.chdir(tmp_path)
    example_root(tmp_path / "cohort-demo")
    questions_root(tmp_path / "data")
    capsys.readouterr()
    return tmp_path


@pytest.mark.parametrize("block", SCRIPTS, ids=str)
def test_a_script_runs(block: Block, world: Path, capsys: pytest.CaptureFixture[str]) -> None:
    exec(compile(block.text, str(block), "exec"), {"__name__": "page"})
    out = capsys.readouterr().out
    assert bool(out) == ("print(" in block.text)
    assert "error[" not in out


@pytest.mark.parametrize("block", CONSOLES, ids=str)
def test_the_commands_of_a_console_run_one_after_the_other(
    block: Block, world: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for line in block.text.splitlines():
        command = line.removeprefix("$ ").partition("  # ")[0].strip()
        if command.startswith(NOT_OURS):
            continue
        program, *arguments = shlex.split(command.removeprefix("uv run "))
        assert program == "cohort-membership"
        if arguments[0] == "init":  # the data root of the main page is there: what is written is the example
            arguments[1] = "example"
        if block.page == MAIN:
            arguments = ["example" if one == "data" else one for one in arguments]
        assert main(arguments) == 0, capsys.readouterr().err


def test_the_first_commands_stand_on_the_main_page_as_people_type_them() -> None:
    commands = [line for block in blocks(MAIN, "console") for line in block.text.splitlines()]
    for command in ("uv run cohort-membership demo", "uv run pytest"):
        assert any(line.startswith(f"$ {command}") for line in commands)


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_a_page_names_no_command_or_option_that_there_is_not(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for command in re.findall(r"`(?:uv run )?cohort-membership ([a-z][a-z-]*)", text):
        assert command in COMMANDS
    known = {
        option
        for command in COMMANDS
        for one in app[command].assemble_argument_collection()
        for option in one.names
    }
    known |= {"--data-root", "--help", "--version", "--install-completion", "--group", "--no-group"}
    known |= {"--depth", "--name-only"}  # git's
    assert set(re.findall(r"(?<![\w-])(--[a-z][a-z-]+)", text)) <= known
