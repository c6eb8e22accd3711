"""A partner's webhook on this machine: it checks each signature as the partner would, and counts what came."""

import json
import threading
from collections import Counter
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError


@dataclass
class Receiver:
    """Starts listening when made; `secret` is known only once the destination exists."""

    secret: str = ""
    ids: set[str] = field(default_factory=set)
    by_type: Counter[str] = field(default_factory=Counter)
    messages: list[dict[str, Any]] = field(default_factory=list)
    refused: int = 0
    repeated: int = 0

    def __post_init__(self) -> None:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(204 if receiver.take(dict(self.headers), body) else 401)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """The demo's screen is no place for an access log."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._lock = threading.Lock()
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/facts"

    def take(self, headers: dict[str, str], body: bytes) -> bool:
        """Whether the signature holds. A webhook-id seen before is counted apart, as a partner would drop it."""
        lowered = {name.lower(): value for name, value in headers.items()}
        try:
            Webhook(self.secret).verify(body, lowered)
        except WebhookVerificationError:
            self.refused += 1
            return False
        with self._lock:
            if lowered["webhook-id"] in self.ids:
                self.repeated += 1
                return True
            self.ids.add(lowered["webhook-id"])
            message = json.loads(body)
            self.by_type[message["type"]] += 1
            self.messages.append(message)
        return True

    def close(self) -> None:
        self._server.shutdown()
