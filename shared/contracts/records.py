"""The Kinesis record: the events of one request and person, as collect_events or any other producer puts them."""

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from shared.contracts.compression import deflate, inflate
from shared.domain.forbidden import masked, masked_text
from shared.domain.times import from_text, to_text
from shared.domain.validation import is_too_deep

VERSION = 1
MAX_INFLATED_BYTES = 10 * 1024 * 1024
_MAX_ID = 100
_MAX_ENTRY_ID = 1_000
_LONGEST_INTEGER = 300
_END_OF_TIME = "9999"
_DUMP: dict[str, Any] = {"separators": (",", ":"), "allow_nan": False, "ensure_ascii": False}


class UndecodableError(ValueError):
    """Not a record of ours; the text says why and holds nothing of its content."""


class Element(NamedTuple):
    """One event as it came, save for forbidden numbers, and its strict JSON."""

    value: Any
    text: str


@dataclass(frozen=True, slots=True)
class Record:
    """`received_at` and `sent_at` are the collector's and the client's clocks; `sent_at` is as the client wrote it.

    `gpc`: the browser asked by `Sec-GPC: 1` not to sell or share what it sends. `replay`: sent again from quarantine,
    `replay_of` by that entry's id.
    """

    source_id: str
    received_at: str
    correlation_id: str
    elements: tuple[Element, ...]
    sent_at: str | None = None
    ip: str | None = None
    gpc: bool = False
    replay: bool = False
    replay_of: str | None = None

    def to_json(self) -> str:
        head = {
            "v": VERSION,
            "source_id": self.source_id,
            "received_at": self.received_at,
            "sent_at": self.sent_at,
            "correlation_id": self.correlation_id,
            "ip": self.ip,
            "gpc": self.gpc or None,
            "replay": self.replay or None,
            "replay_of": self.replay_of,
        }
        text = json.dumps({name: value for name, value in head.items() if value is not None}, **_DUMP)
        return f'{text[:-1]},"events":[{",".join(element.text for element in self.elements)}]}}'


def parse_json(data: bytes | str) -> Any:
    """Any JSON value; numbers out of range become infinities. ValueError or RecursionError where it is none.

    NaN and Infinity pass, though they aren't JSON: Python's SDKs write them, and one must not cost its whole batch.
    """
    return json.loads(data, parse_int=_integer)


def element(value: Any) -> Element:
    """An event on its way, without the numbers that must not come in.

    What strict JSON can't hold (NaN, infinities, lone surrogates) or what is nested so deeply that it would make its
    neighbours unreadable travels as a text of it. RecursionError where even that can't be.
    """
    text = _strict(value)
    if text is None:
        loose, _ = masked_text(as_text(value))
        value = loose.encode(errors="backslashreplace").decode()  # JSON writes a lone surrogate just so
        text = json.dumps(value, **_DUMP)
    clean = masked(value, text).value
    return Element(value, text) if clean is value else Element(clean, json.dumps(clean, **_DUMP))


def as_text(value: Any) -> str:
    """JSON of what strict JSON can't hold."""
    return json.dumps(value, ensure_ascii=False)


def readable(value: Any) -> Mapping[str, Any] | None:
    """The event that an element is, or says as a text; None where it is none, or too deep to be walked."""
    if isinstance(value, Mapping):
        return value
    if not isinstance(value, str) or not value.startswith("{"):
        return None
    try:
        said = parse_json(value)
    except (ValueError, RecursionError):
        return None
    return said if isinstance(said, Mapping) and not is_too_deep(said, value) else None


def _strict(value: Any) -> str | None:
    try:
        text = json.dumps(value, **_DUMP)
        text.encode()
    except ValueError:
        return None
    return None if is_too_deep(value, text) else text


def encode(record: Record) -> bytes:
    return deflate(record.to_json().encode())


def decode(data: bytes) -> Record:
    """A record from its bytes, plain or compressed. UndecodableError where it isn't one."""
    try:
        return record_of(parse_json(inflate(data, MAX_INFLATED_BYTES)))
    except UndecodableError:
        raise
    except (ValueError, RecursionError) as error:
        raise UndecodableError(type(error).__name__) from error


def record_of(fields: object) -> Record:
    """A record from its parsed JSON. UndecodableError or ValueError where it isn't one."""
    if not isinstance(fields, Mapping) or fields.get("v") != VERSION:
        raise UndecodableError(f"not a record of version {VERSION}")
    received_at, events = fields.get("received_at"), fields.get("events")
    if not isinstance(received_at, str) or not isinstance(events, list):
        raise UndecodableError("received_at or events is missing")
    received_at = to_text(from_text(received_at))
    if received_at >= _END_OF_TIME:
        raise UndecodableError("received_at leaves no room for anything later")
    source_id = _text(fields, "source_id")
    if not source_id:
        raise UndecodableError("source_id is missing")
    return Record(
        source_id=source_id,
        received_at=received_at,
        correlation_id=_text(fields, "correlation_id") or "",
        elements=elements(events),
        sent_at=_text(fields, "sent_at"),
        ip=_text(fields, "ip"),
        gpc=fields.get("gpc") is True,
        replay=fields.get("replay") is True,
        replay_of=_text(fields, "replay_of", _MAX_ENTRY_ID),
    )


def elements(values: Iterable[Any]) -> tuple[Element, ...]:
    return tuple(map(element, values))


def _text(fields: Mapping[str, Any], name: str, most: int = _MAX_ID) -> str | None:
    value = fields.get(name)
    if value is None or (isinstance(value, str) and len(value) <= most and value.isprintable()):
        return value or None
    raise UndecodableError(f"{name} isn't a short text")


def _integer(text: str) -> int | float:
    return int(text) if len(text) < _LONGEST_INTEGER else math.copysign(math.inf, -1 if text[0] == "-" else 1)
