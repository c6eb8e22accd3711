"""A profile: one person's identifiers, state, and the record of which facts changed at which version."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import reduce
from typing import Any, NamedTuple

from shared.domain.consent import effective, pair
from shared.domain.events import Event
from shared.domain.segments import memberships
from shared.domain.state import ProfileState, fold, unite, unite_by_key
from shared.domain.times import to_text

REMEMBERED = timedelta(hours=48)
"""How long a profile remembers which events it has folded; an older event is never applied, its person is rebuilt."""

_CLOCKS_DIFFER = timedelta(hours=1)
"""Hashes are kept so much longer: what one worker has dropped, another whose clock is behind could fold again."""


class Held(NamedTuple):
    """An identifier of a profile, and the first and last event time at which it was seen on it."""

    namespace: str
    value: str
    first: str
    last: str


class Change(NamedTuple):
    """The value of a fact, the profile's version at which it took it, and that write's time."""

    value: str
    version: int
    at: str


@dataclass(frozen=True, slots=True)
class Profile:
    """`version` 0 is a profile that isn't stored yet; `links` says when two identifiers were first seen together (a
    `pair` and an event time); `recent` is {anchor: {hour of stored_at: 8-byte hashes}};
    `size` is in bytes, as the item was last read."""

    id: str
    version: int = 0
    merged_into: str | None = None
    created_at: str = ""
    updated_at: str = ""
    identifiers: Mapping[str, Held] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)
    state: ProfileState = field(default_factory=ProfileState)
    recent: Mapping[str, Mapping[str, bytes]] = field(default_factory=dict)
    changes: Mapping[str, Change] = field(default_factory=dict)
    size: int = 0

    @property
    def is_merged(self) -> bool:
        return self.merged_into is not None

    @property
    def segments(self) -> list[str]:
        """Keys of the segments this person is in, by key."""
        return sorted(
            k.split(":", 1)[1] for k, c in self.changes.items() if k.startswith("segment:") and c.value == "in"
        )


def event_hash(event: Event) -> bytes:
    """The 8 bytes by which a profile remembers an event."""
    return hashlib.sha256(event.sk.encode()).digest()[:8]


def has_folded(profile: Profile, event: Event) -> bool:
    """Whether the event is among those remembered. Only meaningful while it is no older than REMEMBERED."""
    wanted = event_hash(event)
    hours = profile.recent.get(event.anchor or "", {})
    return any(wanted == kept[i : i + 8] for kept in hours.values() for i in range(0, len(kept), 8))


def is_forgotten(event: Event, now: datetime) -> bool:
    """Whether the event was stored too long ago for a profile to tell if it has folded it."""
    return event.stored_at < to_text(now - REMEMBERED)


def with_event(profile: Profile, event: Event) -> Profile:
    """`profile` with one more event of its own folded in, and remembered."""
    anchor = event.anchor or ""
    hour = event.stored_at[:13]
    hours = profile.recent.get(anchor, {})
    remembered = {**hours, hour: hours.get(hour, b"") + event_hash(event)}
    return replace(profile, state=fold(profile.state, event), recent={**profile.recent, anchor: remembered})


def with_identifiers(profile: Profile, event: Event, joined: Sequence[str]) -> Profile:
    """`profile` holding the identifiers of an event that stitching `joined`, linked to its anchor."""
    held, links = dict(profile.identifiers), dict(profile.links)
    for hashed in event.identifiers:
        if hashed.hash not in joined:
            continue
        before, identifier = held.get(hashed.hash), hashed.identifier
        times = (event.time, before.first, before.last) if before else (event.time,)
        held[hashed.hash] = Held(identifier.namespace, identifier.value, min(times), max(times))
        if hashed.hash != event.anchor:
            link = pair(event.anchor or "", hashed.hash)
            links[link] = min(links.get(link, event.time), event.time)
    return replace(profile, identifiers=held, links=links)


def merged(winner: Profile, loser: Profile) -> tuple[Profile, Profile]:
    """The winner with all that the loser was, and the loser's tombstone."""
    identifiers = dict(winner.identifiers)
    for hashed, other in loser.identifiers.items():
        own = identifiers.get(hashed, other)
        identifiers[hashed] = own._replace(first=min(own.first, other.first), last=max(own.last, other.last))
    recent = {**winner.recent}
    for anchor, hours in loser.recent.items():
        own_hours = recent.get(anchor, {})
        recent[anchor] = {h: own_hours.get(h, b"") + hours.get(h, b"") for h in {*own_hours, *hours}}
    united = replace(
        winner,
        identifiers=identifiers,
        links=unite_by_key(winner.links, loser.links, min),
        state=unite(winner.state, loser.state),
        recent=recent,
        changes={**winner.changes, **dict.fromkeys([*_merges(loser), f"merged:{loser.id}"], NEW)},
        size=winner.size + loser.size,
    )
    return united, Profile(loser.id, loser.version, merged_into=winner.id, created_at=loser.created_at)


def _merges(profile: Profile) -> list[str]:
    """The facts of its own merges: its tombstone tells none, and they may not have been told yet."""
    return [fact for fact in profile.changes if fact.startswith("merged:")]


NEW = Change("", 0, "")
"""A fact whose version and time are set when its profile is sealed."""


def sealed(profile: Profile, now: datetime) -> Profile:
    """The profile as it is to be written: next version, forgotten hashes dropped, changed facts stamped."""
    version, at = profile.version + 1, to_text(now)
    changes = {k: Change(c.value, version, at) if c is NEW else c for k, c in profile.changes.items()}
    if not profile.is_merged:
        for fact, value in _facts(profile).items():
            if fact not in changes or changes[fact].value != value:
                changes[fact] = Change(value, version, at)
    oldest = to_text(now - REMEMBERED - _CLOCKS_DIFFER)[:13]
    recent = {a: {h: kept for h, kept in hours.items() if h >= oldest} for a, hours in profile.recent.items()}
    return replace(
        profile,
        version=version,
        created_at=profile.created_at or at,
        updated_at=at,
        changes=changes,
        recent={anchor: hours for anchor, hours in recent.items() if hours},
    )


def _facts(profile: Profile) -> dict[str, str]:
    """What others are told of, as {fact: value}. Values of traits appear as hashes only."""
    facts = {"created": "yes"}
    facts |= {f"trait:{name}": _digest(trait.value) for name, trait in profile.state.traits.items()}
    facts |= {f"consent:{p}": s for p, s in effective(profile.state.consent, profile.links).items()}
    now_in = memberships(profile.state)
    were_in = {key.split(":", 1)[1] for key in profile.changes if key.startswith("segment:")}
    return facts | {f"segment:{key}": "in" if key in now_in else "out" for key in now_in | were_in}


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:12]


def rebuilt(
    profile: Profile, events: Iterable[Event], now: datetime, baselines: Iterable[ProfileState] = ()
) -> Profile:
    """The profile with its state folded again from `events`, all that its identifiers own, and from the `baselines`
    of those that have expired.

    Who is who stays as it was decided, and an event that stitching has yet to see is left to it. Decisions of consent
    stay too: events expire, by source, and a refusal must not end before the grant that it took back.
    """
    state = reduce(unite, baselines, ProfileState(consent=profile.state.consent))
    for event in events:
        if is_forgotten(event, now) or has_folded(profile, event):
            state = fold(state, event)
    return replace(profile, state=state)
