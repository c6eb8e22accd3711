"""A person's events, newest first, over all identifiers that hold them: partitions merged as they are read."""

import heapq
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from functions.read_profiles.paging import cursor_of, position_of
from shared.domain.events import Event
from shared.domain.profiles import Profile
from shared.stores.event_store import EventStore, Place
from shared.stores.profile_store import ProfileStore

_MOST_BYTES = 4_000_000
"""Of a page's events as ASCII JSON; Lambda refuses replies over 6 MB."""

MOST_PAGE = 200
MOST_READ = 2_000
"""Events that a page reads to find those that are wanted."""


class Wanted(NamedTuple):
    """Which events; None: any. `first` and `last` are event times."""

    type: str | None = None
    name: str | None = None
    source_id: str | None = None
    first: str = ""
    last: str = "~"

    def takes(self, event: Event) -> bool:
        asked = ((self.type, event.type), (self.name, event.name), (self.source_id, event.source_id))
        return all(one in (None, there) for one, there in asked) and self.first <= event.time <= self.last


ALL = Wanted()


class Position(NamedTuple):
    """Where an event stands in the order of a timeline: by its place among those of its anchor, then by the anchor."""

    place: Place
    anchor: str


@dataclass(frozen=True, slots=True)
class Page:
    events: list[Event]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class Timeline:
    events: EventStore
    profiles: ProfileStore

    def page(self, profile: Profile, limit: int, cursor: str | None, wanted: Wanted = ALL) -> Page:
        """Up to `limit` wanted events after `cursor`, fewer where they are large or MOST_READ were read to find them.

        Raises ProblemError (400) for a cursor that isn't ours.
        """
        after = Position(*position_of(cursor, 2)) if cursor else None
        people = self.profiles.people_of(profile.identifiers.keys())
        size = limit + 1 if wanted == ALL else MOST_PAGE
        anchors = [self._of_anchor(anchor, size, after) for anchor in sorted(profile.identifiers)]
        found: list[tuple[Position, Event]] = []
        stopped: Position | None = None
        in_order = heapq.merge(*anchors, key=lambda entry: entry[0], reverse=True)
        for read, (position, event) in enumerate(in_order, 1):
            # A device or a moved e-mail also holds events of others: who owned it when they happened decides.
            owner = people.owner_of(position.anchor, event.time)
            if owner and owner.id == profile.id and wanted.takes(event):
                found.append((position, event))
            if len(found) > limit:
                break
            if read == MOST_READ:
                stopped = position
                break
        cut = _fitting(found[:limit])
        last = cut[-1][0] if len(found) > len(cut) else stopped
        return Page([event for _, event in cut], cursor_of(last) if last else None)

    def _of_anchor(self, anchor: str, size: int, after: Position | None) -> Iterator[tuple[Position, Event]]:
        last = after.place if after else ""
        for place, event in self.events.of_anchor(anchor, last=last, forward=False, page_size=size):
            position = Position(place, anchor)
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
