"""What a profile says: the fold of the set of its events. The same for any order, repetition or batching of them."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from shared.domain import aggregates, tallies, traits
from shared.domain.amounts import amount_of
from shared.domain.computing import DECLARED, Declarations, computed_of
from shared.domain.consent import Decision, content_of, later, pair
from shared.domain.consent_signals import heard
from shared.domain.event_names import event_name
from shared.domain.events import Event
from shared.domain.maps import unite_by_key
from shared.domain.places import Said, said_of
from shared.domain.tallies import Tally
from shared.domain.traits import Trait


@dataclass(frozen=True, slots=True)
class ProfileState:
    """Every field merges commutatively; `first_seen` and `last_seen` are empty for a profile without events.

    `seen`: first and last event time of each identifier; `links`: when two were first seen on one event, by `pair`;
    `computed`: the parts of computed attributes, by `key_of` their declarations; `place`: where clients last were.
    """

    traits: Mapping[str, Trait] = field(default_factory=dict)
    events: Mapping[str, Tally] = field(default_factory=dict)
    consent: Mapping[str, Mapping[str, Decision]] = field(default_factory=dict)
    seen: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)
    computed: Mapping[str, aggregates.Part] = field(default_factory=dict)
    place: Mapping[str, Said] = field(default_factory=dict)
    first_seen: str = ""
    last_seen: str = ""

    @property
    def event_count(self) -> int:
        return sum(tally.total for tally in self.events.values())


def tally_name(event: Event) -> str:
    """What an event counts under; one without a name of its own under its type."""
    return event_name(event.type, event.name) or f"${event.type}"


def fold(state: ProfileState, event: Event, joined: Collection[str], declared: Declarations = DECLARED) -> ProfileState:
    """`state` with one more event; `joined` are the hashes of those of its identifiers that are the person's own."""
    anchor = event.anchor
    if anchor is None:
        raise ValueError("an event that names nobody belongs to no profile")
    name = tally_name(event)
    once = ProfileState(
        traits=traits.traits_of(event),
        events={name: Tally(1, event.time, event.time, _worth(event))},
        consent=_consent_of(event, anchor),
        seen=dict.fromkeys(joined, (event.time, event.time)),
        links={pair(anchor, hashed): event.time for hashed in joined if hashed != anchor},
        computed=computed_of(declared, event, name),
        place=said_of(event),
        first_seen=event.time,
        last_seen=event.time,
    )
    return unite(state, once)


def unite(one: ProfileState, other: ProfileState) -> ProfileState:
    """The state of both sets of events together. The two sets must be disjoint: counters add."""
    return ProfileState(
        traits=traits.newest(unite_by_key(one.traits, other.traits, _later)),
        events=tallies.united(one.events, other.events),
        consent=unite_by_key(one.consent, other.consent, lambda a, b: unite_by_key(a, b, later)),
        seen=unite_by_key(one.seen, other.seen, _span),
        links=unite_by_key(one.links, other.links, min),
        computed=unite_by_key(one.computed, other.computed, aggregates.united),
        place=unite_by_key(one.place, other.place, _last),
        first_seen=min(filter(None, (one.first_seen, other.first_seen)), default=""),
        last_seen=max(one.last_seen, other.last_seen),
    )


def _last(one: Said, other: Said) -> Said:
    return max(one, other)


def _later(one: Trait, other: Trait) -> Trait:
    return max(one, other, key=lambda trait: trait.order)


def _consent_of(event: Event, anchor: str) -> dict[str, dict[str, Decision]]:
    given = {
        signal: Decision(said.state, event.decided_at, event.message_id, event.source_id, said.expires)
        for signal, said in heard(event.body).decisions.items()
    }
    return {anchor: given} if given else {}


def _worth(event: Event) -> dict[str, Decimal]:
    amount = amount_of(event)
    return {amount.currency: amount.value} if amount else {}


def _span(one: tuple[str, str], other: tuple[str, str]) -> tuple[str, str]:
    return min(one[0], other[0]), max(one[1], other[1])


def of_identifiers(state: ProfileState, hashes: Collection[str]) -> ProfileState:
    """`state` without what it says of other identifiers than these: they have left for another person."""
    seen = {hashed: span for hashed, span in state.seen.items() if hashed in hashes}
    links = {both: time for both, time in state.links.items() if all(one in hashes for one in both.split("|"))}
    return replace(state, seen=seen, links=links)


def to_json(state: ProfileState) -> str:
    """Canonical: equal states give equal text."""
    content = {
        "traits": state.traits,
        "events": {name: _tally_content(tally) for name, tally in state.events.items()},
        "consent": {a: {s: content_of(d) for s, d in given.items()} for a, given in state.consent.items()},
        "seen": state.seen,
        "links": state.links,
        "computed": state.computed,
        "place": state.place,
        "first_seen": state.first_seen,
        "last_seen": state.last_seen,
    }
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _tally_content(tally: Tally) -> list[Any]:
    """Without `sums` where nothing was worth anything."""
    content = [tally.total, tally.first, tally.last]
    return [*content, {currency: str(total) for currency, total in tally.sums.items()}] if tally.sums else content


def _to_tally(total: int, first: str, last: str, sums: Mapping[str, str] | None = None) -> Tally:
    return Tally(total, first, last, {currency: Decimal(text) for currency, text in (sums or {}).items()})


def from_json(text: str) -> ProfileState:
    """The inverse of to_json."""
    content = json.loads(text)
    return replace(
        ProfileState(first_seen=content["first_seen"], last_seen=content["last_seen"]),
        traits={name: Trait(*entry) for name, entry in content["traits"].items()},
        events={name: _to_tally(*entry) for name, entry in content["events"].items()},
        consent={a: {p: Decision(*d) for p, d in given.items()} for a, given in content["consent"].items()},
        seen={hashed: (first, last) for hashed, (first, last) in content.get("seen", {}).items()},
        links=content.get("links", {}),
        computed=content.get("computed", {}),
        place={name: Said(*entry) for name, entry in content.get("place", {}).items()},
    )
