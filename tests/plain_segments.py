"""A plain interpreter of segments: over raw events, by what the definitions say, without a thought for speed.

It shares nothing with what is live but the definitions themselves and what an event says of consent and of its worth.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, cast
from zoneinfo import ZoneInfo

from shared.domain.amounts import amount_of, decimal_of
from shared.domain.computed_attributes import ComputedAttribute
from shared.domain.consent_signals import heard
from shared.domain.events import Event
from shared.domain.segments import conditions
from shared.domain.segments import definition as d
from shared.domain.times import from_text, months_later
from tests.computing import expected

Truth = bool | None
_SECONDS = {"W": 604_800, "D": 86_400, "TH": 3600, "TM": 60, "TS": 1}


@dataclass(frozen=True)
class Known:
    """All that is known of one person at an instant: the events stored by then, each once, and what is configured."""

    events: Sequence[Event]
    at: datetime
    segments: Mapping[str, d.Segment] = field(default_factory=dict)
    attributes: Sequence[ComputedAttribute] = ()
    valid_months: int = 0

    @property
    def namespaces(self) -> set[str]:
        return {one.identifier.namespace for event in self.events for one in event.identifiers}


def members(known: Known) -> set[str]:
    """Ids of the live segments that the person is in."""
    return {one.id for one in known.segments.values() if one.state == "live" and is_in(known, one)}


def is_in(known: Known, segment: d.Segment) -> bool:
    if not segment.include_anonymous and not known.namespaces & {"user_id", "email", "phone"}:
        return False
    return truth(known, segment.where, segment.zone) is True


def truth(known: Known, condition: d.Condition, zone: str) -> Truth:
    if not isinstance(condition, d.Group):
        return _LEAVES[type(condition)](known, condition, ZoneInfo(zone))
    inner = [truth(known, one, zone) for one in condition.of]
    if condition.op == "not":
        return None if inner[0] is None else not inner[0]
    decides = condition.op == "or"
    return decides if decides in inner else None if None in inner else not decides


def _trait(known: Known, leaf: d.OfTrait, zone: ZoneInfo) -> Truth:
    traits: dict[str, Any] = {}
    for event in sorted(known.events, key=lambda event: event.order):
        if event.type == "identify":
            traits |= event.body.get("traits", {})
    found = traits[leaf.trait] if leaf.trait in traits else _down(traits, leaf.trait)
    return compared(found, leaf)


def _computed(known: Known, leaf: d.OfComputed, zone: ZoneInfo) -> Truth:
    declared = next((one for one in known.attributes if one.id == leaf.computed), None)
    return compared(expected(declared, known.events, known.at) if declared else None, leaf)


def _identifier(known: Known, leaf: d.OfIdentifier, zone: ZoneInfo) -> Truth:
    return (leaf.identifier in known.namespaces) == leaf.present


def _events(known: Known, leaf: d.OfEvents, zone: ZoneInfo) -> Truth:
    found = [event for event in matching(known, leaf.event, leaf.where) if within(event, leaf.window, zone, known.at)]
    if not leaf.sum:
        return compared(len(found), leaf.count or d.Amount("gte", 1))
    if leaf.property == "amount":
        worth = (amount_of(event) for event in found)
        return compared(sum(one.value for one in worth if one and one.currency == leaf.currency), leaf.sum)
    values = (decimal_of(_down(event.body, leaf.property)) for event in found)
    return compared(sum(value for value in values if value is not None), leaf.sum)


def _sequence(known: Known, leaf: d.OfSequence, zone: ZoneInfo) -> Truth:
    most = conditions.MOST_KEPT_OF_STEP
    steps = [_newest(known, step, leaf.same, most) for step in leaf.sequence]
    against = _newest(known, leaf.not_then, leaf.same, most) if leaf.not_then else []

    def follow(chain: list[Event], place: int) -> bool:
        if place == len(steps):
            return not (leaf.not_then and _is_ended(chain[-1], leaf.not_then, against, leaf.same, known.at))
        within_ = length(leaf.sequence[place].within) if leaf.sequence[place].within else timedelta.max
        return any(
            follow([*chain, event], place + 1)
            for event in steps[place]
            if timedelta() < _when(event) - _when(chain[-1]) <= within_
            and _value(event, leaf.same) == _value(chain[-1], leaf.same)
        )

    return any(follow([event], 1) for event in steps[0] if within(event, leaf.window, zone, known.at))


def _is_ended(last: Event, not_then: d.NotThen, against: Sequence[Event], same: str, at: datetime) -> bool:
    """Whether the wait after the last step isn't over, or what must not follow did."""
    wait = length(not_then.within) if not_then.within else None
    if wait and at < _when(last) + wait:
        return True
    after = [_when(e) - _when(last) for e in against if _value(e, same) == _value(last, same)]
    return any(one > timedelta() and (wait is None or not_then.late_ends or one <= wait) for one in after)


def _consent(known: Known, leaf: d.OfConsent, zone: ZoneInfo) -> Truth:
    found = [(e, heard(e.body).decisions.get(leaf.consent)) for e in known.events]
    said = [(e.decided_at, one.state != "granted", e.message_id, one) for e, one in found if one]
    if not said:
        return leaf.state == "unknown"
    time, _, _, last = max(said, key=lambda one: one[:3])
    ends = months_later(from_text(time), known.valid_months) if known.valid_months else None
    is_over = last.state == "granted" and ends is not None and ends <= known.at
    return leaf.state == ("expired" if is_over else last.state)


def _segment(known: Known, leaf: d.OfSegment, zone: ZoneInfo) -> Truth:
    other = known.segments.get(leaf.segment)
    return (other is not None and other.state == "live" and is_in(known, other)) == leaf.member


def _seen(known: Known, leaf: d.OfSeen, zone: ZoneInfo) -> Truth:
    if not known.events:
        return None
    found = (min if leaf.seen == "first" else max)(known.events, key=lambda event: event.time)
    return within(found, leaf.window, zone, known.at)


_LEAVES: Mapping[type[Any], Callable[[Known, Any, ZoneInfo], Truth]] = {
    d.OfTrait: _trait,
    d.OfComputed: _computed,
    d.OfIdentifier: _identifier,
    d.OfEvents: _events,
    d.OfSequence: _sequence,
    d.OfConsent: _consent,
    d.OfSegment: _segment,
    d.OfSeen: _seen,
}


def matching(known: Known, name: str, where: Sequence[d.Filter]) -> list[Event]:
    """In order of time. Other events than `track` go by `$` and their type."""
    called = [e for e in known.events if not name or name == (e.name if e.type == "track" else f"${e.type}")]
    found = [event for event in called if all(compared(_read(event, one.property), one) for one in where)]
    return sorted(found, key=lambda event: event.time)


def within(event: Event, window: d.Window, zone: ZoneInfo, at: datetime) -> bool:
    """What happens later than now counts at once: a clock that is fast takes nobody out."""
    if window.since and _when(event) < from_text(window.since):
        return False
    if window.until and _when(event) >= from_text(window.until):
        return False
    if not window.last:
        return True
    if window.align == "rolling":
        return at < _when(event) + length(window.last)
    unit, number = window.last[-1], int(window.last[1:-1])
    return _period(_when(event), unit, zone) > _period(at, unit, zone) - number


def _period(moment: datetime, unit: str, zone: ZoneInfo) -> int:
    """Days, weeks from Monday, months or years of a place, counted."""
    day = moment.astimezone(zone).date()
    return {"D": day.toordinal(), "W": (day.toordinal() - 1) // 7, "M": day.year * 12 + day.month, "Y": day.year}[unit]


def length(duration: str) -> timedelta:
    """Of one unit."""
    unit = f"{'T' if 'T' in duration else ''}{duration[-1]}"
    return timedelta(seconds=int(duration.strip("PTWDHMS")) * _SECONDS[unit])


def compared(value: Any, test: Any) -> Truth:
    """In three values: unknown where there is none, or one of another type."""
    if test.operator in ("exists", "missing"):
        return (value is not None) == (test.operator == "exists")
    kind = getattr(test, "type", "number")
    if not _KINDS[kind](value):
        return None
    if kind == "list":
        return any(_same(one, test.value) for one in value)
    wanted = [_plain(one, kind) for one in (test.value if isinstance(test.value, tuple) else [test.value])]
    return bool(_OPERATORS[test.operator](_plain(value, kind), wanted))


def _same(one: Any, other: Any) -> bool:
    return cast(bool, one == other) and isinstance(one, bool) == isinstance(other, bool)


def _plain(value: Any, kind: str) -> Any:
    return from_text(value) if kind == "time" else Decimal(str(value)) if kind == "number" else value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _is_time(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(from_text(value))
    except ValueError:
        return False


_KINDS: Mapping[str, Callable[[Any], bool]] = {
    "text": lambda value: isinstance(value, str),
    "number": _is_number,
    "boolean": lambda value: isinstance(value, bool),
    "time": _is_time,
    "list": lambda value: isinstance(value, list),
}
_OPERATORS: Mapping[str, Callable[[Any, list[Any]], bool]] = {
    "eq": lambda one, others: one == others[0],
    "ne": lambda one, others: one != others[0],
    "in": lambda one, others: one in others,
    "not_in": lambda one, others: one not in others,
    "lt": lambda one, others: one < others[0],
    "lte": lambda one, others: one <= others[0],
    "gt": lambda one, others: one > others[0],
    "gte": lambda one, others: one >= others[0],
    "between": lambda one, others: others[0] <= one <= others[1],
    "contains": lambda one, others: others[0] in one,
    "starts_with": lambda one, others: one.startswith(others[0]),
    "ends_with": lambda one, others: one.endswith(others[0]),
}


def _newest(known: Known, step: d.Step | d.NotThen, same: str, most: int) -> list[Event]:
    """The events of a step that take part."""
    found = [event for event in matching(known, step.event, step.where) if not same or _value(event, same) != "null"]
    return found[-most:]


def _value(event: Event, path: str) -> str:
    value = _read(event, path) if path else None
    return json.dumps(int(value) if isinstance(value, float) and value.is_integer() else value)


def _read(event: Event, path: str) -> Any:
    """The canonical fields that tests use, else what stands in the body."""
    if path == "amount":
        amount = amount_of(event)
        return amount.value if amount else None
    if path in ("time", "channel"):
        return event.time if path == "time" else event.body.get("channel")
    return _down(event.body, path)


def _down(value: Any, path: str) -> Any:
    for step in path.split("."):
        value = value.get(step) if isinstance(value, Mapping) else None
    return value


def _when(event: Event) -> datetime:
    return from_text(event.time)
