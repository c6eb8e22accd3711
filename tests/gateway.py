"""An HTTP API in process: turns WSGI requests into events as API Gateway sends them, for tools that speak HTTP."""

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs

Handler = Callable[[dict[str, Any], Any], Mapping[str, Any]]
StartResponse = Callable[[str, list[tuple[str, str]]], object]


class Gateway:
    """A WSGI application in front of one function."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        # What Lambda would refuse to take or hand on must fail here too.
        reply = json.loads(json.dumps(self._handler(json.loads(json.dumps(event_of(environ))), None)))
        status: int = reply["statusCode"]
        start_response(f"{status} {HTTPStatus(status).phrase}", list(reply["headers"].items()))
        body: str = reply["body"]
        return [b64decode(body) if reply.get("isBase64Encoded") else body.encode()]


def event_of(environ: Mapping[str, Any]) -> dict[str, Any]:
    """Payload 2.0: lower-case headers, values of one name joined by commas, text bodies as text."""
    path = environ["PATH_INFO"].encode("latin-1").decode(errors="replace")
    query = {
        name: ",".join(values) for name, values in parse_qs(environ["QUERY_STRING"], keep_blank_values=True).items()
    }
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    return {
        "version": "2.0",
        "routeKey": "ANY /{proxy+}",
        "rawPath": path,
        "rawQueryString": environ["QUERY_STRING"],
        "headers": _headers(environ),
        "queryStringParameters": query or None,
        "requestContext": {
            "http": {"method": environ["REQUEST_METHOD"], "path": path, "sourceIp": "203.0.113.7"},
            "requestId": "UJ9xhg1kDoEEMhQ=",
            "stage": "$default",
        },
        **_body(body),
    }


def _headers(environ: Mapping[str, Any]) -> dict[str, str]:
    sent = {name[5:]: value for name, value in environ.items() if name.startswith("HTTP_")}
    sent |= {name: environ[name] for name in ("CONTENT_TYPE", "CONTENT_LENGTH") if environ.get(name)}
    return {name.lower().replace("_", "-"): value for name, value in sent.items()}


def _body(body: bytes) -> dict[str, Any]:
    try:
        return {"body": body.decode(), "isBase64Encoded": False}
    except UnicodeDecodeError:
        return {"body": b64encode(body).decode(), "isBase64Encoded": True}
