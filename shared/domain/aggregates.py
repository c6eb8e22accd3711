"""How computed attributes add up: for each function a part of one event, and a merge that is the same in any order.

A part is JSON: [function, window, what was computed, values left out]. With a window, what was computed lies by UTC
day, and days older than the newest by more than the window are dropped: the newest only grows, so none returns.
Of values those with the smallest hashes are kept: one that was dropped never returns either.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, NamedTuple

from shared.domain.amounts import SCALE
from shared.domain.computed_attributes import BY_DAY, LONGEST_VALUE, MOST_KEPT, MOST_KEPT_BY_DAY

Part = list[Any]
"""[function, window, computed or None, left out]"""

NEWEST = "newest"
"""Of segments' conditions: what was computed are the newest times, in milliseconds since 1970, each alone or with what
the event has in common with others; in place of a window stands how many are kept.
"""

_HASH_SPACE = 16**16


class Computed(NamedTuple):
    """`value` is a number, a Decimal, a value of events, or None. `approximate`: values were dropped or left out."""

    value: Any
    approximate: bool = False


class Seen(NamedTuple):
    """What one event brings: its order, and the value at the attribute's path."""

    time: str
    message_id: str
    value: Any


def part_of(function: str, window: int, seen: Seen) -> Part:
    """The part of one event. `value` is a Decimal for numeric functions; None is one that can't be taken."""
    if seen.value is None:
        return [function, window, None, 1]
    day = str(day_of(seen.time))
    if function == "unique":
        return [function, window, [0, {_hash(seen.value): int(day) if window else 0}], 0]
    if function == "most_frequent":
        return [function, window, [0, int(day), {_hash(seen.value): [seen.value, {day: 1} if window else 1]}], 0]
    one = _ONE[function](seen)
    return [function, window, {day: one} if window and function in BY_DAY else one, 0]


def united(one: Part, other: Part) -> Part:
    """The part of both sets of events together."""
    function, window, computed, left_out = one
    if computed is None or other[2] is None:
        computed = other[2] if computed is None else computed
    elif window and function in BY_DAY:
        computed = _by_day(computed, other[2], _BOTH[function], window)
    elif function == "unique":
        computed = _both_unique(computed, other[2])
    elif function == "most_frequent":
        computed = _both_frequent(computed, other[2], window)
    elif function == NEWEST:
        computed = sorted([*computed, *other[2]])[-window:]
    else:
        computed = _BOTH[function](computed, other[2])
    return [function, window, computed, left_out + other[3]]


def value_of(part: Part, today: int) -> Computed:
    """What a part comes to on a day (as `day_of`): what lies before its window counts no more."""
    function, window, computed, left_out = part
    after = today - window if window else -1
    if computed is None:
        return Computed(empty(function), bool(left_out))
    if function == "unique":
        return _unique(computed, after, window, bool(left_out))
    if function == "most_frequent":
        return _most_frequent(computed, after, bool(left_out))
    if window and function in BY_DAY:
        days = [one for day, one in computed.items() if int(day) > after]
        computed = None if not days else _reduced(_BOTH[function], days)
    elif window and day_of(computed if function == "days_since" else computed[0]) <= after:
        computed = None
    value = empty(function) if computed is None else _VALUE[function](computed, today)
    return Computed(value, bool(left_out))


def values_ahead(part: Part, today: int) -> Iterator[tuple[int, Any]]:
    """The days after `today` on which something leaves the window of a part, with what it comes to then."""
    function, window, computed, _ = part
    if not window or computed is None:
        return
    if function not in BY_DAY:
        ends = sorted({day + window for day in days_of(part)})
        yield from ((end, value_of(part, end).value) for end in ends if end > today)
        return
    ahead, left = list[tuple[int, Any]](), None
    for day in sorted(map(int, computed), reverse=True):
        ahead.append((day + window, empty(function) if left is None else _VALUE[function](left, day + window)))
        left = computed[str(day)] if left is None else _BOTH[function](computed[str(day)], left)
    yield from (one for one in reversed(ahead) if one[0] > today)


def empty(function: str) -> Any:
    """The value where there was no event."""
    return {"count": 0, "unique": 0, "sum": Decimal("0.0000")}.get(function)


def day_of(time: str) -> int:
    """Days since the year 1."""
    return date.fromisoformat(time[:10]).toordinal()


def days_of(part: Part) -> set[int]:
    """The days on which what a part with a window holds was seen; where it holds one time alone, that day."""
    function, window, computed, _ = part
    if computed is None:
        return set()
    if function == "unique":
        return set(computed[1].values())
    if function == "most_frequent":
        return {int(day) for _, days in computed[2].values() for day in (days if window else ())}
    if window and function in BY_DAY:
        return set(map(int, computed))
    if function in ("last", "days_since"):
        return {day_of(computed if function == "days_since" else computed[0])}
    return set()


def kept_value(value: Any) -> Any:
    """A value as it is kept and compared, or None for one that is no plain value or too long."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, str | int | float) or len(_text(value).encode()) > LONGEST_VALUE:
        return None
    return value


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _hash(value: Any) -> str:
    return hashlib.sha256(_text(value).encode()).hexdigest()[:16]


def _sum(one: str, other: str) -> str:
    return str(Decimal(one) + Decimal(other))


def _register(seen: Seen) -> list[Any]:
    return [seen.time, seen.message_id, seen.value]


def _order(register: list[Any]) -> tuple[str, str, str]:
    return register[0], register[1], _text(register[2])


_ONE: Mapping[str, Callable[[Seen], Any]] = {
    "count": lambda seen: 1,
    "sum": lambda seen: str(seen.value),
    "average": lambda seen: [str(seen.value), 1],
    "min": lambda seen: str(seen.value),
    "max": lambda seen: str(seen.value),
    "first": _register,
    "last": _register,
    "days_since": lambda seen: seen.time,
}

_BOTH: Mapping[str, Callable[[Any, Any], Any]] = {
    "count": lambda one, other: one + other,
    "sum": _sum,
    "average": lambda one, other: [_sum(one[0], other[0]), one[1] + other[1]],
    "min": lambda one, other: min(one, other, key=Decimal),
    "max": lambda one, other: max(one, other, key=Decimal),
    "first": lambda one, other: min(one, other, key=_order),
    "last": lambda one, other: max(one, other, key=_order),
    "days_since": max,
}

_VALUE: Mapping[str, Callable[[Any, int], Any]] = {
    "count": lambda computed, today: computed,
    "sum": lambda computed, today: Decimal(computed),
    "average": lambda computed, today: (Decimal(computed[0]) / computed[1]).quantize(SCALE, ROUND_HALF_EVEN),
    "min": lambda computed, today: Decimal(computed),
    "max": lambda computed, today: Decimal(computed),
    "first": lambda computed, today: computed[2],
    "last": lambda computed, today: computed[2],
    "days_since": lambda computed, today: max(0, today - day_of(computed)),
}


def _by_key(one: dict[str, Any], other: dict[str, Any], both: Callable[[Any, Any], Any]) -> dict[str, Any]:
    small, large = sorted((one, other), key=len)
    merged = dict(large)
    for key, value in small.items():
        merged[key] = both(merged[key], value) if key in merged else value
    return merged


def _reduced(both: Callable[[Any, Any], Any], parts: list[Any]) -> Any:
    whole = parts[0]
    for part in parts[1:]:
        whole = both(whole, part)
    return whole


def _by_day(one: dict[str, Any], other: dict[str, Any], both: Callable[[Any, Any], Any], window: int) -> dict[str, Any]:
    days = _by_key(one, other, both)
    if len(days) == len(one):
        return days  # it brought no day, so none is too old that wasn't before
    oldest = max(map(int, days)) - window
    return {day: part for day, part in days.items() if int(day) >= oldest}


def _smallest(values: dict[str, Any], most: int) -> dict[str, Any]:
    return values if len(values) <= most else {hashed: values[hashed] for hashed in sorted(values)[:most]}


def _both_unique(one: list[Any], other: list[Any]) -> list[Any]:
    values = _by_key(one[1], other[1], max)
    return [one[0] | other[0] | (len(values) > MOST_KEPT), _smallest(values, MOST_KEPT)]


def _both_frequent(one: list[Any], other: list[Any], window: int) -> list[Any]:
    newest = max(one[1], other[1])

    def both(a: list[Any], b: list[Any]) -> list[Any]:
        return [a[0], _by_key(a[1], b[1], int.__add__) if window else a[1] + b[1]]

    values = _by_key(one[2], other[2], both)
    most = MOST_KEPT_BY_DAY if window else MOST_KEPT
    dropped = one[0] | other[0] | (len(values) > most)
    values = _smallest(values, most)
    if window:
        oldest = newest - window
        values = {h: [v, {d: n for d, n in days.items() if int(d) >= oldest}] for h, (v, days) in values.items()}
    return [dropped, newest, values]


def _unique(computed: list[Any], after: int, window: int, left_out: bool) -> Computed:
    dropped, values = computed
    inside = sum(day > after for day in values.values()) if window else len(values)
    if not dropped:
        return Computed(inside, left_out)
    all_of_them = (MOST_KEPT - 1) * _HASH_SPACE / (int(max(values), 16) + 1)  # how densely the smallest hashes lie
    return Computed(round(all_of_them * inside / len(values)), True)


def _most_frequent(computed: list[Any], after: int, left_out: bool) -> Computed:
    dropped, _, values = computed
    times = [
        (v, n if isinstance(n, int) else sum(m for d, m in n.items() if int(d) > after)) for v, n in values.values()
    ]
    found = min(((-n, _text(value), value) for value, n in times if n), default=(0, "", None), key=lambda one: one[:2])
    return Computed(found[2], bool(dropped) or left_out)
