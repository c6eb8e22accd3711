"""A profile: one person's identifiers, state, and the record of which facts changed at which version."""

import operator
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from shared.domain.computing import DECLARED, Declarations
from shared.domain.due_moments import due_moments
from shared.domain.events import Event
from shared.domain.fullness import growth
from shared.domain.identifiers import Identifier
from shared.domain.maps import unite_by_key
from shared.domain.remembered import (
    PART,
    Bucket,
    Busy,
    both_busy,
    bucket_of,
    event_hash,
    hashes_in,
    number_of,
    quarter_of,
)
from shared.domain.segments.windows import NEVER, moment
from shared.domain.state import ProfileState, fold, unite
from shared.domain.times import to_text
from shared.domain.told import ASKED, NOTHING_DECLARED, Telling, is_in, told_of, unentered, united

REMEMBERED = timedelta(hours=48)
"""How long a profile remembers which events it has folded; an older event is never applied, its person is rebuilt."""

MOST_INSIDE = 48
"""Remembered events of an anchor that the profile itself holds; with one more, all of them go to buckets."""

BUDGET = 20_000
"""Events of one anchor that a profile remembers. More within REMEMBERED are stored and left to a rebuild."""

_CLOCKS_DIFFER = timedelta(hours=1)
"""Hashes are kept so much longer: what one worker has dropped, another whose clock is behind could fold again."""


class Held(NamedTuple):
    """An identifier of a profile, and the first and last event time at which it was seen on it, empty for never."""

    namespace: str
    value: str
    first: str
    last: str


class Change(NamedTuple):
    """The value of a fact, the profile's version at which it took it, and that write's time; of consent, the id of
    the record behind it.
    """

    value: str
    version: int
    at: str
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class Profile:
    """`version` 0 is a profile that isn't stored yet; `identifiers` are those that stitching decided on.

    `recent` is {anchor: {quarter of the day of stored_at: 8-byte hashes}}; of busy anchors others lie in buckets, which
    a merge doesn't move: `busy` says where, `buckets` holds those that were read, and `moved` is what this version adds
    to them. `apart` is {cannot-link: sides it is on}. `frozen` names the job or the operator that holds every change
    up; `was_split`: a split once took events from it, or made it. `stopped` names the privacy request by which their
    events are remembered and not folded. `declared` is the digest of the declarations that computed attributes were
    folded by, `rules` the version of the identity rules that decided last, `told_by` that of the segments that were
    told of last. `due`: the moments they are marked for, at which time alone may change what is told. `size` is in
    bytes, as the item was last read.
    """

    id: str
    version: int = 0
    merged_into: str | None = None
    created_at: str = ""
    updated_at: str = ""
    identifiers: Mapping[str, Identifier] = field(default_factory=dict)
    state: ProfileState = field(default_factory=ProfileState)
    recent: Mapping[str, Mapping[str, bytes]] = field(default_factory=dict)
    busy: Mapping[str, Busy] = field(default_factory=dict)
    buckets: Mapping[Bucket, bytes] = field(default_factory=dict)
    moved: Mapping[Bucket, bytes] = field(default_factory=dict)
    apart: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    frozen: str = ""
    stopped: str = ""
    was_split: bool = False
    changes: Mapping[str, Change] = field(default_factory=dict)
    declared: str = ""
    rules: int = 0
    told_by: int = 0
    due: tuple[str, ...] = ()
    size: int = 0

    @property
    def is_merged(self) -> bool:
        return self.merged_into is not None

    @property
    def merged_ids(self) -> list[str]:
        """Ids of the profiles that went into this one."""
        return sorted(fact.removeprefix("merged:") for fact in _merges(self))

    @property
    def held(self) -> dict[str, Held]:
        """Its identifiers with when each was seen."""
        seen = self.state.seen
        return {h: Held(i.namespace, i.value, *seen.get(h, ("", ""))) for h, i in self.identifiers.items()}

    @property
    def segments(self) -> list[str]:
        """Keys of the segments this person is in, by key."""
        return sorted(
            k.split(":", 1)[1] for k, c in self.changes.items() if k.startswith("segment:") and is_in(c.value)
        )


def parts(profile: Profile, bucket: Bucket) -> range:
    """Which parts of a bucket there may be, by number; the last takes what is moved."""
    busy = profile.busy.get(bucket.anchor)
    return range(busy.quarters[bucket.quarter] // PART + 1) if busy and bucket.quarter in busy.quarters else range(0)


def has_folded(profile: Profile, event: Event) -> bool:
    """Whether the event is among those remembered. Only meaningful while it is no older than REMEMBERED."""
    wanted, bucket = event_hash(event), bucket_of(event)
    inside = profile.recent.get(bucket.anchor, {}).get(bucket.quarter, b"")
    return any(wanted in kept and wanted in hashes_in(kept) for kept in (inside, profile.buckets.get(bucket, b"")))


def is_forgotten(event: Event, now: datetime) -> bool:
    """Whether the event was stored too long ago for a profile to tell if it has folded it."""
    return event.stored_at < to_text(now - REMEMBERED)


def is_over_budget(profile: Profile, event: Event) -> bool:
    """Whether the event's anchor has had so many events of late that no more are folded as they come."""
    anchor = event.anchor or ""
    inside = number_of(profile.recent.get(anchor, {}))
    return inside + sum(profile.busy[anchor].quarters.values() if anchor in profile.busy else ()) >= BUDGET


def with_event(profile: Profile, event: Event, joined: Collection[str], declared: Declarations = DECLARED) -> Profile:
    """`profile` with one more event of its own folded in, and remembered; of its identifiers those that `joined`."""
    state = fold(profile.state, event, joined, declared)
    size = profile.size + growth(profile.size, profile.state, state)
    return remembering(replace(profile, state=state, size=size), event)


def remembering(profile: Profile, event: Event) -> Profile:
    """`profile` knowing that it has met an event: a repeat of it changes nothing, and a rebuild folds it."""
    anchor, quarter = bucket_of(event)
    inside = profile.recent.get(anchor, {})
    kept = {**inside, quarter: inside.get(quarter, b"") + event_hash(event)}
    return replace(profile, recent={**profile.recent, anchor: kept})


def with_seen(profile: Profile, event: Event, joined: Collection[str]) -> Profile:
    """`profile` knowing when an event of its own had which of its identifiers, and nothing else of it."""
    seen = dict.fromkeys(joined, (event.time, event.time))
    return replace(profile, state=unite(profile.state, ProfileState(seen=seen)))


def left(profile: Profile, event: Event, joined: Collection[str]) -> Profile:
    """A stopped `profile` that knows the event as its own, to be rebuilt from; what it says isn't looked at."""
    seen = with_seen(profile, event, joined)
    return seen if is_over_budget(profile, event) else remembering(seen, event)


def with_identifiers(profile: Profile, event: Event, joined: Collection[str]) -> Profile:
    """`profile` holding the identifiers of an event that stitching `joined`."""
    new = {i.hash: i.identifier for i in event.identifiers if i.hash in joined and i.hash not in profile.identifiers}
    return replace(profile, identifiers={**profile.identifiers, **new}) if new else profile


def made_by(profile: Profile, rules: int, declared: Declarations) -> Profile:
    """`profile` with what decided on it, and, where nothing was folded into it yet, what it will be folded by."""
    by = profile.declared or (declared.digest if not profile.version else "")
    same = (profile.rules, profile.declared) == (rules, by)
    return profile if same else replace(profile, rules=rules, declared=by)


def asked_for(profile: Profile, declared: Declarations) -> Profile:
    """`profile`, saying so where others folded it: a rebuild is asked for once, not by each event."""
    asked = f"{ASKED}{declared.digest}"
    return profile if profile.declared in (declared.digest, asked) else replace(profile, declared=asked)


def merged(winner: Profile, loser: Profile) -> tuple[Profile, Profile]:
    """The winner with all that the loser was, and the loser's tombstone."""
    is_split = winner.was_split or loser.was_split  # what a split took apart then counts together again
    told = united(winner.changes, loser.changes)
    both = replace(
        winner,
        identifiers={**winner.identifiers, **loser.identifiers},
        state=unite(winner.state, loser.state),
        recent=unite_by_key(winner.recent, loser.recent, lambda one, other: unite_by_key(one, other, operator.add)),
        busy=unite_by_key(winner.busy, loser.busy, both_busy),
        buckets=unite_by_key(winner.buckets, loser.buckets, operator.add),
        apart=unite_by_key(winner.apart, loser.apart, _either),
        stopped=winner.stopped or loser.stopped,
        was_split=is_split,
        changes={**told, **dict.fromkeys([*_merges(loser), f"merged:{loser.id}"], NEW)},
        declared=winner.declared if winner.declared == loser.declared and not is_split else _SEVERAL,
        told_by=max(winner.told_by, loser.told_by),
        due=_either(winner.due, loser.due),
        size=winner.size + loser.size,
    )
    return both, Profile(loser.id, loser.version, merged_into=winner.id, created_at=loser.created_at)


def _either(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted({*one, *other}))


def _merges(profile: Profile) -> list[str]:
    """The facts of its own merges: its tombstone tells none, and they may not have been told yet."""
    return [fact for fact in profile.changes if fact.startswith("merged:")]


_SEVERAL = "several"
"""Of a person to be folded again, as the parts were folded by different declarations or apart."""

NEW = Change("", 0, "")
"""A fact whose version and time are set when its profile is sealed."""


def sealed(profile: Profile, now: datetime, telling: Telling = NOTHING_DECLARED) -> Profile:
    """The profile as it is to be written: next version, forgotten hashes dropped, changed facts stamped; of a stopped
    person none are, though time may change what stands, and no new moment is found.
    """
    version, at, until = profile.version + 1, to_text(now), NEVER
    changes = {k: Change(c.value, version, at) if c is NEW else c for k, c in profile.changes.items()}
    if not profile.is_merged and not profile.stopped:
        changes = unentered(changes, telling.segments)
        facts, until = told_of(replace(profile, changes=changes), telling, now)
        changes = {k: c for k, c in changes.items() if k in facts or not k.startswith(("trait:", "segment:"))}
        changes |= {f: Change(v, version, at) for f, v in facts.items() if f not in changes or changes[f].value != v}
    return replace(
        _without_forgotten(profile, quarter_of(to_text(now - REMEMBERED - _CLOCKS_DIFFER))),
        version=version,
        created_at=profile.created_at or at,
        updated_at=at,
        changes=changes,
        told_by=telling.segments.version if telling.segments else profile.told_by,
        due=due_moments(profile.due, to_text(moment(until)) if until < NEVER else "", now),
    )


def _without_forgotten(profile: Profile, oldest: str) -> Profile:
    """`profile` remembering nothing from before the quarter `oldest`; where more than MOST_INSIDE have gathered, all of
    them are moved to buckets.
    """
    recent = {a: {q: kept for q, kept in of.items() if q >= oldest} for a, of in profile.recent.items()}
    busy = {
        a: b._replace(quarters={q: n for q, n in b.quarters.items() if q >= oldest}) for a, b in profile.busy.items()
    }
    moved: dict[Bucket, bytes] = {}
    for anchor in [anchor for anchor, kept in recent.items() if number_of(kept) > MOST_INSIDE]:
        gone = recent.pop(anchor)
        moved |= {Bucket(anchor, quarter): kept for quarter, kept in gone.items()}
        here = Busy((profile.id,), {quarter: len(kept) // 8 for quarter, kept in gone.items()})
        busy[anchor] = both_busy(busy[anchor], here) if anchor in busy else here
    return replace(
        profile,
        recent={anchor: kept for anchor, kept in recent.items() if kept},
        busy={anchor: b for anchor, b in busy.items() if b.quarters},
        moved=moved,
    )
