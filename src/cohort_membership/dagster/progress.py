"""Progress of a build as log lines: few enough to read, often enough to trust."""

import time
from collections.abc import Callable

from cohort_membership.ports import Notify

SECONDS_BETWEEN_LINES = 10.0


def progress_log(
    say: Callable[[str], object],
    *,
    every: float = SECONDS_BETWEEN_LINES,
    clock: Callable[[], float] = time.monotonic,
) -> Notify:
    """A progress listener that says a line at most every so many seconds; a short build says nothing.

    >>> seconds = iter([0.0, 3.0, 12.0, 14.0])
    >>> notify = progress_log(print, clock=lambda: next(seconds))
    >>> for done in (100, 200, 300):
    ...     notify("answer", done, 1_000)
    answer: 200 of 1,000 rows (20 %), 17 rows a second, about 48 s to go
    """
    started = said = clock()

    def notify(stage: str, done: int, total: int) -> None:
        nonlocal said
        now = clock()
        if now - said < every:
            return
        said = now
        rate = done / max(now - started, 1e-9)
        rest = "" if rate == 0 else f", about {(total - done) / rate:,.0f} s to go"
        share = done / total if total else 1.0
        say(
            f"{stage}: {done:,} of {total:,} rows ({share:.0%}), {rate:,.0f} rows a second{rest}".replace(
                "%", " %"
            )
        )

    return notify
