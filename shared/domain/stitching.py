"""Stitching: the people that a batch of events touches, and what the events do to them, in memory and without I/O."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, NamedTuple

from shared.domain.computing import DECLARED, Declarations
from shared.domain.events import Event
from shared.domain.fullness import FULL
from shared.domain.identity import CONTESTED, Demotion, Ownership, Period, Resolution, owner, period_at, resolve
from shared.domain.identity_rules import RULES, IdentityRules
from shared.domain.profiles import (
    Profile,
    asked_for,
    has_folded,
    is_forgotten,
    is_over_budget,
    left,
    made_by,
    merged,
    with_event,
    with_identifiers,
    with_seen,
)
from shared.domain.times import from_text, to_text

Demoted = Mapping[str, Collection[str]]
"""Event key -> hashes of the identifiers that were demoted on it."""


class LedgerKey(NamedTuple):
    """Where a decision is written: the profile it is about and the entry's sort key, e.g. `attached#<hash>`."""

    profile_id: str
    entry: str


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """A decision, the event that made it first, and how often this batch made it. `effect` is what it did to who is
    who, as shared.domain.identity_ledger folds it; empty where it did nothing."""

    reason: str
    event: str
    source_id: str
    first: str
    last: str
    count: int
    rules: int
    effect: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class People:
    """What was read for a batch, and then what the batch makes of it. An identifier nobody owns has no entry."""

    ownerships: dict[str, Ownership] = field(default_factory=dict)
    profiles: dict[str, Profile] = field(default_factory=dict)
    ledger: dict[LedgerKey, LedgerEntry] = field(default_factory=dict)
    demotions: dict[str, tuple[Demotion, ...]] = field(default_factory=dict)
    """By event key, the identifiers that don't count for its person: a rebuild follows this."""
    fenced: set[str] = field(default_factory=set)
    """Profiles to write although they say the same: what they own has changed, so a racing writer must lose."""
    forgotten: set[str] = field(default_factory=set)
    """Profiles to rebuild: they met an event too old to tell whether they have folded it."""
    stale: set[str] = field(default_factory=set)
    """Profiles to rebuild though no event is missing: folded by other declarations, or a split of theirs was undone."""

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


class Held(NamedTuple):
    """An event that must wait: a person whom it would change is frozen."""

    event: Event


class Resolved(NamedTuple):
    """What an event made of who is who, and the profiles between which a contested device moved."""

    resolution: Resolution
    moved: tuple[str, ...]


def stitch(
    people: People,
    event: Event,
    new_id: Callable[[], str],
    now: datetime,
    rules: IdentityRules = RULES,
    declared: Declarations = DECLARED,
) -> Change | Held | None:
    """Let one event decide who is who, and fold it into its person. Changes `people`.

    None where its person has folded it before: a repeat decides nothing.
    """
    anchor = event.identifiers[0].hash
    before = people.owner_of(anchor, event.time)
    if before and has_folded(before, event):
        if before.declared != declared.digest and not before.stopped:
            people.stale.add(before.id)  # whoever folded it may have died before saying so
        return None
    decided = decide(people, event, new_id, rules)
    if isinstance(decided, Held):
        return decided
    resolution, moved = decided
    _fold(people, event, resolution, now, rules, declared)
    return Change(
        profiles=frozenset((resolution.profile_id, *resolution.losers, *moved)),
        identifiers=frozenset((*resolution.attached, *resolution.contested)),
        events=(event,),
    )


def decide(people: People, event: Event, new_id: Callable[[], str], rules: IdentityRules) -> Resolved | Held:
    """Let one event decide who is who, and enter it in the ledger. Changes `people`; folds nothing."""
    resolution = _resolve(people, event, new_id(), rules)
    if _is_held(people, resolution):
        return Held(event)
    target = resolution.profile_id
    people.profiles.setdefault(target, Profile(target))
    for hashed in event.identifiers:
        if hashed.hash in resolution.attached:
            people.ownerships[hashed.hash] = Ownership(hashed, (Period(target, "", f"attached#{hashed.hash}"),))
    for loser in resolution.losers:
        people.profiles[target], people.profiles[loser] = merged(people.profiles[target], people.profiles[loser])
    _enter_decisions(people, event, resolution, rules)
    moved = [p for hashed in resolution.contested for p in _contest(people, event, hashed, new_id(), rules)]
    return Resolved(resolution, tuple(moved))


def _resolve(people: People, event: Event, new_id: str, rules: IdentityRules) -> Resolution:
    hashes = [i.hash for i in event.identifiers]
    owners = {h: profile for h in hashes if (profile := people.owner_of(h, event.time))}
    contested = [h for h in hashes if h in people.ownerships and people.ownerships[h].contested]
    # A user id that nobody has yet isn't made somebody's second one by an alias: its own events would be theirs.
    unknown = [i for i in event.identifiers[1:] if i.identifier.namespace == "user_id" and i.hash not in owners]
    known = [i for i in event.identifiers if i not in unknown]
    resolution = resolve(known, event.time, owners, contested, new_id, rules)
    apart = [Demotion(i.hash, "unknown_user_id") for i in unknown]
    apart += [Demotion(i.hash, "contested") for i in known if _is_left_out(people, event, i.hash, resolution)]
    return replace(resolution, demoted=(*resolution.demoted, *apart))


def _is_left_out(people: People, event: Event, hashed: str, resolution: Resolution) -> bool:
    """Whether an identifier takes no part because a device on the event is contested, though by its periods it could
    count later: once its owner merges with the event's person, or it joins that one.
    """
    if hashed in resolution.joined or any(hashed == demoted for demoted, _ in resolution.demoted):
        return False
    owner_then = people.owner_of(hashed, event.time)
    is_own = owner_then is not None and owner_then.id in (resolution.profile_id, *resolution.losers)
    return not is_own and not _is_beside_contested(people, event, hashed)


def _is_held(people: People, resolution: Resolution) -> bool:
    changed = [resolution.profile_id, *resolution.losers]
    changed += [people.ownerships[hashed].periods[-1].profile_id for hashed in resolution.contested]
    return any(people.live(profile_id).frozen for profile_id in changed)


def joined(people: People, event: Event, profile_id: str, demoted: Iterable[str]) -> tuple[str, ...]:
    """Which identifiers of an event count for its person: those that were the person's own when it happened.

    The one rule for stitching, rebuilds and baselines. A device that was contested by then stands alone.
    """
    barred = set(demoted)

    def counts(hashed: str) -> bool:
        owner_then = people.owner_of(hashed, event.time)
        is_own = owner_then is not None and owner_then.id == profile_id
        return is_own and not _is_beside_contested(people, event, hashed)

    return tuple(i.hash for i in event.identifiers if i.hash not in barred and counts(i.hash))


def _is_beside_contested(people: People, event: Event, hashed: str) -> bool:
    """Whether an identifier isn't the event's anchor, and one of the two was contested when the event happened."""
    if hashed == event.anchor:
        return False
    ownerships = [people.ownerships[one] for one in (hashed, event.anchor) if one in people.ownerships]
    periods = [period_at(ownership.periods, event.time) for ownership in ownerships]
    return any(period is not None and period.entry.startswith(CONTESTED) for period in periods)


def _contest(people: People, event: Event, hashed: str, apart: str, rules: IdentityRules) -> tuple[str, str]:
    """From now on the device's own events go to the profile `apart`. Returns the profile that loses them, and `apart`.

    What that profile has folded already stays with it: the new period starts after the last such event.
    """
    ownership = people.ownerships[hashed]
    loser = people.live(ownership.periods[-1].profile_id)
    last = from_text(max(event.time, loser.state.seen.get(hashed, ("", ""))[1]))
    since = to_text(last + timedelta(milliseconds=1))
    after = replace(
        ownership,
        periods=(*ownership.periods, Period(apart, since, f"{CONTESTED}{hashed}")),
        contested=True,
        decisions=ownership.decisions + 1,
    )
    people.ownerships[hashed] = after
    people.fenced.add(loser.id)
    _enter(people, event, LedgerKey(apart, "created"), "contested", rules)
    effect = {"since": since, "n": after.decisions}
    _enter(people, event, LedgerKey(apart, f"{CONTESTED}{hashed}"), "second_known_user", rules, effect)
    return loser.id, apart


def _enter_decisions(people: People, event: Event, resolution: Resolution, rules: IdentityRules) -> None:
    """The decisions as entries of the identity ledger, one per profile, subject and reason."""
    profile_id, through = resolution.profile_id, {"through": list(resolution.joined)}
    if resolution.created:
        _enter(people, event, LedgerKey(profile_id, "created"), "no_owner", rules)
    for hashed in resolution.attached:
        _enter(people, event, LedgerKey(profile_id, f"attached#{hashed}"), "seen_together", rules, {"n": 1, **through})
    for loser in resolution.losers:
        effect = {"loser": loser, **through}
        _enter(people, event, LedgerKey(profile_id, f"merged#{loser}"), "seen_together", rules, effect)
    for hashed, reason in resolution.demoted:
        _enter(people, event, LedgerKey(profile_id, f"demoted#{hashed}#{reason}"), reason, rules)
    people.demotions[event.key] = resolution.demoted


def _enter(
    people: People,
    event: Event,
    key: LedgerKey,
    reason: str,
    rules: IdentityRules,
    effect: Mapping[str, Any] = MappingProxyType({}),
) -> None:
    new = LedgerEntry(reason, event.key, event.source_id, event.time, event.time, 1, rules.version, effect)
    old = people.ledger.get(key)
    if old:
        new = replace(old, first=min(old.first, new.first), last=max(old.last, new.last), count=old.count + 1)
    people.ledger[key] = new


def _fold(
    people: People, event: Event, resolution: Resolution, now: datetime, rules: IdentityRules, declared: Declarations
) -> None:
    before = people.profiles[resolution.profile_id]
    profile = made_by(with_identifiers(before, event, resolution.joined), rules.version, declared)
    own = joined(people, event, profile.id, [hashed for hashed, _ in resolution.demoted])
    if profile.stopped:
        people.profiles[profile.id] = left(profile, event, own)
        return
    if is_forgotten(event, now):
        people.forgotten.add(profile.id)
        profile = with_seen(profile, event, own)  # a contest before the rebuild must leave the event its owner
    elif is_over_budget(profile, event):
        _enter(people, event, LedgerKey(profile.id, f"over_budget#{event.anchor}"), "over_budget", rules)
    elif (after := with_event(profile, event, own, declared)).size > FULL:
        _enter(people, event, LedgerKey(profile.id, f"profile_full#{event.anchor}"), "profile_full", rules)
    else:
        profile = after
    people.profiles[profile.id] = asked = asked_for(profile, declared)
    if asked is not profile:
        people.stale.add(profile.id)


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
