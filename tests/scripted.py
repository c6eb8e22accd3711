"""A server on this machine that answers by a script, with faults among its answers, and keeps what it was asked."""

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

CUT = "the connection is cut in the middle of the answer"
HANG = "nothing is answered"
BUSY: tuple[int, Any] = (500, {"__type": "InternalServerError"})
THROTTLED: tuple[int, Any] = (400, {"__type": "com.amazon#ThrottlingException", "message": "slower"})
Step = str | tuple[int, Any]


@dataclass
class Script:
    """Steps that are left; after them all goes well. `connections` are those that were opened."""

    steps: list[Step] = field(default_factory=list)
    asked: list[tuple[dict[str, str], Any]] = field(default_factory=list)
    connections: set[Any] = field(default_factory=set)
    done: dict[str, Any] = field(default_factory=dict)
    ends_connections: bool = False
    url: str = ""
    hung: threading.Event = field(default_factory=threading.Event)


@contextmanager
def playing(script: Script, certificate: Path | None = None) -> Iterator[Script]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            script.asked.append(({name.lower(): value for name, value in self.headers.items()}, json.loads(body)))
            script.connections.add(self.client_address)
            step = script.steps.pop(0) if script.steps else (200, script.done)
            if step == HANG:
                script.hung.wait()
            elif step == CUT:
                self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
            else:
                self._answer(*step)
                self.close_connection = script.ends_connections
                return
            self.close_connection = True

        def _answer(self, status: int, said: Any) -> None:
            content = said if isinstance(said, bytes) else json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            """Nothing: nobody reads it."""

    class Server(ThreadingHTTPServer):
        daemon_threads, block_on_close = True, False

        def handle_error(self, *_: Any) -> None:
            """A client that trusts us not, or went away."""

    with Server(("127.0.0.1", 0), Handler) as server:
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        script.url = f"{'https' if certificate else 'http'}://localhost:{server.server_port}"
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield script
        script.hung.set()
        server.shutdown()
