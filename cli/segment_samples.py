"""Why people would be in a segment that nothing is kept for yet: each is folded as if it were live."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from cli.deployment import Deployment
from shared.domain.computed_attributes import ComputedAttribute
from shared.domain.consent_deadlines import told_standings
from shared.domain.segments.definition import Segment
from shared.domain.segments.why import Explaining, Reason, explained
from shared.domain.told import person_of
from shared.people.trying import AsIfLive
from shared.stores.event_store import EventStore
from shared.stores.kept_purposes import KeptPurposes
from shared.stores.profile_store import ProfileStore


def reasons(deployed: Deployment, segment: Segment, ids: Iterable[str]) -> Iterator[tuple[str, Reason]]:
    """By profile id, as it is now; without who is gone by now. Nothing is written."""
    catalogue, profiles = deployed.catalogue, ProfileStore(deployed.profiles_table)
    others, attributes = catalogue.list(Segment), catalogue.list(ComputedAttribute)
    tried = AsIfLive.of(segment, others, attributes, EventStore(deployed.events_table), profiles)
    purposes = KeptPurposes(catalogue)()
    for profile_id in ids:
        if (profile := profiles.profile(profile_id)) is None:
            continue
        now = datetime.now(UTC)
        folded = tried.folded(profile, now)
        person = person_of(folded, told_standings(folded.state, purposes, now), now)
        yield profile.id, explained(tried.segment, Explaining(segment.zone, tried.declared), person)
