"""Results as people like to read them: a table of counts, and where the files are."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cohort_membership.cli.show.next_steps import show_next, typed
from cohort_membership.cli.show.table import Column, Table
from cohort_membership.cli.show.terminal import Terminal, shown_path, styled, unwrapped
from cohort_membership.membership import BuildReport
from cohort_membership.problems import counted
from cohort_membership.stores.reports import UNCHANGED

if TYPE_CHECKING:
    from cohort_membership.cli.cohort_states import Built, CohortState
    from cohort_membership.plan import Plan
    from cohort_membership.stores.verification import VerifyReport

GOOD, BAD, CHANGED, DIM, BOLD = "green", "red", "yellow", "dim", "bold"


def show_build(terminal: Terminal, report: BuildReport, *, seeds_metadata: bool = True) -> None:
    """What a build did, or would do."""
    show_notices(terminal, (one for one in report.notices if one != UNCHANGED))
    if report.is_unchanged:
        rows = counted(report.rows, "generation")
        head = (report.cohort_id, BOLD), f" is up to date: {rows}; nothing was written."
    elif report.dry_run:
        head = ("Dry run", BOLD), f": nothing was written. A build of {report.cohort_id} would give:"
    else:
        head = (report.cohort_id, BOLD), f" is built: {counted(report.rows, 'generation')}."
    terminal.show(styled(*head), "", _stages(report.counts), "")
    known = f"{report.seeded:,} new, {report.reused:,} already known"
    metadata = known if seeds_metadata else "none written (--no-seed-metadata)"
    terminal.show(styled(("  metadata  ", DIM), metadata))
    done = "to write" if report.dry_run else "written"
    labels = [f"{'in place' if report.is_unchanged else done:<10}"] + [" " * 10] * len(report.artifacts)
    for label, path in zip(labels, report.artifacts.values(), strict=False):
        terminal.show(unwrapped((f"  {label}", DIM), shown_path(path)))


def show_valid(terminal: Terminal, report: BuildReport) -> None:
    show_notices(terminal, report.notices)
    rows = counted(report.rows, "generation")
    head = styled((report.cohort_id, BOLD), f" is valid: {rows}; nothing was written.")
    terminal.show(head, "", _stages(report.counts))


def show_all_valid(terminal: Terminal, reports: Sequence[BuildReport]) -> None:
    """A line for each cohort."""
    for report in reports:
        show_notices(terminal, (f"{report.cohort_id}: {notice}" for notice in report.notices))
    terminal.show(styled(f"{counted(len(reports), 'cohort')}, without a problem; nothing was written."))
    if reports:
        rows = [(report.cohort_id, report.rows) for report in reports]
        total = ("total", sum(report.rows for report in reports))
        terminal.show("", Table((Column("cohort"), Column("rows", "number")), rows, total=total))


def show_counts(terminal: Terminal, plan: "Plan") -> None:
    from cohort_membership.report.stages import nodes_of

    show_notices(terminal, plan.notices)
    rows = counted(plan.rows, "generation")
    each = {one.name: f"{one.times} for each {one.parent}" for one in nodes_of(plan)}
    terminal.show(styled((plan.cohort_id, BOLD), f" has {rows}."), "", _stages(plan.counts, each))


def show_verified(terminal: Terminal, report: "VerifyReport", built: "Built | None") -> None:
    show_notices(terminal, report.notices)
    files, rows = counted(report.files, "file"), counted(report.rows, "generation")
    seeds = counted(report.seeds, "metadata file")
    terminal.show(
        styled((report.cohort_id, BOLD), f" is intact{_seed(built)}: checked {files}, {rows}, {seeds}.")
    )
    if not report.is_current:
        what = "its spec, a catalog or the experiment changed since the build"
        changed = f": {report.cohort_id} is not up to date: {what}"
        terminal.warn(styled(("warning", "bold yellow"), changed))


def show_notices(terminal: Terminal, notices: Iterable[str]) -> None:
    for notice in notices:
        terminal.warn(styled(("warning", "bold yellow"), f": {notice}"))


def show_cohorts(terminal: Terminal, states: "Sequence[CohortState]", data_root: Path) -> None:
    if not states:
        terminal.show(
            styled(f"No cohorts in {data_root}/cohorts: a cohort is a folder with a spec/config.yaml.")
        )
        return
    numbers = (Column(name, "number") for name in ("rows", "done", "missing"))
    columns = (Column("cohort"), *numbers, Column("state", wraps=True))
    rows = [
        (one.cohort_id, None if one.built is None else one.built.rows, one.done, one.missing, _word(one))
        for one in states
    ]
    terminal.show(Table(columns, rows))
    show_notices(terminal, (f"{one.cohort_id}: {notice}" for one in states for notice in one.notices))
    bad = next((one.cohort_id for one in states if one.problems), None)
    if bad is not None:
        show_next(terminal, ("show the problems", typed("validate", data_root, bad)))


def _word(state: "CohortState") -> tuple[str, str]:
    if state.problems:
        return counted(state.problems, "problem"), BAD
    if state.built is None:
        return "not built", DIM
    if state.is_damaged:
        return f"not up to date{_seed(state.built)}: a file is missing or damaged", CHANGED
    if not state.is_up_to_date:
        return (
            f"not up to date{_seed(state.built)}: the spec, a catalog or the experiment changed since",
            CHANGED,
        )
    return f"up to date{_seed(state.built)}{'' if state.is_looked_at else ' (files not checked)'}", GOOD


def _seed(built: "Built | None") -> str:
    return "" if built is None or built.seed is None else f" (built with seed {built.seed})"


def _stages(counts: Mapping[str, int], each: Mapping[str, str] | None = None) -> Table:
    """A row a stage; `each` tells how many there are for each of the parent's."""
    columns = (Column("stage"), Column("rows", "number"), Column("", "bar"))
    told = {stage: () if each is None else (each[stage],) for stage in counts}
    rows = [(stage, count, count, *told[stage]) for stage, count in counts.items()]
    shown = columns if each is None else (*columns, Column(""))
    return Table(shown, rows, total=("total", sum(counts.values())))
