"""The events of a request as Kinesis records: one for each person, so that a person's events keep their order."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import partial
from ipaddress import ip_address, ip_network
from typing import Any

from functions.collect_events.settings import hearing
from shared.aws.batching import chunks
from shared.aws.streams import StreamRecord
from shared.contracts.collect import Request, too_large
from shared.contracts.records import Element, Record, element, encode
from shared.domain import incoming_webhooks
from shared.domain.batches import grouped, is_client_side, merged, with_message_ids
from shared.domain.identifiers import of_event
from shared.domain.incoming_webhooks import Brought
from shared.domain.refusals import may_refuse
from shared.domain.sources import Source
from shared.domain.times import from_text, to_text
from shared.stores.keys import identifier_hash

MAX_RECORD_BYTES = 850_000
MAX_MERGED_BYTES = 8 * 1024 * 1024
_MINUTE = len("2026-11-21T09:30")


def pack(
    request: Request, body: Mapping[str, Any], events: list[Any], source: Source, secret: str, now: datetime
) -> Iterator[StreamRecord]:
    """Records whose bytes stay below what Kinesis takes, once their refusals are heard. Raises Problem where merging
    would blow the batch up.
    """
    received_at = to_text(now)
    batch = body if "batch" in body else {}
    check_merged_size([batch.get("context"), batch.get("integrations")], len(events))
    complete = merged(batch, events)
    _hear(source, complete, sent_at(request, body), now, secret)
    items = [element(event) for event in complete]
    whole = _named(items, with_message_ids(source.id, received_at[:_MINUTE], [item.value for item in items]))
    groups = grouped(whole, partial(_group, secret, "origin" in request.headers))
    for (anchor, is_client), elements in groups.items():
        record = partial(
            Record,
            source_id=source.id,
            received_at=received_at,
            correlation_id=request.id,
            sent_at=sent_at(request, body),
            ip=_ip(request.ip, source) if is_client else None,
            gpc=request.headers.get("sec-gpc") == "1",
        )
        yield from _cut(record, anchor, elements)


def pack_webhook(
    found: Brought, source: Source, delivery_id: str, secret: str, request_id: str, now: datetime
) -> Iterator[StreamRecord]:
    """Records of what a webhook brought. Its sender is another company's server: no ip and no wish is a person's."""
    check_merged_size(found.beside, len(found.entries))
    complete = found.elements()
    _hear(source, complete, None, now, secret)
    items = [element(one) for one in complete]
    whole = _named(items, incoming_webhooks.with_message_ids([item.value for item in items], source.id, delivery_id))
    record = partial(Record, source_id=source.id, received_at=to_text(now), correlation_id=request_id)
    for anchor, elements in grouped(whole, partial(_anchor, secret)).items():
        yield from _cut(record, anchor, elements)


def _hear(source: Source, elements: list[Any], sent_at: str | None, now: datetime, secret: str) -> None:
    if source.mapping or any(isinstance(one, Mapping) and may_refuse(one) for one in elements):
        hearing().hear(source, elements, sent_at, now, secret)


def _cut(record: Callable[..., Record], anchor: str, elements: list[Element]) -> Iterator[StreamRecord]:
    for part in chunks(elements, len(elements), size=_size, bytes_most=MAX_RECORD_BYTES):
        key = anchor or hashlib.sha256(part[0].text.encode()).hexdigest()[:24]
        yield StreamRecord(key, encode(record(elements=tuple(part))))


def _named(items: list[Element], named: list[Any]) -> list[Element]:
    """Ids are made of elements whose numbers are masked: from a hash of them they could be guessed."""
    return [item if value is item.value else element(value) for item, value in zip(items, named, strict=True)]


def _group(secret: str, from_browser: bool, item: Element) -> tuple[str, bool]:
    """Anchor, and whether the ip of the request is the person's."""
    return _anchor(secret, item), from_browser or is_client_side(item.value)


def _anchor(secret: str, item: Element) -> str:
    """Hash of the event's anchor, "" where it names nobody."""
    identifiers = of_event(item.value) if isinstance(item.value, Mapping) else ()
    return identifier_hash(secret, identifiers[0]) if identifiers else ""


def _ip(address: str, source: Source) -> str:
    """The address, or its network where the source says so: /24 of IPv4, /48 of IPv6."""
    if not source.truncates_ip:
        return address
    kept = 24 if ip_address(address).version == 4 else 48
    return str(ip_network(f"{address}/{kept}", strict=False).network_address)


def check_merged_size(beside: object, events: int) -> None:
    """What stands beside the events is merged into each: a large context times many events is a bomb too."""
    if len(json.dumps(beside)) * events > MAX_MERGED_BYTES:
        raise too_large()


def sent_at(request: Request, body: Mapping[str, Any]) -> str | None:
    """The client's clock. It only corrects times, so one that can't be read counts as missing."""
    sent = body.get("sentAt") or request.headers.get("sentat")
    try:
        return to_text(from_text(sent)) if isinstance(sent, str) else None
    except ValueError:
        return None


def _size(item: Element) -> int:
    return len(item.text.encode()) + 1
