"""Why people would be in a segment that nothing is kept for yet: each is folded as if it were live."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from cli.deployment import Deployment
from shared.domain.computed_attributes import ComputedAttribute
from shared.domain.computing import Declarations, declarations
from shared.domain.consent_deadlines import told_standings
from shared.domain.segments.definition import Segment
from shared.domain.segments.memberships import conditions_of
from shared.domain.segments.why import Explaining, Reason, explained
from shared.domain.told import person_of
from shared.people.rebuilding import Rebuilder
from shared.stores.event_store import EventStore
from shared.stores.kept_rules import KeptPurposes
from shared.stores.profile_store import ProfileStore


@dataclass(frozen=True, slots=True)
class _Given:
    declared: Declarations

    def fresh(self) -> Declarations:
        return self.declared


def reasons(deployed: Deployment, segment: Segment, ids: Iterable[str]) -> Iterator[tuple[str, Reason]]:
    """By profile id, as it is now; without who is gone by now. Nothing is written."""
    attributes = deployed.catalogue.list(ComputedAttribute)
    live = replace(segment, state="live")
    others = (one for one in deployed.catalogue.list(Segment) if one.id != segment.id)
    declared = declarations(attributes, conditions_of([*others, live]))
    profiles, purposes = ProfileStore(deployed.profiles_table), KeptPurposes(deployed.catalogue)()
    rebuilder = Rebuilder(EventStore(deployed.events_table), profiles, _Given(declared))
    for profile_id in ids:
        if (profile := profiles.profile(profile_id)) is None:
            continue
        now, profile = datetime.now(UTC), profiles.with_buckets(profile)
        people = profiles.people_of(profile.identifiers)
        folded = rebuilder.folded(people, profile, now)
        person = person_of(folded, told_standings(folded.state, purposes, now), now)
        yield profile.id, explained(live, Explaining(live.zone, declared), person)
