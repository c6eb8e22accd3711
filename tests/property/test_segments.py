"""Who is in a segment: what is live says at every instant what a plain look at all events says, and until when."""

from datetime import datetime
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.consent_deadlines import told_standings
from shared.domain.segments import conditions
from shared.domain.segments.asking import Person
from shared.domain.segments.definition import Segment
from shared.domain.segments.memberships import Membership, segments_of
from shared.domain.segments.trees import leaves
from shared.domain.segments.windows import NEVER, milliseconds, moment
from shared.domain.times import from_text
from tests.plain_segments import Known, members, truth
from tests.segment_histories import (
    ATTRIBUTES,
    PURPOSES,
    VALID_MONTHS,
    History,
    declared_for,
    definitions,
    edges,
    history,
    merged,
)


@pytest.fixture(autouse=True, scope="module")
def small_bounds() -> Any:
    """So small that few events go beyond them; none is so small that a rolling number can't be told."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(conditions, "MOST_KEPT", 3)
        patch.setattr(conditions, "MOST_KEPT_OF_STEP", 4)
        yield


class Scene:
    """What is live, and the plain interpreter, over what was known of a person at an instant."""

    def __init__(self, life: History, segments: list[Segment], start: datetime, rng: Random) -> None:
        self.segments, self.events = segments, life.known(start)
        declared = declared_for(segments)
        self._ready = segments_of(segments, declared)
        shuffled = rng.sample(self.events, len(self.events))
        cut = rng.randint(0, len(shuffled))
        self._state = merged([shuffled[:cut], shuffled[cut:]], declared)

    def live(self, at: datetime) -> Membership:
        stands = told_standings(self._state, PURPOSES, at)
        namespaces = frozenset(self._plain(at).namespaces)
        return self._ready.of(Person(self._state, namespaces, stands, frozenset(), milliseconds(at)), ())

    def _plain(self, at: datetime) -> Known:
        return Known(self.events, at, {one.id: one for one in self.segments}, ATTRIBUTES, VALID_MONTHS)

    def members(self, at: datetime) -> set[str]:
        return members(self._plain(at))

    def truths(self, at: datetime) -> list[bool | None]:
        """Of every leaf."""
        known = self._plain(at)
        return [truth(known, leaf, one.zone) for one in self.segments for _, leaf in leaves(one.where)]


def scene(seed: int) -> tuple[Scene, datetime, list[datetime]]:
    """At an instant about which something was stored or changes, and some of those that lie ahead of it."""
    rng = Random(seed)
    life = history(rng)
    segments = definitions(rng, life.zone)
    ahead = edges(life)
    start = rng.choice([from_text("2026-03-29T03:00:00Z"), *(from_text(e.stored_at) for e in life.events), *ahead])
    later = [one for one in ahead if one > start]
    return Scene(life, segments, start, rng), start, rng.sample(later, min(len(later), 8))


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 2**40))
def test_live_is_what_a_plain_look_says_just_before_and_just_after_each_edge(seed: int) -> None:
    person, start, some = scene(seed)
    found, was = person.live(start), person.members(start)
    assert found.segments == was
    for at in (moment(milliseconds(one) + ms) for one in some for ms in (-1, 0, 1)):
        if at < start:
            continue
        are = person.members(at)
        assert person.live(at).segments == are, at
        assert are == was or found.until <= milliseconds(at), at


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 2**40))
def test_nothing_changes_before_the_next_moment_and_something_does_at_it(seed: int) -> None:
    person, at, _ = scene(seed)
    for _ in range(5):
        found = person.live(at)
        if found.until == NEVER:
            return
        before, at = moment(found.until - 1), moment(found.until)
        assert person.members(before) == found.segments
        assert person.truths(before) != person.truths(at)
