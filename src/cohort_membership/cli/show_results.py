"""Results as people like to read them: a table of counts, and where the files are."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from cohort_membership.cli.cohort_states import CohortState
from cohort_membership.cli.terminal import Terminal, shown_path, styled
from cohort_membership.cli.visible_text import visible
from cohort_membership.membership import BuildReport
from cohort_membership.plan import Plan
from cohort_membership.problems import counted
from cohort_membership.stores.local_verify import VerifyReport

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

GOOD, BAD, CHANGED, DIM, BOLD = "green", "red", "yellow", "dim", "bold"


def show_build(terminal: Terminal, report: BuildReport, *, seeds_metadata: bool = True) -> None:
    """What a build did, or would do."""
    show_notices(terminal, report.notices)
    if report.dry_run:
        head = ("Dry run", BOLD), f": nothing was written. A build of {report.cohort_id} would give:"
    else:
        head = (report.cohort_id, BOLD), f" is built: {counted(report.rows, 'generation')}."
    terminal.show(styled(*head), "", _stages(report.counts), "")
    if seeds_metadata:
        new = "to seed" if report.dry_run else "seeded"
        terminal.show(styled(("  metadata  ", DIM), f"{report.seeded:,} {new}, {report.reused:,} reused"))
    else:
        terminal.show(styled(("  metadata  ", DIM), "not seeded (--no-seed-metadata)"))
    labels = ["to write  " if report.dry_run else "written   "] + [" " * 10] * len(report.artifacts)
    for label, path in zip(labels, report.artifacts.values(), strict=False):
        terminal.show(styled((f"  {label}", DIM), shown_path(path)))


def show_valid(terminal: Terminal, report: BuildReport) -> None:
    show_notices(terminal, report.notices)
    terminal.show(
        styled(
            (report.cohort_id, BOLD), f" is valid: {counted(report.rows, 'generation')}; nothing was written."
        ),
        "",
        _stages(report.counts),
    )


def show_counts(terminal: Terminal, plan: Plan) -> None:
    show_notices(terminal, plan.notices)
    rows = counted(plan.rows, "generation")
    terminal.show(styled((plan.cohort_id, BOLD), f" has {rows}."), "", _stages(plan.counts))


def show_verified(terminal: Terminal, report: VerifyReport) -> None:
    files, rows, seeds = (
        counted(report.files, "file"),
        counted(report.rows, "generation"),
        counted(report.seeds, "seed"),
    )
    terminal.show(styled((report.cohort_id, BOLD), f" is whole: {files}, {rows}, {seeds}, all in order."))
    if not report.is_current:
        terminal.warn(
            styled(("warning", "bold yellow"), ": the spec or the catalogs changed since it was built")
        )


def show_notices(terminal: Terminal, notices: Iterable[str]) -> None:
    for notice in notices:
        terminal.warn(styled(("warning", "bold yellow"), f": {notice}"))


def show_cohorts(terminal: Terminal, states: Sequence[CohortState], data_root: str) -> None:
    if not states:
        terminal.show(
            styled(f"No cohorts in {data_root}/cohorts: a cohort is a folder with a spec/config.yaml.")
        )
        return
    table = _table("cohort", "rows", "state", right={"rows"})
    for state in states:
        rows = "–" if state.rows is None else f"{state.rows:,}"
        table.add_row(styled(state.cohort_id), rows, styled(_word(state)))
    terminal.show(_indented(table))


def _word(state: CohortState) -> tuple[str, str]:
    if state.spec_problems:
        return f"spec has problems: `cohort-membership validate {state.cohort_id}` tells them", BAD
    if state.rows is None:
        return "not built", DIM
    if not state.is_up_to_date:
        return "the spec changed since it was built", CHANGED
    return "up to date", GOOD


def show_rows(terminal: Terminal, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A small table of a membership."""
    table = _table(*columns, right={"replicate"})
    for row in rows:
        table.add_row(*(styled(str(cell)) for cell in row))
    terminal.show(_indented(table))


def _stages(counts: Mapping[str, int]) -> "RenderableType":
    table = _table("stage", "rows", right={"rows"})
    total = f"{sum(counts.values()):,}"
    for stage, count in counts.items():
        table.add_row(visible(stage), f"{count:,}")
    table.add_row("─" * max(map(len, (*counts, "total"))), "─" * max(len(total), 4), style=DIM)
    table.add_row("total", total)
    return _indented(table)


def _table(*columns: str, right: Collection[str] = ()) -> "Table":
    from rich.table import Table

    table = Table(box=None, header_style=DIM, padding=(0, 2, 0, 0), pad_edge=False)
    for column in columns:
        table.add_column(column, justify="right" if column in right else "left", overflow="fold")
    return table


def _indented(table: "Table") -> "RenderableType":
    from rich.padding import Padding

    return Padding(table, (0, 0, 0, 2), expand=False)
