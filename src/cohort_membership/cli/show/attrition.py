"""What each rule took away, as a table with bars and as JSON."""

from collections.abc import Iterator, Sequence
from typing import Any

from cohort_membership.attrition import Attrition, with_beginnings
from cohort_membership.cli.show.table import Cell, Column, Table
from cohort_membership.cli.show.terminal import Terminal, hanging, styled
from cohort_membership.report.texts import taken

MOST_LEVELS = 10
"""Levels of one axis that are named; the rest is counted."""


def show_attrition(terminal: Terminal, steps: Sequence[Attrition]) -> None:
    """A row a step: how many rows of the design it leaves, and generations of each stage."""
    if not steps:
        return
    stages = tuple(steps[0].stages)
    columns = (
        *(Column("rule", wraps=True), Column("rows", "number"), Column("", "bar"), Column("taken", "number")),
        *(Column(stage, "number") for stage in stages),
    )
    rows: list[Sequence[Cell]] = []
    for one, beginning in with_beginnings(steps):
        if beginning is not None:
            rows.append((f"({beginning})", *_left(one, 0, "")))
        rows.append((one.name, *_left(one, 1, taken(*one.rows))))
    terminal.show("", styled("What each rule leaves, and how many generations that means:"), "")
    terminal.show(Table(columns, rows))
    unused = [line for one in steps for line in _unused(one)]
    if unused:
        terminal.show("", styled("Levels that no row uses any more:"))
        for line in unused:
            terminal.show(hanging(styled(f"  {line}"), terminal.out, 4))


def _left(step: Attrition, side: int, told: str) -> Sequence[Cell]:
    """The rows before a step (0) or after it (1), with a bar and the generations of each stage."""
    return step.rows[side], step.rows[side], told, *(counts[side] for counts in step.stages.values())


def attrition_json(steps: Sequence[Attrition]) -> list[dict[str, Any]]:
    """The same as plain JSON types."""
    return [
        {
            "design": one.design,
            "where": one.where,
            "rows": {"before": one.rows[0], "after": one.rows[1]},
            "stages": {
                stage: {"before": before, "after": after} for stage, (before, after) in one.stages.items()
            },
            "unused": {axis: list(levels) for axis, levels in one.unused},
        }
        for one in steps
    ]


def _unused(step: Attrition) -> Iterator[str]:
    for axis, levels in step.unused:
        more = f" and {len(levels) - MOST_LEVELS:,} more" if len(levels) > MOST_LEVELS else ""
        yield f"{step.name}: {axis}: {', '.join(map(repr, levels[:MOST_LEVELS]))}{more}"
