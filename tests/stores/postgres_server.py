"""PostgreSQL from the system's packages, started by the suite in a folder of its own.

It listens on 127.0.0.1 alone, and is ended by its process id. As root it runs as another user, since it
refuses to run as root.
"""

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

USER, PASSWORD = "tester", "SENTINEL-pa55/word"
"""The password holds what must be escaped in an address."""


def binaries() -> Path | None:
    """The folder of `initdb` and `postgres`; None where there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    places = [*(path.parent for path in reversed(found))]
    on_path = shutil.which("initdb")
    places += [Path(on_path).parent] if on_path else []
    return next((place for place in places if (place / "postgres").exists()), None)


def user() -> str | None:
    """Whom the server runs as where we are root; None where we are not."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name).pw_name
    return None


def runnable() -> bool:
    return binaries() is not None and (os.geteuid() != 0 or user() is not None)


@dataclass
class PostgresServer:
    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    def address(self, database: str = "postgres", *, password: str | None = None) -> str:
        secret = (PASSWORD if password is None else password).replace("/", "%2F")
        return f"postgresql://{USER}:{secret}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        places = binaries()
        assert places is not None
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": str(self.folder),
            "fsync": "off",
            "max_connections": "60",
            "autovacuum": "off",
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [*_as_user(), str(places / "postgres"), "-D", str(self.folder / "data"), *options],
                stdout=log,
                stderr=log,
            )
        self.wait()

    def wait(self) -> None:
        """Until it takes connections."""
        for _ in range(200):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                if "ready to accept connections" in self._last_start():
                    return
            assert self.process is None or self.process.poll() is None, self._last_start()
            time.sleep(0.05)
        raise AssertionError("a server that does not start")

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """End it: SIGINT closes all connections, SIGQUIT is as if the machine had died."""
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(30)
            self.process = None
            # Its start is looked for in the log; what was there is of no use.
            (self.folder / "log").write_bytes(b"")

    def _last_start(self) -> str:
        return (self.folder / "log").read_text(errors="replace")


@contextlib.contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    places = binaries()
    assert places is not None
    memory = Path("/dev/shm")
    is_there = os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 2**30
    folder = Path(tempfile.mkdtemp(dir=memory if is_there else None, prefix="cohort-postgres-"))
    server = PostgresServer(folder, _free_port())
    try:
        (folder / "log").touch()
        (folder / "password").write_text(PASSWORD)
        for path in (folder, folder / "log", folder / "password"):
            shutil.chown(path, user() or os.geteuid())
        subprocess.run(
            [
                *(*_as_user(), str(places / "initdb"), "-D", str(folder / "data"), "-U", USER),
                *(
                    "-A",
                    "scram-sha-256",
                    "--pwfile",
                    str(folder / "password"),
                    "-N",
                    "--no-locale",
                    "-E",
                    "UTF8",
                ),
            ],
            check=True,
            capture_output=True,
        )
        server.start()
        yield server
    finally:
        server.stop(signal.SIGQUIT)  # What it holds is thrown away: nothing needs to be written first.
        shutil.rmtree(folder, ignore_errors=True)


def _as_user() -> list[str]:
    name = user()
    if name is None:
        return []
    return ["setpriv", f"--reuid={name}", f"--regid={pwd.getpwnam(name).pw_gid}", "--clear-groups", "--"]


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
