"""Leaves made ready to be asked of a person: whether they hold, by which value, and until when if nothing happens."""

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from shared.domain.aggregates import NEWEST, Part, day_of, days_of, value_of, values_ahead
from shared.domain.computing import Attribute, Declarations, attribute_value
from shared.domain.event_paths import down
from shared.domain.segments import definition as d
from shared.domain.segments.comparing import Truth, comparison
from shared.domain.segments.conditions import Kept, kept_for
from shared.domain.segments.sequences import sequence_asked
from shared.domain.segments.windows import NEVER, Leaves, counts_in, days_kept, leaving, milliseconds, moment
from shared.domain.standing import Standing
from shared.domain.state import ProfileState
from shared.domain.tallies import may_hide
from shared.domain.times import to_text
from shared.domain.traits import Trait

_DAY = 86_400_000


class Person(NamedTuple):
    """Whom conditions are asked of. `members`: the segments they are in, as far as that is decided by then. `ahead`:
    computed attributes that were asked for, and what becomes of them, for others who ask.
    """

    state: ProfileState
    namespaces: frozenset[str]
    consents: Mapping[str, Standing]
    members: Set[str]
    at: int
    ahead: "dict[str, Ahead] | None" = None


class Ahead(NamedTuple):
    """The value of a computed attribute, and from which milliseconds on, if nothing happens, it is another."""

    value: Any
    changes: Sequence[tuple[int, Any]]


class Answer(NamedTuple):
    """`until`: from which millisecond on time alone makes it another; `value` is what was compared, for people."""

    truth: Truth
    until: int = NEVER
    value: Any = None


Ask = Callable[[Person], Answer]


def asked(leaf: d.Leaf, zone: str, declared: Declarations) -> Ask:
    """The leaf of a segment of this zone, ready."""
    return _ASKED[type(leaf)](leaf, zone, declared)


def _trait(leaf: d.OfTrait, *_: Any) -> Ask:
    compare = comparison(leaf)

    def ask(person: Person) -> Answer:
        value = trait_value(person.state.traits, leaf.trait)
        return Answer(compare(value), value=value)

    return ask


def trait_value(traits: Mapping[str, Trait], path: str) -> Any:
    """The trait of this name, dots and all, else what stands at the path; None for nothing."""
    if (trait := traits.get(path)) or "." not in path:
        return trait.value if trait else None
    name, *steps = path.split(".")
    return down(traits[name].value, steps) if name in traits else None


def _computed(leaf: d.OfComputed, _: str, declared: Declarations) -> Ask:
    """One that nobody declares is unknown."""
    compare, attribute = comparison(leaf), declared.by_id.get(leaf.computed)
    if attribute is None:
        return lambda person: Answer(compare(None))

    values = leaf.value if isinstance(leaf.value, tuple) else (leaf.value,)
    numbers = [int(one) for one in values if isinstance(one, int | float)]

    def ask(person: Person) -> Answer:
        now, ahead = computed_ahead(attribute, person, numbers)
        truth = compare(now)
        return Answer(truth, next((ms for ms, value in ahead if compare(value) != truth), NEVER), now)

    return ask


def computed_ahead(attribute: Attribute, person: Person, numbers: Iterable[int]) -> Ahead:
    """Of days since then only those changes by which it passes one of the `numbers`."""
    memo = person.ahead if attribute.declared.function != "days_since" else None
    if memo is not None and attribute.key in memo:
        return memo[attribute.key]
    today = day_of(to_text(moment(person.at)))
    value = attribute_value(person.state.computed, attribute, today).value
    days = _ahead(attribute, person.state.computed.get(attribute.key), numbers, today)
    found = Ahead(value, [((day - _FIRST_DAY) * _DAY, later) for day, later in days if day <= _LAST_DAY])
    if memo is not None:
        memo[attribute.key] = found
    return found


_FIRST_DAY, _LAST_DAY = day_of("1970-01-01"), day_of("9999-12-31")


def _ahead(attribute: Attribute, part: Part | None, numbers: Iterable[int], today: int) -> Iterable[tuple[int, Any]]:
    if part is None or attribute.declared.function != "days_since":
        return values_ahead(part, today) if part else ()
    window, days = attribute.declared.window_days, days_of(part)
    ends = {day + window for day in days} if window else set()
    changes = ends | {day + number + more for day in days for number in numbers for more in (0, 1)}
    return ((day, value_of(part, day).value) for day in sorted(changes) if day > today)


def _identifier(leaf: d.OfIdentifier, *_: Any) -> Ask:
    def ask(person: Person) -> Answer:
        has = leaf.identifier in person.namespaces
        return Answer(has == leaf.present, value=has)

    return ask


def _segment(leaf: d.OfSegment, *_: Any) -> Ask:
    def ask(person: Person) -> Answer:
        is_in = leaf.segment in person.members
        return Answer(is_in == leaf.member, value=is_in)

    return ask


def _sequence(leaf: d.OfSequence, zone: str, *_: Any) -> Ask:
    answer = sequence_asked(leaf, zone)
    return lambda person: Answer(*answer(person.state.computed, person.at))


def _events(leaf: d.OfEvents, zone: str, *_: Any) -> Ask:
    kept, leaves = kept_for(leaf, zone), leaving(leaf.window, zone)
    compared = leaf.sum or leaf.count or d.Amount("gte", 1)
    compare = comparison(d.Comparison("number", compared.operator, compared.value))
    if kept.how == "days":
        return _by_day(leaf, zone, kept, compare)
    if kept.how == "times":
        return _counting(_kept_times(kept), leaves, compare)
    if leaf.window == d.EVER:
        return _unless_hidden(leaf, lambda person: Answer(compare(number := _total(leaf, person.state)), value=number))
    return _unless_hidden(leaf, _counting(_tally_times(leaf), leaves, compare))


def _unless_hidden(leaf: d.OfEvents, ask: Ask) -> Ask:
    """Unknown of whom events of this name may be counted together with others."""
    return lambda person: Answer(None) if leaf.event and may_hide(person.state.events, leaf.event) else ask(person)


def _counting(read: Callable[[ProfileState], list[int]], leaves: Leaves, compare: Callable[[Any], Truth]) -> Ask:
    def ask(person: Person) -> Answer:
        ends = sorted(end for ms in read(person.state) if (end := leaves(ms)) > person.at)
        truth = compare(len(ends))
        for gone, (end, following) in enumerate(pairwise([*ends, NEVER]), 1):
            if end != following and compare(len(ends) - gone) != truth:
                return Answer(truth, end, len(ends))
        return Answer(truth, value=len(ends))

    return ask


def _total(leaf: d.OfEvents, state: ProfileState) -> int:
    if not leaf.event:
        return state.event_count
    return state.events[leaf.event].total if leaf.event in state.events else 0


def _tally_times(leaf: d.OfEvents) -> Callable[[ProfileState], list[int]]:
    """The newest time alone: enough where one event is."""

    def read(state: ProfileState) -> list[int]:
        if not leaf.event:
            return [milliseconds(state.last_seen)] if state.last_seen else []
        tally = state.events.get(leaf.event)
        return [milliseconds(tally.last)] if tally else []

    return read


def _kept_times(kept: Kept) -> Callable[[ProfileState], list[int]]:
    key = kept.counted.key if kept.counted else ""

    def read(state: ProfileState) -> list[int]:
        part = state.computed.get(key)
        return part[2] if part and part[0] == NEWEST else []

    return read


def _by_day(leaf: d.OfEvents, zone: str, kept: Kept, compare: Callable[[Any], Truth]) -> Ask:
    key, leaves = kept.counted.key if kept.counted else "", leaving(leaf.window, zone)
    is_windowed = days_kept(leaf.window) > 0

    def ask(person: Person) -> Answer:
        part = person.state.computed.get(key)
        if part is None or not is_windowed:
            value = value_of(part, 0).value if part else 0
            return Answer(compare(value), value=value)
        ends: dict[int, Decimal] = {}
        for day, number in (part[2] or {}).items():
            end = leaves(noon_of(int(day), zone))
            if end > person.at:
                ends[end] = ends.get(end, Decimal(0)) + Decimal(number)
        total = left = sum(ends.values(), Decimal(0))
        truth = compare(total)
        for end in sorted(ends):
            left -= ends[end]
            if compare(left) != truth:
                return Answer(truth, end, total)
        return Answer(truth, value=total)

    return ask


@lru_cache(maxsize=8192)
def noon_of(day: int, zone: str) -> int:
    """Milliseconds of a moment that surely lies on a day of a zone."""
    return milliseconds(datetime.fromordinal(day).replace(hour=12, tzinfo=ZoneInfo(zone)))


def _consent(leaf: d.OfConsent, *_: Any) -> Ask:
    def ask(person: Person) -> Answer:
        standing = person.consents.get(leaf.consent)
        state = standing.state if standing else "unknown"
        ends = milliseconds(standing.expires_at) if standing and standing.expires_at else NEVER
        changes = ends > person.at and leaf.state in ("granted", "expired")
        return Answer(state == leaf.state, ends if changes else NEVER, state)

    return ask


def _seen(leaf: d.OfSeen, zone: str, *_: Any) -> Ask:
    leaves, counts = leaving(leaf.window, zone), counts_in(leaf.window)

    def ask(person: Person) -> Answer:
        text = person.state.first_seen if leaf.seen == "first" else person.state.last_seen
        if not text:
            return Answer(None)
        ms = milliseconds(text)
        end = leaves(ms) if counts(ms) else person.at
        return Answer(end > person.at, end if person.at < end else NEVER, text)

    return ask


_ASKED: Mapping[type[Any], Callable[[Any, str, Declarations], Ask]] = {
    d.OfTrait: _trait,
    d.OfComputed: _computed,
    d.OfIdentifier: _identifier,
    d.OfEvents: _events,
    d.OfSequence: _sequence,
    d.OfConsent: _consent,
    d.OfSegment: _segment,
    d.OfSeen: _seen,
}
