"""A person's events, newest first, over all identifiers that hold them: partitions merged as they are read."""

import heapq
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from shared.api.problems import ProblemError
from shared.contracts.problems import Problem
from shared.domain.events import Event
from shared.domain.profiles import Profile
from shared.stores.event_store import EventStore
from shared.stores.profile_store import ProfileStore

_MOST_BYTES = 4_000_000
"""Of a page's events as ASCII JSON; Lambda refuses replies over 6 MB."""

_LONGEST_KEY = 1024
"""Bytes that DynamoDB takes for a sort key."""


class Position(NamedTuple):
    """Where an event stands in the order of a timeline: by its sort key, then by its anchor."""

    sk: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Page:
    events: list[Event]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class Timeline:
    events: EventStore
    profiles: ProfileStore

    def page(self, profile: Profile, limit: int, cursor: str | None) -> Page:
        """Up to `limit` events after `cursor`, fewer where they are large.

        Raises ProblemError (400) for a cursor that isn't ours.
        """
        after = _position(cursor) if cursor else None
        people = self.profiles.people_of(profile.identifiers.keys())
        anchors = [self._of_anchor(anchor, limit, after) for anchor in sorted(profile.identifiers)]
        # A device or a moved e-mail also holds events of others: who owned it when they happened decides.
        own = (
            (position, event)
            for position, event in heapq.merge(*anchors, key=lambda entry: entry[0], reverse=True)
            if (owner := people.owner_of(position.anchor, event.time)) and owner.id == profile.id
        )
        found = list(islice(own, limit + 1))
        cut = _fitting(found[:limit])
        return Page([event for _, event in cut], _cursor(cut[-1][0]) if len(found) > len(cut) else None)

    def _of_anchor(self, anchor: str, limit: int, after: Position | None) -> Iterator[tuple[Position, Event]]:
        last = after.sk if after else ""
        for event in self.events.of_anchor(anchor, last=last, forward=False, page_size=limit + 1):
            position = Position(event.sk, anchor)
            if after is None or position < after:
                yield position, event


def _fitting(found: list[tuple[Position, Event]]) -> list[tuple[Position, Event]]:
    """The first of them that one reply holds, one at least."""
    size = 0
    for place, (_, event) in enumerate(found):
        size += len(json.dumps(event.body))
        if place and size > _MOST_BYTES:
            return found[:place]
    return found


def _cursor(position: Position) -> str:
    return urlsafe_b64encode(json.dumps(position).encode()).decode()


def _position(cursor: str) -> Position:
    try:
        sk, anchor = json.loads(urlsafe_b64decode(cursor.encode()))
        is_key = isinstance(anchor, str) and 0 < len(sk.encode()) <= _LONGEST_KEY
    except (ValueError, TypeError, AttributeError, RecursionError):
        is_key = False
    if not is_key:
        raise ProblemError(
            Problem.of(400, "cursor_invalid", "This cursor isn't one of ours.", field="cursor", fix="Leave it out.")
        )
    return Position(sk, anchor)
