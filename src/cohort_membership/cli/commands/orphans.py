"""`orphans`: generations on disk that no cohort holds."""

from cyclopts import App

from cohort_membership.cli.arguments import AsJson, DataRoot, Store
from cohort_membership.cli.exit_codes import DONE
from cohort_membership.cli.show.terminal import Terminal

app = App(
    name="orphans",
    help_epilogue="""Examples:
  cohort-membership orphans
  cohort-membership orphans --json | jq -r '.gen_ids[]'""",
)


@app.default
def orphans(*, store: Store = None, data_root: DataRoot = "data", json: AsJson = False) -> int:
    """List the generations that no cohort holds.

    They have a folder below gens/, or results. Deletes nothing.
    """
    from returns.pipeline import is_successful

    from cohort_membership.cli.rejections import rejected
    from cohort_membership.cli.show.life import show_orphans
    from cohort_membership.follow.edges import open_followed
    from cohort_membership.follow.orphaned import orphaned

    terminal = Terminal(json)
    result = open_followed(data_root, store).bind(orphaned)
    if not is_successful(result):
        return rejected(terminal, result.failure(), data_root)
    if terminal.as_json:
        terminal.result(result.unwrap().as_json())
    else:
        show_orphans(terminal, result.unwrap())
    return DONE
