"""`next COHORT`: the generations that can run now, and all that a worker needs."""

import re
from typing import Annotated, Any, Literal

from cyclopts import App, Parameter

from cohort_membership.cli.arguments import (
    AsJson,
    Cohort,
    DataRoot,
    File,
    Flag,
    Store,
    WrongUsage,
    at_least_one,
    whole_number,
)
from cohort_membership.cli.exit_codes import DONE
from cohort_membership.cli.show.terminal import Terminal

app = App(
    name="next",
    help_epilogue="""Examples:
  cohort-membership next first-steps --limit 10
  cohort-membership next first-steps --shard 2/3 --out todo.jsonl
  cohort-membership next first-steps --format ids | wc -l""",
)


def _is_shard(_: Any, value: str | None) -> None:
    found = None if value is None else re.fullmatch(r"([1-9]\d{0,5})/([1-9]\d{0,5})", value, re.ASCII)
    if value is not None and (found is None or int(found[1]) > int(found[2])):
        raise ValueError("Expected I/N, with I from 1 to N, and N below a million.")


@app.default
def next_(
    cohort: Cohort,
    /,
    *,
    stage: Annotated[
        str | None, Parameter(show_default=False, help="Only generations of this stage.")
    ] = None,
    shard: Annotated[
        str | None,
        Parameter(
            name="--shard",
            validator=_is_shard,
            show_default=False,
            help="I/N: the I-th of N parts. An id belongs to one part: workers need not agree on anything.",
        ),
    ] = None,
    limit: Annotated[
        int | None,
        Parameter(
            converter=whole_number, validator=at_least_one, show_default=False, help="List at most this many."
        ),
    ] = None,
    retry_failed: Annotated[bool, Flag, Parameter(help="Also those that failed.")] = False,
    format: Annotated[
        Literal["jsonl", "csv", "ids"], Parameter(help="A JSON object a line, a CSV table, or ids alone.")
    ] = "jsonl",
    out: Annotated[File | None, Parameter(help="A file to write to, which is replaced.")] = None,
    store: Store = None,
    data_root: DataRoot = "data",
    json: AsJson = False,
) -> int:
    """List the generations that can run now.

    They stand in the membership's order. Each comes with its columns, its folder
    and its parent's, and the path of its template's text. Nothing is marked as
    taken: ask for shards where several workers run at once.
    """
    from returns.pipeline import is_successful

    from cohort_membership.cli.lines import write_lines
    from cohort_membership.cli.rejections import rejected
    from cohort_membership.follow.edges import open_followed
    from cohort_membership.follow.next_rows import next_rows
    from cohort_membership.life.runnable import Wanted
    from cohort_membership.life.shards import Shard

    if json and format != "jsonl":
        raise WrongUsage(f"--json gives JSON lines: leave out --json, or --format {format}")
    terminal = Terminal(json)
    opened = open_followed(data_root, store)
    if not is_successful(opened):
        return rejected(terminal, opened.failure(), data_root)
    followed = opened.unwrap()
    stages = list(followed.experiment.by_name)
    if stage is not None and stage not in stages:
        raise WrongUsage(f"there is no stage {stage!r}: the stages are {', '.join(stages)}")
    part = None if shard is None else Shard(*map(int, shard.split("/")))
    frames = next_rows(followed, cohort, Wanted(stage, part, limit, retry_failed))
    written = frames.bind(lambda found: write_lines(found, format, followed.experiment, out))
    return DONE if is_successful(written) else rejected(terminal, written.failure(), data_root)
