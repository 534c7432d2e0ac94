"""Progress of a long build: a bar on stderr, only on a terminal, and only when it does take long."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from cohort_membership.cli.show.terminal import Terminal
from cohort_membership.cli.streams import is_terminal
from cohort_membership.ports import Notify
from cohort_membership.stores.local.store import silent
from cohort_membership.visible_text import visible

PATIENCE = 0.5
"""Seconds before the bar is shown: a short build shows none."""


@contextmanager
def progress(terminal: Terminal, cohort_id: str) -> Iterator[Notify]:
    """A listener for a builder, that shows the rows done, their rate and the time that remains."""
    if not is_terminal(sys.stderr):
        yield silent
        return
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn

    bar = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=30),
        TextColumn("{task.fields[rows]}", style="dim"),
        TimeRemainingColumn(compact=True),
        console=terminal.err,
        transient=True,
    )
    task = bar.add_task(visible(cohort_id), total=None, rows="")
    began = time.monotonic()

    def notify(_: str, done: int, total: int) -> None:
        rate = done / max(time.monotonic() - began, 1e-9)
        rows = f"{done:,} of {total:,} rows, {rate:,.0f} a second"
        bar.update(task, completed=done, total=total, rows=rows)

    show = threading.Timer(PATIENCE, bar.start)
    show.daemon = True
    show.start()
    try:
        yield notify
    finally:
        show.cancel()
        show.join()
        if bar.live.is_started:
            bar.stop()
