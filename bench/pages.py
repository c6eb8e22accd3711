"""The other layout of events, to compare with: what one request brought for one person and hour as one item."""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from shared.aws.dynamo import to_attributes, to_python
from shared.stores.packing import BODY, packed, unpacked
from tests.fakes.sizes import read_units, size_of, write_units

SAMPLED = 500
"""Pages that are kept to measure the CPU of both layouts."""

_HOUR = len("2026-11-21T09")
_OF_ALL = ("pk", "v", "ttl", "source_id", "received_at", "stored_at", "sent_at", "correlation_id")
"""What events of a page have in common stands beside them, once."""
Event = Mapping[str, Any]


class Pages(NamedTuple):
    """By event: items, their bytes, the write units of inserting them, and the read units of looking, with each batch,
    into what lies in their hour already, as an event may have come in another request; then bytes and write units of
    events as they lie. `sample` has the events of some pages, by their hour.
    """

    items: float
    size: float
    units: float
    looks: float
    size_of_items: float
    units_of_items: float
    sample: Sequence[tuple[str, list[Event]]]


def pages(items: Iterable[Event]) -> Pages:
    """Of stored events, as DynamoDB holds them; those of an anchor side by side."""
    looks, sizes, alone = 0.0, Counter[int](), Counter[int]()
    sample: list[tuple[str, list[Event]]] = []
    for _, of_anchor in groupby(items, key=lambda item: item["pk"]["S"]):
        found: dict[tuple[str, str], list[Event]] = defaultdict(list)
        for item in of_anchor:
            event = event_of(item)
            alone[size_of(item)] += 1
            found[event["correlation_id"], event["time"][:_HOUR]].append(event)
        there: Counter[str] = Counter()
        for (_, hour), batch in groupby(sorted(found.items(), key=_batch), key=_batch):
            looks += read_units(there[hour], consistent=True)
            for _, of_page in batch:
                there[hour] += (taken := size_of(page_of(hour, of_page)))
                sizes[taken] += 1
                sample += [(hour, of_page)] if len(sample) < SAMPLED else []
    events = alone.total()
    return Pages(
        items=sizes.total() / events,
        size=sum(sizes.elements()) / events,
        units=_units(sizes) / events,
        looks=looks / events,
        size_of_items=sum(alone.elements()) / events,
        units_of_items=_units(alone) / events,
        sample=sample,
    )


def _batch(found: tuple[tuple[str, str], list[Event]]) -> tuple[str, str]:
    """What is stored at once, and looked for at once: moment and hour."""
    (_, hour), of_page = found
    return of_page[0]["stored_at"], hour


def _units(sizes: Mapping[int, int]) -> int:
    return sum(write_units(size) * number for size, number in sizes.items())


def event_of(item: Any) -> Event:
    """With its body read."""
    found = to_python(item)
    text = unpacked(found.pop("packed")) if "packed" in found else found["event"]
    return {**found, "event": json.loads(text)}


def item_of(event: Event) -> Any:
    """As DynamoDB holds it."""
    return to_attributes({**event, "event": None, "packed": packed(_text(event["event"]), BODY)})


def page_of(hour: str, events: Sequence[Event]) -> Any:
    """As DynamoDB would hold it."""
    once = {name: events[0][name] for name in _OF_ALL if name in events[0]}
    ids = "\n".join(event["message_id"] for event in events)
    key = {"sk": f"{hour}#{hashlib.sha256(ids.encode()).hexdigest()[:24]}"}
    own = [{name: value for name, value in event.items() if name not in _OF_ALL} for event in events]
    return to_attributes({**once, **key, "packed": packed(_text(own), BODY)})


def events_of(page: Any) -> list[Event]:
    found = to_python(page)
    once = {name: value for name, value in found.items() if name in _OF_ALL}
    return [{**once, **event} for event in json.loads(unpacked(found["packed"]))]


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
