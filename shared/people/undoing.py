"""Undoing by cause: which merges a cause made, whom that concerns, and how such a person is split."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from shared.domain.jobs import Job
from shared.domain.profiles import Profile
from shared.domain.splitting import Split
from shared.domain.times import from_text, to_text
from shared.domain.undoing import Cause, fallen_apart
from shared.stores.identity_log import IdentityLog
from shared.stores.merge_log import SHARDS, Made, MergeLog
from shared.stores.profile_store import ProfileStore


class Place(NamedTuple):
    """Where in the log of merges: a day, a shard, and a loser's id."""

    day: str
    shard: int
    loser: str


class Found(NamedTuple):
    """A merge, and where in the log it is."""

    place: Place
    made: Made


class Affected(NamedTuple):
    """Live people whom an undo concerns, and how many merges; with `is_named` the cause itself says who they are, else
    `people_after` is how many they would be at most."""

    ids: list[str]
    merges: int
    is_named: bool
    people_after: int


@dataclass(frozen=True, slots=True)
class Undoer:
    profiles: ProfileStore
    log: IdentityLog
    merges: MergeLog

    def plan(self, job: Job, profile_id: str, cause: Cause, new_id: Callable[[], str]) -> Split | None:
        """How the live person behind an id falls apart without the cause, or None where they don't."""
        whole = self.profiles.profile(profile_id)
        if whole is None:
            return None
        people = self.profiles.people_of(whole.identifiers)
        decisions = self.log.behind({whole.id, *people.profiles})
        parts = fallen_apart(people, whole, decisions, cause, new_id)
        now = to_text(datetime.now(UTC))
        split = Split(job.id, job.created_by, new_id(), whole.id, whole.version, now, "undo", parts, together=False)
        return split if parts else None

    def affected(self, cause: Cause, now: datetime) -> Affected:
        """Whom it concerns, without a plan for each."""
        merges = [] if cause.merged else [found.made.merge for found in self.made(cause, now)]
        live = self.profiles.live_ids({one for merge in merges for one in (merge.loser, merge.winner)})
        still = [live[merge.loser] for merge in merges if live[merge.loser] == live[merge.winner]]
        if cause.through or cause.merged:
            ids = [profile.id for profile in self.concerned(cause)]
            return Affected(ids, len(still) or len(ids), True, len(ids))
        ids = sorted(set(still))
        return Affected(ids, len(still), False, len(ids) + len(still))

    def concerned(self, cause: Cause) -> list[Profile]:
        """Live people, where the cause says who they are: those with the identifier, or with the merged profile."""
        ids = {cause.merged} if cause.merged else set()
        if cause.through:
            ids = {p.profile_id for one in self.profiles.ownerships([cause.through]).values() for p in one.periods}
        found = (self.profiles.profile(profile_id) for profile_id in sorted(ids))
        return list({profile.id: profile for profile in found if profile}.values())

    def made(self, cause: Cause, until: datetime, after: Sequence[Any] = ()) -> Iterator[Found]:
        """Merges that the cause made, by day; those behind a place."""
        first = Place(*after) if after else Place(cause.since[:10], 0, "")
        for number in range((until - from_text(first.day)).days + 1):
            day = to_text(from_text(first.day) + timedelta(days=number))[:10]
            for shard in range(first.shard if number == 0 else 0, SHARDS):
                start = first.loser if (day, shard) == first[:2] else ""
                for made in self.merges.made(day, shard, start):
                    if _is_of(cause, made):
                        yield Found(Place(day, shard, made.merge.loser), made)

    def still_one(self, found: Found) -> str:
        """The id of the live person that both sides of a merge are, or empty where it was undone."""
        merge = found.made.merge
        live = self.profiles.live_ids([merge.loser, merge.winner])
        return live[merge.loser] if live[merge.loser] == live[merge.winner] else ""


def _is_of(cause: Cause, made: Made) -> bool:
    if made.merge.at < cause.since or cause.through:
        return made.merge.at >= cause.since and cause.through in made.through
    return made.rules == cause.rules if cause.rules is not None else made.source_id == cause.source_id
