"""The naive collect_events, with a call to Kinesis for every event."""

from typing import Any

from bench.twins import naive_collect


def handler(event: dict[str, Any], context: Any) -> Any:
    return naive_collect.handler({**event, "rawPath": "/v1/each"}, context)
