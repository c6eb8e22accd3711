"""A proxy before the collector that misbehaves once, as networks, gateways and clients do, and counts what SDKs try."""

import http.client
import json
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from shared.contracts.collect import BATCH, MAX_BODY_BYTES, SINGLE, Problem, refusal
from shared.contracts.compression import inflate

RETRY_AFTER_SECONDS = 2
Headers = dict[str, str]
Answer = tuple[int, Headers, bytes]

WAIT = (("retry-after", str(RETRY_AFTER_SECONDS)),)
MADE_UP = {
    429: Problem(429, "rate_limited", "This source sends too fast.", headers=WAIT),
    503: Problem(503, "unavailable", "The events could not be stored. Send again.", headers=WAIT),
}
"""Answers that a collector in good health can't be brought to. The gateway adds the two headers of CORS."""
CORS = {"access-control-allow-origin": "*", "access-control-expose-headers": "retry-after"}

SPOILED: dict[int, Callable[[Headers, bytes], tuple[Headers, bytes]]] = {
    400: lambda headers, body: (headers, b"{"),
    401: lambda headers, body: ({**headers, "authorization": f"Basic {b64encode(b'wk_revoked:').decode()}"}, body),
    413: lambda headers, body: (headers, b" " * (MAX_BODY_BYTES + 1)),
}
"""What makes the real collector give each permanent refusal."""

SWALLOWED = "swallowed"
"""The collector's answer never reaches the client, which sends again what is stored."""

AT_ONCE = threading.BoundedSemaphore(4)
"""Requests of all proxies in the collector at a time: the local cloud starts a process for each one more."""

Fault = int | str | None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request with events. `status` is what the client was told, None where the connection broke instead."""

    at: float
    status: int | None
    accepted: bool
    events: tuple[dict[str, Any], ...]
    headers: Headers

    @property
    def ids(self) -> list[str]:
        return [event["messageId"] for event in self.events]


class Proxy(ThreadingHTTPServer):
    """Forwards to `collect_url`; the first request with events meets the fault."""

    daemon_threads = True

    def __init__(self, collect_url: str, fault: Fault) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.upstream, self._fault, self._lock = urlsplit(collect_url).netloc, fault, threading.Lock()
        self.made: list[Attempt] = []
        self.preflights: list[tuple[Headers, int]] = []

    @property
    def attempts(self) -> list[Attempt]:
        """As they came; `made` has them as they were answered."""
        return sorted(self.made, key=lambda attempt: attempt.at)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def next_fault(self) -> Fault:
        with self._lock:
            fault, self._fault = self._fault, None
        return fault

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is no error of ours; a test sees the rest in `attempts`."""


@contextmanager
def serving(proxy: Proxy) -> Iterator[Proxy]:
    thread = threading.Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.shutdown()
        proxy.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    """A connection for each request: on one that was used before, Chromium itself would send again unasked."""

    protocol_version = "HTTP/1.1"
    server: Proxy

    def do_GET(self) -> None:
        self._answer(self._forward(self._headers(), b""))

    def do_OPTIONS(self) -> None:
        answer = self._forward(self._headers(), b"")
        self.server.preflights.append((self._headers(), answer[0]))
        self._answer(answer)

    def do_POST(self) -> None:
        headers, body = self._headers(), self.rfile.read(int(self.headers["content-length"]))
        if urlsplit(self.path).path.rstrip("/") not in (*SINGLE, *BATCH):
            self._answer(self._forward(headers, body))
            return
        fault, at = self.server.next_fault(), time.monotonic()
        answer = self._answer_with(fault, headers, body)
        told = None if fault == SWALLOWED else answer[0]
        accepted = fault not in MADE_UP and answer[0] == 200
        self.server.made.append(Attempt(at, told, accepted, _events(body), headers))
        if fault == SWALLOWED:
            self.close_connection = True
        else:
            self._answer(answer)

    def _answer_with(self, fault: Fault, headers: Headers, body: bytes) -> Answer:
        if fault in MADE_UP:
            made = refusal(MADE_UP[fault])  # type: ignore[index]
            return made["statusCode"], {**made["headers"], **CORS}, made["body"].encode()
        if fault in SPOILED:
            headers, body = SPOILED[fault](headers, body)  # type: ignore[index]
        return self._forward(headers, body)

    def _headers(self) -> Headers:
        return {name.lower(): value for name, value in self.headers.items()}

    def _forward(self, headers: Headers, body: bytes) -> Answer:
        kept = {name: value for name, value in headers.items() if name not in ("connection", "content-length")}
        connection = http.client.HTTPConnection(self.server.upstream, timeout=30)
        with AT_ONCE, closing(connection):
            connection.request(self.command, self.path, body or None, kept | {"content-length": str(len(body))})
            reply = connection.getresponse()
            return reply.status, {name.lower(): value for name, value in reply.getheaders()}, reply.read()

    def _answer(self, answer: Answer) -> None:
        status, headers, body = answer
        self.send_response_only(status)
        for name, value in headers.items():
            if name not in ("connection", "transfer-encoding", "content-length", "keep-alive"):
                self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.send_header("connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Tests look at `attempts`."""


def _events(body: bytes) -> tuple[dict[str, Any], ...]:
    """Of a body as it came, batch or single."""
    value = json.loads(inflate(body, MAX_BODY_BYTES))
    return tuple(value["batch"]) if "batch" in value else (value,)
