"""`status COHORT`: how far a built cohort is."""

from cyclopts import App

from cohort_membership.cli.arguments import All, AsJson, DataRoot, MaybeCohort, Store, one_or_all
from cohort_membership.cli.exit_codes import ANSWER_IS_NO, DONE
from cohort_membership.cli.show.terminal import Terminal

app = App(
    name="status",
    usage="Usage: cohort-membership status [OPTIONS] [COHORT]",
    help_epilogue="""Examples:
  cohort-membership status first-steps
  cohort-membership status --all
  cohort-membership status first-steps --json | jq .stages""",
)


@app.default
def status(
    cohort: MaybeCohort = None,
    /,
    *,
    all: All = False,
    store: Store = None,
    data_root: DataRoot = "data",
    json: AsJson = False,
) -> int:
    """Show how far a built cohort is.

    A generation is done, failed, ready (it can run) or blocked (its parent is not
    done). It is stale if the text of its template has changed since. `results` in
    the experiment says where results are; by default they are parsed.txt and
    raw.txt in each generation's folder. Changes nothing. Exits with 3 while
    anything is missing.
    """
    from returns.pipeline import is_successful
    from returns.result import Result

    from cohort_membership.cli.rejections import rejected
    from cohort_membership.cli.show.life import show_status, show_statuses
    from cohort_membership.follow.edges import open_followed
    from cohort_membership.follow.status import status as status_of
    from cohort_membership.follow.status import statuses
    from cohort_membership.life.states import Status
    from cohort_membership.problems import Problems

    one_or_all(cohort, everything=all)
    terminal, opened = Terminal(json), open_followed(data_root, store)
    result: Result[tuple[Status, ...], Problems] = opened.bind(
        lambda followed: (
            statuses(followed) if cohort is None else status_of(followed, cohort).map(lambda one: (one,))
        )
    )
    if not is_successful(result):
        return rejected(terminal, result.failure(), data_root)
    found = result.unwrap()
    is_complete = not [one for one in found if not one.is_complete]
    if cohort is not None:
        if terminal.as_json:
            terminal.result(found[0].as_json())
        else:
            show_status(terminal, found[0])
    elif terminal.as_json:
        cohorts = [{key: value for key, value in one.as_json().items() if key != "ok"} for one in found]
        terminal.result({"ok": True, "complete": is_complete, "cohorts": cohorts})
    else:
        show_statuses(terminal, found)
    return DONE if is_complete else ANSWER_IS_NO
