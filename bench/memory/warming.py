"""A stage that isn't new: everybody whom the sessions so far brought is known, each by an event or two."""

from collections.abc import Iterator
from random import Random

from bench.sessions import Session, body_of, session_of
from bench.workload import REQUESTS_A_SESSION, Flush, Shape, under_way, whoever

A_MILLION = 1_000_000
OF_IT = 0.3
"""So far into a million events as many newcomers come as on average over all of it."""

_EVENTS_A_REQUEST = 50
BEFORE = -3_600.0


def earlier(shape: Shape) -> Iterator[Flush]:
    """One event of each device so far, and for whom it logged in the login; all at once, an hour before the start."""
    devices: dict[str, Session] = {}
    for session in _sessions(shape):
        known = devices.setdefault(session.device, session)
        known.logs_in |= session.logs_in or session.is_known
    batch = []
    for session in devices.values():
        while session.logs_in:
            batch += body_of(session, BEFORE, 1)["batch"]
        batch += body_of(session, BEFORE, 1)["batch"]
    for first in range(0, len(batch), _EVENTS_A_REQUEST):
        yield Flush(BEFORE, {"batch": batch[first : first + _EVENTS_A_REQUEST]})


def _sessions(shape: Shape) -> Iterator[Session]:
    """Those that are over, and those that are under way at the start."""
    chance = Random(f"{shape.seed}/earlier")  # noqa: S311
    person = whoever(shape, chance)
    for _ in range(int(OF_IT * A_MILLION / (REQUESTS_A_SESSION * shape.per_request))):
        yield session_of(person(), chance, shape.is_hard)
    yield from under_way(shape)
