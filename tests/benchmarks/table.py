"""The figures as tables."""

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from rich import box
from rich.table import Table

from tests.benchmarks.measure import Figures, ratio
from tests.benchmarks.ways import LOOP, SEED_YARDSTICKS, Way

SPEED = "speed\n(loop = 1)"


def steps_table(figures: Sequence[Figures]) -> Table:
    """In process: without the start of the interpreter and imports."""
    loop = next((one for one in figures if one.way == LOOP), None)
    table = _table(f"{figures[0].rows:,} rows: steps, in process, everything imported", SPEED)
    for one in figures:
        if one.way.section == "step":
            is_whole = one.way.key == "build" and loop is not None
            times = ratio(loop, one, inside=True) if is_whole and loop is not None else None
            table.add_row(*_cells(one, one.seconds), _times(times))
    if loop is not None and loop.inside is not None:
        table.add_row(*_cells(loop, loop.inside), _times(1.0), style="dim")
    return table


def whole_table(figures: Sequence[Figures]) -> Table:
    """From a cold start, as a user waits for it."""
    loop = next((one for one in figures if one.way == LOOP), None)
    title = f"{figures[0].rows:,} rows: spec to membership.csv, whole process, cold start"
    table = _table(title, SPEED)
    table.add_column("after\nimports", justify="right", no_wrap=True)
    for one in figures:
        if one.way.section == "whole":
            times = None if loop is None else ratio(loop, one)
            inside = "" if one.inside is None else _seconds(one.inside)
            table.add_row(*_cells(one, one.seconds), _times(times), inside)
    return table


def seeds_table(figures: Sequence[Figures]) -> Table:
    by_way: Mapping[Way, Figures] = {one.way: one for one in figures}
    table = _table(f"{figures[0].rows:,} seeds: rows, membership and seeds, in process", SPEED)
    for one in figures:
        yardstick = SEED_YARDSTICKS.get(one.way, one.way)
        times = ratio(by_way[yardstick], one) if yardstick in by_way else None
        table.add_row(*_cells(one, one.seconds), _times(times))
    return table


def ids_table(alone: Mapping[str, Any]) -> Table:
    """The kernels against one call of hashlib a row (see `bench_ids`)."""
    rows, seconds = alone["rows"], alone["seconds"]
    table = Table(title=f"{rows:,} ids alone", title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
    table.add_column("", no_wrap=True)
    for name in ("ns an id", "least", "times blake2b alone"):
        table.add_column(name, justify="right", no_wrap=True)
    base = seconds["one_hash_a_row"]
    for name, took in seconds.items():
        times = median(one / other for one, other in zip(base, took, strict=True))
        each = [f"{one / rows * 1e9:,.0f}" for one in (median(took), min(took))]
        table.add_row(name.replace("_", " "), *each, _times(times))
    return table


def _table(title: str, last: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
    table.add_column("", no_wrap=True)
    table.add_column("kernel", no_wrap=True)
    for name in ("time", "least", "rows\na second", "ns\na row", "peak\nmemory", last):
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _cells(one: Figures, seconds: float) -> list[str]:
    least = min(one.each if one.seconds == seconds else one.insides)
    return [
        one.way.label,
        one.way.kernel,
        _seconds(seconds),
        _seconds(least),
        f"{one.rows / seconds:,.0f}",
        f"{seconds / one.rows * 1e9:,.0f}",
        f"{one.peak / 1e6:,.0f} MB",
    ]


def _seconds(seconds: float) -> str:
    return f"{seconds * 1e3:,.1f} ms" if seconds < 1 else f"{seconds:,.2f} s"


def _times(times: float | None) -> str:
    return "" if times is None else f"{times:.2f}" if times < 10 else f"{times:.1f}"
