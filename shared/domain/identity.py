"""Who is who: what one event's identifiers mean for the people who own them. This is where two people become one.

All identifiers of an event are united; where that would break a limit, the lowest is demoted and the rest tried again.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

from shared.domain.events import HashedIdentifier
from shared.domain.identifiers import DEVICE_NAMESPACES
from shared.domain.identity_rules import RULES, IdentityRules, Limit
from shared.domain.profiles import Profile
from shared.domain.times import from_text

MOST_BYTES = 300_000
"""Of two profiles together; an item of DynamoDB takes 400 KB."""

CONTESTED = "contested#"

STOPPED = "processing_stopped"
"""Why nobody becomes one with a person whose processing is stopped."""


class Period(NamedTuple):
    """From which event time (empty: always) an identifier belongs to a profile; `entry` is the ledger's sort key."""

    profile_id: str
    since: str
    entry: str


@dataclass(frozen=True, slots=True)
class Ownership:
    """To whom an identifier belongs, and has belonged; `contested`: a device that two known users were seen with.

    `decisions` is how many entries of the ledger made it so: they are folded in that order.
    """

    identifier: HashedIdentifier
    periods: tuple[Period, ...] = ()
    contested: bool = False
    decisions: int = 1


def owner(periods: Sequence[Period], time: str) -> str | None:
    """The profile to which an identifier belonged at an event time, before merges are followed."""
    period = period_at(periods, time)
    return period.profile_id if period else None


def period_at(periods: Sequence[Period], time: str) -> Period | None:
    """The period in which an event time falls."""
    return next((period for period in reversed(periods) if period.since <= time), None)


class Demotion(NamedTuple):
    """An identifier that the event carries but that doesn't join the event's profile, and the rule that says so."""

    hash: str
    reason: str


@dataclass(frozen=True, slots=True)
class Resolution:
    """What an event decides. `joined` are the identifiers it may join, the anchor first."""

    profile_id: str
    created: bool
    joined: tuple[str, ...]
    attached: tuple[str, ...] = ()
    losers: tuple[str, ...] = ()
    demoted: tuple[Demotion, ...] = ()
    contested: tuple[str, ...] = ()


def resolve(
    identifiers: Sequence[HashedIdentifier],
    time: str,
    owners: Mapping[str, Profile],
    contested: Iterable[str],
    new_id: str,
    rules: IdentityRules = RULES,
) -> Resolution:
    """Decide for one event. `owners` has the live profile of each identifier that belongs to one at `time`."""
    barred = set(contested)
    anchor, *rest = identifiers
    # A contested device never links anything: as an anchor it stands alone, elsewhere it is left out.
    others = [] if anchor.hash in barred else [i for i in rest if i.hash not in barred]
    demoted = list(_never_merging(anchor, others, owners, rules))
    outside = {hashed for hashed, _ in demoted}
    candidates = [anchor, *sorted((i for i in others if i.hash not in outside), key=lambda i: _rank(i, rules))]
    while len(candidates) > 1 and (reason := _broken(candidates, owners, time, rules)):
        demoted.append(Demotion(candidates.pop().hash, reason))
    profiles = _profiles_of(candidates, owners)
    winner = max(profiles, key=standing) if profiles else None
    profile_id = winner.id if winner else new_id
    return Resolution(
        profile_id=profile_id,
        created=winner is None,
        joined=tuple(c.hash for c in candidates),
        attached=tuple(c.hash for c in candidates if c.hash not in owners),
        losers=tuple(p.id for p in profiles if p.id != profile_id),
        demoted=tuple(d for d in demoted if d.hash not in owners or owners[d.hash].id != profile_id),
        contested=tuple(_contested(identifiers, demoted, owners, profile_id)),
    )


def _rank(identifier: HashedIdentifier, rules: IdentityRules) -> int:
    return rules.rank(identifier.identifier.namespace)


def _never_merging(
    anchor: HashedIdentifier, others: Sequence[HashedIdentifier], owners: Mapping[str, Profile], rules: IdentityRules
) -> Iterable[Demotion]:
    """Identifiers that would join two people though they, or the anchor, are of a namespace that never may."""
    merging = [i for i in (anchor, *others) if i.identifier.namespace not in rules.never_merge]
    meant = {p.id for p in _profiles_of([anchor] if anchor not in merging else merging, owners)}
    if not meant and len(_profiles_of(others, owners)) == 1:
        return  # nobody is known but the one whom they name
    for one in others:
        namespace = anchor.identifier.namespace if anchor not in merging else one.identifier.namespace
        if one.hash in owners and owners[one.hash].id not in meant and namespace in rules.never_merge:
            yield Demotion(one.hash, f"never_merges:{namespace}")


def _profiles_of(candidates: Sequence[HashedIdentifier], owners: Mapping[str, Profile]) -> list[Profile]:
    return list({owners[c.hash].id: owners[c.hash] for c in candidates if c.hash in owners}.values())


def standing(profile: Profile) -> tuple[int, int, str, str]:
    """The larger profile wins a merge, so that few pointers have to follow; of equals the one with more events."""
    return (len(profile.identifiers), profile.state.event_count, profile.created_at, profile.id)


def _broken(
    candidates: Sequence[HashedIdentifier], owners: Mapping[str, Profile], time: str, rules: IdentityRules
) -> str | None:
    """The rule that uniting these would break, or None. What one side had already broken alone stays legal."""
    profiles = _profiles_of(candidates, owners)
    alone = {c.hash: (c.identifier.namespace, time) for c in candidates}
    sides = [_firsts(profile) for profile in profiles]
    united = {hashed: first for side in (alone, *sides) for hashed, first in side.items()}
    if len(united) == max((len(p.identifiers) for p in profiles), default=0):
        return None  # nothing new comes together
    if apart := kept_apart(profiles):
        return apart
    if len(united) > rules.most_identifiers:
        return "too_many_identifiers"
    if len(profiles) > 1 and sum(p.size for p in profiles) > MOST_BYTES:
        return "profile_too_large"
    for namespace in sorted({namespace for namespace, _ in united.values()} & rules.limits.keys(), key=rules.rank):
        limit = rules.limits[namespace]
        most = _number(united, namespace, limit, time)
        if most > limit.most and most > max((_number(side, namespace, limit, time) for side in sides), default=0):
            return f"limit:{namespace}"
    return None


def kept_apart(profiles: Sequence[Profile]) -> str | None:
    """Why these people never become one: the processing of one of them is stopped; a cannot-link of which they are on
    several sides, though no single one of them is.
    """
    if len(profiles) > 1 and any(profile.stopped for profile in profiles):
        return STOPPED
    sides: dict[str, set[str]] = {}
    for profile in profiles:
        for link, own in profile.apart.items():
            sides.setdefault(link, set()).update(own)
    broken = [k for k, united in sides.items() if len(united) > max(len(p.apart.get(k, ())) for p in profiles)]
    return f"cannot_link:{min(broken)}" if broken else None


def _firsts(profile: Profile) -> dict[str, tuple[str, str]]:
    """{hash: (namespace, when first seen)}; empty for one that came by a decision and was never seen since."""
    return {h: (i.namespace, profile.state.seen.get(h, ("", ""))[0]) for h, i in profile.identifiers.items()}


def _number(held: Mapping[str, tuple[str, str]], namespace: str, limit: Limit, time: str) -> int:
    """How many of a namespace count against its limit at an event time; late events look both ways."""
    firsts = [first for own, first in held.values() if own == namespace]
    if not limit.within_days:
        return len(firsts)
    moment = from_text(time)
    # No moment ± window: in the years 1 and 9999 there is no such time.
    window = timedelta(days=limit.within_days)
    return sum(abs(from_text(first) - moment) < window for first in firsts if first)


def _contested(
    identifiers: Sequence[HashedIdentifier], demoted: Iterable[Demotion], owners: Mapping[str, Profile], target: str
) -> Iterable[str]:
    """Devices of another known user that a second known user has now been seen with."""
    namespaces = {i.hash: i.identifier.namespace for i in identifiers}
    for hashed, reason in demoted:
        other = owners.get(hashed)
        if reason != "limit:user_id" or namespaces[hashed] not in DEVICE_NAMESPACES or other is None:
            continue
        if other.id != target and any(h.namespace == "user_id" for h in other.identifiers.values()):
            yield hashed
