"""Random definitions of segments, and random lives of a person around the days on which clocks are changed.

Made from a seed: a test that draws each part by itself is ten times as slow.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import reduce
from random import Random
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from shared.domain.computed_attributes import ComputedAttribute
from shared.domain.computing import Declarations, declarations
from shared.domain.events import Event
from shared.domain.purposes import Purpose, Purposes, purposes_of
from shared.domain.segments import definition as d
from shared.domain.segments.memberships import conditions_of
from shared.domain.state import ProfileState, fold, from_json, to_json, unite
from shared.domain.times import months_later, to_text
from tests.computing import EVERY_ITEM, NONE_SHIPPED
from tests.people import START, make_event

CHANGES = {
    "UTC": "2026-03-01T00:00:00Z",
    "Asia/Seoul": "2026-02-28T15:00:00Z",
    "Europe/Berlin": "2026-03-29T01:00:00Z",
    "America/New_York": "2026-11-01T06:00:00Z",
    "America/Havana": "2026-11-01T05:00:00Z",
    "Africa/Cairo": "2026-04-23T22:00:00Z",
    "America/Santiago": "2026-04-05T03:00:00Z",
    "Australia/Lord_Howe": "2026-10-03T15:30:00Z",
}
"""A moment in each zone at which its clocks, or its months, change."""

NAMES = ("Product Viewed", "Order Completed", "$page", "")
_COMPUTED = [one for one in EVERY_ITEM if one.function not in ("most_frequent", "average")]
ATTRIBUTES: Sequence[ComputedAttribute] = (*NONE_SHIPPED, *_COMPUTED)
VALID_MONTHS = 1
PURPOSES: Purposes = purposes_of([Purpose("advertising", {}, valid_months=VALID_MONTHS)])

_TEXTS = ["a", "ab", "b", "", "2026-03-01", "2026-03-29T03:00:00+09:00"]
_VALUES = [*_TEXTS, 0, 1, 2, 2.5, -1, True, False, None, ["a", 1], [True, 2], {"y": "a"}, {"y": 2}]
_HOURS = [-80, -49, -26, -25, -24, -23, -12, -6, -1, 0, 0, 1, 6, 12, 23, 24, 25, 48]
_LATE = [timedelta(), timedelta(), timedelta(minutes=-5), timedelta(days=1, hours=2)]
_LENGTHS = (30, 60, 120, 360, 1440, 1500, 2880, 10080)
_OPERATORS = {
    "text": ["eq", "ne", "in", "not_in", "contains", "starts_with", "ends_with", "exists", "missing"],
    "number": ["eq", "ne", "in", "not_in", "lt", "lte", "gt", "gte", "between", "exists"],
    "boolean": ["eq", "ne", "missing"],
    "time": ["lt", "lte", "gt", "gte", "between", "exists"],
    "list": ["contains", "exists", "missing"],
}
_ASKED: dict[str, list[Any]] = {
    "text": ["a", "ab", "b", ""],
    "number": [0, 1, 2, 2.5, -1],
    "boolean": [True, False],
    "time": ["2026-03-01", "2026-03-28T18:00:00Z", "2026-03-15T12:00:00.5+01:00"],
    "list": ["a", 1, 2, True],
}
_CONSENTS: list[Any] = ["granted", "refused", "withdrawn", "expired", "unknown"]


class History(NamedTuple):
    """Events, some of them stored late, or by clients whose clocks are fast."""

    events: list[Event]
    zone: str

    def known(self, at: datetime) -> list[Event]:
        return [event for event in self.events if event.stored_at <= to_text(at)]


def history(rng: Random, person: str = "u1", most: int = 12) -> History:
    zone, moment = rng.choice(sorted(CHANGES.items()))
    return History(life(rng, moment, person, most), zone)


def life(rng: Random, around: str, person: str, most: int) -> list[Event]:
    middle = datetime.fromisoformat(around)
    return [_event(rng, f"{person}.{number}", person, middle) for number in range(rng.randint(0, most))]


def _event(rng: Random, message_id: str, person: str, middle: datetime) -> Event:
    time = middle + timedelta(hours=rng.choice(_HOURS), milliseconds=rng.choice([0, 0, 1, -1, 1_800_000]))
    kind = rng.choice(["track", "track", "track", "identify", "page"])
    body: dict[str, Any] = {"type": kind, rng.choice(["userId", "userId", "anonymousId"]): person}
    if kind == "track":
        body |= {"event": rng.choice(NAMES[:2]), "properties": _properties(rng)}
    if kind == "identify":
        body["traits"] = {name: rng.choice(_VALUES) for name in ("x", "y", "x.y") if rng.random() < 0.5}
        body["traits"] |= {"email": f"{person}@example.com"} if rng.random() < 0.5 else {}
    if "userId" in body and rng.random() < 0.3:
        state = rng.choice(["granted", "granted", "refused", "withdrawn"])
        body["context"] = {"consent": {"decisions": {"advertising": {"state": state}}}}
    made = make_event(body, (time - START) / timedelta(days=1), message_id)
    stored = to_text(time + rng.choice(_LATE))
    return replace(made, time=to_text(time), received_at=stored, stored_at=stored)


def _properties(rng: Random) -> dict[str, Any]:
    found = {
        "n": rng.randint(-2, 3),
        "word": rng.choice(["a", "b", "c"]),
        "revenue": rng.choice([1, 2.5, "3", "no", None]),
        "currency": rng.choice(["KRW", "KRW", "USD"]),
        "same": rng.choice(["s1", "s1", "s2", 1, 1.0, True, None]),
    }
    return {name: value for name, value in found.items() if rng.random() < 0.7}


def definitions(rng: Random, zone: str) -> list[d.Segment]:
    """Two that are live; the second may ask for the first."""
    one = d.Segment("one", "", _condition(rng), zone, rng.random() < 0.7, state="live")
    other = _condition(rng)
    if rng.random() < 0.3:
        other = d.Group(_either(rng), (d.OfSegment("one", rng.random() < 0.5), other))
    return [d.Segment("two", "", other, zone, state="live"), one]


def _condition(rng: Random, depth: int = 1) -> d.Condition:
    if depth < 4 and rng.random() < 0.3:
        if rng.random() < 0.4:
            return d.Group("not", (_condition(rng, depth + 1),))
        return d.Group(_either(rng), tuple(_condition(rng, depth + 1) for _ in range(rng.randint(2, 3))))
    return rng.choice(_LEAVES)(rng)


def _either(rng: Random) -> Any:
    return rng.choice(["and", "or"])


def _compared(rng: Random, kind: str) -> dict[str, Any]:
    operator = rng.choice(_OPERATORS[kind])
    if operator in ("exists", "missing"):
        return {"type": kind, "operator": operator}
    if operator in ("in", "not_in", "between"):
        return {"type": kind, "operator": operator, "value": tuple(rng.choices(_ASKED[kind], k=2))}
    return {"type": kind, "operator": operator, "value": rng.choice(_ASKED[kind])}


def _trait(rng: Random) -> d.OfTrait:
    return d.OfTrait(rng.choice(["x", "y", "x.y", "no"]), **_compared(rng, rng.choice([*_OPERATORS])))


def _computed(rng: Random) -> d.OfComputed:
    attribute = rng.choice([*_COMPUTED, ComputedAttribute("nobodys", "count")])
    kind = "text" if attribute.function in ("first", "last") else "number"
    return d.OfComputed(attribute.id, **_compared(rng, kind))


def _where(rng: Random) -> tuple[d.Filter, ...]:
    if rng.random() < 0.6:
        return ()
    paths = {"properties.n": "number", "properties.word": "text", "amount": "number", "time": "time"}
    path, kind = rng.choice([*paths.items()])
    return (d.Filter(path, **_compared(rng, kind)),)


def _amount(rng: Random, most: int) -> d.Amount:
    operators: list[Any] = ["eq", "ne", "lt", "lte", "gt", "gte"]
    return d.Amount(rng.choice(operators), rng.choice([*range(most + 1), 1.5]))


def _by_calendar(rng: Random) -> d.Window:
    ends = {"since": rng.choice(["", "2026-03-28T20:00:00Z"]), "until": rng.choice(["", "2026-11-01T05:30:00Z"])}
    last = rng.choice(["P1D", "P2D", "P1W", "P1M"])
    fixed, calendar = d.Window(**ends), d.Window(last, "calendar")
    return rng.choice([fixed, d.EVER, calendar, calendar, d.Window(last, "calendar", **ends)])


def _window(rng: Random) -> d.Window:
    rolling = d.Window(rng.choice(["PT30M", "PT6H", "P1D", "P2D", "P1W"]))
    return rng.choice([rolling, replace(rolling, until="2026-11-01T05:30:00Z"), _by_calendar(rng), _by_calendar(rng)])


def _count(rng: Random) -> d.OfEvents:
    if rng.random() < 0.6:
        count = rng.choice([None, _amount(rng, 2)])
        return d.OfEvents(rng.choice(NAMES), count, where=_where(rng), window=_window(rng))
    return d.OfEvents(rng.choice(NAMES), _amount(rng, 6), where=_where(rng), window=_by_calendar(rng))


def _sum(rng: Random) -> d.OfEvents:
    of = rng.choice([("properties.n", ""), ("properties.revenue", ""), ("amount", "KRW"), ("amount", "XXX")])
    return d.OfEvents(rng.choice(NAMES), None, _amount(rng, 4), *of, _where(rng), _by_calendar(rng))


def _sequence(rng: Random) -> d.OfSequence:
    def within() -> str:
        return rng.choice(["", "PT1H", "P1D"])

    steps = [d.Step(rng.choice(NAMES), _where(rng), within()) for _ in range(rng.randint(1, 3))]
    not_then = d.NotThen(rng.choice(NAMES), _where(rng), within(), rng.random() < 0.6)
    same = rng.choice(["", "", "properties.same"])
    return d.OfSequence(tuple(steps), not_then if rng.random() < 0.6 else None, same, _window(rng))


_LEAVES: list[Any] = [
    _trait,
    _computed,
    lambda rng: d.OfIdentifier(rng.choice(["email", "user_id", "phone"]), rng.random() < 0.5),
    _count,
    _count,
    _sum,
    _sequence,
    _sequence,
    lambda rng: d.OfConsent("advertising", rng.choice(_CONSENTS)),
    lambda rng: d.OfSeen(rng.choice(["first", "last"]), _window(rng)),
]


def declared_for(segments: Iterable[d.Segment]) -> Declarations:
    return declarations(ATTRIBUTES, conditions_of(segments))


def folded(events: Iterable[Event], declared: Declarations) -> ProfileState:
    hashes = [(event, [one.hash for one in event.identifiers]) for event in events]
    return reduce(lambda state, one: fold(state, one[0], one[1], declared), hashes, ProfileState())


def merged(parts: Iterable[Sequence[Event]], declared: Declarations) -> ProfileState:
    """The state of people who turned out to be one, as it is stored in between."""
    states = (from_json(to_json(folded(part, declared))) for part in parts)
    return reduce(unite, states, ProfileState())


def edges(of: History) -> list[datetime]:
    """Whenever time alone could change something: so long after an event, or as a day begins."""
    times = [datetime.fromisoformat(event.time) for event in of.events]
    ends = {time + timedelta(minutes=minutes) for time in times for minutes in _LENGTHS}
    ends |= {months_later(time, VALID_MONTHS) for time in times}
    zone = ZoneInfo(of.zone)
    days = {time.astimezone(one).date() + timedelta(days=n) for time in times for n in range(10) for one in (UTC, zone)}
    days |= {months_later(time, n).date().replace(day=1) for time in times for n in (1, 2)}
    return sorted(ends | {datetime(day.year, day.month, day.day, tzinfo=one) for day in days for one in (UTC, zone)})
