"""Rebuilding a person: the state is folded again from every event that the person's identifiers own.

Of those that have expired, baselines say what they added up to.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

from functions.stitch_identities.settings import Doors
from shared.domain.baselines import StoredEvent, keys_of, own_events, own_states
from shared.domain.profiles import Profile, rebuilt
from shared.domain.stitching import Change
from shared.stores.profile_store import ContentionError, WriteReason

MOST_TRIES = 5


def rebuild(doors: Doors, profile_id: str, reason: WriteReason) -> bool:
    """Make the stored profile equal to the fold of its events; ContentionError where others kept writing it.
    False where nothing could be done, as the profile is frozen.

    With `reason.republish_from` it is written even where nothing differs, so that its facts are published again.
    """
    for _ in range(MOST_TRIES):
        profile = doors.profiles.profile(profile_id)
        if profile is None:
            return True
        if profile.frozen:
            return False
        profile = doors.profiles.with_buckets(profile)
        before = doors.profiles.people_of(profile.identifiers)
        before.profiles[profile.id] = profile
        now, after = datetime.now(UTC), before.copy()
        # Before the events: what a sweep covers in between is still among them, as it runs days ahead.
        baselines = doors.profiles.baselines(keys_of(before, profile.identifiers.keys()))
        demoted = doors.profiles.demoted(profile.identifiers)
        events = own_events(before, profile, baselines, demoted, _kept(doors, profile))
        states = own_states(before, profile, baselines)
        after.profiles[profile.id] = rebuilt(profile, events, now, states, doors.declared.fresh())
        if after.profiles[profile.id] == profile and not reason.republish_from:
            return True
        after.fenced.add(profile.id)
        try:
            doors.profiles.put(before, after, Change(frozenset({profile.id}), frozenset(), ()), reason, now)
            return True
        except ContentionError as error:
            lost = error
    raise lost


def _kept(doors: Doors, profile: Profile) -> Iterator[StoredEvent]:
    for hashed in profile.identifiers:
        yield from doors.events.kept_of_anchor(hashed)
