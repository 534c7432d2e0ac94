"""`demo [DIR]`: an example, written, built and shown."""

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from cohort_membership.cli.arguments import AsJson, NewFolder, SameFolder, one_folder
from cohort_membership.cli.exit_codes import DONE
from cohort_membership.cli.show.terminal import Terminal, shown_path, styled, unwrapped

if TYPE_CHECKING:
    from rich.console import RenderableType

app = App(
    name="demo",
    usage="Usage: cohort-membership demo [OPTIONS] [DIR]",
    help_epilogue="""Examples:
  cohort-membership demo
  cohort-membership demo /tmp/tour""",
)

TOUR = "coupled-judges"
"""The example's cohort that the tour builds."""

_COLUMNS = ("stage", "gen_id", "parent_gen_id", "template_id", "llm_model_id", "replicate", "combo_id")
"""The columns of the wide table that the tour shows; on a narrow terminal the first ones."""

_FEWEST = 4


@app.default
def demo(
    directory: Annotated[
        NewFolder, Parameter(help="Where to write the example. [default: cohort-demo]")
    ] = None,
    /,
    *,
    data_root: SameFolder = None,
    json: AsJson = False,
) -> int:
    """Write an example, build it and show the result.

    Writes an example data root to DIR, builds its cohort `coupled-judges`, and
    shows the membership and a few commands to copy. An example that an earlier
    run left in DIR is used as it is now.
    """
    from returns.pipeline import is_successful

    from cohort_membership.cli.building import Places, built, ending
    from cohort_membership.cli.rejections import rejected, tell
    from cohort_membership.cli.show.next_steps import show_next
    from cohort_membership.cli.show.results import show_build
    from cohort_membership.cli.write_example import holds_example, write_example
    from cohort_membership.membership import BuildRequest

    terminal, folder = Terminal(json), one_folder(directory, data_root) or Path("cohort-demo")
    is_new = not holds_example(folder)
    if is_new:
        written = write_example(folder)
        if not is_successful(written):
            return tell(terminal, [written.failure()], folder)
    places, request = Places(str(folder)), BuildRequest(TOUR)
    result = built(terminal, places, request)
    if not is_successful(result):
        return rejected(terminal, result.failure(), folder, ending(result.failure(), places, request))
    report = result.unwrap()
    if terminal.as_json:
        terminal.result({**report.as_json(), "data_root": str(folder), "created": is_new})
        return DONE
    verb = "Wrote the example data root: " if is_new else "Found the example data root: "
    spec = folder / "cohorts" / TOUR / "spec" / "config.yaml"
    terminal.show(unwrapped(verb, (shown_path(folder), "bold")))
    terminal.show(unwrapped("The spec of its cohort: ", shown_path(spec)), "")
    show_build(terminal, report)
    terminal.show("", styled("The first generations of each stage, children with their parents:"), "")
    terminal.show(*_first_rows(Path(report.artifacts["membership.parquet"]), terminal.out.width))
    show_next(terminal, *_steps(folder))
    return DONE


def _first_rows(parquet: Path, room: int, of_each: int = 2) -> "Iterator[RenderableType]":
    """The first rows of each stage, in the columns that have room, and the names of the others."""
    import polars as pl

    from cohort_membership.cli.show.table import Column, Table

    frame = pl.read_parquet(parquet, columns=list(_COLUMNS)).cast(pl.String)
    rows = frame.group_by("stage", maintain_order=True).head(of_each).select(_COLUMNS).rows()
    columns = [Column(name, "number" if name == "replicate" else "text") for name in _COLUMNS]
    tables = (Table(columns[:number], rows) for number in range(len(columns), _FEWEST, -1))
    table = next((one for one in tables if one.width() <= room), Table(columns[:_FEWEST], rows))
    yield table
    hidden = [column.name for column in columns[len(table.columns) :]]
    if hidden:
        yield styled((f"  not shown at this width: {', '.join(hidden)}", "dim"))


def _steps(folder: Path) -> Iterator[tuple[str, str]]:
    """What to try next: why, and the command."""
    from cohort_membership.cli.show.next_steps import typed
    from cohort_membership.cli.write_example import FIRST

    cohorts = folder / "cohorts"
    spec = shlex.quote(str(cohorts / FIRST / "spec" / "config.yaml"))
    oops = shlex.quote(str(cohorts / "oops" / "spec"))
    yield "a second cohort, without rules", typed("build", folder, FIRST)
    yield "the same again: all metadata is already known", typed("build", folder, TOUR)
    yield "a misspelt model: how an error is shown", f"mkdir -p {oops}"
    yield "", f"sed s/pebble-8b/peble-8b/ {spec} > {oops}/config.yaml"
    yield "", typed("validate", folder, "oops")
    yield "all cohorts, and which are up to date", typed("list", folder)
