"""Profiles and events as the Read API shows them."""

from datetime import datetime
from decimal import Decimal

from shared.contracts import read as views
from shared.domain.canonical import canonical_of
from shared.domain.computing import Declarations, values
from shared.domain.consent import effective
from shared.domain.events import Event
from shared.domain.profiles import Profile

_MERGED = "merged:"


def profile_view(profile: Profile, declared: Declarations, now: datetime) -> views.ProfileView:
    state = profile.state
    held = sorted(profile.held.values())
    return views.ProfileView(
        profile_id=profile.id,
        created_at=profile.created_at,
        updated_at=profile.updated_at,
        version=profile.version,
        identifiers=[
            views.IdentifierView(namespace=h.namespace, value=h.value, first_seen=h.first, last_seen=h.last)
            for h in held
        ],
        traits={
            name: views.TraitView(value=t.value, time=t.time, source_id=t.source_id, event=t.event)
            for name, t in state.traits.items()
        },
        events={
            name: views.EventCountView(
                count=tally.total,
                first=tally.first[0],
                last=tally.last[0],
                sums={currency: str(total) for currency, total in sorted(tally.sums.items())},
            )
            for name, tally in state.events.items()
        },
        computed=computed_view(profile, declared, now),
        consent={
            purpose: views.ConsentView(state=stands, decisions=_decisions(profile, purpose))
            for purpose, stands in effective(state.consent, state.links).items()
        },
        segments=profile.segments,
        merged_profile_ids=sorted(key.removeprefix(_MERGED) for key in profile.changes if key.startswith(_MERGED)),
        first_seen=state.first_seen,
        last_seen=state.last_seen,
    )


def computed_view(profile: Profile, declared: Declarations, now: datetime) -> dict[str, views.ComputedView]:
    stale = profile.declared != declared.digest
    return {
        attribute_id: views.ComputedView(
            value=str(found.value) if isinstance(found.value, Decimal) else found.value,
            approximate=found.approximate,
            stale=stale,
        )
        for attribute_id, found in values(profile.state.computed, declared, now).items()
    }


def _decisions(profile: Profile, purpose: str) -> list[views.ConsentDecisionView]:
    """Newest first. A decision whose identifier has left the profile has lost its name and isn't shown."""
    given = [
        (profile.identifiers[anchor], by_purpose[purpose])
        for anchor, by_purpose in profile.state.consent.items()
        if purpose in by_purpose and anchor in profile.identifiers
    ]
    return [
        views.ConsentDecisionView(
            state=decision.state,
            time=decision.time,
            source_id=decision.source_id,
            namespace=held.namespace,
            value=held.value,
        )
        for held, decision in sorted(given, key=lambda entry: entry[1].time, reverse=True)
    ]


def event_view(event: Event) -> views.EventView:
    return views.EventView(
        message_id=event.message_id,
        type=event.type,
        name=event.name,
        time=event.time,
        original_time=event.original_time,
        received_at=event.received_at,
        source_id=event.source_id,
        event=dict(event.body),
        canonical=canonical_of(event),
    )
