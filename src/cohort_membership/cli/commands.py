"""What each command does: arguments to the builder, its result to words, and an exit code."""

import os
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from returns.pipeline import is_successful
from returns.result import Result, Success

from cohort_membership.cli.cohort_states import cohort_states
from cohort_membership.cli.exit_codes import DONE, REJECTED, TRY_AGAIN
from cohort_membership.cli.progress import progress
from cohort_membership.cli.show_problems import show_problems
from cohort_membership.cli.show_results import (
    show_build,
    show_cohorts,
    show_counts,
    show_rows,
    show_valid,
    show_verified,
)
from cohort_membership.cli.terminal import Terminal, shown_path, styled
from cohort_membership.cli.told import Told, told
from cohort_membership.cli.write_example import holds_example, write_example
from cohort_membership.membership import MOST_ADDRESSABLE, BuildReport, BuildRequest
from cohort_membership.problems import Problems
from cohort_membership.stores.local_verify import verify_local
from cohort_membership.wiring import local_builder, open_builder

NOTHING_WRITTEN = "nothing was written"
UNFINISHED = "the build did not finish: the next one completes it"
_MID_WRITE = frozenset({"storage-unavailable", "storage-denied", "storage-full"})
"""Problems that a build may meet after it wrote its first file."""

TOUR = "coupled-judges"
FIRST = "first-steps"


@dataclass(frozen=True, slots=True)
class Places:
    """Where a command reads, writes and works, as typed."""

    data_root: str
    store: str | None = None
    executor: str = "inline"


def build(terminal: Terminal, places: Places, request: BuildRequest) -> int:
    opened = open_builder(places.data_root, places.store)
    if not is_successful(opened):
        return _rejected(terminal, opened.failure(), places.data_root)
    result = _built(terminal, places, request)
    if not is_successful(result):
        return _rejected(terminal, result.failure(), places.data_root, may_have_written=not request.dry_run)
    report = result.unwrap()
    if terminal.as_json:
        terminal.result(report.as_json())
    else:
        show_build(terminal, report, seeds_metadata=request.seed_metadata)
    return DONE


def validate(terminal: Terminal, places: Places, cohort_id: str) -> int:
    """A dry run: so that metadata on disk which would stand in a build's way is found too."""
    result = _built(terminal, places, BuildRequest(cohort_id, dry_run=True))
    if not is_successful(result):
        return _rejected(terminal, result.failure(), places.data_root)
    report = result.unwrap()
    if terminal.as_json:
        kept = ("ok", "cohort_id", "counts", "rows", "notices")
        found = report.as_json()
        terminal.result({key: found[key] for key in kept})
    else:
        show_valid(terminal, report)
    return DONE


def count(terminal: Terminal, places: Places, cohort_id: str) -> int:
    """The plan alone: sizes are arithmetic on small tables."""
    request = BuildRequest(cohort_id, max_rows=MOST_ADDRESSABLE)
    result = open_builder(places.data_root).bind(lambda builder: builder.plan(request))
    if not is_successful(result):
        return _rejected(terminal, result.failure(), places.data_root)
    plan = result.unwrap()
    if terminal.as_json:
        counts = dict(plan.counts)
        terminal.result({"ok": True, "cohort_id": cohort_id, "counts": counts, "rows": plan.rows})
    else:
        show_counts(terminal, plan)
    return DONE


def verify(terminal: Terminal, data_root: Path, cohort_id: str) -> int:
    """What is on disk against its manifest; the plan tells which generations' seeds to look for."""
    plan = local_builder(data_root).plan(BuildRequest(cohort_id, max_rows=MOST_ADDRESSABLE))
    result = plan.bind(lambda one: verify_local(data_root, one))
    if not is_successful(result):
        return _rejected(terminal, result.failure(), data_root)
    report = result.unwrap()
    if terminal.as_json:
        terminal.result({"ok": True, **asdict(report)})
    else:
        show_verified(terminal, report)
    return DONE


def list_cohorts(terminal: Terminal, data_root: Path) -> int:
    result = cohort_states(data_root)
    if not is_successful(result):
        return _tell(terminal, [result.failure()], data_root)
    states = result.unwrap()
    if terminal.as_json:
        terminal.result({"ok": True, "cohorts": [state.as_json() for state in states]})
    else:
        show_cohorts(terminal, states, str(data_root))
    return DONE


def init(terminal: Terminal, folder: Path) -> int:
    result = write_example(folder)
    if not is_successful(result):
        return _tell(terminal, [result.failure()], folder)
    if terminal.as_json:
        terminal.result({"ok": True, "data_root": str(folder), "files": list(result.unwrap())})
        return DONE
    terminal.show(styled("Wrote the example data root: ", (shown_path(folder), "bold")))
    _show_next(
        terminal,
        ("see its cohorts", _typed("list", folder)),
        ("check one", _typed("validate", folder, FIRST)),
        ("build it", _typed("build", folder, FIRST)),
    )
    return DONE


def demo(terminal: Terminal, folder: Path) -> int:
    is_new = not holds_example(folder)
    written: Result[tuple[str, ...], Told] = write_example(folder) if is_new else Success(())
    if not is_successful(written):
        return _tell(terminal, [written.failure()], folder)
    result = _built(terminal, Places(str(folder)), BuildRequest(TOUR))
    if not is_successful(result):
        return _rejected(terminal, result.failure(), folder, may_have_written=True)
    report = result.unwrap()
    if terminal.as_json:
        terminal.result({**report.as_json(), "data_root": str(folder), "created": is_new})
        return DONE
    verb = "Wrote the example data root: " if is_new else "Found the example data root: "
    terminal.show(styled(verb, (shown_path(folder), "bold")))
    terminal.show(
        styled("The spec of its cohort: ", shown_path(folder / "cohorts" / TOUR / "spec" / "config.yaml")), ""
    )
    show_build(terminal, report)
    terminal.show("", styled("The first generations of each stage, children with their parents:"), "")
    columns = _COLUMNS if terminal.out.width >= 120 else _COLUMNS[:4]
    show_rows(terminal, columns, _first_rows(Path(report.artifacts["membership.parquet"]), columns))
    _show_next(terminal, *_tour(folder))
    return DONE


_COLUMNS = ("stage", "gen_id", "parent_gen_id", "template_id", "llm_model_id", "replicate", "combo_id")
"""The columns of the wide table that the tour shows; on a narrow terminal the first four."""


def _first_rows(parquet: Path, columns: Sequence[str], of_each: int = 2) -> Iterator[tuple[object, ...]]:
    import polars as pl

    table = pl.read_parquet(parquet, columns=list(columns))
    return table.group_by("stage", maintain_order=True).head(of_each).select(columns).iter_rows()


def _tour(folder: Path) -> Iterator[tuple[str, str]]:
    cohorts = folder / "cohorts"
    spec = shlex.quote(str(cohorts / FIRST / "spec" / "config.yaml"))
    oops = shlex.quote(str(cohorts / "oops" / "spec"))
    yield "a second cohort, without rules", _typed("build", folder, FIRST)
    yield "the same again: nothing is seeded twice", _typed("build", folder, TOUR)
    yield "a misspelt model, to see how you are told", f"mkdir -p {oops}"
    yield "", f"sed s/pebble-8b/peble-8b/ {spec} > {oops}/config.yaml"
    yield "", _typed("validate", folder, "oops")
    yield "all cohorts, and which are up to date", _typed("list", folder)


def _typed(command: str, data_root: Path, cohort_id: str | None = None) -> str:
    """A command to copy, started in the way in which this one was."""
    runner = ["uv", "run"] if "UV_RUN_RECURSION_DEPTH" in os.environ else []
    cohort = [] if cohort_id is None else [cohort_id]
    return shlex.join([*runner, "cohort-membership", command, *cohort, "--data-root", str(data_root)])


def _show_next(terminal: Terminal, *steps: tuple[str, str]) -> None:
    terminal.show("", styled(("Try next", "bold")))
    for why, command in steps:
        if why:
            terminal.show(styled((f"  # {why}", "dim")))
        terminal.show(styled("  ", (command, "cyan")))


def _built(terminal: Terminal, places: Places, request: BuildRequest) -> Result[BuildReport, Problems]:
    with progress(terminal, request.cohort_id) as notify:
        opened = open_builder(places.data_root, places.store, notify, places.executor)
        return opened.bind(lambda builder: builder.build(request))


def _rejected(
    terminal: Terminal, problems: Problems, data_root: str | Path, *, may_have_written: bool = False
) -> int:
    is_cut_off = may_have_written and any(problem.code in _MID_WRITE for problem in problems)
    ending = UNFINISHED if is_cut_off else NOTHING_WRITTEN
    return _tell(terminal, [told(problem) for problem in problems], data_root, ending)


def _tell(
    terminal: Terminal, problems: Sequence[Told], data_root: str | Path, ending: str = NOTHING_WRITTEN
) -> int:
    if terminal.as_json:
        terminal.result({"ok": False, "problems": [problem.as_json() for problem in problems]})
    else:
        show_problems(terminal, problems, data_root, ending)
    return TRY_AGAIN if all(problem.retryable for problem in problems) else REJECTED
