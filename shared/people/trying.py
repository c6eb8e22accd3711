"""People as they would be if a segment were live that nothing is kept for yet. Nothing is written."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from shared.domain.computed_attributes import ComputedAttribute
from shared.domain.computing import Declarations, declarations
from shared.domain.profiles import Profile
from shared.domain.segments.definition import Segment
from shared.domain.segments.memberships import conditions_of
from shared.people.rebuilding import Rebuilder
from shared.stores.event_store import EventStore
from shared.stores.profile_store import ProfileStore


@dataclass(frozen=True, slots=True)
class _Given:
    declared: Declarations

    def fresh(self) -> Declarations:
        return self.declared


@dataclass(frozen=True, slots=True)
class AsIfLive:
    """`segment` as it would be; `declared` is what people keep for it and for the others."""

    segment: Segment
    declared: Declarations
    events: EventStore
    profiles: ProfileStore

    @classmethod
    def of(
        cls,
        segment: Segment,
        others: Iterable[Segment],
        attributes: Iterable[ComputedAttribute],
        events: EventStore,
        profiles: ProfileStore,
    ) -> "AsIfLive":
        live = replace(segment, state="live")
        beside = (one for one in others if one.id != segment.id)
        return cls(live, declarations(attributes, conditions_of([*beside, live])), events, profiles)

    def folded(self, profile: Profile, now: datetime) -> Profile:
        """Somebody again from their stored events and baselines; `profile` without buckets."""
        whole = self.profiles.with_buckets(profile)
        rebuilder = Rebuilder(self.events, self.profiles, _Given(self.declared))
        return rebuilder.folded(self.profiles.people_of(whole.identifiers), whole, now)
