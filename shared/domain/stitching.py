"""Stitching: the people that a batch of events touches, and what the events do to them, in memory and without I/O."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from shared.domain.events import Event
from shared.domain.identity import RULES, Ownership, Period, Resolution, Rules, owner, resolve
from shared.domain.profiles import Profile, has_folded, is_forgotten, merged, with_event, with_identifiers
from shared.domain.times import from_text, to_text


class LedgerKey(NamedTuple):
    """Where a decision is written: the profile it is about and the entry's sort key, e.g. `attached#<hash>`."""

    profile_id: str
    entry: str


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """A decision, the event that made it first, and how often this batch made it."""

    reason: str
    event: str
    source_id: str
    first: str
    last: str
    count: int
    rules: int


@dataclass(slots=True)
class People:
    """What was read for a batch, and then what the batch makes of it. An identifier nobody owns has no entry."""

    ownerships: dict[str, Ownership] = field(default_factory=dict)
    profiles: dict[str, Profile] = field(default_factory=dict)
    ledger: dict[LedgerKey, LedgerEntry] = field(default_factory=dict)
    fenced: set[str] = field(default_factory=set)
    """Profiles to write although they say the same: what they own has changed, so a racing writer must lose."""
    forgotten: set[str] = field(default_factory=set)
    """Profiles to rebuild: they met an event too old to tell whether they have folded it."""

    def live(self, profile_id: str) -> Profile:
        """The profile that an id stands for now: merges are followed; an id without an item is an empty profile."""
        profile = self.profiles.get(profile_id) or Profile(profile_id)
        while profile.merged_into is not None:
            profile = self.profiles[profile.merged_into]
        return profile

    def owner_of(self, hashed: str, time: str) -> Profile | None:
        """The live profile to which an identifier belonged at an event time."""
        ownership = self.ownerships.get(hashed)
        profile_id = owner(ownership.periods, time) if ownership else None
        return self.live(profile_id) if profile_id else None

    def copy(self) -> "People":
        """A People that can be changed apart from this one; what it holds is immutable."""
        return replace(self, ownerships=dict(self.ownerships), profiles=dict(self.profiles))


class Change(NamedTuple):
    """Profiles and identifiers that must be written in one go, and the events that asked for it.

    A profile that nothing was folded into yet may be among them: others of the batch may, and need what this one does.
    """

    profiles: frozenset[str]
    identifiers: frozenset[str]
    events: tuple[Event, ...]


def stitch(
    people: People, event: Event, new_id: Callable[[], str], now: datetime, rules: Rules = RULES
) -> Change | None:
    """Let one event decide who is who, and fold it into its person. Changes `people`.

    None where its person has folded it before: a repeat decides nothing.
    """
    anchor = event.identifiers[0].hash
    before = people.owner_of(anchor, event.time)
    if before and has_folded(before, event):
        return None
    resolution = _resolve(people, event, new_id(), rules)
    target = resolution.profile_id
    people.profiles.setdefault(target, Profile(target))
    for hashed in event.identifiers:
        if hashed.hash in resolution.attached:
            people.ownerships[hashed.hash] = Ownership(hashed, (Period(target, "", f"attached#{hashed.hash}"),))
    for loser in resolution.losers:
        people.profiles[target], people.profiles[loser] = merged(people.profiles[target], people.profiles[loser])
    moved = [p for hashed in resolution.contested for p in _contest(people, event, hashed, new_id())]
    _enter_decisions(people, event, resolution, rules)
    _fold(people, event, resolution, now)
    return Change(
        profiles=frozenset((target, *resolution.losers, *moved)),
        identifiers=frozenset((*resolution.attached, *resolution.contested)),
        events=(event,),
    )


def _resolve(people: People, event: Event, new_id: str, rules: Rules) -> Resolution:
    hashes = [i.hash for i in event.identifiers]
    owners = {h: profile for h in hashes if (profile := people.owner_of(h, event.time))}
    contested = [h for h in hashes if h in people.ownerships and people.ownerships[h].contested]
    return resolve(event.identifiers, event.time, owners, contested, new_id, rules)


def _contest(people: People, event: Event, hashed: str, apart: str) -> tuple[str, str]:
    """From now on the device's own events go to the profile `apart`. Returns the profile that loses them, and `apart`.

    What that profile has folded already stays with it: the new period starts after the last such event.
    """
    ownership = people.ownerships[hashed]
    loser = people.live(ownership.periods[-1].profile_id)
    last = from_text(max(event.time, loser.identifiers[hashed].last))
    period = Period(apart, to_text(last + timedelta(milliseconds=1)), f"contested#{hashed}")
    people.ownerships[hashed] = replace(ownership, periods=(*ownership.periods, period), contested=True)
    people.fenced.add(loser.id)
    return loser.id, apart


def _enter_decisions(people: People, event: Event, resolution: Resolution, rules: Rules) -> None:
    """The decisions as entries of the identity ledger, one per profile, subject and reason."""
    decisions = [("created", "no_owner")] if resolution.created else []
    decisions += [(f"attached#{hashed}", "seen_together") for hashed in resolution.attached]
    decisions += [(f"merged#{loser}", "seen_together") for loser in resolution.losers]
    decisions += [(f"demoted#{hashed}", reason) for hashed, reason in resolution.demoted]
    decisions += [(f"contested#{hashed}", "second_known_user") for hashed in resolution.contested]
    for entry, reason in decisions:
        key = LedgerKey(resolution.profile_id, entry)
        new = LedgerEntry(reason, event.key, event.source_id, event.time, event.time, 1, rules.version)
        old = people.ledger.get(key)
        if old:
            new = replace(old, first=min(old.first, new.first), last=max(old.last, new.last), count=old.count + 1)
        people.ledger[key] = new


def _fold(people: People, event: Event, resolution: Resolution, now: datetime) -> None:
    profile = with_identifiers(people.profiles[resolution.profile_id], event, resolution.joined)
    if is_forgotten(event, now):
        people.forgotten.add(profile.id)
    else:
        profile = with_event(profile, event)
    people.profiles[profile.id] = profile


def grouped(changes: Iterable[Change]) -> list[Change]:
    """Changes that share a profile joined into one, so that no two of the result share any."""
    group_of: dict[str, Change] = {}
    for change in changes:
        joined = change
        for group in {id(g): g for p in change.profiles if (g := group_of.get(p))}.values():
            joined = Change(
                group.profiles | joined.profiles, group.identifiers | joined.identifiers, group.events + joined.events
            )
        group_of.update(dict.fromkeys(joined.profiles, joined))
    return list({id(group): group for group in group_of.values()}.values())
