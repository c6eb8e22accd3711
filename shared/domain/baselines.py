"""Baselines: what events that expire added up to, so that a person can still be folded from what is left of them.

Each is of one anchor and one period of it, so that whoever owns the period owns the baseline.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from shared.domain.computing import DECLARED, Declarations, as_declared
from shared.domain.events import Event
from shared.domain.identity import period_at
from shared.domain.profiles import Profile
from shared.domain.rebuilding import OwnEvent
from shared.domain.state import ProfileState, fold
from shared.domain.stitching import Demoted, People, joined

DAYS_AHEAD = 21
"""A sweep folds all that expires within so many days. Every class keeps events for longer (LEAST_DAYS), so what is
stored after a sweep never expires by the moment up to which the sweep covered."""

DAYS_DUE = 14
"""An anchor is swept once some event of it expires within so many days."""


class StoredEvent(NamedTuple):
    """An event, and the epoch second from which it isn't kept any more."""

    event: Event
    expires_at: int


class BaselineKey(NamedTuple):
    """An anchor, and the `since` of one of its periods; empty for the first and where nobody owns the anchor."""

    anchor: str
    since: str


@dataclass(frozen=True, slots=True)
class Baseline:
    """The fold of exactly those events of its key with `expires_at <= covered_until`; 0 is one that isn't stored."""

    key: BaselineKey
    covered_until: int = 0
    state: ProfileState = field(default_factory=ProfileState)


Baselines = Mapping[BaselineKey, Baseline]


def keys_of(people: People, anchors: Collection[str]) -> set[BaselineKey]:
    """Where the baselines of these anchors lie: one for each period."""
    return {BaselineKey(a, "") for a in anchors} | {
        BaselineKey(a, period.since)
        for a in anchors
        if a in people.ownerships
        for period in people.ownerships[a].periods
    }


def key_of(people: People, event: Event) -> BaselineKey:
    """The baseline that an event will be part of."""
    anchor = event.anchor or ""
    ownership = people.ownerships.get(anchor)
    period = period_at(ownership.periods, event.time) if ownership else None
    return BaselineKey(anchor, period.since if period else "")


def is_covered(baselines: Baselines, keys: Collection[BaselineKey], until: int) -> bool:
    """Whether each of the keys has a baseline that covers until then: its events need not be read."""
    return all(key in baselines and baselines[key].covered_until >= until for key in keys)


def swept(
    people: People,
    baselines: Baselines,
    demoted: Demoted,
    events: Iterable[StoredEvent],
    until: int,
    declared: Declarations = DECLARED,
) -> dict[BaselineKey, Baseline]:
    """The baselines that change when all events of some anchors that expire by `until` are folded into theirs."""
    changed: dict[BaselineKey, Baseline] = {}
    for event, expires_at in events:
        key = key_of(people, event)
        before = baselines.get(key, Baseline(key))
        if before.covered_until < expires_at <= until:
            old = changed.get(key, before)
            own = _joined(people, demoted, event)
            changed[key] = replace(old, covered_until=until, state=fold(old.state, event, own, declared))
    return {key: replace(one, state=_of_today(one.state, declared)) for key, one in changed.items()}


def _of_today(state: ProfileState, declared: Declarations) -> ProfileState:
    return replace(state, computed=as_declared(state.computed, declared))


def own_states(people: People, profile: Profile, baselines: Baselines) -> Iterator[ProfileState]:
    """What the expired events of a profile added up to."""
    for key, baseline in baselines.items():
        owner = people.owner_of(key.anchor, key.since)
        if owner and owner.id == profile.id:
            yield baseline.state


def own_events(
    people: People, profile: Profile, baselines: Baselines, demoted: Demoted, events: Iterable[StoredEvent]
) -> Iterator[OwnEvent]:
    """The events of a profile that no baseline covers: those whose anchor belongs to it at the event's time."""
    for event, expires_at in events:
        owner = people.owner_of(event.anchor or "", event.time)
        key = key_of(people, event)
        covered_until = baselines[key].covered_until if key in baselines else 0
        if owner and owner.id == profile.id and expires_at > covered_until:
            yield OwnEvent(event, _joined(people, demoted, event))


def _joined(people: People, demoted: Demoted, event: Event) -> tuple[str, ...]:
    owner = people.owner_of(event.anchor or "", event.time)
    return joined(people, event, owner.id if owner else "", demoted.get(event.key, ()))
