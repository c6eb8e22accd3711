"""Stopping the processing of a person, and taking it up again: what they were is kept, and their events are left."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from shared.domain.profiles import Profile
from shared.domain.stitching import Change, People
from shared.people.rebuilding import MOST_TRIES, Rebuilder, Rebuilding
from shared.stores.profile_store import ContentionError, WriteReason

_RESUMED = WriteReason("rebuild")


@dataclass(frozen=True, slots=True)
class Stopper:
    rebuilder: Rebuilder

    def stop(self, profile_id: str, mark: str) -> Rebuilding:
        """Nothing is folded into them from now on. Who is stopped stays so by whom it was."""
        return self._put(profile_id, lambda profile: replace(profile, stopped=profile.stopped or mark), WriteReason())

    def resume(self, profile_id: str) -> Rebuilding:
        """Fold what was left, and all that comes; what differs then, by time alone too, is published."""
        ended = self._put(profile_id, lambda profile: replace(profile, stopped=""), _RESUMED)
        if ended in (Rebuilding.GONE, Rebuilding.FROZEN):
            return ended
        return self.rebuilder.rebuild(profile_id, _RESUMED)

    def _put(self, profile_id: str, change: Callable[[Profile], Profile], reason: WriteReason) -> Rebuilding:
        """ContentionError where others kept writing."""
        profiles = self.rebuilder.profiles
        for _ in range(MOST_TRIES):
            profile = profiles.profile(profile_id)
            if profile is None:
                return Rebuilding.GONE
            after = change(profile)
            if after == profile:
                return Rebuilding.SAME
            if profile.frozen:
                return Rebuilding.FROZEN
            written = Change(frozenset({profile.id}), frozenset(), ())
            before, people = People(profiles={profile.id: profile}), People(profiles={profile.id: after})
            try:
                profiles.put(before, people, written, reason, datetime.now(UTC))
                return Rebuilding.WRITTEN
            except ContentionError as error:
                lost = error
        raise lost
