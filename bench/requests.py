"""Requests as browsers send them, seeded: what the hot handlers are timed with. No two have an event in common."""

import json
import random
import time
from base64 import b64encode
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import Any

SOURCE, WRITE_KEY = "src_web", "wk_bench"
PEOPLE, LOGGED_IN = 200_000, 0.35
_ZIPF = [*accumulate(1 / rank**1.05 for rank in range(1, PEOPLE + 1))]
_NOW = datetime.now(UTC)
_NAMES = ("Product Viewed", "Product Added", "Cart Viewed", "Checkout Started", "Order Completed", "Product Searched")
_AGENT = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"
)


def bodies(events_a_request: float, seed: int) -> Iterator[dict[str, Any]]:
    """Batches of one browser each. Of a fraction, as 2.8, so many are larger by one that the mean is right."""
    chance = random.Random(seed)  # noqa: S311
    number = 0
    while True:
        number += 1
        (person,) = chance.choices(range(PEOPLE), cum_weights=_ZIPF)
        known = {"userId": f"user-{person}"} if chance.random() < LOGGED_IN else {}
        events = int(events_a_request) + (chance.random() < events_a_request % 1)
        ids = {"anonymousId": f"0b9f{seed:04x}-{person:08x}", **known}
        batch = [_event(chance, f"{seed}-{number}-{place}", ids) for place in range(events)]
        yield {"batch": batch, "sentAt": _text(_NOW)}


def _event(chance: random.Random, message_id: str, ids: Mapping[str, str]) -> dict[str, Any]:
    product = chance.randrange(3_000)
    page = {"url": f"https://shop.example/p/{product}", "path": f"/p/{product}", "title": "Tea", "referrer": ""}
    event: dict[str, Any] = {
        "messageId": f"ajs-next-{message_id}",
        "timestamp": _text(_NOW - timedelta(milliseconds=chance.randrange(30_000))),
        "context": {
            "library": {"name": "analytics.js", "version": "npm:next-1.81.0"},
            "page": page,
            "userAgent": _AGENT,
            "locale": "ko-KR",
        },
        "integrations": {},
        **ids,
    }
    kind = chance.random()
    if kind < 0.3:
        return {**event, "type": "page", "name": "Product", "properties": page}
    if kind < 0.35:
        return {**event, "type": "identify", "traits": {"plan": chance.choice(["free", "pro"]), "age": 34}}
    bought = {
        "product_id": f"sku-{product}",
        "price": chance.randrange(1_000, 90_000),
        "quantity": 1,
        "currency": "KRW",
    }
    return {**event, "type": "track", "event": chance.choice(_NAMES), "properties": bought}


def http(body: Mapping[str, Any]) -> dict[str, Any]:
    """As API Gateway brings it (HTTP API, payload 2.0)."""
    return {
        "version": "2.0",
        "routeKey": "POST /v1/{proxy+}",
        "rawPath": "/v1/batch",
        "rawQueryString": "",
        "headers": {
            "authorization": f"Basic {b64encode(f'{WRITE_KEY}:'.encode()).decode()}",
            "content-type": "text/plain",
            "origin": "https://shop.example",
            "user-agent": _AGENT,
        },
        "requestContext": {
            "http": {"method": "POST", "path": "/v1/batch", "sourceIp": "203.0.113.7"},
            "requestId": "UJ9xhg1kDoEEMhQ=",
            "stage": "$default",
        },
        "body": json.dumps(body, separators=(",", ":")),
        "isBase64Encoded": False,
    }


def kinesis(datas: list[bytes], first: int) -> dict[str, Any]:
    """As Lambda brings records of a stream, the sequence numbers from `first` on."""
    records = [
        {
            "eventSource": "aws:kinesis",
            "eventID": f"shardId-000000000000:{first + place}",
            "kinesis": {
                "partitionKey": "k",
                "sequenceNumber": str(first + place),
                "data": b64encode(data).decode(),
                "approximateArrivalTimestamp": time.time(),
            },
        }
        for place, data in enumerate(datas)
    ]
    return {"Records": records}


def _text(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z"
