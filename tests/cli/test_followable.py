"""What the command line tells people to type can be typed."""

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from cohort_membership import cli
from cohort_membership.cli.app import app
from cohort_membership.cli.commands import COMMANDS
from cohort_membership.cli.help import FOLDER, PAGES
from cohort_membership.cli.show.next_steps import typed

SOURCES = sorted(Path(cli.__file__).parent.rglob("*.py"))
STANDARD = {"--help", "--version", "--install-completion"}


BY_THE_SHELL = re.compile(r"\$\([^)]*\)")
"""What the shell puts in place: another program's options are its own."""


def parsed(command: str) -> None:
    """Fails where the arguments of a command are wrong usage; nothing is run."""
    program, *tokens = shlex.split(BY_THE_SHELL.sub("given-by-the-shell", command))
    assert program == "cohort-membership"
    app.parse_args(tokens, exit_on_error=False, print_error=False)


def examples(page: str) -> Iterator[str]:
    text = re.sub(r"\x1b\[[0-9;]*m", "", (FOLDER / f"{page}.ansi").read_text(encoding="utf-8"))
    for line in text.splitlines():
        if line.startswith("  cohort-membership "):
            yield re.split(r" \| |   ", line.strip())[0]


@pytest.mark.parametrize("page", PAGES)
def test_every_example_of_the_help_can_be_typed(page: str) -> None:
    commands = list(examples(page))
    assert len(commands) >= 2
    for command in commands:
        parsed(command)


def texts() -> Iterator[tuple[str, str]]:
    """Every text in the source of the command line, with its file; docstrings of modules among them."""
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield path.name, BY_THE_SHELL.sub("", node.value)


def found(pattern: str) -> Iterator[tuple[str, str]]:
    return ((file, one) for file, text in texts() for one in re.findall(pattern, text))


def test_every_option_and_command_that_a_text_names_exists() -> None:
    options = set(STANDARD)
    for name in COMMANDS:
        for argument in app[name].assemble_argument_collection():
            options.update(argument.names)
    named = set(found(r"(?<![\w-])--[a-z][a-z-]*"))
    assert {"--data-root", "--json", "--no-seed-metadata"} <= {option for _, option in named}
    assert {one for one in named if one[1] not in options} == set()
    commands = set(found(r"`cohort-membership ([\w-]+)"))
    assert commands
    assert {one for one in commands if one[1] not in COMMANDS} == set()


@pytest.mark.parametrize("cohort_id", ["first-steps", "-dash", "a b", "--", "it's", "--json"])
@pytest.mark.parametrize("command", ["validate", "build"])
def test_a_command_to_copy_names_its_cohort_whatever_it_is_called(
    monkeypatch: pytest.MonkeyPatch, command: str, cohort_id: str
) -> None:
    monkeypatch.delenv("UV_RUN_RECURSION_DEPTH", raising=False)
    tokens = shlex.split(typed(command, Path("a root"), cohort_id))[1:]
    _, arguments, _ = app.parse_args(tokens, exit_on_error=False, print_error=False)
    assert arguments.args == (cohort_id,)
    assert str(arguments.kwargs["data_root"]) == "a root"
