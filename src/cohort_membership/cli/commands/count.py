"""`count COHORT`: how many generations a cohort has; none is made."""

from cyclopts import App

from cohort_membership.cli.arguments import AsJson, Cohort, DataRoot
from cohort_membership.cli.exit_codes import DONE
from cohort_membership.cli.show.terminal import Terminal

app = App(
    name="count",
    help_epilogue="""Examples:
  cohort-membership count first-steps
  cohort-membership count first-steps --json | jq .rows""",
)


@app.default
def count(cohort: Cohort, /, *, data_root: DataRoot = "data", json: AsJson = False) -> int:
    """Count a cohort's generations, stage by stage.

    The counts are exact and quick, even for a trillion rows: no generation is
    made, nothing is written, and no limit of rows applies. A table shows what each
    rule leaves of the design and of each stage, and which levels nobody uses.
    """
    from returns.pipeline import is_successful

    from cohort_membership.attrition import attrition
    from cohort_membership.cli.rejections import rejected
    from cohort_membership.cli.show.attrition import attrition_json, show_attrition
    from cohort_membership.cli.show.results import show_counts
    from cohort_membership.membership import MOST_ADDRESSABLE, BuildRequest
    from cohort_membership.wiring import open_builder

    terminal, request = Terminal(json), BuildRequest(cohort, max_rows=MOST_ADDRESSABLE)
    result = open_builder(data_root).bind(lambda builder: builder.plan(request))
    if not is_successful(result):
        return rejected(terminal, result.failure(), data_root)
    plan = result.unwrap()
    steps = attrition(plan)
    if terminal.as_json:
        counts = {"ok": True, "cohort_id": cohort, "counts": dict(plan.counts), "rows": plan.rows}
        terminal.result({**counts, "attrition": attrition_json(steps)})
    else:
        show_counts(terminal, plan)
        show_attrition(terminal, steps)
    return DONE
