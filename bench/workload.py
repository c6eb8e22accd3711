"""What browsers send, from a seed: sessions of people of whom few are busy, as requests in the order of time."""

import heapq
from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import accumulate
from random import Random
from typing import Any, NamedTuple

from bench.sessions import Session, body_of, session_of

ZIPF = 1.05
REQUESTS_A_SESSION = 3.0
SECONDS_BETWEEN = 10.0
"""Between two requests of a session, on average."""


@dataclass(frozen=True, slots=True)
class Shape:
    """`rate`: events a second; `per_request`: events of a request on average; `is_hard`: with properties that nothing
    compresses.
    """

    rate: int = 1_000
    per_request: float = 2.8
    is_hard: bool = False
    people: int = 200_000
    seed: int = 7


class Flush(NamedTuple):
    """A request: when it is sent, in seconds since the start, and its body."""

    at: float
    body: dict[str, Any]


def flushes(shape: Shape, events: int) -> Iterator[Flush]:
    """Requests of so many events, and few more: sessions begin at random, as many as the rate asks for."""
    chance = Random(shape.seed)  # noqa: S311  # the same people in every run
    person = whoever(shape, chance)
    running = [(chance.expovariate(1 / SECONDS_BETWEEN), turn, one) for turn, one in enumerate(under_way(shape))]
    heapq.heapify(running)
    begins, number, sent = 0.0, len(running), 0
    while sent < events:
        while not running or running[0][0] >= begins:
            number += 1
            own = Random(f"{shape.seed}/{number}")  # noqa: S311
            heapq.heappush(running, (begins, number, session_of(person(), own, shape.is_hard)))
            begins += chance.expovariate(_sessions_a_second(shape))
        at, turn, session = heapq.heappop(running)
        body = body_of(session, at, at_least_one(session.chance, shape.per_request))
        sent += len(body["batch"])
        yield Flush(at, body)
        if session.chance.random() >= 1 / REQUESTS_A_SESSION:
            heapq.heappush(running, (at + session.chance.expovariate(1 / SECONDS_BETWEEN), turn, session))


def under_way(shape: Shape) -> list[Session]:
    """The sessions at the start: as many as always. Gaps are memoryless, so one in its midst is as one that begins, but
    for its login, which was early.
    """
    chance = Random(f"{shape.seed}/under way")  # noqa: S311
    person, found = whoever(shape, chance), []
    for number in range(int(_sessions_a_second(shape) * (REQUESTS_A_SESSION - 1) * SECONDS_BETWEEN)):
        own = Random(f"{shape.seed}/under way/{number}")  # noqa: S311
        session = session_of(person(), own, shape.is_hard)
        session.logs_in, session.is_known = False, session.logs_in
        found.append(session)
    return found


def whoever(shape: Shape, chance: Random) -> Callable[[], int]:
    """Draws one of all people: few are drawn often."""
    weights = list(accumulate(1 / rank**ZIPF for rank in range(1, shape.people + 1)))
    return lambda: bisect_left(weights, chance.random() * weights[-1])


def _sessions_a_second(shape: Shape) -> float:
    return shape.rate / (REQUESTS_A_SESSION * shape.per_request)


def at_least_one(chance: Random, average: float) -> int:
    """One and a geometric number more."""
    number = 1
    while chance.random() >= 1 / average:
        number += 1
    return number
