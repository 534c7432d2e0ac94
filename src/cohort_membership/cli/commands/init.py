"""`init DIR`: an example data root to start from."""

from typing import Annotated, Literal, TypeAlias

from cyclopts import App, Parameter

from cohort_membership.cli.arguments import AsJson, NewFolder, SameFolder, WrongUsage, one_folder
from cohort_membership.cli.exit_codes import DONE
from cohort_membership.cli.show.terminal import Terminal, shown_path, unwrapped

Example: TypeAlias = Literal["draft-essay-evaluation", "question-answer-verdict", "empty"]

app = App(
    name="init",
    usage="Usage: cohort-membership init [OPTIONS] DIR",
    help_epilogue="""Examples:
  cohort-membership init experiments
  cohort-membership init experiments --example question-answer-verdict
  cohort-membership list --data-root experiments""",
)


@app.default
def init(
    directory: Annotated[NewFolder, Parameter(help="A new or empty folder.")] = None,
    /,
    *,
    data_root: SameFolder = None,
    example: Annotated[
        Example,
        Parameter(
            help="draft-essay-evaluation: the built-in experiment. question-answer-verdict: an experiment of "
            "two stages in a file of its own. empty: folders and headers to fill."
        ),
    ] = "draft-essay-evaluation",
    json: AsJson = False,
) -> int:
    """Write an example data root to start from.

    Cohorts whose specs explain themselves, and the catalogs they refer to; or an
    empty data root for an experiment of your own. A folder that is not empty is
    refused, so that nothing is overwritten.
    """
    folder = one_folder(directory, data_root)
    if folder is None:
        raise WrongUsage("init needs the folder to write to: DIR")
    from returns.pipeline import is_successful

    from cohort_membership.cli.rejections import tell
    from cohort_membership.cli.show.next_steps import show_next, typed
    from cohort_membership.cli.write_example import FIRST, write_example

    terminal = Terminal(json)
    result = write_example(folder, example)
    if not is_successful(result):
        return tell(terminal, [result.failure()], folder)
    if terminal.as_json:
        terminal.result({"ok": True, "data_root": str(folder), "files": list(result.unwrap())})
        return DONE
    terminal.show(unwrapped("Wrote the example data root: ", (shown_path(folder), "bold")))
    steps = [("see its experiment", typed("experiment", folder))]
    if example != "empty":
        steps += [
            ("see its cohorts", typed("list", folder)),
            ("check one", typed("validate", folder, FIRST)),
            ("build it", typed("build", folder, FIRST)),
        ]
    show_next(terminal, *steps)
    return DONE
