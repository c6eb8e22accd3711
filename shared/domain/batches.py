"""A request as elements of the stream: what stands beside the events goes into each, and each gets a messageId."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

Element = TypeVar("Element")
Key = TypeVar("Key")

_MERGED = ("context", "integrations")
_TIMES = ("originalTimestamp", "timestamp")
_NOT_HASHED = ("messageId", "sentAt")
_CLIENT_SIDE = frozenset(
    """analytics.js analytics-next analytics-ios analytics-android analytics-swift analytics-kotlin analytics-flutter
    analytics-react-native @segment/analytics-react-native rudder-ios-library rudder-react-native
    com.rudderstack.android.sdk.core com.rudderstack.android.sdk com.rudderstack.ios.sdk""".split()
) | {"RudderLabs JavaScript SDK", "RudderStack JavaScript SDK"}


def merged(batch: Mapping[str, Any], events: Iterable[Any]) -> list[Any]:
    """Events with the batch's `context` and `integrations` (the event's own keys win), and without the write key.

    A batch-level `timestamp` is the time of events that have none.
    """
    return [_merged(batch, event) if isinstance(event, dict) else event for event in events]


def _merged(batch: Mapping[str, Any], event: Mapping[str, Any]) -> dict[str, Any]:
    whole = {name: value for name, value in event.items() if name != "writeKey"}
    for name in _MERGED:
        shared, own = batch.get(name), whole.get(name) or {}
        if isinstance(shared, dict) and shared and isinstance(own, dict):
            whole[name] = {**shared, **own}
    if batch.get("timestamp") and not any(whole.get(name) for name in _TIMES):
        whole["originalTimestamp"] = batch["timestamp"]
    return whole


def with_message_ids(source_id: str, minute: str, events: Iterable[Any]) -> list[Any]:
    """Give each event without a messageId one that its retry gets again: a hash of the source and the event.

    Equal events of one request differ by their count. An event that has no time of its own either is told from
    an equal one by the `minute` of its receipt: without it, what happens every day would be stored once.
    """
    seen: Counter[str] = Counter()
    named = []
    for event in events:
        if isinstance(event, dict) and event.get("messageId") in (None, ""):
            event = {**event, "messageId": _made_id(source_id, minute, event, seen)}
        named.append(event)
    return named


def _made_id(source_id: str, minute: str, event: Mapping[str, Any], seen: Counter[str]) -> str:
    body = {name: value for name, value in event.items() if name not in _NOT_HASHED}
    timed = any(event.get(name) for name in _TIMES)
    text = json.dumps([source_id, "" if timed else minute, body], sort_keys=True)
    count = seen[text]
    seen[text] += 1
    return f"made-{hashlib.sha256(f'{text}{count}'.encode()).hexdigest()[:32]}"


def is_client_side(event: object) -> bool:
    """Whether an event comes from the person's own device by what it says, so that the request's ip is theirs."""
    context = event.get("context") if isinstance(event, Mapping) else None
    if not isinstance(context, Mapping):
        return False
    library = context.get("library")
    name = library.get("name") if isinstance(library, Mapping) else None
    return context.get("direct") is True or (isinstance(name, str) and name in _CLIENT_SIDE)


def grouped(elements: Sequence[Element], key: Callable[[Element], Key]) -> dict[Key, list[Element]]:
    """Elements by key, in the order in which they came."""
    groups: dict[Key, list[Element]] = {}
    for element in elements:
        groups.setdefault(key(element), []).append(element)
    return groups
