"""Stitching a batch: people are read once, folded in memory, and written by group; who loses a race reads again."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime

from ulid import ULID

from functions.stitch_identities.settings import Doors
from shared.aws.observability import count
from shared.domain.computing import Declarations
from shared.domain.events import Event
from shared.domain.health import hour_of
from shared.domain.identity_notes import notes_of
from shared.domain.identity_rules import IdentityRules
from shared.domain.remembered import bucket_of
from shared.domain.stitching import Change, Held, People, grouped, stitch
from shared.domain.suppression import screened
from shared.stores.contention import contention
from shared.stores.pointers import shortened
from shared.stores.profile_items import ProfileTooLargeError
from shared.stores.profile_store import ContentionError, TooManyWritesError, WriteReason

MOST_TRIES = 5
WRITERS = 8
"""Changes share nobody, so they are written side by side: most of a write is waiting."""


@dataclass(slots=True)
class Unfinished:
    """What a batch could not do at once: events that lost every race, those of frozen people, and people to rebuild, as
    an event of theirs isn't folded yet (`forgotten`) or though all are (`stale`).

    `screened` has, by key, what is left of the events that name erased people: None where nothing is.
    """

    events: list[Event] = field(default_factory=list)
    held: list[Event] = field(default_factory=list)
    forgotten: set[str] = field(default_factory=set)
    stale: set[str] = field(default_factory=set)
    screened: dict[str, Event | None] = field(default_factory=dict)

    def is_any(self) -> bool:
        return bool(self.events or self.held or self.forgotten or self.stale)

    def let_in(self, events: Sequence[Event]) -> list[Event]:
        """Those of `events` that may be folded, as they may be."""
        return [left for event in events if (left := self.screened.get(event.key, event))]


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
    try:
        hashes = {i.hash for event in events for i in event.identifiers}
        before = doors.profiles.people_of(hashes, {bucket_of(event) for event in events})
        events = _let_in(doors, events, unfinished)
    except ContentionError:
        unfinished.events.extend(events)
        return
    after, now = before.copy(), datetime.now(UTC)
    rules, declared = _rules_for(doors, before)
    outcomes = [stitch(after, event, _new_id, now, rules, declared) for event in events]
    changes = grouped(outcome for outcome in outcomes if isinstance(outcome, Change))
    unfinished.held += [outcome.event for outcome in outcomes if isinstance(outcome, Held)]
    count("EventsRepeated", outcomes.count(None))
    with ThreadPoolExecutor(WRITERS) as pool:
        errors = list(pool.map(lambda change: _write(doors, before, after, change, cause, now), changes))
    unfinished.stale |= after.stale - {p for change in changes for p in change.profiles}  # by repeats alone
    written = {p for change, error in zip(changes, errors, strict=True) if error is None for p in change.profiles}
    _tell_sources(doors, after, written, now)
    for change, error in zip(changes, errors, strict=True):
        if error is None:
            count("EventsFolded", len(change.events))
            unfinished.forgotten |= change.profiles & after.forgotten
            unfinished.stale |= change.profiles & after.stale
        elif len(change.events) > 1 and isinstance(error, TooManyWritesError | ProfileTooLargeError):
            half = len(change.events) // 2
            _one_pass(doors, change.events[:half], cause, unfinished)
            _one_pass(doors, change.events[half:], cause, unfinished)
        else:
            unfinished.events.extend(change.events)


def _let_in(doors: Doors, events: Sequence[Event], unfinished: Unfinished) -> list[Event]:
    """Without erased people, whose stored events go with it. What is written of who is erased after this look-up is
    found by the erasure: it takes people away once that has settled.
    """
    suppressions = doors.suppressions.look_up(i.identifier for event in events for i in event.identifiers)
    if not suppressions:
        return list(events)
    naming = doors.rules.get().naming
    for event in events:
        left = screened(event, suppressions, naming)
        if left is event:
            continue
        unfinished.screened[event.key] = left
        with contention():
            if left is None:
                doors.events.remove(event)
            else:
                doors.events.reduce(left)
    count("EventsSuppressed", sum(unfinished.screened.get(event.key, event) is None for event in events))
    return unfinished.let_in(events)


def _tell_sources(doors: Doors, after: People, written: set[str], now: datetime) -> None:
    """What was decided about their events, for their health; the reasons as metrics too."""
    for source_id, notes in notes_of(after.ledger, written).items():
        try:
            with contention():
                doors.counts.note(source_id, hour_of(now), notes)
        except ContentionError:  # what is folded isn't folded again for the sake of a note
            count("NotesLeft", sum(notes.values()))
        for note, times in notes.items():
            count("Identity" + note.split(":")[1].title().replace("_", ""), times)


def _write(
    doors: Doors, before: People, after: People, change: Change, cause: str, now: datetime
) -> ContentionError | ProfileTooLargeError | TooManyWritesError | None:
    """Write one change, or say what stood in the way."""
    newest = max(change.events, key=lambda event: event.received_at)
    try:
        doors.profiles.put(before, after, change, WriteReason(cause, newest.correlation_id), now)
    except (ContentionError, ProfileTooLargeError, TooManyWritesError) as error:
        return error
    count("PointersLeft", doors.pointers.shorten(shortened(before, after, change), now))
    return None


def _rules_for(doors: Doors, people: People) -> tuple[IdentityRules, Declarations]:
    """Rules and declarations as they are kept; read again where a profile was written by others than these."""
    rules, declared = doors.rules.get(), doors.declared.get()
    live = [profile for profile in people.profiles.values() if not profile.is_merged]
    if any(profile.rules > rules.version for profile in live):
        rules = doors.rules.fresh()
    if any(profile.declared != declared.digest for profile in live):
        declared = doors.declared.fresh()
    return rules, declared


def _new_id() -> str:
    return str(ULID())
