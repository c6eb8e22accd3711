"""A partner that lost facts and loaded a snapshot knows what one knows that saw everything, in whatever order."""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from events.partner.consumer import Consumer

PEOPLE, SEGMENTS, NEEDED, OTHER = ("p1", "p2", "p3", "p4", "p5"), ("vip", "new"), "ads", "news"


@dataclass
class Person:
    """`said` by subject: the value and the version that it came with. Everybody begins with a grant."""

    said: dict[str, tuple[str, int]] = field(default_factory=dict)
    version: int = 0
    formerly: list[str] = field(default_factory=list)

    @property
    def may_be_known(self) -> bool:
        return self.said[f"purpose:{NEEDED}"][0] == "granted"

    def line(self, who: str) -> dict[str, Any]:
        of = {part: {k[len(part) + 1 :]: v for k, v in self.said.items() if k.startswith(part)} for part in KINDS}
        return {
            "person": {"id": who, "formerly": self.formerly},
            "sequence": self.version,
            "segments": {name: {"in": value == "entered", "sequence": n} for name, (value, n) in of["segment"].items()},
            "consent": {name: {"state": value, "sequence": n} for name, (value, n) in of["purpose"].items()},
        }


KINDS = ("segment", "purpose")


@dataclass
class World:
    """The company, moment by moment: what it puts on the bus, and how everybody was at each moment."""

    people: dict[str, Person] = field(default_factory=dict)
    facts: list[list[dict[str, Any]]] = field(default_factory=list)
    moments: list[dict[str, Person]] = field(default_factory=list)

    def do(self, what: str, who: str, other: str, name: str) -> None:
        self.facts.append(list(self._done(what, who, other, name)))
        self.moments.append(deepcopy(self.people))

    def _done(self, what: str, who: str, other: str, name: str) -> Iterator[dict[str, Any]]:
        if what == "join" and not any(who in moment for moment in self.moments):  # an id stands for one person for ever
            yield from self._said(who, {f"purpose:{NEEDED}": "granted"})
        if who not in self.people or what == "join":
            return
        if what in ("entered", "exited"):
            yield from self._said(who, {f"segment:{name}": what})
        elif what in ("refused", "granted"):
            yield from self._said(who, {f"purpose:{OTHER}": what})
        elif what == "withdrawn":
            yield from self._said(who, {f"purpose:{NEEDED}": what})
        elif what == "erased":
            gone = self.people.pop(who)
            yield self._fact("Profile Erased", who, gone, gone.version + 1, merged_profile_ids=gone.formerly)
        elif other in self.people and other != who:
            yield from self._merged(who, other)

    def _merged(self, who: str, other: str) -> Iterator[dict[str, Any]]:
        """Consent of the two is the stricter; who was in a segment is in it."""
        loser, person = self.people.pop(other), self.people[who]
        person.formerly += [other, *loser.formerly]
        yield self._fact("Profile Merged", who, person, person.version + 1, merged_profile_id=other)
        values = {key: value for key, (value, _) in loser.said.items()}
        wins = {key: value for key, value in values.items() if value in ("entered", "refused", "withdrawn")}
        yield from self._said(who, wins)

    def _said(self, who: str, values: dict[str, str]) -> Iterator[dict[str, Any]]:
        person = self.people.setdefault(who, Person())
        person.version += 1
        changed = {k: v for k, v in values.items() if person.said.get(k, ("",))[0] != v}
        person.said |= {key: (value, person.version) for key, value in changed.items()}
        for key, value in changed.items():
            part, _, name = key.partition(":")
            if person.may_be_known or name == NEEDED:
                kind = "Consent Changed" if part == "purpose" else f"Segment {value.capitalize()}"
                yield self._fact(kind, who, person, person.version, **{part: name}, state=value)

    def _fact(self, kind: str, who: str, person: Person, sequence: int, **data: Any) -> dict[str, Any]:
        metadata = {"sequence": sequence, "time": f"{len(self.facts):04}"}
        told = {"id": who, "formerly": [*person.formerly]}
        return {
            "detail-type": kind,
            "detail": {"metadata": metadata, "person": told, "data": {"profile_id": who} | data},
        }


did = st.tuples(
    st.sampled_from(["join", "entered", "exited", "entered", "refused", "granted", "withdrawn", "merged", "erased"]),
    st.sampled_from(PEOPLE),
    st.sampled_from(PEOPLE),
    st.sampled_from(SEGMENTS),
)


@given(st.lists(did, max_size=30), st.data())
@settings(max_examples=100, deadline=None)
def test_after_a_gap_a_snapshot_brings_back_what_who_saw_everything_knows(
    history: list[tuple[str, str, str, str]], data: st.DataObject
) -> None:
    world = World()
    for who in PEOPLE[:3]:
        world.do("join", who, who, "")
    for one in history:
        world.do(*one)
    whole, partner = Consumer([NEEDED]), Consumer([NEEDED])
    for fact in (fact for facts in world.facts for fact in facts):
        whole.take(fact)
    at = data.draw(st.integers(0, len(world.moments) - 1))
    lost = data.draw(st.sets(st.integers(0, at))) - {at}
    came = [fact for moment, facts in enumerate(world.facts) if moment not in lost for fact in facts]
    late = [fact for moment in lost for fact in world.facts[moment]]
    again = data.draw(st.lists(st.sampled_from([*came, *late]), max_size=6)) if came or late else []
    taken = data.draw(st.permutations([*came, *again]))
    when = data.draw(st.integers(0, len(taken)))
    for fact in taken[:when]:
        partner.take(fact)
    partner.load(snapshot(world, at, data))
    for fact in taken[when:]:
        partner.take(fact)
    assert partner.state() == whole.state()


def snapshot(world: World, at: int, data: st.DataObject) -> list[dict[str, Any]]:
    """Each person is read at a moment of their own from `at - 1` on, as it is who may be known then."""
    lines = []
    for who in PEOPLE:
        read = data.draw(st.integers(max(at - 1, 0), min(at + 3, len(world.moments) - 1)))
        person = world.moments[read].get(who)
        lines += [person.line(who)] if person and person.may_be_known else []
    return [*data.draw(st.permutations(lines)), {"at": f"{at:04}", "people": len(lines)}]
