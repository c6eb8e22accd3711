"""What a profile keeps of events for segments' conditions: bounded, the same in any order, and shared where equal."""

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from decimal import Decimal
from math import ceil, floor
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from shared.domain import event_paths
from shared.domain.aggregates import NEWEST, Part, Seen, kept_value, part_of
from shared.domain.amounts import decimal_of, fixed
from shared.domain.computing import Counted
from shared.domain.events import Event
from shared.domain.segments.comparing import comparison
from shared.domain.segments.definition import EVER, MOST_KEPT, MOST_KEPT_OF_STEP, Amount, Filter, OfEvents, Window
from shared.domain.segments.windows import counts_in, days_kept, local, milliseconds

_SEES_ONE_MORE = frozenset({"gt", "lte", "eq", "ne"})
"""A whole number of events is more than 1.5 where it is 2, but more than 2 where it is 3."""


class Kept(NamedTuple):
    """Where a condition on a number of events finds its answer: `tally` of its event's name, `times` or `days`."""

    how: str
    counted: Counted | None = None
    most: int = 0


def times_needed(count: Amount) -> int:
    """How many newest events tell whether a number of them compares so."""
    number = float(count.value)
    return max(1, floor(number) + 1 if count.operator in _SEES_ONE_MORE else ceil(number))


def kept_for(leaf: OfEvents, zone: str) -> Kept:
    """`tally`: the profile knows it anyway."""
    if leaf.sum:
        return Kept("days", _sum(leaf, zone))
    most = times_needed(leaf.count) if leaf.count else 1
    if not leaf.where and (leaf.window == EVER or (most == 1 and not leaf.window.since + leaf.window.until)):
        return Kept("tally", most=most)
    if leaf.window == EVER or most > MOST_KEPT:
        return Kept("days", _number(leaf, zone))
    return Kept("times", times(leaf.event, leaf.where, most, window=leaf.window), most)


def times(event: str, where: Sequence[Filter], most: int, same: str = "", window: Window = EVER) -> Counted:
    """The times of the newest `most` matching events; with `same`, each with a hash of what stands at that path."""
    matches, counts, read = _matching(where), counts_in(window), event_paths.at(same) if same else None
    fixed_ends = [window.since, window.until]

    def part(found: Event) -> Part | None:
        ms = milliseconds(found.time)
        if not counts(ms) or not matches(found):
            return None
        if read is None:
            return [NEWEST, most, [ms], 0]
        value = kept_value(read(found))
        return None if value is None else [NEWEST, most, [[ms, _hash(value)]], 0]

    return Counted(_key(NEWEST, most, event, _plain(where), same, fixed_ends), event, part)


def step_times(event: str, where: Sequence[Filter], same: str) -> Counted:
    """Those of a step of a sequence."""
    return times(event, where, MOST_KEPT_OF_STEP, same)


def _sum(leaf: OfEvents, zone: str) -> Counted:
    path, currency = leaf.property, leaf.currency
    read = event_paths.amount(currency) if path == "amount" else event_paths.at(path)

    def value(event: Event) -> Decimal | None:
        found = read(event)
        return fixed(found if isinstance(found, Decimal) else decimal_of(found))

    return _by_day("sum", leaf, zone, value)


def _number(leaf: OfEvents, zone: str) -> Counted:
    return _by_day("count", leaf, zone, lambda event: True)


def _by_day(function: str, leaf: OfEvents, zone: str, value: Callable[[Event], Any]) -> Counted:
    """By day of the zone where the window is one of a calendar, else in all."""
    window, days, matches, counts = leaf.window, days_kept(leaf.window), _matching(leaf.where), counts_in(leaf.window)
    place = ZoneInfo(zone)

    def part(event: Event) -> Part | None:
        ms = milliseconds(event.time)
        if not counts(ms) or not matches(event) or (found := value(event)) is None:
            return None
        day = str(local(ms, place).date()) if days else event.time
        return part_of(function, days, Seen(day, event.message_id, found))

    ends = [window.since, window.until]
    content = [leaf.event, _plain(leaf.where), leaf.property, leaf.currency, zone if days else "", ends]
    return Counted(_key(function, days, *content), leaf.event, part)


def _matching(where: Iterable[Filter]) -> Callable[[Event], bool]:
    tests = [(event_paths.at(one.property), comparison(one)) for one in where]
    return lambda event: all(truth(read(event)) is True for read, truth in tests)


def _plain(where: Iterable[Filter]) -> list[Any]:
    return sorted((asdict(one) for one in where), key=lambda one: json.dumps(one, sort_keys=True))


def _key(*content: Any) -> str:
    """No id of a computed attribute begins with @."""
    return f"@{hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:12]}"


def _hash(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, ensure_ascii=False).encode()).hexdigest()[:12]
