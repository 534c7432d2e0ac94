"""What came of a cohort, as people like to read it."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from cohort_membership.cli.show.results import BAD, BOLD, CHANGED, DIM, GOOD, show_notices
from cohort_membership.cli.show.table import Cell, Column, Parts, Table
from cohort_membership.cli.show.terminal import Terminal, shown_path, styled, unwrapped
from cohort_membership.cost.bill import dollars
from cohort_membership.life.changes import LevelChange
from cohort_membership.life.drift import drift_notices
from cohort_membership.life.explained import Explained
from cohort_membership.life.orphans import Orphans
from cohort_membership.life.planned import Difference, PlannedChange
from cohort_membership.life.states import STATES, Status
from cohort_membership.problems import counted

_COUNTED = ("rows", *STATES, "stale")

MOST_SHOWN = 20
"""Lines of a list; --json gives all of them."""


def show_status(terminal: Terminal, status: Status) -> None:
    show_notices(terminal, (*status.notices, *drift_notices(status.drift)))
    head = (" is complete", GOOD) if status.is_complete else (" is not complete", CHANGED)
    stages = {name: one.as_json() for name, one in status.stages.items()}
    terminal.show(styled((status.cohort_id, BOLD), head, "."), "", _states(stages, "stage"))
    _show_unexpected(terminal, status)


def show_statuses(terminal: Terminal, statuses: Sequence[Status]) -> None:
    """A line for each cohort."""
    if not statuses:
        terminal.show(styled("No cohort is built yet."))
        return
    show_notices(terminal, statuses[0].notices)
    counts: dict[str, Mapping[str, int]] = {}
    for status in statuses:
        show_notices(terminal, (f"{status.cohort_id}: {one}" for one in drift_notices(status.drift)))
        stages = [one.as_json() for one in status.stages.values()]
        counts[status.cohort_id] = {column: sum(one[column] for one in stages) for column in _COUNTED}
    terminal.show(_states(counts, "cohort"))
    _show_unexpected(terminal, statuses[0])


def _show_unexpected(terminal: Terminal, status: Status) -> None:
    if status.unexpected:
        generations = counted(status.unexpected, "generation")
        are = "is" if status.unexpected == 1 else "are"
        terminal.show("", styled(f"{generations} with results {are} in no cohort (see `orphans`)."))


def show_plan(terminal: Terminal, change: PlannedChange, out: Path | None) -> None:
    show_notices(terminal, change.notices)
    columns = ("rows", "new", "kept", "gone", "reused", "done")
    counts = {name: [one[column] for column in columns] for name, one in change.stages.items()}
    new, gone = (sum(one[key] for one in change.stages.values()) for key in ("new", "gone"))
    head = f": a build adds {counted(new, 'generation')} and takes {gone:,} away."
    terminal.show(styled((change.cohort_id, BOLD), head), "", _table(columns, counts))
    if new:
        told = f"about US$ {dollars(change.usd)}" if change.usd is not None else "unknown (see `cost`)"
        terminal.show("", styled(f"What is new and not done costs: {told}."))
    _show_changes(terminal, change.compared.changes)
    if out is not None:
        terminal.show("", unwrapped(("  saved in  ", DIM), shown_path(str(out))))


def show_diff(terminal: Terminal, found: Difference, a: str, b: str) -> None:
    columns = ("both", f"only {a}", f"only {b}")
    stages = found.compared.stages
    counts = {name: [one.kept, one.gone, one.new] for name, one in stages.items()}
    terminal.show(_table(columns, counts))
    _show_changes(terminal, found.compared.changes)


def show_explained(terminal: Terminal, found: Explained) -> None:
    colour = {"done": GOOD, "failed": BAD}.get(found.state, CHANGED)
    show_notices(terminal, drift_notices(found.drift))
    terminal.show(styled((found.gen_id, BOLD), f" is a generation of {found.stage}: ", (found.state, colour)))
    terminal.show("", styled(f"cohorts: {', '.join(found.cohorts)} (first in {found.origin_cohort_id})"), "")
    rows = [
        (stage, gen_id, ", ".join(f"{name} {value}" for name, value in columns.items() if value is not None))
        for stage, gen_id, columns in found.lineage
    ]
    terminal.show(Table((Column("stage"), Column("gen_id"), Column("columns", wraps=True)), rows))
    if found.children:
        children = ", ".join(f"{count:,} of {stage}" for stage, count in found.children.items())
        terminal.show("", styled(f"children: {children}"))


def show_orphans(terminal: Terminal, found: Orphans) -> None:
    if not found.gen_ids:
        terminal.show(styled("Every generation on disk is in a cohort."))
        return
    columns = ("generations", "done")
    terminal.show(_table(columns, {name: list(one.values()) for name, one in found.stages.items()}), "")
    for gen_id in found.gen_ids[:MOST_SHOWN]:
        terminal.show(unwrapped(f"  {gen_id}"))
    if len(found.gen_ids) > MOST_SHOWN:
        terminal.show(styled((f"  and {len(found.gen_ids) - MOST_SHOWN:,} more (--json gives all)", DIM)))


def _states(counts: Mapping[str, Mapping[str, int]], first: str) -> Table:
    """A row for each with its states as numbers and as a bar of parts."""
    total = {column: sum(one[column] for one in counts.values()) for column in _COUNTED}
    numbers = (Column(name, "number") for name in _COUNTED)
    rows: list[Sequence[Cell]] = [(name, *one.values(), _bar(one)) for name, one in counts.items()]
    columns = (Column(first), *numbers, Column("", "bar"))
    return Table(columns, rows, total=("total", *total.values()))


def _bar(counts: Mapping[str, int]) -> Parts:
    looks = zip(STATES, ("█", "▓", "▒", "░"), (GOOD, BAD, CHANGED, DIM), strict=True)
    return Parts([(counts[state] / max(1, counts["rows"]), drawn, style) for state, drawn, style in looks])


def _table(columns: Sequence[str], counts: Mapping[str, Sequence[int]]) -> Table:
    totals = [sum(one) for one in zip(*counts.values(), strict=True)]
    shown = (Column("stage"), *(Column(name, "number") for name in columns))
    return Table(shown, [(name, *one) for name, one in counts.items()], total=("total", *totals))


def _show_changes(terminal: Terminal, changes: Sequence[LevelChange]) -> None:
    if not changes:
        return
    rows = [
        (
            ("+", GOOD) if one.is_added else ("-", BAD),
            one.axis,
            one.level,
            ", ".join(f"{count:,} {stage}" for stage, count in one.stages.items()),
        )
        for one in changes[:MOST_SHOWN]
    ]
    terminal.show(
        "", Table((Column(""), Column("axis"), Column("level"), Column("generations", wraps=True)), rows)
    )
    if len(changes) > MOST_SHOWN:
        terminal.show(styled((f"  and {len(changes) - MOST_SHOWN:,} more (--json gives all)", DIM)))
