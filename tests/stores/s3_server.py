"""moto's S3 server on 127.0.0.1, with a gate in front that counts requests and can spoil one.

moto checks a condition and stores the object in two steps, so that two conditional puts at once could
both succeed, as they cannot in S3: the gate lets one writing request in at a time.
"""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

Fault: TypeAlias = Literal["lost-answer", "half-answer", "slow", "reset"] | int | Callable[[], None] | None
"""What becomes of a request: a status is answered instead; a function is called, and nothing answered."""

SLOW = 6.0
"""Seconds that a slow answer takes: more than the tests' time limit for one."""


@dataclass(frozen=True)
class Request:
    number: int
    method: str
    path: str
    query: str

    @property
    def writes(self) -> bool:
        return self.method in {"PUT", "POST", "DELETE"}


@dataclass
class S3Server:
    """`spoil` decides of each request what becomes of it; `after` is called when it has been handled."""

    server: BaseWSGIServer | None = None
    requests: list[Request] = field(default_factory=list)
    spoil: Callable[[Request], Fault] = lambda request: None
    after: Callable[[Request], None] = lambda request: None
    _numbers: Iterator[int] = field(default_factory=lambda: iter(range(10**9)))
    _counting: threading.Lock = field(default_factory=threading.Lock)
    _writing: threading.Lock = field(default_factory=threading.Lock)

    @property
    def endpoint(self) -> str:
        assert self.server is not None
        return f"http://127.0.0.1:{self.server.server_port}"

    def reset(self) -> None:
        self.requests.clear()
        self._numbers = iter(range(10**9))
        self.spoil = lambda request: None
        self.after = lambda request: None

    def handle(self, app: Any, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        with self._counting:
            request = Request(
                next(self._numbers), environ["REQUEST_METHOD"], environ["PATH_INFO"], environ["QUERY_STRING"]
            )
            self.requests.append(request)
        fault = self.spoil(request)
        if callable(fault):
            fault()
            return _cut(environ, start_response)
        match fault:
            case int():
                start_response(
                    f"{fault} Spoilt", [("Content-Type", "application/xml"), ("Content-Length", "0")]
                )
                return [b""]
            case "slow":
                time.sleep(SLOW)
            case "reset":
                return _cut(environ, start_response)
        with self._writing if request.writes else contextlib.nullcontext():
            answer: list[Any] = []
            body = b"".join(app(environ, lambda *status: answer.extend(status[:2])))
            self.after(request)
        if fault == "lost-answer":
            return _cut(environ, start_response)
        start_response(*answer)
        return [body[: len(body) // 2]] if fault == "half-answer" else [body]


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:
        pass


def _cut(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """End the connection without an answer; what the server then writes reaches nobody."""
    with contextlib.suppress(OSError):
        environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
    start_response("500 Cut", [("Content-Length", "0")])
    return [b""]


@contextlib.contextmanager
def s3_server() -> Iterator[S3Server]:
    gate = S3Server()
    app = DomainDispatcherApplication(create_backend_app)
    gate.server = make_server(
        "127.0.0.1", 0, lambda *call: gate.handle(app, *call), threaded=True, request_handler=_Quiet
    )
    thread = threading.Thread(target=gate.server.serve_forever, daemon=True)
    thread.start()
    try:
        yield gate
    finally:
        gate.server.shutdown()
        gate.server.server_close()
        thread.join(10)
