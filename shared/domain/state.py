"""What a profile says: the fold of the set of its events. The same for any order, repetition or batching of them."""

import json
import operator
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar

from shared.domain.amounts import amount_of
from shared.domain.consent import Decision, later, pair
from shared.domain.consent import of_event as decisions_of
from shared.domain.event_names import event_name
from shared.domain.events import Event

Stamp = tuple[str, str]
"""(event time, messageId): what comes first and last goes by this."""


class Trait(NamedTuple):
    """A last-writer-wins register with its provenance."""

    value: Any
    time: str
    message_id: str
    event: str
    source_id: str

    @property
    def order(self) -> tuple[str, str, str]:
        return (self.time, self.message_id, self.event)


class Tally(NamedTuple):
    """How often an event of one name happened, when first and last, and what it was worth, by currency."""

    total: int
    first: Stamp
    last: Stamp
    sums: Mapping[str, Decimal] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class ProfileState:
    """Every field merges commutatively; `first_seen` and `last_seen` are empty for a profile without events.

    `seen`: first and last event time of each identifier; `links`: when two were first seen on one event, by `pair`.
    """

    traits: Mapping[str, Trait] = field(default_factory=dict)
    events: Mapping[str, Tally] = field(default_factory=dict)
    consent: Mapping[str, Mapping[str, Decision]] = field(default_factory=dict)
    seen: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)
    first_seen: str = ""
    last_seen: str = ""

    @property
    def event_count(self) -> int:
        return sum(tally.total for tally in self.events.values())


def tally_name(event: Event) -> str:
    """What an event counts under; one without a name of its own under its type."""
    return event_name(event.type, event.name) or f"${event.type}"


def fold(state: ProfileState, event: Event, joined: Collection[str]) -> ProfileState:
    """`state` with one more event; `joined` are the hashes of those of its identifiers that are the person's own."""
    anchor = event.anchor
    if anchor is None:
        raise ValueError("an event that names nobody belongs to no profile")
    once = ProfileState(
        traits=_traits_of(event),
        events={tally_name(event): Tally(1, event.order, event.order, _worth(event))},
        consent=_consent_of(event, anchor),
        seen=dict.fromkeys(joined, (event.time, event.time)),
        links={pair(anchor, hashed): event.time for hashed in joined if hashed != anchor},
        first_seen=event.time,
        last_seen=event.time,
    )
    return unite(state, once)


def unite(one: ProfileState, other: ProfileState) -> ProfileState:
    """The state of both sets of events together. The two sets must be disjoint: counters add."""
    return ProfileState(
        traits=unite_by_key(one.traits, other.traits, lambda a, b: max(a, b, key=lambda t: t.order)),
        events=unite_by_key(one.events, other.events, _add),
        consent=unite_by_key(one.consent, other.consent, lambda a, b: unite_by_key(a, b, later)),
        seen=unite_by_key(one.seen, other.seen, _span),
        links=unite_by_key(one.links, other.links, min),
        first_seen=min(filter(None, (one.first_seen, other.first_seen)), default=""),
        last_seen=max(one.last_seen, other.last_seen),
    )


def _traits_of(event: Event) -> dict[str, Trait]:
    """Traits come from identify calls: `context.traits`, overridden by `traits`."""
    if event.type != "identify":
        return {}
    context = event.body.get("context")
    found: dict[str, Any] = {}
    for holder in (context.get("traits") if isinstance(context, Mapping) else None, event.body.get("traits")):
        if isinstance(holder, Mapping):
            found.update(holder)
    return {n: Trait(v, event.time, event.message_id, event.key, event.source_id) for n, v in found.items()}


def _consent_of(event: Event, anchor: str) -> dict[str, dict[str, Decision]]:
    given = {p: Decision(s, event.time, event.message_id, event.source_id) for p, s in decisions_of(event.body)}
    return {anchor: given} if given else {}


def _worth(event: Event) -> dict[str, Decimal]:
    amount = amount_of(event)
    return {amount.currency: amount.value} if amount else {}


def _add(one: Tally, other: Tally) -> Tally:
    sums = unite_by_key(one.sums, other.sums, operator.add)
    return Tally(one.total + other.total, min(one.first, other.first), max(one.last, other.last), sums)


def _span(one: tuple[str, str], other: tuple[str, str]) -> tuple[str, str]:
    return min(one[0], other[0]), max(one[1], other[1])


def of_identifiers(state: ProfileState, hashes: Collection[str]) -> ProfileState:
    """`state` without what it says of other identifiers than these: they have left for another person."""
    seen = {hashed: span for hashed, span in state.seen.items() if hashed in hashes}
    links = {both: time for both, time in state.links.items() if all(one in hashes for one in both.split("|"))}
    return replace(state, seen=seen, links=links)


K = TypeVar("K")
V = TypeVar("V")


def unite_by_key(one: Mapping[K, V], other: Mapping[K, V], both: Callable[[V, V], V]) -> Mapping[K, V]:
    """Both maps, `both` deciding where a key is in either."""
    if not other:
        return one
    united = dict(one)
    for key, value in other.items():
        united[key] = both(united[key], value) if key in united else value
    return united


def to_json(state: ProfileState) -> str:
    """Canonical: equal states give equal text."""
    content = {
        "traits": state.traits,
        "events": {name: _tally_content(tally) for name, tally in state.events.items()},
        "consent": state.consent,
        "seen": state.seen,
        "links": state.links,
        "first_seen": state.first_seen,
        "last_seen": state.last_seen,
    }
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _tally_content(tally: Tally) -> list[Any]:
    """Without `sums` where nothing was worth anything."""
    content = [tally.total, tally.first, tally.last]
    return [*content, {currency: str(total) for currency, total in tally.sums.items()}] if tally.sums else content


def _to_tally(total: int, first: list[str], last: list[str], sums: Mapping[str, str] | None = None) -> Tally:
    worth = {currency: Decimal(text) for currency, text in (sums or {}).items()}
    return Tally(total, (first[0], first[1]), (last[0], last[1]), worth)


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
    )
