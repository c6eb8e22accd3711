"""Who is in a segment by SQL over the snapshot and the lake: the same as live, and as a plain look at all events."""

from collections.abc import Iterator
from random import Random

import pytest
import sqlglot
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.consent_deadlines import told_standings
from shared.domain.segments.asking import Person
from shared.domain.segments.memberships import segments_of
from shared.domain.segments.windows import milliseconds
from shared.lake.scratch import Scratch, scratch
from shared.lake.segments.dialects import ATHENA
from shared.lake.segments.sql import compiled
from tests.plain_segments import Known, members
from tests.segment_histories import ATTRIBUTES, CHANGES, PURPOSES, VALID_MONTHS, declared_for, definitions, merged
from tests.segment_lake import Population, lay_out, population, show

PEOPLE = 40


@pytest.fixture(scope="module")
def lake() -> Iterator[tuple[Scratch, Population]]:
    of = population(Random(1), PEOPLE)
    with scratch() as space:
        lay_out(space, of)
        yield space, of


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 2**40))
def test_sql_says_who_is_in_as_live_and_as_a_plain_look_do(lake: tuple[Scratch, Population], seed: int) -> None:
    (space, of), rng = lake, Random(seed)
    segments, at = definitions(rng, rng.choice(sorted(CHANGES))), rng.choice(of.instants)
    show(space, at)
    found = {
        one.id: {person for (person,) in space.rows(compiled(one, segments, milliseconds(at)))} for one in segments
    }
    declared = declared_for(segments)
    ready, by_id = segments_of(segments, declared), {one.id: one for one in segments}
    for person in of.lives:
        events = of.known(person, at)
        if not events:
            continue
        known = Known(events, at, by_id, ATTRIBUTES, VALID_MONTHS)
        state, namespaces = merged([events[::2], events[1::2]], declared), frozenset(known.namespaces)
        stands = told_standings(state, PURPOSES, at)
        live = ready.of(Person(state, namespaces, stands, frozenset(), milliseconds(at)), ()).segments
        assert live == members(known), person
        assert live == {one for one, people in found.items() if person in people}, person


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**40))
def test_athena_can_read_it(seed: int) -> None:
    rng = Random(seed)
    segments = definitions(rng, "Asia/Seoul")
    for one in segments:
        assert sqlglot.parse_one(compiled(one, segments, 1_800_000_000_000, ATHENA), read="athena")
