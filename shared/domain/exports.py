"""What is told to a person who asks what is held of them, as rows by section."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from itertools import zip_longest
from typing import Any

from shared.domain.auditing import AuditEntry
from shared.domain.companies import Company
from shared.domain.computed_attributes import CONTACT_LOGGED
from shared.domain.computing import Declarations, values
from shared.domain.consent import EVERY_CATEGORY
from shared.domain.consent_records import ConsentRecord
from shared.domain.decisions import Told, sentence
from shared.domain.events import Event
from shared.domain.identity import Period
from shared.domain.identity_ledger import Decided
from shared.domain.privacy_requests import PrivacyRequest
from shared.domain.profiles import Profile
from shared.domain.purposes import Purpose, Purposes
from shared.domain.standing import standings
from shared.domain.stitching import People

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Section:
    """Its rows all have the same fields; they are read as they are asked for."""

    name: str
    rows: Iterable[Row]


NAMED = {"source_id": "source_name", "destination": "destination_name"}
"""Field of an id -> that of the name of what it is."""


def with_names(section: Section, names: Mapping[str, Mapping[str, str]]) -> Section:
    """With the name beside each id of a source or destination, empty where nobody has it any more: `names` are by
    field and id.
    """
    return replace(section, rows=(_with_names(row, names) for row in section.rows))


def _with_names(row: Row, names: Mapping[str, Mapping[str, str]]) -> Row:
    told: dict[str, Any] = {}
    for field, value in row.items():
        told[field] = value
        if field in NAMED:
            told[NAMED[field]] = names[field].get(value, "")
    return told


def companies(declared: Iterable[Company]) -> Iterator[Row]:
    """Who answers for it."""
    for one in declared:
        yield {"company_id": one.id, "name": one.name, "address": one.address, "contact": one.contact}


def about(profile: Profile) -> Row:
    return {
        "profile_id": profile.id,
        "merged_profile_ids": profile.merged_ids,
        "created_at": profile.created_at,
        "updated_at": profile.updated_at,
        "first_seen": profile.state.first_seen,
        "last_seen": profile.state.last_seen,
        "place": {name: said.value for name, said in sorted(profile.state.place.items())},
        "processing": "stopped" if profile.stopped else "on",
    }


def identifiers(profile: Profile, people: People) -> Iterator[Row]:
    """With the periods in which each was theirs; of whom else it was nothing is told."""
    for hashed, held in sorted(profile.held.items(), key=lambda entry: entry[1]):
        owned = people.ownerships.get(hashed)
        yield {
            "namespace": held.namespace,
            "value": held.value,
            "first_seen": held.first,
            "last_seen": held.last,
            "contested": owned.contested if owned else False,
            "periods": [*_own_periods(people, profile, owned.periods)] if owned else [],
        }


def _own_periods(people: People, profile: Profile, periods: Sequence[Period]) -> Iterator[Row]:
    """Empty: from the beginning, and until today."""
    for period, after in zip_longest(periods, periods[1:]):
        if people.live(period.profile_id).id == profile.id:
            yield {"since": period.since, "until": after.since if after else ""}


def traits(profile: Profile) -> Iterator[Row]:
    for name, trait in sorted(profile.state.traits.items()):
        yield {
            "name": name,
            "value": trait.value,
            "time": trait.time,
            "source_id": trait.source_id,
            "message_id": trait.message_id,
        }


def counts(profile: Profile) -> Iterator[Row]:
    for name, tally in sorted(profile.state.events.items()):
        sums = {currency: str(total) for currency, total in sorted(tally.sums.items())}
        yield {"name": name, "count": tally.total, "first": tally.first, "last": tally.last, "sums": sums}


def computed(profile: Profile, declared: Declarations, now: datetime) -> Iterator[Row]:
    for name, found in sorted(values(profile.state.computed, declared, now).items()):
        value = str(found.value) if isinstance(found.value, Decimal) else found.value
        yield {"name": name, "value": value, "approximate": found.approximate}


def consents(profile: Profile, purposes: Purposes, now: datetime) -> Iterator[Row]:
    """What stands by purpose, and each decision that is kept."""
    stands = standings(profile.state.consent, profile.state.links, purposes, now)
    for anchor, by_signal in sorted(profile.state.consent.items()):
        held = profile.identifiers.get(anchor)
        for signal, decision in sorted(by_signal.items()):
            for purpose in _decided_by(signal, purposes):
                yield {
                    "purpose": purpose.id,
                    "name": purpose.name,
                    "stands": stands[purpose.id].state if purpose.id in stands else decision.state,
                    "decision": decision.state,
                    "signal": signal,
                    "identifier": f"{held.namespace}:{held.value}" if held else "",
                    "time": decision.time,
                    "source_id": decision.source_id,
                }


def _decided_by(signal: str, purposes: Purposes) -> Iterable[Purpose]:
    every = [one for one in purposes.by_id.values() if one.has_categories] if signal == EVERY_CATEGORY else []
    return every or purposes.of(signal)


def consent_record(record: ConsentRecord, profile: Profile) -> Row:
    """One event's decisions, with what it proves them by."""
    held = profile.identifiers[record.key.anchor]
    return {
        "time": record.key.time,
        "identifier": f"{held.namespace}:{held.value}",
        "decisions": {
            signal: {
                "state": one.state,
                "method": one.said.method,
                "purposes": one.purposes,
                "wording": one.said.wording,
            }
            for signal, one in record.decisions.items()
        },
        "source_id": record.source_id,
    }


def decisions(decided: Iterable[Decided], profile: Profile) -> Iterator[Row]:
    """Why they are one person, from the first on."""
    words = {hashed: f"{one.namespace} {one.value}" for hashed, one in profile.identifiers.items()}
    for one in sorted(decided, key=lambda one: (one.first, not one.entry.startswith("created"))):
        kind, *rest = one.entry.split("#")
        subject = rest[0] if rest else ""
        anchor = one.event.partition("|")[0].removeprefix("A#")
        told = Told(
            kind=kind,
            reason=one.reason,
            identifier=words.get(subject, ""),
            other=subject if kind in ("merged", "undone") else "",
            through=[words[key] for key in one.effect.get("through") or (anchor,) if key in words and key != subject],
        )
        yield {
            "time": one.first,
            "kind": kind,
            "decision": sentence(told),
            "source_id": one.source_id,
            "count": one.count,
        }


def disclosures(entries: Iterable[AuditEntry]) -> Iterator[Row]:
    """Where data went, and why."""
    for one in entries:
        if one.what == "disclosed":
            yield {"time": one.at, "destination": one.destination, "fields": one.fields, "purposes": one.purposes}


def accesses(entries: Iterable[AuditEntry]) -> Iterator[Row]:
    """Who of the company saw or changed something."""
    for one in entries:
        if one.what != "disclosed":
            yield {"time": one.at, "what": one.what, "by": one.actor, "operation": one.place, "fields": one.fields}


def requests(made: Iterable[PrivacyRequest], profile: Profile) -> Iterator[Row]:
    """What was asked about them before."""
    ids = {profile.id, *profile.merged_ids}
    for one in made:
        if one.profile_id in ids:
            yield {"request_id": one.id, "kind": one.kind, "time": one.received_at, "state": one.state}


_OF_CONTACTS = ("channel", "direction", "employee", "team", "note")


def contacts(events: Iterable[Event]) -> Iterator[Row]:
    """Who of the company spoke with them, and what was noted."""
    for event in events:
        said = event.body.get("properties")
        if event.name == CONTACT_LOGGED and isinstance(said, Mapping):
            yield {"time": event.time, **{name: said.get(name, "") for name in _OF_CONTACTS}}


def event_row(event: Event) -> Row:
    return {
        "time": event.time,
        "type": event.type,
        "name": event.name or "",
        "source_id": event.source_id,
        "received_at": event.received_at,
        "message_id": event.message_id,
        "content": event.body,
    }
