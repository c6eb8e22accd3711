"""Takes the events of a request: known source, durable records, and only then a success."""

import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from functions.collect_events.packing import pack
from functions.collect_events.settings import doors
from shared.aws.observability import count, logger
from shared.aws.streams import StreamRecord, put_records
from shared.contracts import collect
from shared.contracts.collect import Problem, Request, Response
from shared.domain.rate_limit import take
from shared.domain.sources import Source
from shared.domain.times import to_text


def take_events(request: Request) -> Response:
    """The events of a POST. Raises Problem."""
    collect.require_post(request)
    body = collect.payload(request.body)
    put_events(request, body, collect.events_of(request.path, body))
    return collect.success()


def put_events(request: Request, body: Mapping[str, Any], events: list[Any]) -> None:
    """Put events on the stream, durably. Raises Problem, and what AWS raises where they could not be put."""
    source = source_of(collect.write_key_of(request, body, events))
    _check_origin(request, source)
    check_rate(source, len(events))
    now = datetime.now(UTC)
    put(request, source, len(events), pack(request, body, events, source, doors().identifier_key(), now), now)


def put(request: Request, source: Source, events: int, packed: Iterable[StreamRecord], now: datetime) -> None:
    """Put what holds so many events on the stream, and count it."""
    try:
        records = list(packed)
    except RecursionError as error:
        raise Problem(400, "too_deep", "The body is nested too deeply.") from error
    put_records(doors().stream, records)
    if records:
        doors().waits.handed("store_events", to_text(now))
    count("RequestsAccepted")
    count("EventsAccepted", events)
    count("RecordsPut", len(records))
    sizes = {"events": events, "records": len(records), "source_id": source.id}
    logger().info("collected", extra={"correlation_id": request.id, **sizes})


def _check_origin(request: Request, source: Source) -> None:
    origin = request.headers.get("origin")
    if origin and source.allowed_origins and origin not in source.allowed_origins:
        message = "This source takes nothing from this site."
        raise Problem(403, "origin_not_allowed", message, "Origin", "Add the site to the source's allowed origins.")


def check_rate(source: Source, events: int) -> None:
    """Take the events from the source's rate. Raises Problem where nothing of it is left."""
    if source.events_per_second:
        buckets = doors().buckets
        bucket, wait = take(buckets.get(source.id), events, source.events_per_second, time.monotonic())
        buckets[source.id] = bucket
        if wait:
            message = f"This source sends more than {source.events_per_second} events a second."
            raise Problem(429, "rate_limited", message, headers=(("retry-after", str(wait)),))


def source_of(write_key: str) -> Source:
    """The live source of a write key. Raises Problem where there is none."""
    source = doors().sources.of_write_key(write_key)
    if source is None:
        fix = "Send the write key of a live source; a new one is known within a minute."
        raise Problem(401, "unknown_write_key", "The write key is unknown or revoked.", "writeKey", fix)
    return source
