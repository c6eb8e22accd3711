"""A lake of random people in memory: their events, and what a snapshot says of them at some instants."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any, NamedTuple

from shared.domain.events import Event
from shared.domain.profiles import Profile
from shared.domain.times import to_text
from shared.lake.columns import (
    EVENT_COLUMNS,
    EVENTS,
    MERGE_COLUMNS,
    MERGES,
    MOVE_COLUMNS,
    MOVES,
    PARTITION_COLUMNS,
    PROFILE_COLUMNS,
    PROFILES,
    declared,
)
from shared.lake.profile_rows import profile_row
from shared.lake.rows import row_of
from shared.lake.scratch import Scratch
from shared.lake.views import VIEWS
from tests.segment_histories import CHANGES, PURPOSES, declared_for, folded, life

_ALL_EVENTS = (*EVENT_COLUMNS, *PARTITION_COLUMNS)


class Population(NamedTuple):
    """Everybody's events by profile id, and the instants at which there is a snapshot."""

    lives: Mapping[str, Sequence[Event]]
    instants: Sequence[datetime]

    def known(self, profile_id: str, at: datetime) -> list[Event]:
        return [event for event in self.lives[profile_id] if event.stored_at <= to_text(at)]


def population(rng: Random, people: int) -> Population:
    moments = sorted(CHANGES.values())
    lives = {f"p{n}": life(rng, moments[n % len(moments)], f"u{n}", 14) for n in range(people)}
    hours = [timedelta(hours=n) for n in (-20, 0, 30)]
    return Population(lives, [datetime.fromisoformat(one) + rng.choice(hours) for one in moments])


def profile_of(profile_id: str, events: Sequence[Event]) -> Profile:
    """As the fold of these events, by nothing but computed attributes."""
    identifiers = {one.hash: one.identifier for event in events for one in event.identifiers}
    return Profile(profile_id, identifiers=identifiers, state=folded(events, declared_for(())))


def lay_out(space: Scratch, of: Population) -> None:
    """Fill the lake's tables. What an anonymous device did went to a profile of its own, and came with a merge."""
    for table, columns in (
        (EVENTS, _ALL_EVENTS),
        (MERGES, MERGE_COLUMNS),
        (MOVES, MOVE_COLUMNS),
        ("snapshots", PROFILE_COLUMNS),
    ):
        space.run(f"CREATE TABLE {table} ({declared(columns)})")
    rows = [row_of(e, 2_000_000_000) | {"profile_id": _then(p, e)} for p, events in of.lives.items() for e in events]
    space.load(EVENTS, _ALL_EVENTS, rows)
    space.load(MERGES, MERGE_COLUMNS, [{"loser": f"{p}-device", "winner": p} for p in of.lives])
    space.load("snapshots", PROFILE_COLUMNS, [row for at in of.instants for row in _snapshot(of, at)])
    space.run(f"CREATE VIEW {PROFILES} AS SELECT * FROM snapshots")
    for name, query in VIEWS.items():
        space.run(f"CREATE VIEW {name} AS {query}")


def show(space: Scratch, at: datetime) -> None:
    """Let the snapshot be that of an instant."""
    space.run(f"CREATE OR REPLACE VIEW {PROFILES} AS SELECT * FROM snapshots WHERE snapshot_at = '{to_text(at)[:-1]}'")


def from_day(space: Scratch, first: str) -> None:
    """Let events be those of a day and later."""
    space.run(
        f"CREATE OR REPLACE VIEW events AS SELECT * FROM ({VIEWS['events']}) WHERE CAST(day AS VARCHAR) >= '{first}'"
    )


def _then(profile_id: str, event: Event) -> str:
    return profile_id if "userId" in event.body else f"{profile_id}-device"


def _snapshot(of: Population, at: datetime) -> list[dict[str, Any]]:
    known = {profile_id: of.known(profile_id, at) for profile_id in of.lives}
    return [
        profile_row(profile_of(profile_id, events), declared_for(()), PURPOSES, at)
        for profile_id, events in known.items()
        if events
    ]
