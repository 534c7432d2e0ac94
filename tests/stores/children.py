"""Builds in processes of their own, that can be killed at a chosen call, and told apart by their pids.

They are forked from a server that has imported everything and started nothing, so one costs little.
"""

import contextlib
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from tests.stores.cohorts import build, codes

_CONTEXT = multiprocessing.get_context("forkserver")
_PRELOAD = ("objects.store", "delta.store", "sql.postgres", "sql.sqlite")


def _preloaded() -> list[str]:
    names = ["tests.stores.children"]
    for name in _PRELOAD:
        with contextlib.suppress(ImportError):
            import_module(f"cohort_membership.stores.{name}")
            names.append(f"cohort_membership.stores.{name}")
    return names


_CONTEXT.set_forkserver_preload(_preloaded())


@dataclass(frozen=True)
class Kill:
    """Die at the call number `at` (from 0) of `targets`, before it or after it."""

    targets: tuple[str, ...]
    """Each 'module:attribute', the attribute a function or 'Class.method'."""
    at: int = -1
    after: bool = False


@dataclass
class Child:
    process: BaseProcess
    answers: Connection
    calls: list[str] = field(default_factory=list)

    @property
    def pid(self) -> int:
        assert self.process.pid is not None
        return self.process.pid

    def codes(self, timeout: float = 60) -> list[str] | None:
        """The codes of the problems that the build ended with; None where it was killed."""
        result: list[str] | None = None
        try:
            while self.answers.poll(timeout):
                kind, value = self.answers.recv()
                if kind == "call":
                    self.calls.append(value)
                else:
                    result = value
                    break
        except (EOFError, ConnectionResetError):
            pass
        self.process.join(timeout)
        assert self.process.exitcode is not None, "a build that does not end"
        assert self.process.exitcode in {0, -signal.SIGKILL}
        self.answers.close()
        self.process.close()
        return result


def start(
    root: Path, address: str, cohort: str = "alpha", *, kill: Kill | None = None, gate: Any = None
) -> Child:
    """Start a build in a process of its own; with a gate, it waits there for the others."""
    here, there = _CONTEXT.Pipe()
    environment = {
        name: value for name, value in os.environ.items() if name.startswith(("AWS", "PG", "COHORT"))
    }
    process = _CONTEXT.Process(target=_run, args=(root, address, cohort, kill, gate, environment, there))
    process.start()
    there.close()
    return Child(process, here)


def at_once(builds: Sequence[tuple[Path, str, str]]) -> list[list[str] | None]:
    """Builds that all begin at the same moment, and what each ended with."""
    gate = _CONTEXT.Barrier(len(builds))
    children = [start(root, address, cohort, gate=gate) for root, address, cohort in builds]
    return [child.codes() for child in children]


def _run(
    root: Path,
    address: str,
    cohort: str,
    kill: Kill | None,
    gate: Any,
    environment: Mapping[str, str],
    answers: Connection,
) -> None:
    os.environ.update(environment)
    if kill is not None:
        _trace(kill, answers)
    if gate is not None:
        gate.wait(30)
    answers.send(("codes", codes(build(root, address, cohort))))
    answers.close()


def _trace(kill: Kill, answers: Connection) -> None:
    """Put a wrapper around each target that counts the calls, tells them, and dies at the chosen one."""
    count = iter(range(1_000_000))

    def wrapped(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*values: Any, **named: Any) -> Any:
            number = next(count)
            answers.send(("call", name))
            _die_if(number == kill.at and not kill.after)
            result = function(*values, **named)
            _die_if(number == kill.at and kill.after)
            return result

        return call

    for target in kill.targets:
        module, _, attribute = target.partition(":")
        holder: Any = import_module(module)
        *owners, name = attribute.split(".")
        for owner in owners:
            holder = getattr(holder, owner)
        setattr(holder, name, wrapped(attribute, getattr(holder, name)))


def _die_if(is_so: bool) -> None:
    if is_so:
        os.kill(os.getpid(), signal.SIGKILL)


def kill_points(calls: Sequence[str]) -> Iterator[tuple[int, bool]]:
    """Every call, before and after it."""
    for number in range(len(calls)):
        yield number, False
        yield number, True
