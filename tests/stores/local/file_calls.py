"""Every call of this process that touches a data root, as it is made: to trace, to fail or to die at.

The points are found by Python's audit events, which no call of the standard library passes by, and for
what has none (writing and syncing) by wrapping the function. So a call that is added to the store is met
here without anybody listing it; `test_interruptions` compares what is seen with what strace sees.
"""

import os
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC

Point: TypeAlias = tuple[str, str, int]
"""The kind of call, the path relative to the data root, and which one of these it is, from 0."""

CHANGES = {
    *("create", "mkdir", "rename", "link", "remove", "rmdir", "write", "fsync", "renameat2", "syncfs"),
    *("truncate", "symlink", "chmod", "utime"),
}
"""The kinds that change something, or make it durable; the others look."""

_EVENTS = {
    "open": 0,
    **{f"os.{name}": 0 for name in ("mkdir", "remove", "rmdir", "truncate", "symlink", "chmod", "utime")},
    **{f"os.{name}": 0 for name in ("rename", "link", "scandir", "listdir")},
    "fcntl.flock": 0,
    "ctypes.dlsym": 1,
}
"""The audit events that are points, and which argument tells what about."""

_DIR_FD = {"os.mkdir": 2, "os.remove": 1, "os.rmdir": 1}


@dataclass
class FileCalls:
    """Listens to the calls under `root`, and does `act` at each (raise, or die)."""

    root: Path
    act: Callable[[Point], None] = lambda point: None
    points: list[Point] = field(default_factory=list)
    _seen: Counter[tuple[str, str]] = field(default_factory=Counter)

    def met(self, kind: str, path: str) -> None:
        if path != str(self.root) and not path.startswith(f"{self.root}/"):
            return
        name = re.sub(r"attempts/[0-9a-f]{32}", "attempts/*", os.path.relpath(path, self.root))
        point = (kind, name, self._seen[kind, name])
        self._seen[kind, name] += 1
        self.points.append(point)
        self.act(point)


_VARYING = re.compile(r"[dev]_[0-9a-z]+|draft|essay|evaluation|\d{5}-\w+")


def one_of_each(points: Sequence[Point]) -> list[Point]:
    """Of each kind of call in each place the last; of the switches, which have no path, all."""
    last = {(kind, _VARYING.sub("*", path)): (kind, path, number) for kind, path, number in points}
    last |= {("renameat2", str(point[2])): point for point in points if point[0] == "renameat2"}
    return sorted(set(last.values()), key=points.index)


_listening: list[FileCalls] = []
_is_installed: list[bool] = []


@contextmanager
def listening(calls: FileCalls) -> Iterator[FileCalls]:
    """Let it hear the calls of this process, until the end of the block."""
    if not _is_installed:
        sys.addaudithook(_hook)
        _is_installed.append(True)
    write, fsync = os.write, os.fsync

    def heard_write(descriptor: int, data: Any) -> int:
        calls.met("write", _path_of(descriptor))
        return write(descriptor, data)

    def heard_fsync(fd: Any) -> None:
        calls.met("fsync", _path_of(fd))
        fsync(fd)

    os.write, os.fsync = heard_write, heard_fsync
    _listening.append(calls)
    try:
        yield calls
    finally:
        _listening.clear()
        os.write, os.fsync = write, fsync


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if not _listening or event not in _EVENTS:
        return
    calls = _listening[0]
    subject = arguments[_EVENTS[event]]
    if event == "ctypes.dlsym":
        if subject in {"renameat2", "syncfs"}:
            calls.met(subject, str(calls.root))
        return
    kind = event.rpartition(".")[2]
    if event == "open":
        kind = "create" if isinstance(arguments[2], int) and arguments[2] & WRITING else "open"
    calls.met(kind, _absolute(subject, arguments[_DIR_FD[event]] if event in _DIR_FD else -1))


def _absolute(subject: Any, directory: int) -> str:
    if isinstance(subject, int):
        return _path_of(subject)
    if not isinstance(subject, str | bytes | os.PathLike):
        return ""
    path = Path(os.fsdecode(subject))
    return str(path if path.is_absolute() or directory < 0 else Path(_path_of(directory)) / path)


def _path_of(descriptor: int) -> str:
    try:
        return str(Path(f"/proc/self/fd/{descriptor}").readlink())
    except OSError:
        return ""
