"""A whole CDP in memory for tests of the domain: events go in, people come out."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from shared.domain.baselines import StoredEvent, own_events
from shared.domain.computing import DECLARED, Declarations
from shared.domain.events import Event, HashedIdentifier
from shared.domain.identifiers import Identifier, of_event
from shared.domain.identity_rules import RULES, IdentityRules
from shared.domain.profiles import Profile
from shared.domain.purposes import NONE_DECLARED, Purposes
from shared.domain.rebuilding import rebuilt
from shared.domain.standing import StandingState, standings, states
from shared.domain.state import ProfileState, to_json
from shared.domain.stitching import Demoted, People, stitch
from shared.domain.times import to_text
from shared.stores.keys import anchor_pk, event_sk, identifier_hash

START = datetime(2026, 11, 1, tzinfo=UTC)
NOW = datetime(2026, 11, 21, tzinfo=UTC)
SECRET = "a key for tests"


def hashed(identifier: Identifier) -> HashedIdentifier:
    return HashedIdentifier(identifier, identifier_hash(SECRET, identifier))


def make_event(body: Mapping[str, Any], days: float = 0, message_id: str = "", stored_days_ago: float = 0) -> Event:
    """An accepted event; `days` after START it happened, so many days before NOW it was stored."""
    time = to_text(START + timedelta(days=days))
    full = {"type": "track", **body}
    message_id = message_id or hashlib.sha256(f"{time}{sorted(full.items())}".encode()).hexdigest()[:12]
    identifiers = tuple(hashed(i) for i in of_event(full))
    stored_at = to_text(NOW - timedelta(days=stored_days_ago))
    return Event(
        pk=anchor_pk(identifiers[0].hash) if identifiers else "M#none",
        sk=event_sk(time, message_id),
        source_id="src_test",
        message_id=message_id,
        type=full["type"],
        name=full.get("event"),
        time=time,
        original_time=time,
        sent_at=None,
        received_at=stored_at,
        stored_at=stored_at,
        skewed=False,
        origin=f"shard:1:{message_id}",
        digest=message_id,
        correlation_id="request-1",
        identifiers=identifiers,
        body=full,
    )


def hashes_of(*events: Event) -> set[str]:
    return {identifier.hash for event in events for identifier in event.identifiers}


def contents(people: Iterable[Profile]) -> list[tuple[Any, ...]]:
    """Everything that people are, save ids and versions: what must be the same byte for byte."""
    return sorted((sorted(p.identifiers.items()), to_json(p.state), sorted(p.apart)) for p in people)


@dataclass
class Cdp:
    """Stitches events as they are given, one by one; ids are p1, p2, …"""

    rules: IdentityRules = RULES
    declared: Declarations = DECLARED
    people: People = field(default_factory=People)
    stored: dict[str, Event] = field(default_factory=dict)
    _ids: Any = field(default_factory=lambda: count(1))

    def take(self, events: Iterable[Event]) -> "Cdp":
        for event in events:
            self.stored[event.key] = event
            if event.identifiers:
                stitch(self.people, event, lambda: f"p{next(self._ids)}", NOW, self.rules, self.declared)
        return self

    @property
    def live(self) -> list[Profile]:
        return [p for p in self.people.profiles.values() if not p.is_merged]

    @property
    def merges(self) -> int:
        return sum(p.is_merged for p in self.people.profiles.values())

    def groups(self) -> list[list[str]]:
        """Each live profile's identifiers as `namespace:value`, sorted."""
        return sorted(sorted(f"{h.namespace}:{h.value}" for h in p.identifiers.values()) for p in self.live)

    def sets(self) -> frozenset[frozenset[str]]:
        """The same as sets."""
        return frozenset(map(frozenset, self.groups()))

    @property
    def demoted(self) -> Demoted:
        return {key: {hashed for hashed, _ in found} for key, found in self.people.demotions.items()}

    def rebuild(self, profile: Profile) -> Profile:
        """The profile folded again from all stored events that its identifiers own."""
        events = [StoredEvent(event, 1) for event in self.stored.values() if event.identifiers]
        return rebuilt(profile, own_events(self.people, profile, {}, self.demoted, events), NOW, (), self.declared)


def consents(state: ProfileState, purposes: Purposes = NONE_DECLARED, now: datetime = NOW) -> dict[str, StandingState]:
    """{purpose: what consent comes to}"""
    return states(standings(state.consent, state.links, purposes, now))
