"""The one place where an event is validated: a raw element becomes an Event, or a Refusal that says what to mend."""

import hashlib
import json
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.domain import times
from shared.domain.events import Event, HashedIdentifier
from shared.domain.identifiers import MAX_LENGTH, NAMING, Identifier, Naming, names_anyone, of_event

MAX_EVENT_BYTES = 32 * 1024
MAX_DEPTH = 64
MAX_MESSAGE_ID = 100
MAX_NAME = 200
MAX_TRAITS = 300
TYPES = ("identify", "track", "page", "screen", "group", "alias")

_OBJECTS = ("context", "integrations", "properties", "traits")
_IDS = ("userId", "anonymousId", "groupId", "previousId")
_NEEDED = {"group": ("groupId",), "alias": ("previousId", "userId")}
_TIMES = ("originalTimestamp", "timestamp")
_MAX_INTEGER_BITS = 2_000


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an element was refused: a code, the field, and what its sender can do."""

    reason: str
    field: str | None
    fix: str


_TOO_DEEP = Refusal("too_deep", None, f"Nest at most {MAX_DEPTH} levels.")
_NOT_AN_OBJECT = Refusal("not_an_object", None, "Send each event as a JSON object.")


@dataclass(frozen=True, slots=True)
class Arrival:
    """What is known of an element beside itself. `key_of` takes anchor hash, original time and messageId."""

    source_id: str
    origin: str
    received_at: str
    stored_at: str
    sent_at: str | None
    correlation_id: str
    ip: str | None
    gpc: bool
    hash_of: Callable[[Identifier], str]
    key_of: Callable[[str | None, str | None, str], tuple[str, str]]
    replayed: bool = False
    naming: Naming = NAMING


def validate(element: object, text: str, arrival: Arrival, came: Mapping[str, Any] | None = None) -> Event | Refusal:
    """Judge one element; `text` is its strict JSON, `came` what it was before its source's mapping, where that differs.

    Never raises for anything that JSON can hold.
    """
    problem = problem_of(element, text)
    if problem is None and isinstance(element, dict):
        return _event(element, arrival, element if came is None else came)
    return problem or _NOT_AN_OBJECT


def problem_of(element: object, text: str) -> Refusal | None:
    """Why an element is no event."""
    if isinstance(element, dict):
        return next(_problems(element, text), None)
    return _text_problem(element) if isinstance(element, str) and element.startswith("{") else _NOT_AN_OBJECT


def message_id_of(element: object) -> str | None:
    """The element's messageId where it is usable."""
    value = _as_text(element.get("messageId")) if isinstance(element, Mapping) else None
    return value if value and len(value) <= MAX_MESSAGE_ID and _is_clean(value) else None


def original_time_of(element: Mapping[str, Any]) -> datetime | None:
    """When its client says that it happened, where that can be read."""
    return next((moment for name in _TIMES if (moment := _time(element.get(name)))), None)


def time_of(element: Mapping[str, Any], sent_at: str | None, received_at: str) -> tuple[datetime, bool]:
    """When an event happened by our clock, and whether its client's is far off; `sent_at` where it says none."""
    sent = _time(element.get("sentAt")) or _time(sent_at)
    return times.corrected(original_time_of(element), sent, times.from_text(received_at))


def _problems(element: Mapping[str, Any], text: str) -> Iterator[Refusal]:
    """What is wrong, the first thing first; a later check may rely on those before it."""
    if len(text.encode()) > MAX_EVENT_BYTES:
        yield Refusal("event_too_large", None, f"Send at most {MAX_EVENT_BYTES} bytes an event.")
    if is_too_deep(element, text):
        yield _TOO_DEEP
    if element.get("type") not in TYPES:
        yield Refusal("unknown_type", "type", f"Send one of {', '.join(TYPES)}.")
    if message_id_of(element) is None:
        yield Refusal("invalid_message_id", "messageId", f"Send text of 1 to {MAX_MESSAGE_ID} characters.")
    yield from _shape_problems(element)
    yield from _id_problems(element)
    if not names_anyone(element):
        yield Refusal("no_identifier", "userId", "Send a userId, an anonymousId or another identifier.")
    for name in _TIMES:
        if element.get(name) not in (None, "") and _time(element[name]) is None:
            yield Refusal("invalid_timestamp", name, "Send an ISO-8601 date-time, such as 2026-11-21T09:30:00.000Z.")


def _shape_problems(element: Mapping[str, Any]) -> Iterator[Refusal]:
    for name in _OBJECTS:
        if element.get(name) and not isinstance(element[name], Mapping):  # PHP writes an empty map as []
            yield Refusal("not_a_map", name, "Send a JSON object.")
    for field, traits in (("traits", element.get("traits")), ("context.traits", _context(element).get("traits"))):
        if isinstance(traits, Mapping) and len(traits) > MAX_TRAITS:
            yield Refusal("too_many_traits", field, f"Send at most {MAX_TRAITS} traits.")
    event = element.get("event")
    if element["type"] == "track" and not (isinstance(event, str) and event.strip() and len(event) <= MAX_NAME):
        yield Refusal("invalid_event_name", "event", f"Send text of 1 to {MAX_NAME} characters.")


def _id_problems(element: Mapping[str, Any]) -> Iterator[Refusal]:
    for name in _IDS:
        value = element.get(name)
        text = _as_text(value)
        if text is None and value is not None:
            yield Refusal("invalid_identifier", name, "Send text or a number.")
        elif text is not None and len(text) > MAX_LENGTH:
            yield Refusal("identifier_too_long", name, f"Send at most {MAX_LENGTH} characters.")
        elif text is not None and not _is_clean(text):
            yield Refusal("invalid_identifier", name, "Leave out control characters.")
        elif name in _NEEDED.get(element["type"], ()) and not (text and text.strip()):
            yield Refusal("missing_field", name, f"An event of type {element['type']} needs it.")


def _event(element: Mapping[str, Any], arrival: Arrival, came: Mapping[str, Any]) -> Event:
    original = original_time_of(element)
    sent = _time(element.get("sentAt")) or _time(arrival.sent_at)
    happened, skewed = time_of(element, arrival.sent_at, arrival.received_at)
    identifiers = tuple(HashedIdentifier(found, arrival.hash_of(found)) for found in of_event(element, arrival.naming))
    message_id = message_id_of(element) or ""
    original_time = times.to_text(original) if original else None
    pk, sk = arrival.key_of(identifiers[0].hash if identifiers else None, original_time, message_id)
    return Event(
        pk=pk,
        sk=sk,
        source_id=arrival.source_id,
        message_id=message_id,
        type=element["type"],
        name=element["event"] if element["type"] == "track" else None,
        time=times.to_text(happened),
        original_time=original_time,
        sent_at=times.to_text(sent) if sent else None,
        received_at=arrival.received_at,
        stored_at=arrival.stored_at,
        skewed=skewed,
        replayed=arrival.replayed,
        origin=arrival.origin,
        digest=_digest(came),
        correlation_id=arrival.correlation_id,
        identifiers=identifiers,
        body=_canonical(element, arrival),
    )


def _digest(element: Mapping[str, Any]) -> str:
    """Of the body as the client sent it, without what differs between two tries: `sentAt`, the SDK's own notes, and
    the file that a row came from this time.
    """
    body = {name: value for name, value in element.items() if name not in ("sentAt", "_metadata")}
    if "file" in _context(element):
        body["context"] = {name: value for name, value in element["context"].items() if name != "file"}
    return hashlib.sha256(json.dumps(body, sort_keys=True, separators=(",", ":")).encode()).hexdigest()[:32]


def _canonical(element: Mapping[str, Any], arrival: Arrival) -> dict[str, Any]:
    """The element with ids as text, the ip that the server saw where it has none, and the browser's wish."""
    ids = {name: _as_text(element[name]) for name in (*_IDS, "messageId") if element.get(name) is not None}
    context = _context(element)
    seen = {"ip": arrival.ip} if arrival.ip and not context.get("ip") else {}
    wish = {"gpc": True} if arrival.gpc else {}
    return {**element, **ids, **({"context": {**context, **seen, **wish}} if seen or wish else {})}


def _context(element: Mapping[str, Any]) -> Mapping[str, Any]:
    context = element.get("context")
    return context if isinstance(context, Mapping) else {}


def _as_text(value: object) -> str | None:
    """An id as text; None for what can't be one."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else str(value)
    return str(value) if value.bit_length() < _MAX_INTEGER_BITS else None


def _is_clean(text: str) -> bool:
    return text.isprintable() or not any(unicodedata.category(character) == "Cc" for character in text)


def _text_problem(text: str) -> Refusal:
    """Why an event travelled as text: strict JSON couldn't hold it, or its sender wrote it so."""
    try:
        value = json.loads(text)
        json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
    except RecursionError:
        return _TOO_DEEP
    except ValueError:
        return Refusal("not_strict_json", None, "Send finite numbers and well-formed Unicode.")
    return _TOO_DEEP if is_too_deep(value, text) else _NOT_AN_OBJECT


def _time(value: object) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        return times.from_text(value)
    except ValueError:
        return None


def is_too_deep(value: object, text: str) -> bool:
    """Whether a value is nested deeper than MAX_DEPTH, without recursion: that is what it guards against."""
    if text.count("{") + text.count("[") <= MAX_DEPTH:
        return False
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
    return any(isinstance(outer, dict | list) for outer in level)
