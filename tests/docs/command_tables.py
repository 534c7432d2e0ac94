"""The tables of commands and options, from what the command line says of itself."""

from collections.abc import Iterator

from cyclopts import App
from cyclopts.argument import Argument

from cohort_membership.cli.app import app
from cohort_membership.cli.commands import COMMANDS

from .pages import COMMAND_LINE, MAIN

MARKS = {
    MAIN: ("<!-- commands: written by `python -m tests.docs` -->", "<!-- end of commands -->"),
    COMMAND_LINE: ("<!-- reference: written by `python -m tests.docs` -->", "<!-- end of reference -->"),
}


def _lines_of(command: App) -> list[str]:
    return (command.default_command.__doc__ or "").strip().splitlines()


def _arguments(command: App) -> list[Argument]:
    return [one for one in command.assemble_argument_collection() if one.parameter.show is not False]


def _usage(name: str) -> str:
    """The command with the arguments that it takes without an option."""
    words = [one.names[0] for one in _arguments(app[name]) if not one.names[0].startswith("-")]
    optional = "Usage: " in (app[name].usage or "") and f"[{words[0]}]" in (app[name].usage or "")
    return " ".join([name, *([f"[{word}]" for word in words] if optional else words)])


def table_of_commands() -> str:
    rows = [f"| `{_usage(name)}` | {_lines_of(app[name])[0].rstrip('.')} |" for name in COMMANDS]
    return "\n".join(["| command | what it does |", "|---|---|", *rows])


def reference_of_commands() -> str:
    return "\n\n".join("\n".join(_section(name)) for name in COMMANDS)


def _section(name: str) -> Iterator[str]:
    yield f"## {_usage(name)}"
    yield ""
    yield from (line.strip() for line in _lines_of(app[name]))
    yield ""
    yield "| option | meaning |"
    yield "|---|---|"
    for one in _arguments(app[name]):
        default = one.field_info.default
        shown = f" (`{default}`)" if isinstance(default, str | int) and not isinstance(default, bool) else ""
        shown = shown if one.names[0].startswith("-") else ""
        names = ", ".join(
            f"`{option}`" for option in one.names if not option.startswith("--no-") or len(one.names) == 1
        )
        yield f"| {names}{shown} | {' '.join((one.parameter.help or '').split())} |"


def with_table(text: str, marks: tuple[str, str], table: str) -> str:
    """The page with the table between its marks."""
    start, end = marks
    before, _, rest = text.partition(start)
    _, _, after = rest.partition(end)
    return f"{before}{start}\n\n{table}\n\n{end}{after}"
