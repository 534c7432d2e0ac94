"""`--help` is enough, and it is there at once."""

import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from cohort_membership.cli import commands
from cohort_membership.cli.app import app
from cohort_membership.cli.help import FOLDER, PAGES
from cohort_membership.cli.help.draw import drawn_help
from cohort_membership.membership import DEFAULT_MAX_ROWS

from .conftest import Run

HEAVY = ("polars", "numpy", "yaml", "pydantic", "dagster", "cyclopts", "rich", "returns")


def words(page: str) -> list[str]:
    """What a page says, whatever its lines and boxes look like."""
    return re.sub(r"\x1b\[[0-9;]*m|[^\x21-\x7e]|[+|*]", " ", page).split()


@pytest.mark.parametrize("arguments", [["--help"], ["build", "--help"], []])
def test_help_imports_nothing_heavy(arguments: Sequence[str]) -> None:
    program = (
        "import sys; from cohort_membership.cli import main; code = main(sys.argv[1:]);"
        f"sys.exit(code or ','.join(set({HEAVY!r}) & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.startswith(b"Usage: cohort-membership")


@pytest.mark.parametrize(("name", "command"), PAGES.items())
def test_prepared_help_says_what_cyclopts_would_draw_today(name: str, command: tuple[str, ...]) -> None:
    prepared = (FOLDER / f"{name}.ansi").read_text(encoding="utf-8")
    assert words(prepared) == words(drawn_help(command)), "run `python -m cohort_membership.cli.help.draw`"


def test_every_file_of_a_command_is_a_command_with_a_prepared_page() -> None:
    files = {path.stem for path in Path(commands.__file__).parent.glob("[!_]*.py")}
    assert files == set(commands.COMMANDS)
    assert [name for name in app if not name.startswith("-")] == list(commands.COMMANDS) == list(PAGES)[1:]


def test_the_list_of_commands_says_what_each_one_does(run: Run) -> None:
    page = run("--help").out
    for name in commands.COMMANDS:
        assert re.search(rf"^│ {name} +[A-Z]\w+ ", page, re.MULTILINE), name


def test_a_command_imports_no_file_of_another() -> None:
    program = (
        "import sys; from cohort_membership.cli import main; main(['list', '--all']);"
        "print(*(name for name in sys.modules if name.startswith('cohort_membership.cli.commands.')))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert done.stdout.split() == [b"cohort_membership.cli.commands.list"]


@pytest.mark.parametrize("command", [name for name, command in PAGES.items() if command])
def test_every_page_has_examples_and_the_options_that_all_commands_share(run: Run, command: str) -> None:
    page = run(command, "-h").out
    assert "Examples:\n  cohort-membership" in page
    assert "--json" in page
    assert "--data-root" in page
    assert "\x1b" not in page
    assert max(map(len, page.splitlines())) <= 80


def test_help_after_arguments_is_drawn_by_cyclopts(run: Run) -> None:
    assert words(run("build", "x", "--help").out) == words(run("build", "--help").out)


def test_without_a_command_the_help_is_shown(run: Run) -> None:
    assert run() == run("--help")


def test_the_row_limit_of_the_help_is_that_of_the_pipeline(run: Run) -> None:
    assert f"[default: {DEFAULT_MAX_ROWS:,}]" in " ".join(words(run("build", "--help").out))


def test_the_version_is_named(run: Run) -> None:
    assert re.fullmatch(r"cohort-membership \d+\.\d+\S*\n", run("--version").out)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_can_complete_commands_and_options(shell: str) -> None:
    script = app.generate_completion(shell=shell)  # type: ignore[arg-type]
    for word in ("demo", "init", "list", "validate", "build", "max-rows", "data-root"):
        assert word in script


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("build", "COHORT is missing. The cohort's id"),
        ("build first-steps --seed", "--seed needs a value. Shuffle the row order"),
        ("biuld first-steps", 'Did you mean "build"?'),
        ("build first-steps --sed 3", "Did you mean --seed?"),
        ("build first-steps --seed 1.5", "expected a whole number, got '1.5'"),
        ("build first-steps --seed 1 --json --max-rows 0", "Expected at least 1"),
        ("build first-steps second", "Unexpected argument: second"),
        ("list --json --all", "Unknown option: --all"),
        ("build -- c --data-root d", "Unexpected argument: --data-root. After -- nothing is an option"),
        ("build --sed 3 -- c", "Did you mean --seed?"),
        ("init", "init needs the folder to write to"),
        ("init one --data-root two", "give one of them"),
        ("b\x1b[31m", "b␛[31m"),
    ],
)
def test_wrong_usage_is_told_on_stderr_and_ends_with_2(run: Run, line: str, told: str) -> None:
    ran = run(*line.split(" "))
    assert (ran.code, ran.out) == (2, "")
    assert told in ran.err
    assert "--help`." in ran.err
    assert "\x1b" not in ran.err


@pytest.mark.parametrize("name", PAGES)
def test_help_uses_the_usual_words(name: str) -> None:
    page = " ".join(words((FOLDER / f"{name}.ansi").read_text(encoding="utf-8")))
    odd = re.findall(r"\b(?:seeded|to seed|seeds|seeding|tells|is told|are told|touched|is whole)\b", page)
    assert odd == []
