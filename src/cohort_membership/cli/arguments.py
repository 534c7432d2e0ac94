"""The command line's shape: what can be typed, and what `--help` says about it.

Nothing heavy is imported here: a command imports what it needs when it is called.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, CycloptsError, Group, Parameter, Token, UnusedCliTokensError

from cohort_membership.cli.exit_codes import WRONG_USAGE
from cohort_membership.cli.terminal import Terminal, help_console

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
    help="From a cohort's spec (axes, couplings, catalogs) to its membership: every generation to run, "
    "each with an id that never changes, and its parent.",
    help_epilogue="""Start here:
  cohort-membership demo                     a tour; it takes seconds
  cohort-membership build --help             more on one command, with examples

The data root is the folder that holds cohorts and catalogs: `data`, or what
--data-root or COHORT_DATA_ROOT names. With --json a command prints one object.

Exit: 0 done, 1 the input was rejected, 2 wrong usage, 75 storage: try again.""",
    help_format="plaintext",
    group_arguments=Group("Arguments", sort_key=1),
    group_parameters=Group("Options", sort_key=2),
    result_action="return_value",
    suppress_keyboard_interrupt=False,
)


def _whole_number(_: Any, tokens: Sequence[Token]) -> int:
    """An integer as written; cyclopts' own reading rounds 1.5."""
    try:
        return int(tokens[0].value)
    except ValueError:
        raise ValueError(f"expected a whole number, got {tokens[0].value!r}") from None


def _at_least_one(_: Any, value: int) -> None:
    if value < 1:
        raise ValueError("Expected at least 1.")


def _is_executor(_: Any, value: str) -> None:
    if not re.fullmatch(r"inline|processes(:[1-9]\d*)?|dask://\S+", value):
        raise ValueError("Expected inline, processes, processes:N or dask://host:port.")


def _thousands(value: int) -> str:
    return f"{value:,}"


Cohort = Annotated[
    str, Parameter(name="COHORT", help="The cohort's id: the name of its folder under cohorts/.")
]
DataRoot = Annotated[
    str,
    Parameter(
        name="--data-root",
        env_var="COHORT_DATA_ROOT",
        help="The folder of cohorts and catalogs, or its address (s3://bucket/prefix).",
    ),
]
LocalRoot = Annotated[
    Path,
    Parameter(name="--data-root", env_var="COHORT_DATA_ROOT", help="The folder of cohorts and catalogs."),
]
Flag = Parameter(negative="", show_default=False)
AsJson = Annotated[
    bool, Flag, Parameter(name="--json", help="Print one JSON object on stdout, for programs.")
]
NewFolder = Annotated[Path | None, Parameter(name="DIR", show_default=False)]
SameFolder = Annotated[Path | None, Parameter(name="--data-root", help="Another way to give DIR.")]


@app.command(
    sort_key=1,
    usage=f"Usage: {NAME} demo [OPTIONS] [DIR]",
    help_epilogue="""Examples:
  cohort-membership demo
  cohort-membership demo /tmp/tour""",
)
def demo(
    directory: Annotated[
        NewFolder, Parameter(help="Where to write the example. [default: cohort-demo]")
    ] = None,
    /,
    *,
    data_root: SameFolder = None,
    json: AsJson = False,
) -> int:
    """Take a tour: an example, written, built and shown.

    Writes an example data root to DIR, builds its cohort `coupled-judges`, and
    shows the membership and a few commands to copy. An example that an earlier
    run left in DIR is used as it is now.
    """
    from cohort_membership.cli import commands

    return commands.demo(Terminal(json), _one_folder(directory, data_root) or Path("cohort-demo"))


@app.command(
    sort_key=2,
    usage=f"Usage: {NAME} init [OPTIONS] DIR",
    help_epilogue="""Examples:
  cohort-membership init experiments
  cohort-membership list --data-root experiments""",
)
def init(
    directory: Annotated[NewFolder, Parameter(help="A new or an empty folder.")] = None,
    /,
    *,
    data_root: SameFolder = None,
    json: AsJson = False,
) -> int:
    """Write an example data root to start from.

    Two cohorts whose specs explain themselves, and the catalogs they refer to.
    A folder that is not empty is refused, so that nothing is overwritten.
    """
    folder = _one_folder(directory, data_root)
    if folder is None:
        raise WrongUsage("init needs the folder to write to: DIR")
    from cohort_membership.cli import commands

    return commands.init(Terminal(json), folder)


@app.command(
    name="list",
    sort_key=3,
    help_epilogue="""Examples:
  cohort-membership list
  cohort-membership list --json | jq '.cohorts[] | select(.up_to_date | not)'""",
)
def list_cohorts(*, data_root: LocalRoot = Path("data"), json: AsJson = False) -> int:
    """List the cohorts; say which are built and up to date.

    A cohort is up to date when its spec, and every file that the spec includes,
    are still what its membership was built from.
    """
    from cohort_membership.cli import commands

    return commands.list_cohorts(Terminal(json), data_root)


@app.command(
    sort_key=4,
    help_epilogue="""Examples:
  cohort-membership validate first-steps
  cohort-membership validate first-steps --json | jq -r '.problems[].message'""",
)
def validate(cohort: Cohort, /, *, data_root: DataRoot = "data", json: AsJson = False) -> int:
    """Tell all problems of a cohort, and write nothing.

    Reads the spec, the files it includes and the catalogs, and looks for metadata
    on disk that would stand in a build's way. Every problem is shown where it
    stands in the spec, with what to do about it.
    """
    from cohort_membership.cli import commands

    return commands.validate(Terminal(json), commands.Places(data_root), cohort)


@app.command(
    sort_key=5,
    help_epilogue="""Examples:
  cohort-membership count first-steps
  cohort-membership count first-steps --json | jq .rows""",
)
def count(cohort: Cohort, /, *, data_root: DataRoot = "data", json: AsJson = False) -> int:
    """Count a cohort's generations by stage, without making any.

    The counts are exact and come at once, be it for a design of a trillion rows.
    Nothing is written, and no limit applies.
    """
    from cohort_membership.cli import commands

    return commands.count(Terminal(json), commands.Places(data_root), cohort)


@app.command(
    sort_key=6,
    help_epilogue="""Examples:
  cohort-membership build first-steps
  cohort-membership build first-steps --dry-run
  cohort-membership build first-steps --seed 7 --json | jq .counts
  cohort-membership build first-steps --store sqlite:///memberships.db""",
)
def build(
    cohort: Cohort,
    /,
    *,
    seed: Annotated[
        int | None, Parameter(converter=_whole_number, help="Shuffle the design's rows, as this seed does.")
    ] = None,
    dry_run: Annotated[
        bool, Flag, Parameter(help="Do all but write, and say what would be written.")
    ] = False,
    max_rows: Annotated[
        int,
        Parameter(
            converter=_whole_number,
            validator=_at_least_one,
            show_default=_thousands,
            help="Reject a membership of more rows, before any is made.",
        ),
    ] = 10_000_000,
    no_seed_metadata: Annotated[
        bool, Flag, Parameter(help="Leave gens/ alone: write no metadata.json.")
    ] = False,
    store: Annotated[
        str | None,
        Parameter(
            show_default=False,
            help="Where the membership goes, if not to the data root: a folder, s3://bucket/prefix, "
            "delta+ADDRESS, postgresql://host/database, sqlite:///file.",
        ),
    ] = None,
    executor: Annotated[
        str,
        Parameter(
            validator=_is_executor,
            help="Who makes the parts of a large membership: inline, processes, processes:N, or "
            "dask://host:port.",
        ),
    ] = "inline",
    data_root: DataRoot = "data",
    json: AsJson = False,
) -> int:
    """Build a cohort's membership.

    Checks the cohort as `validate` does; then writes a metadata.json for each
    generation that has none, under gens/<stage>/<gen_id>/ (one that is there is
    never overwritten), and, beside the spec, membership.parquet, membership.csv
    and manifest.json. The same input gives the same bytes.
    """
    from cohort_membership.cli import commands
    from cohort_membership.membership import BuildRequest

    request = BuildRequest(cohort, seed, max_rows, dry_run, seed_metadata=not no_seed_metadata)
    return commands.build(Terminal(json), commands.Places(data_root, store, executor), request)


@app.command(
    sort_key=7,
    help_epilogue="""Examples:
  cohort-membership verify first-steps
  cohort-membership verify first-steps --json | jq -r '.problems[].message'""",
)
def verify(cohort: Cohort, /, *, data_root: LocalRoot = Path("data"), json: AsJson = False) -> int:
    """Check what a build has left, and change nothing.

    Every artifact against its digest in the manifest, every parent, every id,
    every seed. What is derived is repaired by the next build; metadata that
    belongs to another generation is named and left alone.
    """
    from cohort_membership.cli import commands

    return commands.verify(Terminal(json), data_root, cohort)


app.register_install_completion_command(help="Install tab completion for your shell.", sort_key=8)


class WrongUsage(Exception):
    """What the parser alone cannot see is wrong with the arguments."""


def _one_folder(directory: Path | None, data_root: Path | None) -> Path | None:
    if directory is not None and data_root is not None and directory != data_root:
        raise WrongUsage("DIR and --data-root name the same thing here: give one of them")
    return directory if directory is not None else data_root


def run(tokens: Sequence[str], console: "Console | None" = None) -> int:
    """Parse and do; `console` is where help goes."""
    if console is None and not _SHOWN.isdisjoint(tokens):
        console = help_console()
    try:
        code = app(list(tokens), console=console, exit_on_error=False, print_error=False)
    except (CycloptsError, WrongUsage) as error:
        return _told_off(tokens, _words(error))
    return code if isinstance(code, int) else 0


def _words(error: Exception) -> str:
    if isinstance(error, UnusedCliTokensError):
        return f"Unexpected argument: {' '.join(error.unused_tokens or [])}."
    return str(error)


def _told_off(tokens: Sequence[str], words: str) -> int:
    """Wrong usage, told in two lines."""
    from cohort_membership.cli.terminal import styled

    command = [token for token in tokens[:1] if token in app]
    terminal = Terminal()
    terminal.warn(styled(("error", "bold red"), f": {words}"))
    terminal.warn(styled(f"Try `{' '.join([NAME, *command])} --help`."))
    return WRONG_USAGE
