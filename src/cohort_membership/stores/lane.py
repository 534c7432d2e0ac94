"""Work done beside other work, its order kept: the next batches are made while one is written."""

import os
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

from cohort_membership.membership import Membership

Item = TypeVar("Item")
Made = TypeVar("Made")

THREADS = min(4, os.cpu_count() or 1)
"""Batches made at once. Each takes its memory, so that more cores than these do not help."""


def threads_for(membership: Membership) -> int:
    """How many threads to make its batches with.

    hashlib holds the interpreter's lock for texts as short as these, so that two threads of the kernel
    `standard` would only hand it to and fro; one is still made while another is written.
    """
    return THREADS if membership.kernel == "fast" else 1


def ahead(make: Callable[[Item], Made], items: Iterable[Item], threads: int) -> Generator[Made]:
    """What `make` gives for each item, in order, made by threads ahead of what is asked for.

    At most one more than there are threads is made or kept. An error of `make` is raised in its turn.

    >>> list(ahead(str, [1, 2, 3], threads=2))
    ['1', '2', '3']
    """
    waiting = deque[Future[Made]]()
    pool = ThreadPoolExecutor(threads)
    try:
        for item in items:
            waiting.append(pool.submit(make, item))
            if len(waiting) > threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


@dataclass(slots=True)
class Lane:
    """Work done in order on a thread of its own, with one piece under way and one waiting."""

    _pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1))
    _waiting: deque[Future[Any]] = field(default_factory=deque)

    def do(self, work: Callable[..., Any], *arguments: Any) -> None:
        while len(self._waiting) > 1:
            self._waiting.popleft().result()
        self._waiting.append(self._pool.submit(work, *arguments))

    def finish(self) -> None:
        while self._waiting:
            self._waiting.popleft().result()

    def __enter__(self) -> "Lane":
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)
