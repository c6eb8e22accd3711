"""What a change of a person costs where there are many segments, without and with windows."""

import random
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import reduce
from typing import Any

from pydantic import TypeAdapter

from bench.results import Curve, Table
from shared.domain.segments.asking import Person
from shared.domain.segments.definition import Segment
from shared.domain.segments.memberships import conditions_of, segments_of
from shared.domain.segments.windows import milliseconds
from shared.domain.state import ProfileState, unite
from shared.domain.tallies import Tally
from shared.domain.traits import Trait

TRAITS = 40
PEOPLE = 200
_READ = TypeAdapter(Segment)
_AT = "2026-11-22T09:00:00.000Z"

Document = dict[str, Any]


NUMBERS = (10, 100, 1_000, 10_000)


def asked(is_whole: bool) -> Table:
    chance = random.Random(1)  # noqa: S311  # the same people in every run
    rules, known = [rule(chance) for _ in range(NUMBERS[-1])], people(chance)
    at_least = 0.5 if is_whole else 0.1
    rows = tuple(
        (
            number,
            round(microseconds(with_names(rules[:number], known), at_least), 1),
            round(with_windows(number, at_least), 1),
        )
        for number in NUMBERS
    )
    names = ("over traits: CPU us", "with windows: CPU us")
    note = f"Random rules over {TRAITS} traits; counts of one of a hundred events. The answer has the segments' ids."
    title = "Asking all segments of a person, by their number"
    return Table("segments", title, ("live segments", *names), rows, note, Curve("live segments", names, log=True))


def leaf(chance: random.Random) -> Document:
    """Half of the traits are texts of ten values, half are numbers below a hundred."""
    trait = chance.randrange(TRAITS)
    if trait % 2:
        asked = {"operator": chance.choice(("lt", "gte")), "value": chance.randrange(100)}
        return {"trait": f"t{trait}", "type": "number", **asked}
    return {"trait": f"t{trait}", "type": "text", "operator": "eq", "value": f"v{chance.randrange(10)}"}


def rule(chance: random.Random, depth: int = 2) -> Document:
    """`and`, `or` and `not` of two to four."""
    kind = chance.random()
    if depth == 0 or kind < 0.2:
        return leaf(chance)
    if kind < 0.3:
        return {"op": "not", "of": [rule(chance, depth - 1)]}
    inner = [rule(chance, depth - 1) for _ in range(chance.randint(2, 4))]
    return {"op": chance.choice(("and", "or")), "of": inner}


def people(chance: random.Random) -> list[Document]:
    return [
        {f"t{n}": chance.randrange(100) if n % 2 else f"v{chance.randrange(10)}" for n in range(TRAITS)}
        for _ in range(PEOPLE)
    ]


def segments(rules: Iterable[Document]) -> list[Segment]:
    named = ({"id": f"s{n}", "name": "S", "state": "live", "where": one} for n, one in enumerate(rules))
    return [_READ.validate_python(one) for one in named]


def person(traits: Mapping[str, Any]) -> Person:
    state = ProfileState({name: Trait(value, _AT, "m", "e", "s") for name, value in traits.items()})
    return Person(state, frozenset({"user_id"}), {}, frozenset(), milliseconds(_AT))


def with_names(rules: Sequence[Document], known: Sequence[Document]) -> Callable[[int], Any]:
    """As it is asked for in a write: with the ids of the segments that somebody is in."""
    ready, asked = segments_of(segments(rules)), [person(one) for one in known]
    return lambda number: ready.of(asked[number], ())


def microseconds(ask: Callable[[int], Any], at_least: float) -> float:
    """CPU for one person: the best of three rounds, each long enough; everybody was asked for once before."""
    for number in range(PEOPLE):
        ask(number)
    best = float("inf")
    for _ in range(3):
        asked, started = 0, time.process_time()
        while (took := time.process_time() - started) < at_least or asked < 3:
            ask(asked % PEOPLE)
            asked += 1
        best = min(best, took / asked)
    return best * 1e6


def windowed(number: int) -> list[Segment]:
    """Each asks for so many of one of a hundred events in a window."""
    chance = random.Random(3)  # noqa: S311  # the same rules in every run
    rules = [
        {
            "event": f"E{n % 100}",
            "count": {"operator": "gte", "value": chance.randint(1, 5)},
            "window": {"last": f"P{chance.randint(1, 30)}D"},
        }
        for n in range(number)
    ]
    return segments(rules)


def with_windows(number: int, at_least: float) -> float:
    """Somebody who did ten of the events, five times each."""
    known = windowed(number)
    ready, kept = segments_of(known), conditions_of(known)
    now, state = milliseconds(_AT), ProfileState()
    parts = {
        one.key: ["newest", 5, [now - 86_400_000 * day for day in range(5, 0, -1)], 0]
        for one in kept
        if one.event in {f"E{n}" for n in range(10)}
    }
    done = {f"E{n}": Tally(5, _AT, _AT, {}) for n in range(10)}
    state = reduce(unite, [ProfileState(events=done, computed=parts)], state)
    somebody = Person(state, frozenset({"user_id"}), {}, frozenset(), now)
    return microseconds(lambda _: ready.of(somebody, ()), at_least)
