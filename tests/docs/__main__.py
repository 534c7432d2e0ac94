"""Writes what is generated of the pages and the examples: `python -m tests.docs`."""

from cohort_membership.example import EXAMPLES

from .command_tables import MARKS, reference_of_commands, table_of_commands, with_table
from .example_schemas import schemas_of_example
from .pages import API, COMMAND_LINE, MAIN
from .public_names import reference_of_names

if __name__ == "__main__":
    for page, table in ((MAIN, table_of_commands()), (COMMAND_LINE, reference_of_commands())):
        text = page.read_text(encoding="utf-8")
        page.write_text(with_table(text, MARKS[page], table), encoding="utf-8")
    API.write_text(reference_of_names(), encoding="utf-8")
    for example in EXAMPLES:
        for file, text in schemas_of_example(example):
            file.write_text(text, encoding="utf-8")
