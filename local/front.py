"""Gives each HTTP API of the local cloud an origin of its own, as a custom domain does in production:
`python -m local.front --emulator-port 4600 --serve 8001=<api id> --serve 8002=<api id>`."""

import argparse
import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import httpcore
from hypercorn.asyncio import serve
from hypercorn.config import Config

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

HOST = "127.0.0.1"
LONGEST_ANSWER_SECONDS = 60.0
HOP_BY_HOP = frozenset(
    name.encode()
    for name in "connection http2-settings keep-alive proxy-connection te trailer transfer-encoding upgrade".split()
)
DOWN = json.dumps({"message": "The local cloud does not answer. Remedy: make up"}).encode()


class Front:
    """An ASGI application; the port of a connection decides which API it reaches."""

    def __init__(self, emulator_port: int, apis: dict[int, str]) -> None:
        self._emulator_port = emulator_port
        self._apis = apis
        self._pool = httpcore.AsyncConnectionPool(max_connections=None, keepalive_expiry=60)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            status, headers, body = await self._forward(scope, await _read(receive))
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": body})

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._pool.aclose()
        await send({"type": "lifespan.shutdown.complete"})

    async def _forward(self, scope: Scope, body: bytes) -> tuple[int, Headers, bytes]:
        try:
            response = await self._pool.request(
                scope["method"],
                httpcore.URL(scheme=b"http", host=HOST.encode(), port=self._emulator_port, target=self._target(scope)),
                headers=_request_headers(scope),
                content=body or None,
                extensions={"timeout": {"connect": 5.0, "read": LONGEST_ANSWER_SECONDS}},
            )
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException):
            return 502, [(b"content-type", b"application/json")], DOWN
        return response.status, _end_to_end(response.headers), response.content

    def _target(self, scope: Scope) -> bytes:
        api = self._apis[scope["server"][1]]
        path: bytes = scope["raw_path"]
        query: bytes = scope["query_string"]
        return f"/_aws/execute-api/{api}/$default".encode() + path + (b"?" + query if query else b"")


async def _read(receive: Receive) -> bytes:
    parts, more = [], True
    while more:
        message = await receive()
        parts.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(parts)


def _request_headers(scope: Scope) -> Headers:
    """As they came, and the client's address at the end of X-Forwarded-For."""
    headers = _end_to_end(scope["headers"])
    forwarded = [value for name, value in headers if name == b"x-forwarded-for"]
    forwarded.append(scope["client"][0].encode())
    kept = [(name, value) for name, value in headers if name != b"x-forwarded-for"]
    return [*kept, (b"x-forwarded-for", b", ".join(forwarded))]


def _end_to_end(headers: Iterable[tuple[bytes, bytes]]) -> Headers:
    return [(name.lower(), value) for name, value in headers if name.lower() not in HOP_BY_HOP]


def _served(text: str) -> tuple[int, str]:
    port, api = text.split("=")
    return int(port), api


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m local.front")
    parser.add_argument("--emulator-port", type=int, required=True)
    parser.add_argument("--serve", type=_served, action="append", required=True, metavar="PORT=API_ID")
    options = parser.parse_args()
    apis = dict(options.serve)

    config = Config()
    config.bind = [f"{HOST}:{port}" for port in apis]
    config.include_server_header = config.include_date_header = False
    config.keep_alive_timeout = 75
    asyncio.run(serve(Front(options.emulator_port, apis), config))  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
