"""Requests of the seeded workload, and records of a stream, as Lambda is given them."""

import json
import time
from base64 import b64encode
from collections.abc import Iterator, Mapping
from typing import Any

from bench.sessions import AGENT
from bench.workload import Shape, flushes

SOURCE, WRITE_KEY = "src_web", "wk_bench"
_WITHOUT_END = 10**9


def bodies(events_a_request: float, seed: int) -> Iterator[dict[str, Any]]:
    """Of two seeds, no two have an event in common."""
    return (flush.body for flush in flushes(Shape(per_request=events_a_request, seed=seed), _WITHOUT_END))


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
            "user-agent": AGENT,
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


def streamed(item: Mapping[str, Any]) -> dict[str, Any]:
    """Typed attributes as a stream of DynamoDB brings them: bytes as base64."""
    return {name: _streamed(typed) for name, typed in item.items()}


def _streamed(typed: Mapping[str, Any]) -> Mapping[str, Any]:
    ((kind, value),) = typed.items()
    if kind == "B":
        return {"B": b64encode(value).decode()}
    if kind == "BS":
        return {"BS": [b64encode(one).decode() for one in value]}
    return {"M": streamed(value)} if kind == "M" else typed
