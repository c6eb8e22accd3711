"""Telling a person again by what segments ask for now: from what is kept of them, or else from their events."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime

from shared.domain.computing import Counted
from shared.domain.rebuilding import is_told
from shared.domain.segments.backfilling import lacks
from shared.domain.stitching import Change, People
from shared.people.rebuilding import MOST_TRIES, Rebuilder, Rebuilding
from shared.stores.profile_store import ContentionError, WriteReason


@dataclass(frozen=True, slots=True)
class Reteller:
    rebuilder: Rebuilder

    def retell(self, profile_id: str, conditions: Collection[Counted], reason: WriteReason) -> Rebuilding:
        """Write the person where these conditions were not kept for them, or where they are in other segments than was
        told; ContentionError where others kept writing.
        """
        profiles, declared = self.rebuilder.profiles, self.rebuilder.declared.fresh()
        for _ in range(MOST_TRIES):
            profile = profiles.profile(profile_id)
            if profile is None:
                return Rebuilding.GONE
            if profile.frozen or profile.stopped:
                return Rebuilding.FROZEN if profile.frozen else Rebuilding.STOPPED
            if lacks(profile, conditions, declared):
                return self.rebuilder.rebuild(profile_id, reason)
            now = datetime.now(UTC)
            if is_told(profile, profiles.telling(), now):
                return Rebuilding.SAME
            read = profiles.with_buckets(profile)
            before, after = People(profiles={read.id: read}), People(profiles={read.id: read}, fenced={read.id})
            try:
                profiles.put(before, after, Change(frozenset({read.id}), frozenset(), ()), reason, now)
                return Rebuilding.WRITTEN
            except ContentionError as error:
                lost = error
        raise lost
