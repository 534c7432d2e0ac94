"""A real Dagster in a test: `dg dev` in a process group of its own, asked over GraphQL."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

DG = Path(sys.executable).parent / "dg"
CHROMIUM = Path("/usr/bin/chromium")
CHROMIUM_FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)

T = TypeVar("T")


class Lost(Exception):
    """The server ended, or did not do in time what was waited for; the text is its log."""


@dataclass
class Server:
    """A running `dg dev`."""

    process: "subprocess.Popen[bytes]"
    port: int
    log: Path

    def ask(self, query: str, **variables: Any) -> Any:
        """The data that a GraphQL query gives."""
        body = json.dumps({"query": query, "variables": variables}).encode()
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/graphql", body, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            content = json.load(answer)
        assert "errors" not in content, content["errors"]
        return content["data"]

    def wait(self, look: Callable[[], T | None], seconds: float) -> T:
        """What `look` gives as soon as it gives something."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                found = look()
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                found = None
            if found:
                return found
            time.sleep(0.3)
        raise Lost(self.log.read_text(errors="replace")[-5_000:])


@contextmanager
def dg_dev(project: Path, environment: Mapping[str, str], log: Path) -> Iterator[Server]:
    """`dg dev` in a project, on a free port of the loopback address; it and its children end with it."""
    port = free_port()
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(DG), "dev", "--host", "127.0.0.1", "--port", str(port)],
            cwd=project,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield Server(process, port, log)
    finally:
        end_group(process)


def end_group(process: "subprocess.Popen[bytes]", patience: float = 30) -> None:
    """Asks every process of the group to end, then ends those that did not."""
    deadline = time.monotonic() + patience
    _signal(process.pid, signal.SIGTERM)
    while members(process.pid) and time.monotonic() < deadline:
        process.poll()
        time.sleep(0.1)
    _signal(process.pid, signal.SIGKILL)
    process.wait(timeout=10)


def members(group: int) -> list[int]:
    """The living processes of a group."""
    return [pid for pid, state, found in _processes() if found == group and state not in "ZX"]


def holders(mark: str) -> list[int]:
    """The living processes that have a text in their environment, whatever group they went to."""
    found = []
    for pid, state, _ in _processes():
        try:
            environment = Path(f"/proc/{pid}/environ").read_bytes()
        except OSError:
            continue
        if mark.encode() in environment and state not in "ZX" and pid != os.getpid():
            found.append(pid)
    return found


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def page(url: str, profile: Path, *flags: str, patience: float = 90) -> bytes:
    """What headless Chromium makes of a page: with `--dump-dom` the text of its elements."""
    process = subprocess.Popen(
        [
            str(CHROMIUM),
            *CHROMIUM_FLAGS,
            f"--user-data-dir={profile}",
            "--window-size=1600,1400",
            "--virtual-time-budget=20000",
            *flags,
            url,
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        return process.communicate(timeout=patience)[0]
    finally:
        end_group(process, patience=5)


def _processes() -> Iterator[tuple[int, str, int]]:
    """Pid, state and process group of every process (proc(5), /proc/pid/stat)."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            state, _, group = (folder / "stat").read_text().rpartition(")")[2].split()[:3]
        except OSError:
            continue
        yield int(folder.name), state, int(group)


def _signal(group: int, number: int) -> None:
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return
