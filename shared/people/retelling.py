"""Telling a person again by what segments ask for now: from what is kept of them, or else from their events."""

from dataclasses import dataclass
from datetime import UTC, datetime

from shared.domain.rebuilding import is_told
from shared.domain.segments.backfilling import lacks
from shared.people.rebuilding import MOST_TRIES, Rebuilder, Rebuilding
from shared.stores.profile_store import ContentionError, WriteReason


@dataclass(frozen=True, slots=True)
class Reteller:
    rebuilder: Rebuilder

    def retell(self, profile_id: str, segment_id: str, reason: WriteReason) -> Rebuilding:
        """Write the person where not all was kept for this segment, or where they are in other segments than was told;
        ContentionError where others kept writing.
        """
        profiles = self.rebuilder.profiles
        for _ in range(MOST_TRIES):
            profile = profiles.profile(profile_id)
            if profile is None:
                return Rebuilding.GONE
            if profile.frozen or profile.stopped:
                return Rebuilding.FROZEN if profile.frozen else Rebuilding.STOPPED
            telling, now = profiles.telling(profile.told_by), datetime.now(UTC)
            if lacks(profile, segment_id, telling):
                return self.rebuilder.rebuild(profile_id, reason)
            if is_told(profile, telling, now):
                return Rebuilding.SAME
            try:
                profiles.put_as_is(profile, reason, now)
                return Rebuilding.WRITTEN
            except ContentionError as error:
                lost = error
        raise lost
