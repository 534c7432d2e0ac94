"""`review FILE...`: what changed files would change."""

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from cohort_membership.cli.arguments import AsJson, LocalRoot, MaxRows, Store
from cohort_membership.cli.exit_codes import DONE
from cohort_membership.cli.show.terminal import Terminal

app = App(
    name="review",
    usage="Usage: cohort-membership review [OPTIONS] [FILE]...",
    help_epilogue="""Examples:
  cohort-membership review data/cohorts/first-steps/spec/config.yaml
  cohort-membership review $(git diff --name-only origin/main)""",
)


@app.default
def review(
    *files: Annotated[Path, Parameter(name="FILE", help="Files that changed, such as git lists them.")],
    max_rows: MaxRows = 10_000_000,
    store: Store = None,
    data_root: LocalRoot = Path("data"),
    json: AsJson = False,
) -> int:
    """Show the plans of the cohorts that changed files are about.

    A file of a spec is about its cohort; the experiment and the catalogs are
    about all cohorts; other files are about none. Shows every problem, or the
    plan of each cohort (see `plan`). Changes nothing: it is meant for pre-commit
    and for pull requests.
    """
    from returns.pipeline import is_successful

    from cohort_membership.cli.changed_cohorts import changed_cohorts
    from cohort_membership.cli.rejections import rejected
    from cohort_membership.cli.show.life import show_plan
    from cohort_membership.follow.edges import open_followed
    from cohort_membership.follow.plan import plan as plan_of
    from cohort_membership.wiring import cohorts_with_spec

    terminal, address = Terminal(json), str(data_root)
    opened = cohorts_with_spec(address).bind(
        lambda names: open_followed(address, store).map(lambda followed: (names, followed))
    )
    if not is_successful(opened):
        return rejected(terminal, opened.failure(), data_root)
    names, followed = opened.unwrap()
    cohorts = changed_cohorts(files, data_root, names)
    results = [plan_of(followed, cohort, None, max_rows) for cohort in cohorts]
    problems = [problem for one in results if not is_successful(one) for problem in one.failure()]
    if problems:
        return rejected(terminal, tuple(dict.fromkeys(problems)), data_root)
    changes = [one.unwrap()[0] for one in results]
    if terminal.as_json:
        told = [{key: value for key, value in one.as_json().items() if key != "ok"} for one in changes]
        terminal.result({"ok": True, "cohorts": told})
        return DONE
    for number, change in enumerate(changes):
        if number:
            terminal.show("")
        show_plan(terminal, change, None)
    if not changes:
        terminal.show("These files change no cohort.")
    return DONE
