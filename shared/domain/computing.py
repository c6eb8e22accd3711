"""Computed attributes of a person: which declarations an event counts for, and what they come to at a moment."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from shared.domain import event_paths
from shared.domain.aggregates import Computed, Part, Seen, day_of, empty, kept_value, part_of, value_of
from shared.domain.amounts import currency_of, decimal_of, fixed
from shared.domain.computed_attributes import MOST_LIVE, NUMERIC, OF_VALUES, ComputedAttribute, key_of, live
from shared.domain.event_paths import Read
from shared.domain.events import Event
from shared.domain.times import to_text

_ABSENT = object()


class Counted(NamedTuple):
    """What is kept of events called `event`, empty for any: `part` is what one adds to a state under `key`, None for
    nothing.
    """

    key: str
    event: str
    part: Callable[[Event], Part | None]


class Attribute(NamedTuple):
    """A computed attribute and its key in a state."""

    key: str
    declared: ComputedAttribute


@dataclass(frozen=True, slots=True)
class Declarations:
    """All that is kept of people's events: computed attributes by id, and what segments ask for. `digest` differs where
    anything else is kept.
    """

    by_id: Mapping[str, Attribute]
    by_event: Mapping[str, tuple[Counted, ...]]
    of_any: tuple[Counted, ...]
    keys: frozenset[str]
    digest: str


def declarations(items: Iterable[ComputedAttribute], conditions: Iterable[Counted] = ()) -> Declarations:
    """What ships and what is declared, and the `conditions` of segments, ready to be folded."""
    by_id = {one.id: Attribute(key_of(one), one) for one in live(items)[:MOST_LIVE]}
    counted = (*(_counted(one) for one in by_id.values()), *conditions)
    of_any = tuple(one for one in counted if not one.event)
    named: dict[str, list[Counted]] = {}
    for one in counted:
        if one.event:
            named.setdefault(one.event, []).append(one)
    by_event = {name: (*of_any, *found) for name, found in named.items()}
    keys = [one.key for one in counted]
    digest = hashlib.sha256("|".join(keys).encode()).hexdigest()[:12]
    return Declarations(by_id, by_event, of_any, frozenset(keys), digest)


def computed_of(declared: Declarations, event: Event, name: str) -> dict[str, Part]:
    """What one event, counted under `name`, adds to a state."""
    found = ((one.key, one.part(event)) for one in declared.by_event.get(name, declared.of_any))
    return {key: part for key, part in found if part is not None}


def values(computed: Mapping[str, Part], declared: Declarations, now: datetime) -> dict[str, Computed]:
    """The value of each attribute, by id."""
    today = day_of(to_text(now))
    return {attribute_id: attribute_value(computed, one, today) for attribute_id, one in declared.by_id.items()}


def attribute_value(computed: Mapping[str, Part], one: Attribute, today: int) -> Computed:
    """The value of an attribute on a day (as aggregates.day_of)."""
    part = computed.get(one.key)
    return value_of(part, today) if part else Computed(empty(one.declared.function))


def as_declared(computed: Mapping[str, Part], declared: Declarations) -> dict[str, Part]:
    """Without what nobody declares any more."""
    return {key: part for key, part in computed.items() if key in declared.keys}


def _counted(attribute: Attribute) -> Counted:
    declared = attribute.declared
    where = tuple((event_paths.at(path), kept_value(wanted)) for path, wanted in declared.where.items())
    read = _value(declared)

    def part(event: Event) -> Part | None:
        if not all(_is(read_one(event), wanted) for read_one, wanted in where):
            return None
        value = read(event)
        if value is _ABSENT:
            return None
        return part_of(declared.function, declared.window_days, Seen(event.time, event.message_id, value))

    return Counted(attribute.key, declared.event, part)


def _value(declared: ComputedAttribute) -> Read:
    """What an event brings for a declaration: _ABSENT where it doesn't count, None where its value can't be taken."""
    path, currency, function = declared.property, declared.currency, declared.function
    read_path = event_paths.amount(currency) if path == "amount" else event_paths.at(path) if path else _anything

    def read(event: Event) -> Any:
        found = read_path(event)
        if found is None or found == "" or (currency and path != "amount" and currency_of(event) != currency):
            return _ABSENT
        if function in NUMERIC:
            return fixed(found if isinstance(found, Decimal) else decimal_of(found))
        return kept_value(found) if function in OF_VALUES else True

    return read


def _anything(event: Event) -> Any:
    return True


def _is(value: Any, wanted: Any) -> bool:
    """Equal, where `true` isn't 1."""
    kept = kept_value(value)
    return kept == wanted and isinstance(kept, bool) == isinstance(wanted, bool)


DECLARED = declarations(())
"""What ships."""
