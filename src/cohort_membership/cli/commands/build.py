"""`build COHORT`: the pipeline."""

import re
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, Parameter

from cohort_membership.cli.arguments import AsJson, Cohort, DataRoot, File, Flag, MaxRows, Seed, WrongUsage
from cohort_membership.cli.exit_codes import DONE
from cohort_membership.cli.show.terminal import Terminal

if TYPE_CHECKING:
    from cohort_membership.life.saved_plan import SavedPlan

app = App(
    name="build",
    help_epilogue="""Examples:
  cohort-membership build first-steps
  cohort-membership build first-steps --dry-run
  cohort-membership build first-steps --seed 7 --json | jq .counts
  cohort-membership build first-steps --plan plan.json
  cohort-membership build first-steps --store sqlite:///memberships.db""",
)


def _is_executor(_: Any, value: str) -> None:
    if not re.fullmatch(r"inline|processes(:[1-9]\d*)?|dask://\S+", value):
        raise ValueError("Expected inline, processes, processes:N or dask://host:port.")


@app.default
def build(
    cohort: Cohort,
    /,
    *,
    seed: Seed = None,
    dry_run: Annotated[bool, Flag, Parameter(help="Show what would be written; write nothing.")] = False,
    plan: Annotated[
        File | None,
        Parameter(
            help="A plan that `plan --out` saved: build exactly that, with its seed, or say what moved.",
        ),
    ] = None,
    max_rows: MaxRows = 10_000_000,
    no_seed_metadata: Annotated[bool, Flag, Parameter(help="Write no metadata.json under gens/.")] = False,
    new_ids: Annotated[
        bool,
        Flag,
        Parameter(help="Build although the experiment gives other ids than the cohorts that are built have."),
    ] = False,
    store: Annotated[
        str | None,
        Parameter(
            show_default=False,
            help="Where to write the membership, if not to the data root: a folder, s3://bucket/prefix, "
            "delta+ADDRESS, postgresql://host/database, sqlite:///file.",
        ),
    ] = None,
    executor: Annotated[
        str,
        Parameter(
            validator=_is_executor,
            help="Where the parts of a large membership are made: inline (in this process), processes, "
            "processes:N, or dask://host:port.",
        ),
    ] = "inline",
    data_root: DataRoot = "data",
    json: AsJson = False,
) -> int:
    """Build a cohort's membership.

    Checks the cohort as `validate` does. Then writes metadata.json for each
    generation that has none yet, under gens/<stage>/<gen_id>/, and beside the spec
    membership.parquet, membership.csv and manifest.json. Metadata that exists is
    never overwritten. The same input gives the same bytes.
    """
    from returns.pipeline import is_successful
    from returns.result import Result, Success

    from cohort_membership.cli.building import Places, built, ending, read_plan
    from cohort_membership.cli.rejections import rejected
    from cohort_membership.cli.show.results import show_build
    from cohort_membership.membership import BuildRequest
    from cohort_membership.problems import Problems
    from cohort_membership.wiring import open_builder

    terminal = Terminal(json)
    read: Result[SavedPlan | None, Problems] = Success(None) if plan is None else read_plan(plan)
    opened = read.bind(lambda _: open_builder(data_root, store))
    if not is_successful(opened):
        return rejected(terminal, opened.failure(), data_root)
    saved = read.unwrap()
    if saved is not None:
        if saved.cohort_id != cohort:
            raise WrongUsage(f"{plan} is a plan of {saved.cohort_id!r}, and not of {cohort!r}")
        seed = saved.seed if seed is None else seed
    request = BuildRequest(
        cohort, seed, max_rows, dry_run, seed_metadata=not no_seed_metadata, new_ids=new_ids
    )
    places = Places(data_root, store, executor)
    result = built(terminal, places, request, saved)
    if not is_successful(result):
        return rejected(terminal, result.failure(), data_root, ending(result.failure(), places, request))
    report = result.unwrap()
    if terminal.as_json:
        terminal.result({**report.as_json(), **({"dry_run": True} if dry_run else {})})
    else:
        show_build(terminal, report, seeds_metadata=request.seed_metadata)
    return DONE
