"""`experiment`: the stages, what their ids count, and where the levels of each axis are listed."""

from cyclopts import App

from cohort_membership.cli.arguments import AsJson, DataRoot
from cohort_membership.cli.exit_codes import DONE
from cohort_membership.cli.show.terminal import Terminal

app = App(
    name="experiment",
    help_epilogue="""Examples:
  cohort-membership experiment
  cohort-membership experiment --json | jq .stages""",
)


@app.default
def experiment(*, data_root: DataRoot = "data", json: AsJson = False) -> int:
    """Show the experiment of a data root.

    Its stages, parents above their children, what the id of each stage counts,
    and the catalogs with their rows. Without an experiment.yaml in the data root
    the built-in experiment is in force.
    """
    from returns.pipeline import is_successful

    from cohort_membership.cli.rejections import rejected
    from cohort_membership.cli.show.experiment import experiment_json, show_experiment
    from cohort_membership.wiring import open_catalogs

    terminal = Terminal(json)
    result = open_catalogs(data_root)
    if not is_successful(result):
        return rejected(terminal, result.failure(), data_root)
    catalogs = result.unwrap()
    if terminal.as_json:
        terminal.result(experiment_json(catalogs))
    else:
        show_experiment(terminal, catalogs)
    return DONE
