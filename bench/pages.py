"""The other layout of events, to compare with: what one request brought for one person and hour as one item."""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from shared.aws.dynamo import to_attributes, to_python
from shared.stores.packing import BODY, packed, unpacked
from tests.fakes.sizes import size_of, write_units

_HOUR = len("2026-11-21T09")
_OF_ALL = ("pk", "v", "ttl", "source_id", "received_at", "stored_at", "sent_at", "correlation_id")
"""What events of a page have in common stands beside them, once."""


class Pages(NamedTuple):
    """By event: items, their bytes, and the write units of inserting them."""

    items: float
    size: float
    units: float


def pages(items: Iterable[Mapping[str, Any]]) -> Pages:
    """Of stored events, as DynamoDB holds them; those of an anchor side by side."""
    events, sizes = 0, Counter[int]()
    for _, of_anchor in groupby(map(to_python, items), key=itemgetter("pk")):
        found: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
        for event in of_anchor:
            found[event["correlation_id"], event["time"][:_HOUR]].append(event)
            events += 1
        sizes.update(size_of(to_attributes(_page(hour, of_page))) for (_, hour), of_page in found.items())
    taken = sum(write_units(size) * number for size, number in sizes.items())
    return Pages(sizes.total() / events, sum(sizes.elements()) / events, taken / events)


def _page(hour: str, events: list[dict[str, Any]]) -> dict[str, Any]:
    once = {name: events[0][name] for name in _OF_ALL if name in events[0]}
    ids = "\n".join(event["message_id"] for event in events)
    text = json.dumps([_event(event) for event in events], ensure_ascii=False, separators=(",", ":"))
    key = {"sk": f"{hour}#{hashlib.sha256(ids.encode()).hexdigest()[:24]}"}
    return {**once, **key, "packed": packed(text, BODY)}


def _event(event: Mapping[str, Any]) -> dict[str, Any]:
    own = {name: value for name, value in event.items() if name not in (*_OF_ALL, "packed")}
    return {**own, "event": json.loads(unpacked(event["packed"]))} if "packed" in event else own
