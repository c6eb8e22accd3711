"""Who is who: what one event's identifiers mean for the people who own them. This is where two people become one.

All identifiers of an event are united; where that would break a limit, the lowest is demoted and the rest tried again.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

from shared.domain.events import HashedIdentifier
from shared.domain.identifiers import DEVICE_NAMESPACES, rank
from shared.domain.profiles import Held, Profile
from shared.domain.times import from_text


class Limit(NamedTuple):
    """How many identifiers of a namespace a profile may have; with `window`, how many first seen within it."""

    most: int
    window: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Rules:
    """Identity rules of a stage. `version` is written beside every decision made by them."""

    version: int
    limits: Mapping[str, Limit]
    most_identifiers: int = 1000
    most_bytes: int = 300_000


WEEK = timedelta(days=7)
RULES = Rules(
    version=1,
    limits={
        "user_id": Limit(1),
        "email": Limit(5),
        "phone": Limit(5),
        **{namespace: Limit(5, WEEK) for namespace in sorted(DEVICE_NAMESPACES)},
    },
)


class Period(NamedTuple):
    """From which event time (empty: always) an identifier belongs to a profile; `entry` is the ledger's sort key."""

    profile_id: str
    since: str
    entry: str


@dataclass(frozen=True, slots=True)
class Ownership:
    """To whom an identifier belongs, and has belonged; `contested`: a device that two known users were seen with."""

    identifier: HashedIdentifier
    periods: tuple[Period, ...] = ()
    contested: bool = False


def owner(periods: Sequence[Period], time: str) -> str | None:
    """The profile to which an identifier belonged at an event time, before merges are followed."""
    period = period_at(periods, time)
    return period.profile_id if period else None


def period_at(periods: Sequence[Period], time: str) -> Period | None:
    """The period in which an event time falls."""
    return next((period for period in reversed(periods) if period.since <= time), None)


class Demotion(NamedTuple):
    """An identifier that the event carries but that doesn't join the event's profile, and the limit that says so."""

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
    rules: Rules = RULES,
) -> Resolution:
    """Decide for one event. `owners` has the live profile of each identifier that belongs to one at `time`."""
    barred = set(contested)
    anchor = identifiers[0]
    # A contested device never links anything: as an anchor it stands alone, elsewhere it is left out.
    candidates = [anchor] if anchor.hash in barred else [i for i in identifiers if i.hash not in barred]
    demoted: list[Demotion] = []
    while len(candidates) > 1 and (reason := _broken(candidates, owners, time, rules)):
        demoted.append(Demotion(candidates.pop().hash, reason))
    profiles = _profiles_of(candidates, owners)
    winner = max(profiles, key=_standing) if profiles else None
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


def _profiles_of(candidates: Sequence[HashedIdentifier], owners: Mapping[str, Profile]) -> list[Profile]:
    return list({owners[c.hash].id: owners[c.hash] for c in candidates if c.hash in owners}.values())


def _standing(profile: Profile) -> tuple[int, int, str, str]:
    """The profile with more history wins a merge; ties go by identifiers, then by id."""
    return (profile.state.event_count, len(profile.identifiers), profile.created_at, profile.id)


def _broken(
    candidates: Sequence[HashedIdentifier], owners: Mapping[str, Profile], time: str, rules: Rules
) -> str | None:
    """The limit that uniting these would break, or None. What one side had already broken alone stays legal."""
    profiles = _profiles_of(candidates, owners)
    alone = {c.hash: Held(c.identifier.namespace, c.identifier.value, time, time) for c in candidates}
    united = alone | {hashed: held for profile in profiles for hashed, held in profile.identifiers.items()}
    if len(united) == max((len(p.identifiers) for p in profiles), default=0):
        return None  # nothing new comes together
    sides = [alone, *(p.identifiers for p in profiles)]
    if len(united) > rules.most_identifiers:
        return "too_many_identifiers"
    if len(profiles) > 1 and sum(p.size for p in profiles) > rules.most_bytes:
        return "profile_too_large"
    for namespace in sorted({held.namespace for held in united.values()} & rules.limits.keys(), key=rank):
        limit = rules.limits[namespace]
        most = _number(united, namespace, limit, time)
        if most > limit.most and most > max(_number(side, namespace, limit, time) for side in sides):
            return f"limit:{namespace}"
    return None


def _number(held: Mapping[str, Held], namespace: str, limit: Limit, time: str) -> int:
    """How many of a namespace count against its limit at an event time; late events look both ways."""
    firsts = [h.first for h in held.values() if h.namespace == namespace]
    if limit.window is None:
        return len(firsts)
    moment = from_text(time)
    # No moment ± window: in the years 1 and 9999 there is no such time.
    return sum(abs(from_text(first) - moment) < limit.window for first in firsts)


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
