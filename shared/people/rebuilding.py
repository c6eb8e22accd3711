"""Rebuilding a person: the state is folded again from every event that the person's identifiers own.

Of those that have expired, baselines say what they added up to.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Protocol

from shared.domain.baselines import StoredEvent, keys_of, own_events, own_states
from shared.domain.computing import Declarations
from shared.domain.consent import Decisions
from shared.domain.profiles import Profile
from shared.domain.rebuilding import is_told, rebuilt
from shared.domain.stitching import Change, People
from shared.stores.event_store import EventStore
from shared.stores.profile_store import ContentionError, ProfileStore, WriteReason

MOST_TRIES = 5


class Rebuilding(StrEnum):
    """How a rebuild ended. FROZEN: nothing could be done, as the profile is frozen. STOPPED: nothing may be, as the
    person's processing is stopped. GONE: nobody has this id."""

    WRITTEN = "written"
    SAME = "same"
    FROZEN = "frozen"
    STOPPED = "stopped"
    GONE = "gone"


class Declaring(Protocol):
    def fresh(self) -> Declarations: ...


@dataclass(frozen=True, slots=True)
class Rebuilder:
    events: EventStore
    profiles: ProfileStore
    declared: Declaring

    def rebuild(self, profile_id: str, reason: WriteReason) -> Rebuilding:
        """Make the stored profile equal to the fold of its events; ContentionError where others kept writing it.

        With `reason.republish_from` it is written even where nothing differs, so that its facts are published again.
        """
        for _ in range(MOST_TRIES):
            profile = self.profiles.profile(profile_id)
            if profile is None:
                return Rebuilding.GONE
            if profile.frozen:
                return Rebuilding.FROZEN
            if profile.stopped:
                return Rebuilding.STOPPED
            profile = self.profiles.with_buckets(profile)
            before = self.profiles.people_of(profile.identifiers)
            before.profiles[profile.id] = profile
            now, after = datetime.now(UTC), before.copy()
            after.profiles[profile.id] = self.folded(before, profile, now)
            telling = self.profiles.telling(profile.told_by)
            is_same = after.profiles[profile.id] == profile and is_told(profile, telling, now)
            if is_same and not reason.republish_from:
                return Rebuilding.SAME
            after.fenced.add(profile.id)
            try:
                self.profiles.put(before, after, Change(frozenset({profile.id}), frozenset(), ()), reason, now)
                return Rebuilding.WRITTEN
            except ContentionError as error:
                lost = error
        raise lost

    def folded(self, people: People, profile: Profile, now: datetime, refused: Decisions | None = None) -> Profile:
        """The profile with its state folded again from what its identifiers own among these people; `refused` is what
        splits did, as the profile says it where that isn't given.
        """
        # Before the events: what a sweep covers in between is still among them, as it runs days ahead.
        baselines = self.profiles.baselines(keys_of(people, profile.identifiers.keys()))
        demoted = self.profiles.demoted(profile.identifiers)
        events = own_events(people, profile, baselines, demoted, self._kept(profile))
        states = own_states(people, profile, baselines)
        return rebuilt(profile, events, now, states, self.declared.fresh(), refused)

    def _kept(self, profile: Profile) -> Iterator[StoredEvent]:
        for hashed in profile.identifiers:
            yield from self.events.kept_of_anchor(hashed)
