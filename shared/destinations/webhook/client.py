"""One POST to a checked address: pinned, bounded in time and size, and never redirected."""

import socket
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from http.client import HTTPConnection, HTTPException
from typing import Literal

from shared.destinations.webhook.address_guard import Target

TIMEOUT_SECONDS = 15.0
_MOST_READ = 4096

Failure = Literal["timeout", "tls", "connection"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a try: a status code, or why there is none. `retry_after` is in seconds."""

    code: int | None = None
    failure: Failure | None = None
    retry_after: int | None = None

    @property
    def is_success(self) -> bool:
        return self.code is not None and 200 <= self.code < 300


def post(target: Target, body: bytes, headers: Mapping[str, str], timeout: float = TIMEOUT_SECONDS) -> Answer:
    """POST `body`; every outcome is an Answer. `timeout` bounds the whole exchange, however slowly bytes drip."""
    connection = _PinnedConnection(target, timeout)
    watchdog = threading.Timer(timeout, connection.abort)
    watchdog.daemon = True
    watchdog.start()
    try:
        connection.request("POST", target.path, body, {"Host": target.authority, **headers})
        response = connection.getresponse()
        response.read(_MOST_READ)  # some servers act only once their answer is read
        if connection.aborted:  # a header cut off by the watchdog looks like a whole one
            return Answer(failure="timeout")
        return Answer(code=response.status, retry_after=_seconds(response.getheader("Retry-After")))
    except TimeoutError:
        return Answer(failure="timeout")
    except (OSError, HTTPException) as error:
        if connection.aborted:
            return Answer(failure="timeout")
        return Answer(failure="tls" if isinstance(error, ssl.SSLError) else "connection")
    finally:
        watchdog.cancel()
        connection.close()


class _PinnedConnection(HTTPConnection):
    """Connects to the target's checked addresses and to nothing else; the certificate must be for its host."""

    def __init__(self, target: Target, timeout: float) -> None:
        super().__init__(target.host, target.port, timeout=timeout)
        self._target = target
        self._deadline = time.monotonic() + timeout
        self.aborted = False

    def connect(self) -> None:
        self.sock = self._reach()
        if self._target.scheme == "https":
            self.sock = _tls().wrap_socket(self.sock, server_hostname=self._target.host, do_handshake_on_connect=False)
            self.sock.do_handshake()

    def abort(self) -> None:
        """Called by another thread when time is up: whatever waits on the socket ends with an error."""
        self.aborted = True
        if self.sock is not None:
            try:
                # SSLSocket's own shutdown would drop the TLS state under the feet of the reading thread.
                socket.socket.shutdown(self.sock, socket.SHUT_RDWR)
            except OSError:
                return  # closed already

    def _reach(self) -> socket.socket:
        """The first address that takes a connection. Raises the last one's OSError, TimeoutError when time is up."""
        failure: OSError = TimeoutError()
        for address in self._target.addresses:
            left = self._deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            try:
                return socket.create_connection((address, self._target.port), timeout=left)
            except OSError as error:
                failure = error
        raise failure


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


def _seconds(header: str | None) -> int | None:
    """Retry-After in whole seconds; its date form is ignored."""
    return int(header) if header and header.isascii() and header.isdigit() and len(header) < 10 else None
