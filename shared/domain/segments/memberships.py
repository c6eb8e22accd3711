"""All segments made ready: who is in which, and when time alone may change it."""

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from typing import NamedTuple

from shared.domain.computing import Counted, Declarations, declarations
from shared.domain.segments.asking import Answer, Ask, Person, asked
from shared.domain.segments.comparing import conjunction, disjunction, negation
from shared.domain.segments.conditions import kept_for
from shared.domain.segments.definition import Condition, Group, OfComputed, OfEvents, OfSegment, OfSequence, Segment
from shared.domain.segments.index import Index, index_of, those
from shared.domain.segments.sequences import steps_kept
from shared.domain.segments.trees import leaves
from shared.domain.tallies import OTHER

KNOWN = frozenset({"user_id", "email", "phone"})
"""Namespaces of which one makes somebody known."""


class Membership(NamedTuple):
    """`segments`: those that somebody is in; `until`: from which millisecond on time alone may change that."""

    segments: Set[str]
    until: int


@dataclass(frozen=True, slots=True)
class Segments:
    """Those that are live, each behind those that it asks for, and those that `ended`. Who is in any other stays as
    they are: it is paused, or somebody who knows a newer catalogue put them there.

    `parted` have arms. `declared`: the digest of the declarations by which people are folded who can be asked all of
    it; `kept`: segments by the event that more is kept of for them. `version` grows with each change of one that isn't
    a draft.
    """

    live: tuple[tuple[Segment, Ask], ...] = ()
    ended: frozenset[str] = frozenset()
    index: Index = field(default_factory=Index)
    ids: tuple[str, ...] = ()
    known: frozenset[str] = frozenset()
    parted: Mapping[str, Segment] = field(default_factory=dict)
    declared: str = ""
    kept: Mapping[str, frozenset[str]] = field(default_factory=dict)
    version: int = 0

    def of(self, person: Person, before: Collection[str]) -> Membership:
        """`before`: the segments they were in. `person.members` needn't be said."""
        members, unasked, until = self.index.of(person, is_known=not KNOWN.isdisjoint(person.namespaces))
        found = set(those(self.ids, members))
        found |= {one for one in before if not self.decide(one)}
        person = person._replace(members=found, ahead={})  # both grow with each that is asked
        for segment, ask in those(self.live, unasked):
            answer = ask(person)
            until = min(until, answer.until)
            if answer.truth:
                found.add(segment.id)
        return Membership(found, until)

    def decide(self, segment_id: str) -> bool:
        """Whether these say who is in it; else whoever was stays."""
        return segment_id in self.known or segment_id in self.ended

    def unkept(self, events: Collection[str]) -> set[str]:
        """The segments for which something may not have been kept of a person who did these, and was folded by other
        declarations.
        """
        concerned = self.kept.keys() if OTHER in events else self.kept.keys() & {*events, ""} if events else ()
        return set[str]().union(*(self.kept[event] for event in concerned))

    def arm(self, segment_id: str, profile_id: str) -> str:
        """The arm of a segment that a profile falls into by itself; empty where it has none."""
        found = self.parted.get(segment_id)
        return arm_of(found, profile_id) if found else ""


def segments_of(items: Iterable[Segment], declared: Declarations | None = None) -> Segments:
    """Ready to be asked. `declared` has what they ask for; without it no computed attributes are declared."""
    known = {one.id: one for one in items}
    declared = declared or declarations((), conditions_of(known.values()))
    live = {one.id: one for one in known.values() if one.state == "live"}
    ready = tuple((live[one], ready_of(live[one].where, live[one].zone, declared)) for one in _ordered(live))
    ended = frozenset(one.id for one in known.values() if one.state == "archived")
    index = index_of([segment for segment, _ in ready], declared)
    ids = tuple(segment.id for segment, _ in ready)
    version = sum(one.version for one in known.values() if one.state != "draft")
    kept = _events_kept([live[one] for one in ids], declared)
    parted = {one.id: one for one, _ in ready if one.split}
    return Segments(ready, ended, index, ids, frozenset(ids), parted, declared.digest, kept, version)


def _events_kept(ordered: Iterable[Segment], declared: Declarations) -> dict[str, frozenset[str]]:
    """Segments by the names of events, empty for any, that they or those they ask for need more of than is counted."""
    of_segment: dict[str, set[str]] = {}
    for segment in ordered:
        events = of_segment[segment.id] = {one.event for one in conditions_of([segment])}
        for _, leaf in leaves(segment.where):
            if isinstance(leaf, OfComputed) and leaf.computed in declared.by_id:
                events.add(declared.by_id[leaf.computed].declared.event)
            elif isinstance(leaf, OfSegment):
                events |= of_segment.get(leaf.segment, set())
    named = {event for events in of_segment.values() for event in events}
    return {name: frozenset(one for one, events in of_segment.items() if name in events) for name in named}


def _ordered(live: Mapping[str, Segment]) -> tuple[str, ...]:
    """Each behind those that it asks for; without those of a cycle, which two savings at once can make."""
    asks = {one.id: asked_for(one.where) & live.keys() for one in live.values()}
    while True:
        try:
            return tuple(TopologicalSorter(asks).static_order())
        except CycleError as error:
            asks = {one: others for one, others in asks.items() if one not in error.args[1]}


def ready_of(condition: Condition, zone: str, declared: Declarations) -> Ask:
    """A condition ready to be asked of people."""
    if not isinstance(condition, Group):
        return asked(condition, zone, declared)
    inner = [ready_of(one, zone, declared) for one in condition.of]
    unite, deciding = _UNITED[condition.op], _DECIDING.get(condition.op)

    def ask(person: Person) -> Answer:
        answers = [one(person) for one in inner]
        decided = [one.until for one in answers if one.truth is deciding]
        until = max(decided) if decided else min(one.until for one in answers)
        return Answer(unite([one.truth for one in answers]), until)

    return ask


_UNITED: Mapping[str, Callable[[list[bool | None]], bool | None]] = {
    "and": conjunction,
    "or": disjunction,
    "not": lambda truths: negation(truths[0]),
}
_DECIDING = {"and": False, "or": True}
"""The truth of one condition that decides a group for as long as it lasts, whatever the others become."""


def conditions_of(items: Iterable[Segment]) -> list[Counted]:
    """What profiles are to keep for these segments, each once."""
    found: dict[str, Counted] = {}
    for segment in items:
        for _, leaf in leaves(segment.where) if segment.state in ("live", "paused") else ():
            for one in _kept(leaf, segment.zone):
                found[one.key] = one
    return [found[key] for key in sorted(found)]


def _kept(leaf: object, zone: str) -> tuple[Counted, ...]:
    if isinstance(leaf, OfSequence):
        return steps_kept(leaf)
    kept = kept_for(leaf, zone).counted if isinstance(leaf, OfEvents) else None
    return (kept,) if kept else ()


def asked_for(condition: Condition) -> frozenset[str]:
    """Ids of the segments that a condition asks for."""
    return frozenset(leaf.segment for _, leaf in leaves(condition) if isinstance(leaf, OfSegment))


def needing(segment: Segment, others: Iterable[Segment]) -> Iterator[Segment]:
    """It, and the live ones of `others` that it asks for, directly or not."""
    known = {one.id: one for one in others}
    found, todo = {segment.id}, [segment]
    while todo:
        one = todo.pop()
        yield one
        for other in asked_for(one.where) - found:
            if other in known and known[other].state == "live":
                found.add(other)
                todo.append(known[other])


def moved_with(segment_id: str, items: Iterable[Segment]) -> list[str]:
    """The segment, and those that hang on it: who asks for it, who asks for those, and so on."""
    asks, found, added = {one.id: asked_for(one.where) for one in items}, [segment_id], {segment_id}
    while added := {one for one, others in asks.items() if others & added} - {*found}:
        found += sorted(added)
    return found


def arm_of(segment: Segment, profile_id: str) -> str:
    """The arm that a profile falls into by a hash of segment and profile, in proportion to the weights."""
    if not segment.split:
        return ""
    place = int(hashlib.sha256(f"{segment.id}\x00{profile_id}".encode()).hexdigest()[:15], 16) % sum(
        segment.split.values()
    )
    for arm, weight in sorted(segment.split.items()):
        place -= weight
        if place < 0:
            return arm
    raise ValueError(segment.split)
