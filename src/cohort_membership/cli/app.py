"""The command line's shape: its commands, what `--help` says of all, and how wrong usage is answered.

A command's file is imported when the command is given (see `commands`).
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cyclopts import (
    App,
    CycloptsError,
    Group,
    MissingArgumentError,
    UnknownOptionError,
    UnusedCliTokensError,
)

from cohort_membership.cli.arguments import Rejected, WrongUsage
from cohort_membership.cli.commands import COMMANDS
from cohort_membership.cli.exit_codes import WRONG_USAGE
from cohort_membership.cli.show.terminal import Terminal, help_console, styled

if TYPE_CHECKING:
    from rich.console import Console

NAME = "cohort-membership"
_SHOWN = frozenset({"--help", "-h", "--version"})
"""What cyclopts answers by itself."""


def _version() -> str:
    from importlib.metadata import version

    return f"{NAME} {version(NAME)}"


app = App(
    name=NAME,
    version=_version,
    help="Turns a cohort's spec (axes, rules, catalogs) into its membership: every generation to run, each "
    "with its parent and an id that never changes.",
    help_epilogue="""Start here:
  cohort-membership demo                     a tour; it takes seconds
  cohort-membership build --help             more on one command, with examples

The data root is the folder of cohorts and catalogs: `data`, or the one that
--data-root or COHORT_DATA_ROOT names. With --json a command prints one object.

Exit codes: 0 done, 1 the input was rejected, 2 wrong usage, 3 done, and the
answer is no, 75 a storage problem that may pass: try again.""",
    help_format="plaintext",
    group_arguments=Group("Arguments", sort_key=1),
    group_parameters=Group("Options", sort_key=2),
    result_action="return_value",
    suppress_keyboard_interrupt=False,
)
for _place, _name in enumerate(COMMANDS):
    app.command(f"cohort_membership.cli.commands.{_name}:app", name=_name, sort_key=_place)
app.register_install_completion_command(help="Install tab completion for your shell.", sort_key=len(COMMANDS))


def run(tokens: Sequence[str], console: "Console | None" = None) -> int:
    """Parse and do; `console` is where help goes."""
    if not tokens or not _SHOWN.isdisjoint(tokens):
        for name in COMMANDS:
            app[name]  # imports it: the list of commands shows what each one does
        console = console or help_console()
    try:
        code = app(list(tokens), console=console, exit_on_error=False, print_error=False)
    except (CycloptsError, WrongUsage) as error:
        from cohort_membership.redaction import without_arguments

        return _told_off(tokens, without_arguments(_words(tokens, error), tokens))
    except Rejected as error:
        from cohort_membership.cli.rejections import rejected

        return rejected(Terminal("--json" in tokens), error.problems, "")
    return code if isinstance(code, int) else 0


def _words(tokens: Sequence[str], error: Exception) -> str:
    if isinstance(error, UnusedCliTokensError):
        return f"Unexpected argument: {' '.join(error.unused_tokens or [])}."
    if isinstance(error, UnknownOptionError) and "--" in tokens:
        option = error.token.keyword or error.token.value
        if option not in tokens[: tokens.index("--")]:
            return f"Unexpected argument: {option}. After -- nothing is an option: give options before it."
    if isinstance(error, MissingArgumentError) and error.argument is not None:
        asked = f"{error.keyword} needs a value" if error.keyword else f"{error.argument.name} is missing"
        return f"{asked}. {' '.join((error.argument.parameter.help or '').split())}"
    return str(error)


def _told_off(tokens: Sequence[str], words: str) -> int:
    """Show wrong usage in two lines; give the exit code."""
    command = [token for token in tokens[:1] if token in COMMANDS]
    terminal = Terminal()
    terminal.warn(styled(("error", "bold red"), f": {words}"))
    terminal.warn(styled(f"Try `{' '.join([NAME, *command])} --help`."))
    return WRONG_USAGE
