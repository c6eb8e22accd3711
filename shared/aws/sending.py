"""Requests over HTTP: connections that are kept, time-outs, and other tries as botocore's standard mode makes them."""

import random
import ssl
import time
from collections import deque
from collections.abc import Callable, Mapping
from functools import cache
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from select import select
from typing import NamedTuple, cast
from urllib.parse import urlsplit

import botocore
from botocore.exceptions import HTTPClientError

from shared.aws.role import authorities, own_headers

TRIES = 4
"""Where AWS answers they end within seconds. Four time-outs with the longest waits take 31 s: more than collect_events
has, so its client hears the gateway, and sends again.
"""

CONNECT_SECONDS = 1
READ_SECONDS = 5
_BUSY = frozenset({500, 502, 503, 504})
_PASSING = frozenset({
    "BandwidthLimitExceeded", "EC2ThrottledException", "LimitExceededException", "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException", "RequestLimitExceeded", "RequestThrottled", "RequestThrottledException",
    "RequestTimeout", "RequestTimeoutException", "SlowDown", "ThrottledException", "Throttling", "ThrottlingException",
    "TooManyRequestsException", "TransactionInProgressException",
})  # fmt: skip


class Answer(NamedTuple):
    """Names of headers are found in any case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Host:
    """Where requests go, by as many connections as threads have asked at the same time."""

    def __init__(self, url: str) -> None:
        self._at = urlsplit(url)
        self.name = self._at.netloc
        self._idle: deque[HTTPConnection] = deque()

    def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Once. OSError or HTTPException where no answer came."""
        connection = self._kept() or self._opened()
        try:
            connection.request(method, path, body, {**headers, **own_headers()})
            response = connection.getresponse()
            answer = Answer(response.status, cast(Mapping[str, str], response.headers), response.read())
        except BaseException:
            connection.close()
            self._close_idle()
            raise
        if connection.sock:  # None where the server wants no more of it
            self._idle.append(connection)
        return answer

    def _kept(self) -> HTTPConnection | None:
        """One that lives: servers end those that are idle, and a function that is frozen doesn't hear of it."""
        while self._idle:
            try:
                connection = self._idle.pop()
            except IndexError:  # another thread was faster
                return None
            if not select([connection.sock], [], [], 0)[0]:
                return connection
            connection.close()
        return None

    def _close_idle(self) -> None:
        """Where one has died unheard the others may have too, and each would cost a try."""
        while self._idle:
            try:
                self._idle.pop().close()
            except IndexError:  # another thread was faster
                return

    def _opened(self) -> HTTPConnection:
        connection = HTTPConnection(self.name, timeout=CONNECT_SECONDS)
        if self._at.scheme == "https":
            connection = HTTPSConnection(self.name, timeout=CONNECT_SECONDS, context=_trusting())
        connection.connect()
        connection.sock.settimeout(READ_SECONDS)
        return connection


def tried(ask: Callable[[], Answer], code_of: Callable[[Answer], str]) -> Answer:
    """The first answer that no other try would mend, or the last. HTTPClientError where at last none came."""
    for turn in range(TRIES):
        try:
            answer = ask()
            if turn == TRIES - 1 or not (
                answer.status in _BUSY or (answer.status >= 400 and code_of(answer) in _PASSING)
            ):
                return answer
        except (OSError, HTTPException) as error:
            if turn == TRIES - 1:
                raise HTTPClientError(error=error) from error
        time.sleep(random.uniform(0, 2**turn))  # noqa: S311 - with full jitter, many don't come back as one
    raise AssertionError("unreachable")


@cache
def _trusting() -> ssl.SSLContext:
    """Of the authorities that botocore trusts, so that both take the same servers. Read once, for all clients."""
    return ssl.create_default_context(cafile=authorities() or str(Path(botocore.__file__).with_name("cacert.pem")))
