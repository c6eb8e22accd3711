"""A partner's webhook on this machine: it checks each signature as the partner would, counts what came, and erases."""

import json
import threading
from collections import Counter
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError


@dataclass
class Receiver:
    """Starts listening when made; `secret` is known only once the destination exists. `messages` are what it keeps of
    people, by whatever id; `erased` is how many of them it gave up as it was asked to.
    """

    secret: str = ""
    ids: set[str] = field(default_factory=set)
    by_type: Counter[str] = field(default_factory=Counter)
    messages: list[dict[str, Any]] = field(default_factory=list)
    refused: int = 0
    repeated: int = 0
    erased: int = 0

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
            if message["type"] == "profile.erased":
                self._erase({message["data"]["profile_id"], *message["data"]["merged_profile_ids"]})
            else:
                self.messages.append(message)
        return True

    def _erase(self, ids: set[str]) -> None:
        """All that is kept about somebody who had these ids; the 2xx that follows says that it is done."""
        kept = [message for message in self.messages if message["data"]["profile_id"] not in ids]
        self.erased += len(self.messages) - len(kept)
        self.messages = kept

    def close(self) -> None:
        self._server.shutdown()
