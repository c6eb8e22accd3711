"""Rebuilding a person: the state is folded again from every event that the person's identifiers own."""

from collections.abc import Iterator
from datetime import UTC, datetime

from functions.stitch_identities.settings import Doors
from shared.domain.events import Event
from shared.domain.profiles import Profile, rebuilt
from shared.domain.stitching import Change, People
from shared.stores.profile_store import ContentionError, WriteReason

MOST_TRIES = 5


def rebuild(doors: Doors, profile_id: str, reason: WriteReason) -> None:
    """Make the stored profile equal to the fold of its events; ContentionError where others kept writing it.

    With `reason.republish_from` it is written even where nothing differs, so that its facts are published again.
    """
    for _ in range(MOST_TRIES):
        profile = doors.profiles.profile(profile_id)
        if profile is None:
            return
        before = doors.profiles.people_of(profile.identifiers)
        before.profiles[profile.id] = profile
        now, after = datetime.now(UTC), before.copy()
        after.profiles[profile.id] = rebuilt(profile, _own_events(doors, before, profile), now)
        if after.profiles[profile.id] == profile and not reason.republish_from:
            return
        after.fenced.add(profile.id)
        try:
            doors.profiles.put(before, after, Change(frozenset({profile.id}), frozenset(), ()), reason, now)
            return
        except ContentionError as error:
            lost = error
    raise lost


def _own_events(doors: Doors, people: People, profile: Profile) -> Iterator[Event]:
    """Stored events whose anchor belongs to the profile at the event's time."""
    for hashed in profile.identifiers:
        for event in doors.events.of_anchor(hashed):
            held = people.owner_of(hashed, event.time)
            if held and held.id == profile.id:
                yield event
