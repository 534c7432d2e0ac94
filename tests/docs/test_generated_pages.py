"""What is generated is what would be generated today."""

import pytest

from cohort_membership.cli.app import app
from cohort_membership.cli.commands import COMMANDS
from cohort_membership.example import EXAMPLES

from .command_tables import MARKS, reference_of_commands, table_of_commands, with_table
from .example_schemas import schemas_of_example
from .pages import API, COMMAND_LINE, MAIN
from .public_names import reference_of_names

TO_DO = "run `python -m tests.docs`"


def test_the_table_of_commands_is_that_of_the_command_line() -> None:
    text = MAIN.read_text(encoding="utf-8")
    assert text == with_table(text, MARKS[MAIN], table_of_commands()), TO_DO


def test_the_reference_of_options_is_that_of_the_command_line() -> None:
    text = COMMAND_LINE.read_text(encoding="utf-8")
    assert text == with_table(text, MARKS[COMMAND_LINE], reference_of_commands()), TO_DO


def test_every_command_and_every_option_is_in_the_reference_with_a_meaning() -> None:
    sections = COMMAND_LINE.read_text(encoding="utf-8").split("\n## ")[1:]
    by_name = {section.split(maxsplit=1)[0]: section for section in sections}
    assert set(by_name) == set(COMMANDS)
    for name, section in by_name.items():
        for one in app[name].assemble_argument_collection():
            (row,) = (line for line in section.splitlines() if line.startswith(f"| `{one.names[0]}`"))
            assert len(row.split(" | ")[1].strip(" |")) > 10


def test_the_reference_of_public_names_is_that_of_their_docstrings() -> None:
    assert API.read_text(encoding="utf-8") == reference_of_names(), TO_DO


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_schemas_of_an_example_are_those_of_today(name: str) -> None:
    for file, text in schemas_of_example(name):
        assert file.read_text(encoding="utf-8") == text, TO_DO
