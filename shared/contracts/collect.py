"""The collector's requests and replies on the wire, as published Segment and RudderStack SDKs send and read them."""

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from shared.contracts.compression import NotCompressedError, TooLargeError, inflate
from shared.contracts.records import parse_json

MAX_BODY_BYTES = 512_000
MAX_EVENTS = 2_500
RETRY_AFTER_SECONDS = 5

_TYPES = ("identify", "track", "page", "screen", "group", "alias")
SINGLE = {f"/v1/{path}": name for name in _TYPES for path in (name, name[0])}
"""Path of a single call -> type of its event."""
BATCH = frozenset({"/v1/batch", "/v1/b", "/v1/import", "/beacon/v1/batch"})
METRICS_PATH = "/v1/m"
"""Where analytics-next tells of itself: taken, and let go."""

Response = dict[str, Any]


@dataclass(eq=False)
class Problem(Exception):  # noqa: N818 - RFC 9457 calls it that
    """A refusal. `code` is what a program reads; without it older Python SDKs try a permanent refusal again."""

    status: int
    code: str
    message: str
    field: str | None = None
    fix: str | None = None
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Request:
    """A request of API Gateway (HTTP API, payload 2.0)."""

    method: str
    path: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes
    ip: str
    id: str


def request_of(event: Mapping[str, Any]) -> Request:
    http = event["requestContext"]["http"]
    body = event.get("body") or ""
    return Request(
        method=http["method"],
        path=event["rawPath"].rstrip("/") or "/",
        headers=event.get("headers") or {},
        query=event.get("queryStringParameters") or {},
        body=b64decode(body) if event.get("isBase64Encoded") else body.encode(errors="surrogatepass"),
        ip=http["sourceIp"],
        id=event["requestContext"]["requestId"],
    )


def payload(body: bytes) -> dict[str, Any]:
    """The JSON object of a body, whatever its content type says, gzip or not. Raises Problem."""
    value = parsed(inflated(body))
    if not isinstance(value, dict):
        raise Problem(400, "not_an_object", "The body must be a JSON object.", fix='Many go in {"batch": [...]}.')
    return value


def inflated(body: bytes) -> bytes:
    """A body as it was before it was compressed, where it was. Raises Problem."""
    try:
        return inflate(body, MAX_BODY_BYTES)
    except TooLargeError as error:
        raise too_large() from error
    except NotCompressedError as error:
        raise Problem(400, "malformed_gzip", "The body starts like gzip and isn't.") from error


def parsed(body: bytes) -> Any:
    """The JSON of a body. Raises Problem."""
    try:
        return parse_json(body)
    except RecursionError as error:
        raise Problem(400, "too_deep", "The body is nested too deeply.") from error
    except ValueError as error:
        said = "The body isn't JSON." if body.strip() else "The body is empty."
        raise Problem(400, "malformed_json", said, fix="Send a JSON object.") from error


def require_post(request: Request) -> None:
    """Raises Problem for any other method."""
    if request.method != "POST":
        raise Problem(405, "method_not_allowed", "Events are sent by POST.", headers=(("allow", "POST"),))


def require_count(events: int, field: str | None) -> None:
    """Raises Problem for more events than a request may bring."""
    if events > MAX_EVENTS:
        raise Problem(413, "too_many_events", f"A batch holds at most {MAX_EVENTS} events.", field)


def events_of(path: str, body: Mapping[str, Any]) -> list[Any]:
    """The events of a body by the path it came to. Raises Problem."""
    if path in SINGLE:
        return [{**body, "type": SINGLE[path]}]
    events = body.get("batch")
    if not isinstance(events, list):
        raise Problem(400, "invalid_batch", "A batch needs a list of events.", "batch", 'Send {"batch": [...]}.')
    require_count(len(events), "batch")
    return events


def write_key_of(request: Request, body: Mapping[str, Any], events: list[Any]) -> str:
    """The first write key in the contract's order. Raises Problem where there is none."""
    first = events[0] if events and isinstance(events[0], Mapping) else {}
    for key in (
        _basic_user(request.headers.get("authorization", "")),
        body.get("writeKey"),
        first.get("writeKey"),
        request.query.get("writeKey"),
        request.headers.get("x-write-key"),
    ):
        if isinstance(key, str) and key:
            return key
    raise Problem(400, "no_write_key", "The request carries no write key.", "writeKey", "Send it as Basic user name.")


def too_large() -> Problem:
    fix = f"Send at most {MAX_BODY_BYTES} bytes and {MAX_EVENTS} events a batch."
    return Problem(413, "body_too_large", f"The body is larger than {MAX_BODY_BYTES} bytes.", fix=fix)


def success() -> Response:
    """Exactly 200 with a JSON object: older SDKs send again after any other success."""
    return _reply(200, "application/json", {"success": True})


def cached(body: Mapping[str, Any]) -> Response:
    """Settings, which caches may keep for an hour."""
    return _reply(200, "application/json", body, {"cache-control": "public, max-age=3600"})


def image(gif: bytes) -> Response:
    """An image that no cache may answer in our place."""
    return {
        "statusCode": 200,
        "headers": {"content-type": "image/gif", "cache-control": "no-store"},
        "body": b64encode(gif).decode(),
        "isBase64Encoded": True,
    }


def refusal(problem: Problem) -> Response:
    """A problem+json that carries `code` and `message` too."""
    body = {
        "type": "about:blank",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.message,
        "code": problem.code,
        "message": problem.message,
        "field": problem.field,
        "fix": problem.fix,
    }
    present = {name: value for name, value in body.items() if value is not None}
    return _reply(problem.status, "application/problem+json", present, dict(problem.headers))


def _reply(
    status: int, content_type: str, body: Mapping[str, Any], headers: Mapping[str, str] | None = None
) -> Response:
    return {
        "statusCode": status,
        "headers": {"content-type": content_type, **(headers or {})},
        "body": json.dumps(body, separators=(",", ":")),
        "isBase64Encoded": False,
    }


def _basic_user(authorization: str) -> str | None:
    """The user name of Basic credentials, with or without the colon; None where they are something else."""
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        return b64decode(encoded.strip() + "==").decode().partition(":")[0]
    except ValueError:
        return None
