"""Debian's Chromium, spoken to over a pipe (`--remote-debugging-pipe`): no port, and nothing to install.

The protocol is https://chromedevtools.github.io/devtools-protocol: JSON messages with a NUL after each.
"""

import base64
import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from select import select
from typing import Any

from tests.dagster.servers import CHROMIUM, CHROMIUM_FLAGS, end_group

LOUD = {"Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown"}
"""Events that a page without a fault does not cause."""

PATIENCE = 60
"""Seconds that a browser may say nothing."""


@dataclass
class Tab:
    """A page in a browser. `events` are all that it has told since it was opened."""

    process: "subprocess.Popen[bytes]"
    to: int
    answers: Iterator[dict[str, Any]]
    session: str | None = None
    events: list[dict[str, Any]] = field(default_factory=list)
    _sent: int = 0

    def ask(self, method: str, **parameters: Any) -> Any:
        self._sent += 1
        message = {"id": self._sent, "method": method, "params": parameters}
        if self.session is not None:
            message["sessionId"] = self.session
        os.write(self.to, json.dumps(message).encode() + b"\0")
        for answer in self.answers:
            if answer.get("id") == self._sent:
                assert "error" not in answer, answer
                return answer["result"]
            self.events.append(answer)
        raise AssertionError("the browser has ended, or says nothing")

    def open(self, page: Path) -> None:
        """Opens a file, and waits until all of it is there."""
        self.ask("Page.navigate", url=page.as_uri())
        if not any(one["method"] == "Page.loadEventFired" for one in self.events):
            for event in self.answers:
                self.events.append(event)
                if event.get("method") == "Page.loadEventFired":
                    break

    def show(self, width: int, theme: str, media: str = "") -> None:
        """On a screen that wide, in a light or a dark theme; or as it is printed."""
        self.ask(
            "Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False
        )
        scheme = [{"name": "prefers-color-scheme", "value": theme}]
        self.ask("Emulation.setEmulatedMedia", media=media, features=scheme)

    def value(self, expression: str) -> Any:
        return self.ask("Runtime.evaluate", expression=expression, returnByValue=True)["result"]["value"]

    def picture(self, file: Path) -> None:
        """The whole page as a PNG file."""
        shot = self.ask("Page.captureScreenshot", captureBeyondViewport=True)
        file.write_bytes(base64.b64decode(shot["data"]))

    def faults(self) -> list[dict[str, Any]]:
        return [one for one in self.events if one["method"] in LOUD]

    def requests(self) -> list[str]:
        """The addresses that were asked for."""
        found = (one for one in self.events if one["method"] == "Network.requestWillBeSent")
        return [one["params"]["request"]["url"] for one in found]


@contextmanager
def tab(profile: Path) -> Iterator[Tab]:
    """A new browser with one empty page."""
    (in_read, in_write), (out_read, out_write) = os.pipe(), os.pipe()
    redirected = f'exec "$@" 3<&{in_read} 4>&{out_write}'
    process = subprocess.Popen(
        [
            *("bash", "-c", redirected, "bash", str(CHROMIUM), *CHROMIUM_FLAGS),
            *("--remote-debugging-pipe", f"--user-data-dir={profile}"),
        ],
        pass_fds=(in_read, out_write),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    os.close(in_read)
    os.close(out_write)
    try:
        opened = Tab(process, in_write, _messages(out_read))
        target = opened.ask("Target.createTarget", url="about:blank")["targetId"]
        session = opened.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        opened.session = session
        opened.events.clear()
        for domain in ("Page", "Network", "Log", "Runtime"):
            opened.ask(f"{domain}.enable")
        yield opened
    finally:
        end_group(process, patience=5)
        os.close(in_write)
        os.close(out_read)


def _messages(source: int) -> Iterator[dict[str, Any]]:
    rest = b""
    while select([source], [], [], PATIENCE)[0] and (piece := os.read(source, 1 << 16)):
        *whole, rest = (rest + piece).split(b"\0")
        yield from map(json.loads, whole)
