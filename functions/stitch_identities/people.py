"""Stitching a batch: people are read once, folded in memory, and written by group; who loses a race reads again."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from ulid import ULID

from functions.stitch_identities.settings import Doors
from shared.aws.observability import count
from shared.domain.events import Event
from shared.domain.stitching import grouped, stitch
from shared.stores.profile_items import ProfileTooLargeError
from shared.stores.profile_store import ContentionError, TooManyWritesError, WriteReason

MOST_TRIES = 5


@dataclass(slots=True)
class Unfinished:
    """What a batch could not do at once: events that lost every race, and people to rebuild."""

    events: list[Event] = field(default_factory=list)
    forgotten: set[str] = field(default_factory=set)

    def __bool__(self) -> bool:
        return bool(self.events or self.forgotten)


def stitch_events(doors: Doors, events: Sequence[Event], cause: str) -> Unfinished:
    """Stitch events of any number of people."""
    unfinished = Unfinished(events=list(events))
    for _ in range(MOST_TRIES):
        if unfinished.events:
            tried, unfinished.events = unfinished.events, []
            _one_pass(doors, tried, cause, unfinished)
            count("EventsContended", len(unfinished.events))
    return unfinished


def _one_pass(doors: Doors, events: Sequence[Event], cause: str, unfinished: Unfinished) -> None:
    before = doors.profiles.people_of({i.hash for event in events for i in event.identifiers})
    after, now = before.copy(), datetime.now(UTC)
    changes = [change for event in events if (change := stitch(after, event, _new_id, now))]
    count("EventsRepeated", len(events) - len(changes))
    for change in grouped(changes):
        newest = max(change.events, key=lambda event: event.received_at)
        try:
            doors.profiles.put(before, after, change, WriteReason(cause, newest.correlation_id), now)
        except (ContentionError, ProfileTooLargeError):
            unfinished.events.extend(change.events)
        except TooManyWritesError:
            half = len(change.events) // 2
            _one_pass(doors, change.events[:half], cause, unfinished)
            _one_pass(doors, change.events[half:], cause, unfinished)
        else:
            count("EventsFolded", len(change.events))
            unfinished.forgotten |= change.profiles & after.forgotten


def _new_id() -> str:
    return str(ULID())
