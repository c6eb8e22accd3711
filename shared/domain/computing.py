"""Computed attributes of a person: which declarations an event counts for, and what they come to at a moment."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from shared.domain.aggregates import Computed, Part, Seen, day_of, empty, kept_value, part_of, value_of
from shared.domain.amounts import amount_of, currency_of, decimal_of, fixed
from shared.domain.canonical import canonical_of
from shared.domain.channels import channel_of
from shared.domain.computed_attributes import CANONICAL, MOST_LIVE, NUMERIC, OF_VALUES, ComputedAttribute, key_of, live
from shared.domain.events import Event
from shared.domain.times import to_text

_ABSENT = object()
Read = Callable[[Event], Any]


class Counted(NamedTuple):
    """A declaration made ready: its key in a state, and what reads an event for it."""

    key: str
    declared: ComputedAttribute
    read: Read
    where: tuple[tuple[Read, Any], ...]


@dataclass(frozen=True, slots=True)
class Declarations:
    """All that is computed of people, by event. `digest` differs where anything else is computed."""

    by_id: Mapping[str, Counted]
    by_event: Mapping[str, tuple[Counted, ...]]
    of_any: tuple[Counted, ...]
    digest: str


def declarations(items: Iterable[ComputedAttribute]) -> Declarations:
    """What ships and what is declared, ready to be folded."""
    counted = {one.id: _ready(one) for one in live(items)[:MOST_LIVE]}
    of_any = tuple(one for one in counted.values() if not one.declared.event)
    names = {one.declared.event for one in counted.values()} - {""}
    by_event = {n: (*of_any, *(one for one in counted.values() if one.declared.event == n)) for n in names}
    digest = hashlib.sha256("|".join(one.key for one in counted.values()).encode()).hexdigest()[:12]
    return Declarations(counted, by_event, of_any, digest)


def computed_of(declared: Declarations, event: Event, name: str) -> dict[str, Part]:
    """What one event, counted under `name`, adds to a state."""
    found: dict[str, Part] = {}
    for one in declared.by_event.get(name, declared.of_any):
        if all(_is(read(event), wanted) for read, wanted in one.where):
            value = one.read(event)
            if value is not _ABSENT:
                seen = Seen(event.time, event.message_id, value)
                found[one.key] = part_of(one.declared.function, one.declared.window_days, seen)
    return found


def values(computed: Mapping[str, Part], declared: Declarations, now: datetime) -> dict[str, Computed]:
    """The value of each attribute, by id."""
    today = day_of(to_text(now))
    return {
        attribute_id: value_of(computed[one.key], today)
        if one.key in computed
        else Computed(empty(one.declared.function))
        for attribute_id, one in declared.by_id.items()
    }


def as_declared(computed: Mapping[str, Part], declared: Declarations) -> dict[str, Part]:
    """Without what nobody declares any more."""
    keys = {one.key for one in declared.by_id.values()}
    return {key: part for key, part in computed.items() if key in keys}


def _ready(declared: ComputedAttribute) -> Counted:
    where = tuple((_at(path), kept_value(wanted)) for path, wanted in declared.where.items())
    return Counted(key_of(declared), declared, _value(declared), where)


def _value(declared: ComputedAttribute) -> Read:
    """What an event brings for a declaration: _ABSENT where it doesn't count, None where its value can't be taken."""
    path, currency, function = declared.property, declared.currency, declared.function
    at = _amount(currency) if path == "amount" else _at(path) if path else lambda event: True

    def read(event: Event) -> Any:
        found = at(event)
        if found is None or found == "" or (currency and path != "amount" and currency_of(event) != currency):
            return _ABSENT
        if function in NUMERIC:
            return fixed(found if isinstance(found, Decimal) else decimal_of(found))
        return kept_value(found) if function in OF_VALUES else True

    return read


def _is(value: Any, wanted: Any) -> bool:
    """Equal, where `true` isn't 1."""
    kept = kept_value(value)
    return kept == wanted and isinstance(kept, bool) == isinstance(wanted, bool)


def _amount(currency: str) -> Read:
    def read(event: Event) -> Any:
        amount = amount_of(event)
        return amount.value if amount and currency in ("", amount.currency) else None

    return read


def _at(path: str) -> Read:
    """What reads a path: of the canonical fields, else of the event's body; None where nothing stands there."""
    first, *rest = path.split(".")
    if path == "time":
        return lambda event: event.time
    if path == "amount":
        return _amount("")
    if path == "channel":
        return lambda event: (channel := channel_of(event)) and channel.name
    if first in CANONICAL:
        return lambda event: _down(canonical_of(event).model_dump(include={first}), (first, *rest))
    return lambda event: _down(event.body, (first, *rest))


def _down(value: Any, steps: Iterable[str]) -> Any:
    for step in steps:
        value = value.get(step) if isinstance(value, Mapping) else None
    return value


DECLARED = declarations(())
"""What ships."""
