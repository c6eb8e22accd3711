"""What other identity rules would have made of the events there are: who is who, decided twice and compared.

Decided by the functions of the live path, in memory and from nothing: of an event only its identifiers and time count.
Where no rule can touch what events connect, there is nothing to decide: that is one person.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from heapq import nlargest
from itertools import count
from typing import NamedTuple

import numpy as np

from shared.domain.components import Identifiers, Numbers
from shared.domain.events import Event, HashedIdentifier
from shared.domain.identity_rules import IdentityRules
from shared.domain.profiles import Profile, with_identifiers
from shared.domain.state import ProfileState
from shared.domain.stitching import Held, People, decide

MOST_EXAMPLES = 5
MOST_PARTS = 5
NOBODY = -1


class Seen(NamedTuple):
    """Of an event what decides who is who. `identifiers` are highest first."""

    time: str
    identifiers: tuple[HashedIdentifier, ...]


@dataclass(frozen=True, slots=True)
class History:
    """Events in the order in which they were stored, as columns. `anchors`: of each its highest identifier, NOBODY
    where it names nobody. `seen` hands out the events of these numbers, in order; `hashes` identifiers.
    """

    anchors: Numbers
    identifiers: Identifiers
    seen: Callable[[Numbers], Iterable[Seen]]
    hashes: Callable[[Numbers], tuple[str, ...]]


@dataclass(slots=True)
class Outcome:
    """What one set of rules makes of events: `person_of` each in their order (NOBODY where it names none), `sure_of`
    each identifier (NOBODY where a rule may touch it), what people hold who were `decided` event by event, and by
    reason which identifiers were kept apart from whom.
    """

    history: History
    person_of: Numbers
    sure_of: Numbers
    decided: dict[int, tuple[str, ...]] = field(default_factory=dict)
    kept_apart: dict[str, set[tuple[int, str]]] = field(default_factory=dict)

    def identifiers(self, person: int) -> tuple[str, ...]:
        """What a person holds in the end."""
        if person in self.decided:
            return self.decided[person]
        return self.history.hashes(np.flatnonzero(self.sure_of == person).astype(np.int32))


class Person(NamedTuple):
    """`identifiers` by hash, and the number of an event of theirs."""

    identifiers: tuple[str, ...]
    event: int


class Example(NamedTuple):
    """Who are one person by the other rules. Of many `parts` the first; so many `more` there are."""

    parts: tuple[Person, ...]
    more: int


class Apart(NamedTuple):
    """An identifier that wouldn't join a person, by the proposed rules, and why."""

    reason: str
    person: Person
    identifier: str


@dataclass(frozen=True, slots=True)
class Report:
    """Pairs are (by today's rules, by the proposed ones). `merging` people of today would be `merged` people;
    `splitting` ones of today would be `split` ones. `nameless` are events, `kept_apart` identifiers, by reason.
    """

    events: int
    people: tuple[int, int]
    nameless: tuple[int, int]
    merging: int
    merged: int
    splitting: int
    split: int
    kept_apart: Mapping[str, tuple[int, int]]
    merges: Sequence[Example]
    splits: Sequence[Example]
    aparts: Sequence[Apart]


def decide_all(history: History, rules: IdentityRules) -> Outcome:
    """Who is who by these rules, after all events."""
    roots = history.identifiers.roots()
    unsure = history.identifiers.touched(roots, rules)
    # NOBODY is -1: the place after the last identifier.
    person_of = np.append(roots, np.int32(NOBODY))[history.anchors]
    replayed = np.flatnonzero(np.append(unsure, False)[history.anchors]).astype(np.int32)
    outcome = Outcome(history, person_of, np.where(unsure, np.int32(NOBODY), roots))
    people, numbers = People(), count(len(roots))
    found = [int(_person(people, event, numbers, rules, outcome)) for event in history.seen(replayed)]
    now = {number: int(people.live(str(number)).id) for number in range(len(roots), next(numbers))}
    person_of[replayed] = [now[person] for person in found]
    outcome.decided = {int(p.id): tuple(p.identifiers) for p in people.profiles.values() if not p.is_merged}
    outcome.kept_apart = {r: {(now[p], h) for p, h in apart} for r, apart in outcome.kept_apart.items()}
    return outcome


def _person(people: People, seen: Seen, numbers: Iterator[int], rules: IdentityRules, outcome: Outcome) -> str:
    profile = _settled(people, seen)
    if profile is None:
        event = replace(_EVENT, time=seen.time, identifiers=seen.identifiers)
        decided = decide(people, event, lambda: str(next(numbers)), rules)
        if isinstance(decided, Held):
            raise ValueError("nobody is frozen here")
        people.ledger.clear()
        resolution = decided.resolution
        profile = with_identifiers(people.profiles[resolution.profile_id], event, resolution.joined)
        apart = dict(resolution.demoted) | dict.fromkeys(resolution.contested, "contested")
        for hashed, reason in apart.items():
            outcome.kept_apart.setdefault(reason, set()).add((int(profile.id), hashed))
    people.profiles[profile.id] = _lean(profile, seen)
    return profile.id


def _settled(people: People, seen: Seen) -> Profile | None:
    """The one person who has all identifiers of an event already: then there is nothing to decide."""
    ownerships = [people.ownerships.get(one.hash) for one in seen.identifiers]
    ids = {o.periods[-1].profile_id if o and not o.contested else None for o in ownerships}
    live = {people.live(profile_id).id for profile_id in ids if profile_id is not None}
    return None if None in ids or len(live) > 1 else people.profiles[live.pop()]


def _lean(profile: Profile, seen: Seen) -> Profile:
    """Of what a profile says only what decisions are made by: when it had which of its identifiers."""
    spans = dict(profile.state.seen)
    for hashed in (one.hash for one in seen.identifiers if one.hash in profile.identifiers):
        first, last = spans.get(hashed, (seen.time, seen.time))
        spans[hashed] = (min(first, seen.time), max(last, seen.time))
    return replace(_PROFILE, id=profile.id, identifiers=profile.identifiers, state=replace(_STATE, seen=spans))


_STATE, _PROFILE = ProfileState(), Profile("")  # what is empty is shared by all
_EVENT = Event("", "", "", "", "", None, "", None, None, "", "", False, "", "", "", (), {})


def compare(today: Outcome, then: Outcome) -> Report:
    """Both must be of the same events in the same order."""
    becomes: dict[int, list[int]] = {}
    comes_from: dict[int, list[int]] = {}
    for before, after in _pairs(today, then):
        becomes.setdefault(before, []).append(after)
        comes_from.setdefault(after, []).append(before)
    merged = {after: parts for after, parts in comes_from.items() if len(parts) > 1}
    split = {before: parts for before, parts in becomes.items() if len(parts) > 1}
    both = (today, then)
    reasons = sorted({*today.kept_apart, *then.kept_apart})
    return Report(
        events=len(today.person_of),
        people=_pair(len(np.unique(outcome.person_of[outcome.person_of != NOBODY])) for outcome in both),
        nameless=_pair(int(np.count_nonzero(outcome.person_of == NOBODY)) for outcome in both),
        merging=len({before for parts in merged.values() for before in parts}),
        merged=len(merged),
        splitting=len(split),
        split=len({after for parts in split.values() for after in parts}),
        kept_apart={r: _pair(len(outcome.kept_apart.get(r, ())) for outcome in both) for r in reasons},
        merges=_examples(merged, today),
        splits=_examples(split, then),
        aparts=list(_aparts(today, then)),
    )


def _pairs(today: Outcome, then: Outcome) -> list[tuple[int, int]]:
    """Who somebody of today would be, each pair once, in the order of their first events."""
    both = (today.person_of != NOBODY) & (then.person_of != NOBODY)
    before, after = today.person_of[both], then.person_of[both]
    _, first = np.unique(before.astype(np.int64) << 32 | after, return_index=True)
    first.sort()
    return list(zip(before[first].tolist(), after[first].tolist(), strict=True))


def _pair(numbers: Iterable[int]) -> tuple[int, int]:
    first, second = numbers
    return first, second


def _examples(groups: Mapping[int, list[int]], outcome: Outcome) -> list[Example]:
    """Those of the most parts, who are people of `outcome`."""
    chosen = nlargest(MOST_EXAMPLES, groups, key=lambda one: len(groups[one]))
    return [
        Example(tuple(_of(outcome, part) for part in groups[one][:MOST_PARTS]), max(0, len(groups[one]) - MOST_PARTS))
        for one in chosen
    ]


def _aparts(today: Outcome, then: Outcome) -> Iterator[Apart]:
    """Some of each reason, of what today's rules don't keep apart first."""
    for reason, apart in sorted(then.kept_apart.items()):
        known = {hashed for _, hashed in today.kept_apart.get(reason, ())}
        for person, hashed in sorted(apart, key=lambda one: (one[1] in known, one))[:MOST_EXAMPLES]:
            yield Apart(reason, _of(then, person), hashed)


def _of(outcome: Outcome, person: int) -> Person:
    return Person(outcome.identifiers(person), int(np.argmax(outcome.person_of == person)))
