"""`explain GEN_ID`: what an id is."""

from typing import Annotated

from cyclopts import App, Parameter

from cohort_membership.cli.arguments import AsJson, DataRoot, Store
from cohort_membership.cli.exit_codes import DONE
from cohort_membership.cli.show.terminal import Terminal

app = App(
    name="explain",
    help_epilogue="""Examples:
  cohort-membership explain d_3sofzlpblw0d61sv
  cohort-membership explain d_3sofzlpblw0d61sv --json | jq .lineage""",
)


@app.default
def explain(
    gen_id: Annotated[str, Parameter(name="GEN_ID", help="The id of a generation.")],
    /,
    *,
    store: Store = None,
    data_root: DataRoot = "data",
    json: AsJson = False,
) -> int:
    """Explain the id of a generation.

    Shows its columns, its ancestors, its state, and the cohorts that hold it. Looks
    through all built cohorts; where none holds the id, also through what the specs
    would give.
    """
    from returns.pipeline import is_successful

    from cohort_membership.cli.rejections import rejected
    from cohort_membership.cli.show.life import show_explained
    from cohort_membership.follow.edges import open_followed
    from cohort_membership.follow.explain import explain as explain_id

    terminal = Terminal(json)
    result = open_followed(data_root, store).bind(lambda followed: explain_id(followed, gen_id))
    if not is_successful(result):
        return rejected(terminal, result.failure(), data_root)
    if terminal.as_json:
        terminal.result(result.unwrap().as_json())
    else:
        show_explained(terminal, result.unwrap())
    return DONE
