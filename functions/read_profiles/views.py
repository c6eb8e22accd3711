"""Profiles and events as the Read API shows them."""

from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from shared.contracts import read as views
from shared.contracts.canonical import Canonical
from shared.domain.canonical import canonical_of
from shared.domain.computed_attributes import ComputedAttribute
from shared.domain.computing import Declarations, values
from shared.domain.consent import EVERY_CATEGORY
from shared.domain.consenting import Consenting
from shared.domain.events import Event
from shared.domain.identifiers import Identifier
from shared.domain.masking import Mask, masked_text
from shared.domain.profiles import Profile
from shared.domain.purposes import Purpose
from shared.domain.traits import Trait

_OF_TIMES = ("count", "unique", "days_since")
"""Functions whose values are no values of events."""


def profile_view(
    profile: Profile,
    declared: Declarations,
    person: Consenting,
    mask: Mask | None,
    sections: Collection[str],
) -> views.ProfileView:
    made: dict[str, Callable[[], Any]] = {
        "identifiers": lambda: _identifiers(profile, mask),
        "traits": lambda: _traits(profile, mask),
        "events": lambda: _counts(profile),
        "computed": lambda: computed_view(profile, declared, person.at, mask),
        "consent": lambda: _consents(profile, person, mask),
        "segments": lambda: profile.segments,
    }
    return views.ProfileView(
        profile_id=profile.id,
        created_at=profile.created_at,
        updated_at=profile.updated_at,
        version=profile.version,
        processing_stopped=bool(profile.stopped),
        merged_profile_ids=profile.merged_ids,
        first_seen=profile.state.first_seen,
        last_seen=profile.state.last_seen,
        **{section: make() for section, make in made.items() if section in sections},
    )


def named(identifier: Identifier, mask: Mask | None) -> views.NamedView:
    return views.NamedView(namespace=identifier.namespace, value=shown(identifier.value, mask))


def shown(value: str, mask: Mask | None) -> str:
    """The value of an identifier."""
    return masked_text(value) if mask else value


def _identifiers(profile: Profile, mask: Mask | None) -> list[views.IdentifierView]:
    return [
        views.IdentifierView(namespace=h.namespace, value=shown(h.value, mask), first_seen=h.first, last_seen=h.last)
        for h in sorted(profile.held.values())
    ]


def _traits(profile: Profile, mask: Mask | None) -> dict[str, views.TraitView]:
    return {name: trait_view(name, trait, mask) for name, trait in profile.state.traits.items()}


def trait_view(name: str, trait: Trait, mask: Mask | None) -> views.TraitView:
    value = mask.trait(name, trait.value, trait.source_id) if mask else trait.value
    return views.TraitView(value=value, time=trait.time, source_id=trait.source_id, event=trait.event)


def _counts(profile: Profile) -> dict[str, views.EventCountView]:
    return {
        name: views.EventCountView(
            count=tally.total,
            first=tally.first,
            last=tally.last,
            sums={currency: str(total) for currency, total in sorted(tally.sums.items())},
        )
        for name, tally in profile.state.events.items()
    }


def computed_view(
    profile: Profile, declared: Declarations, now: datetime, mask: Mask | None
) -> dict[str, views.ComputedView]:
    stale = profile.declared != declared.digest
    return {
        attribute_id: views.ComputedView(
            value=computed_value(found.value, declared.by_id[attribute_id].declared, mask),
            approximate=found.approximate,
            stale=stale,
        )
        for attribute_id, found in values(profile.state.computed, declared, now).items()
    }


def computed_value(value: Any, declared: ComputedAttribute, mask: Mask | None) -> Any:
    if mask and declared.function not in _OF_TIMES:
        value = mask.computed(declared.property, value)
    return str(value) if isinstance(value, Decimal) else value


def _consents(profile: Profile, person: Consenting, mask: Mask | None) -> dict[str, views.ConsentView]:
    purposes = person.purposes
    return {
        purpose: views.ConsentView(
            state=stands.state,
            permitted=(why_not := person.why_not(purposes.get(purpose))) is None,
            why_not=why_not,
            expires_at=stands.expires_at,
            reconfirm_by=stands.reconfirm_by,
            notice_by=person.notice_by(stands),
            decisions=decisions_view(profile, purposes.get(purpose), mask),
        )
        for purpose, stands in person.standings.items()
    }


def decisions_view(profile: Profile, purpose: Purpose, mask: Mask | None) -> list[views.ConsentDecisionView]:
    """Newest first. A decision whose identifier has left the profile has lost its name and isn't shown."""
    signals = purpose.decided_by | ({EVERY_CATEGORY} if purpose.has_categories else frozenset())
    given = [
        (profile.identifiers[anchor], by_signal[signal])
        for anchor, by_signal in profile.state.consent.items()
        for signal in sorted(signals & by_signal.keys())
        if anchor in profile.identifiers
    ]
    return [
        views.ConsentDecisionView(
            state=decision.state,
            time=decision.time,
            source_id=decision.source_id,
            namespace=held.namespace,
            value=shown(held.value, mask),
        )
        for held, decision in sorted(given, key=lambda entry: entry[1].time, reverse=True)
    ]


def event_view(event: Event, mask: Mask | None) -> views.EventView:
    told = replace(event, body=mask.event(event.body, event.source_id)) if mask else event
    return views.EventView(
        message_id=event.message_id,
        type=event.type,
        name=event.name,
        time=event.time,
        original_time=event.original_time,
        received_at=event.received_at,
        source_id=event.source_id,
        event=dict(told.body),
        canonical=Canonical.model_validate(canonical_of(told)),
    )
