"""`verify COHORT`: what a build has left, checked."""

from typing import Annotated

from cyclopts import App, Parameter

from cohort_membership.cli.arguments import AsJson, Cohort, DataRoot
from cohort_membership.cli.exit_codes import DONE
from cohort_membership.cli.show.terminal import Terminal

app = App(
    name="verify",
    help_epilogue="""Examples:
  cohort-membership verify first-steps
  cohort-membership verify first-steps --store sqlite:///memberships.db
  cohort-membership verify first-steps --json | jq -r '.problems[].message'""",
)


@app.default
def verify(
    cohort: Cohort,
    /,
    *,
    store: Annotated[
        str | None,
        Parameter(show_default=False, help="Where the membership is, if not in the data root."),
    ] = None,
    data_root: DataRoot = "data",
    json: AsJson = False,
) -> int:
    """Check what was built of a cohort; change nothing.

    Compares every artifact with its digest in the manifest, and checks every id,
    every parent and every metadata file. The next build repairs artifacts and
    missing metadata; metadata of another generation is named and left alone.
    """
    from dataclasses import asdict, replace

    from returns.pipeline import is_successful

    from cohort_membership.cli.cohort_states import built_with, request_as_built
    from cohort_membership.cli.rejections import rejected
    from cohort_membership.cli.show.results import show_verified
    from cohort_membership.membership import MOST_ADDRESSABLE
    from cohort_membership.stores.verification import verify_membership
    from cohort_membership.wiring import open_builder, open_reader

    terminal, place = Terminal(json), store or data_root
    opened = open_builder(data_root).bind(lambda one: open_reader(place).map(lambda reader: (one, reader)))
    if not is_successful(opened):
        return rejected(terminal, opened.failure(), data_root)
    builder, reader = opened.unwrap()
    how = built_with(reader, cohort)
    # The plan says which generations' metadata to look for. It is that of a build with the same seed.
    plan = builder.plan(replace(request_as_built(cohort, how), max_rows=MOST_ADDRESSABLE))
    result = plan.bind(lambda one: verify_membership(reader, one))
    if not is_successful(result):
        return rejected(terminal, result.failure(), data_root)
    report = result.unwrap()
    if terminal.as_json:
        terminal.result({"ok": True, **asdict(report), "seed": None if how is None else how.seed})
    else:
        show_verified(terminal, report, how)
    return DONE
