"""Who does the work: this process, processes of this machine, or the machines of a Dask cluster.

Work is a list of tasks and a function of one task. Any `concurrent.futures.Executor` runs it, so that an
engine that exists is all that many machines need. A task may be run more than once (a worker died, or was
only thought dead), so what it does must be the same when it is done again.
"""

import os
import re
import socket
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Executor, Future, wait
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, Protocol, TypeAlias, TypeVar

from cohort_membership.problems import Problem, StorageDenied, StorageUnavailable

Task = TypeVar("Task")
Done = TypeVar("Done")

ExecutorChoice: TypeAlias = Any
"""None or 'inline': this process; 'processes[:N]', 'dask://host:port'; an Executor; a Dask client."""

TRIES = 3
"""How often work that died with its worker is given to another."""

WINDOW = 64
"""Tasks under way at once where it is not known how many workers there are."""


class WorkersLost(Exception):
    """Workers died again and again, or there is nobody left to do the work."""


class ExecutorMissing(Exception):
    """An executor that needs a package which is not installed: what is missing, and the remedy."""


class Workers(Protocol):
    """A way to open an executor, and again when it broke. `window` tasks are given to it at once."""

    @property
    def window(self) -> int: ...

    def open(self) -> AbstractContextManager[Executor]: ...


def workers_of(choice: ExecutorChoice) -> Workers | None:
    """The workers that a choice means; None where this process does the work itself.

    A choice that means nothing is a ValueError.

    >>> workers_of("inline") is None
    True
    >>> workers_of("processes:3").window
    6
    """
    match choice:
        case None | "inline":
            return None
        case Executor():
            return Given(choice)
        case str() if choice.partition(":")[0] == "processes":
            return Processes(_count(choice))
        case str() if (found := _DASK.fullmatch(choice)) and int(found["port"]) <= 65_535:
            return DaskCluster("tcp://" + choice.removeprefix("dask://"))
        case _ if callable(getattr(choice, "get_executor", None)):
            return Given(choice.get_executor(pure=False, retries=TRIES))
        case _:
            forms = "'inline', 'processes', 'processes:N' or 'dask://host:port'"
            # A text is not shown: it may be an address given here by mistake, with a password in it.
            got = "another text" if isinstance(choice, str) else type(choice).__name__
            raise ValueError(f"executor: expected {forms}, got {got}")


def unfit(choice: ExecutorChoice) -> Problem | None:
    """What is wrong with an executor, asked for when it is given and not only when it is needed.

    `storage-denied` for a choice that means nothing, for Dask that is not installed and for a host that
    does not exist; `storage-unavailable` for a scheduler that does not answer.

    >>> unfit("processes:2") is None, unfit("dask://nowhere").code
    (True, 'storage-denied')
    """
    action = USE
    try:
        workers = workers_of(choice)
    except ValueError as error:
        return StorageDenied(action=action, reason="none that is known", remedy=str(error))
    if not isinstance(workers, DaskCluster):
        return None
    if find_spec("distributed") is None:
        return StorageDenied(action=action, reason=_NO_DASK[0], remedy=_NO_DASK[1])
    host, _, port = choice.removeprefix("dask://").rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=DASK_PATIENCE).close()
    except OSError as error:
        reason = f"no Dask scheduler at {choice} ({(error.strerror or type(error).__name__).lower()})"
        is_unknown = isinstance(error, socket.gaierror) and error.errno != socket.EAI_AGAIN
        if is_unknown:
            return StorageDenied(action=action, reason=reason, remedy="check the host and the port")
        return StorageUnavailable(action=action, reason=reason)
    return None


USE = "use the executor"
"""What cannot be done where an executor is found unfit: nothing has been written by then."""

_DASK = re.compile(r"dask://(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):(?P<port>\d{1,5})")
_NO_DASK = ("Dask is not installed", "pip install 'cohort-membership[dask]'")

DASK_PATIENCE = 10.0
"""Seconds that a scheduler has to take a connection."""


def run(work: Callable[[Task], Done], tasks: Sequence[Task], workers: Workers) -> Generator[Done]:
    """What the work gives for each task, as it is done; in any order, every task once.

    An error of the work itself is raised as it is, when the tasks under way have ended. `WorkersLost` is
    raised where the workers died `TRIES` times.
    """
    left = dict(enumerate(tasks))
    lost: Exception | None = None
    for _ in range(TRIES):
        with workers.open() as executor:
            try:
                yield from _run(work, left, executor, workers.window)
            except (BrokenExecutor, CancelledError) as error:
                lost = error
                continue
            except Exception as error:
                if type(error).__name__ not in _DASK_LOST:
                    raise
                raise WorkersLost(f"workers were lost ({type(error).__name__}: {error})") from error
        return
    raise WorkersLost(f"workers died {TRIES} times ({lost})") from lost


_DASK_LOST = {"KilledWorker", "FutureCancelledError", "CommClosedError", "ClosedClientError"}
"""How Dask, which is not imported here, says that workers or the scheduler have gone."""


def _run(
    work: Callable[[Task], Done], left: dict[int, Task], executor: Executor, window: int
) -> Iterator[Done]:
    """Run what is left; a task leaves `left` when its result has been given."""
    waiting = iter(list(left))
    under_way: dict[Future[Done], int] = {}
    try:
        while True:
            while len(under_way) < window and (number := next(waiting, None)) is not None:
                under_way[executor.submit(work, left[number])] = number
            if not under_way:
                return
            ended, _ = wait(under_way, return_when=FIRST_COMPLETED)
            for future in ended:
                result = future.result()
                del left[under_way.pop(future)]
                yield result
    finally:
        _stop(under_way)


def _stop(under_way: dict[Future[Done], int]) -> None:
    """Nothing of a build that failed may still be written when it says so."""
    for future in under_way:
        future.cancel()
    wait([future for future in under_way if not future.cancelled()])


@dataclass(frozen=True, slots=True)
class Given:
    """An executor that the caller opened, and will close."""

    executor: Executor
    window: int = WINDOW

    def open(self) -> AbstractContextManager[Executor]:
        return nullcontext(self.executor)


@dataclass(frozen=True, slots=True)
class Processes:
    """Processes of this machine. They are started afresh: a forked one would hold its parent's lock."""

    count: int

    @property
    def window(self) -> int:
        return 2 * self.count

    @contextmanager
    def open(self) -> Iterator[Executor]:
        from concurrent.futures import ProcessPoolExecutor
        from multiprocessing import get_context

        threads = max(1, (os.cpu_count() or 1) // self.count)
        with ProcessPoolExecutor(
            self.count, get_context("spawn"), initializer=_begin_worker, initargs=(threads,)
        ) as executor:
            try:
                yield executor
            except BaseException:
                executor.shutdown(wait=True, cancel_futures=True)
                raise


@dataclass(frozen=True, slots=True)
class DaskCluster:
    """The workers of a Dask scheduler (extra `dask`); they must see the data root under the same path."""

    address: str
    window: int = WINDOW

    @contextmanager
    def open(self) -> Iterator[Executor]:
        try:
            from distributed import Client
        except ImportError as error:
            raise ExecutorMissing(*_NO_DASK) from error
        connect: Any = Client
        with connect(self.address) as client:
            yield client.get_executor(pure=False, retries=TRIES)


def _begin_worker(threads: int) -> None:
    """What a new process does before any work: as many threads as are its share, and no life of its own."""
    from multiprocessing import parent_process

    for name in ("POLARS_MAX_THREADS", "NUMBA_NUM_THREADS", "OMP_NUM_THREADS"):
        os.environ.setdefault(name, str(threads))
    parent = parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: Any) -> None:
    """End when the parent has: a worker of a killed build would else wait for work for ever."""
    parent.join()
    os._exit(1)


def _count(choice: str) -> int:
    _, colon, count = choice.partition(":")
    if not colon:
        return os.cpu_count() or 1
    if not count.isdecimal() or int(count) < 1:
        raise ValueError("executor: expected processes:N with N of at least 1")
    return int(count)
