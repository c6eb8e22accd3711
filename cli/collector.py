"""The Collect API as a bulk sender uses it: a batch is durable when `send` returns."""

import gzip
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from cli.deployment import DeploymentError

MOST_EVENTS = 2_500
MOST_BYTES = 480_000
"""Of a batch as JSON, a little below what the collector takes."""

_TRIES = 10
_LONGEST_WAIT = 60.0
_AGAIN = frozenset({408, 429})
_OVERLOADED = 500


def connected() -> httpx.Client:
    """A client that keeps its connection from batch to batch."""
    return httpx.Client(timeout=60)


@dataclass(frozen=True, slots=True)
class Collector:
    """`sleep` is told the seconds between two tries."""

    url: str
    write_key: str
    client: httpx.Client
    sleep: Callable[[float], None] = time.sleep

    def send(self, elements: Sequence[Any]) -> None:
        """Send until it is taken. DeploymentError where it never will be, or not within some minutes."""
        body = gzip.compress(json.dumps({"batch": elements}, separators=(",", ":")).encode(), 1)
        said = ""
        for turn in range(_TRIES):
            try:
                answer = self._post(body)
            except httpx.TransportError as error:
                said, wait = str(error) or type(error).__name__, 2.0**turn
            else:
                if answer.status_code == httpx.codes.OK:
                    return
                said = _said(answer)
                if answer.status_code not in _AGAIN and answer.status_code < _OVERLOADED:
                    raise DeploymentError(f"{self.url} refused the rows: {said}")
                wait = _seconds(answer.headers.get("retry-after")) or 2.0**turn
            if turn < _TRIES - 1:
                self.sleep(min(wait, _LONGEST_WAIT))
        raise DeploymentError(
            f"{self.url} takes no rows now: {said}. Remedy: the same command again; it goes on where this one ended."
        )

    def _post(self, body: bytes) -> httpx.Response:
        # Not application/json: some gateways decode that to text before a function sees the bytes.
        headers = {"Content-Type": "application/octet-stream", "Content-Encoding": "gzip"}
        return self.client.post(
            f"{self.url.rstrip('/')}/v1/import", content=body, headers=headers, auth=(self.write_key, "")
        )


def _seconds(text: str | None) -> float:
    return float(text) if text and text.isdecimal() else 0.0


def _said(answer: httpx.Response) -> str:
    try:
        body = answer.json()
    except ValueError:
        body = None
    problem = body if isinstance(body, dict) else {}
    return f"{answer.status_code} {problem.get('code', '')}: {problem.get('message', answer.text[:200])}"
