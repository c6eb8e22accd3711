"""What the product's users do to a running cloud: send with an SDK, read with a token, receive at a webhook."""

import ssl
import time
import uuid
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import boto3
import httpx
from segment.analytics.client import Client

from cli.api import Api
from local.outputs import Outputs

T = TypeVar("T")
PATIENCE_SECONDS = 120.0
"""Nothing waits so long where all is well; a busy machine isn't a failure."""
TLS = ssl.create_default_context()
"""Made once: httpx makes one for each request, also of plain HTTP, which costs more than the request."""


def eventually(look: Callable[[], T | None], what: str, seconds: float = PATIENCE_SECONDS) -> T:
    """The first answer that isn't None or empty; AssertionError, saying what was waited for, where none comes."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := look():
            return found
        time.sleep(0.1)
    raise AssertionError(f"{what}: not seen within {seconds:.0f} s")


def fresh(name: str) -> str:
    """An id that no other test uses."""
    return f"{name}-{uuid.uuid4().hex[:12]}"


def sdk(cloud: Outputs, **options: Any) -> Client:
    """The unmodified segment-analytics-python, pointed at the cloud as its documentation says."""
    return Client(cloud.write_key, host=cloud.collect_url, **options)


def send(cloud: Outputs, body: Any, path: str = "/v1/batch", **headers: str) -> httpx.Response:
    """A request as any HTTP client makes it; bytes and text go as they are, anything else as JSON."""
    content = {"content": body} if isinstance(body, bytes | str) else {"json": body}
    auth = None if "Authorization" in headers else (cloud.write_key, "")
    return httpx.post(f"{cloud.collect_url}{path}", auth=auth, headers=headers, timeout=30, verify=TLS, **content)  # type: ignore[arg-type]


def read(cloud: Outputs, path: str, **params: str | int) -> httpx.Response:
    headers = {"Authorization": f"Bearer {cloud.api_token}"}
    return httpx.get(f"{cloud.api_url}{path}", params=params, headers=headers, timeout=30, verify=TLS)


def api(cloud: Outputs) -> Api:
    """The HTTP API as the command uses it, with the cloud's own token."""
    return Api(cloud.api_url, cloud.api_token)


def profile(cloud: Outputs, identifier: str) -> dict[str, Any] | None:
    answer = read(cloud, f"/v1/profiles/{identifier}")
    return answer.json() if answer.status_code == 200 else None


def has(cloud: Outputs, identifier: str, **counts: int) -> dict[str, Any]:
    """The profile once it has so many events of each name (spaces for underscores), or an AssertionError."""
    wanted = {name.replace("_", " "): number for name, number in counts.items()}

    def look() -> dict[str, Any] | None:
        found = profile(cloud, identifier)
        numbers = {name: entry["count"] for name, entry in found["events"].items()} if found else {}
        return found if all(numbers.get(name) == number for name, number in wanted.items()) else None

    return eventually(look, f"{identifier} with {wanted}")


def aws(cloud: Outputs, service: str) -> Any:
    """A client of the cloud's own AWS, as the account's root."""
    session = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name=cloud.region)
    return session.client(service, endpoint_url=cloud.aws_endpoint_url)  # type: ignore[call-overload]


def ledger(cloud: Outputs) -> dict[str, int]:
    """received, stored, duplicate and quarantined of the cloud's source, over all hours and shards."""
    totals = dict.fromkeys(("received", "stored", "duplicate", "quarantined"), 0)
    pages = aws(cloud, "dynamodb").get_paginator("scan").paginate(TableName=cloud.tables["ledger"])
    for item in (item for page in pages for item in page["Items"]):
        if item["pk"]["S"].startswith(f"C#{cloud.source_id}"):
            for name in totals:
                totals[name] += int(item.get(name, {"N": "0"})["N"])
    return totals


def track(user_id: str, event: str, message_id: str, **more: Any) -> Mapping[str, Any]:
    return {"type": "track", "userId": user_id, "event": event, "messageId": message_id, **more}
