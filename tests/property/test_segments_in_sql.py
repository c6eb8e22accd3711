"""Who is in a segment by SQL over the snapshot and the lake: the same as live, and as a plain look at all events."""

import re
from collections.abc import Iterator
from datetime import timedelta
from random import Random

import pytest
import sqlglot
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlglot import ErrorLevel

from shared.domain.consent_deadlines import told_standings
from shared.domain.segments.asking import Person
from shared.domain.segments.comparing import MANY, OPERATORS, PRESENCE
from shared.domain.segments.definition import Filter, Group, OfEvents, OfTrait, Segment
from shared.domain.segments.memberships import segments_of
from shared.domain.segments.windows import milliseconds, moment
from shared.domain.times import to_text
from shared.lake.scratch import Scratch, scratch
from shared.lake.segments.dialects import ATHENA
from shared.lake.segments.dry_running import Crossing, DryRun, Rules, dry_run
from shared.lake.segments.pruning import EVER, first_day
from shared.lake.segments.sql import compiled
from tests.people import START
from tests.plain_segments import Known, members
from tests.segment_histories import ATTRIBUTES, CHANGES, PURPOSES, VALID_MONTHS, declared_for, definitions, merged
from tests.segment_lake import Population, from_day, lay_out, population, show

PEOPLE = 40
_LITERAL, _CALLED = re.compile(r"'(?:[^']|'')*'"), re.compile(r"\b([A-Za-z_0-9]+)\(")
OF_ATHENA = frozenset(
    "array cardinality cast coalesce contains count date_trunc decimal filter from_iso8601_timestamp json_extract"
    " json_extract_scalar json_format json_parse length regexp_like regexp_replace replace row_number starts_with"
    " strpos substr sum trim try try_cast".split()
)
"""Functions of its engine 3 that segments call, and types with parameters."""


@pytest.fixture(scope="module")
def lake() -> Iterator[tuple[Scratch, Population]]:
    of = population(Random(1), PEOPLE)
    with scratch() as space:
        lay_out(space, of)
        yield space, of


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**40))
def test_sql_says_who_is_in_as_live_and_as_a_plain_look_do(lake: tuple[Scratch, Population], seed: int) -> None:
    (space, of), rng = lake, Random(seed)
    segments, at = definitions(rng, rng.choice(sorted(CHANGES))), rng.choice(of.instants)
    show(space, at)
    found = {one.id: asked(space, one, segments, milliseconds(at)) for one in segments}
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


def asked(space: Scratch, segment: Segment, segments: list[Segment], at: int) -> set[str]:
    """By SQL over the days alone that matter to it."""
    from_day(space, first_day(segment, segments, at))
    return {person for (person,) in space.rows(compiled(segment, segments, at))}


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**40))
def test_a_dry_run_crosses_when_a_plain_look_does(lake: tuple[Scratch, Population], seed: int) -> None:
    (space, of), rng = lake, Random(seed)
    *others, segment = definitions(rng, rng.choice(sorted(CHANGES)))[:: rng.choice([1, -1])]
    first, last = moment(milliseconds(START) - 400 * 86_400_000), max(of.instants) + timedelta(days=5)
    show(space, max(of.instants))
    from_day(space, EVER)
    told = dry_run(space.database, segment, others, Rules(ATTRIBUTES, PURPOSES), first, last)
    by_id = {one.id: one for one in (segment, *others)}
    people = {person: life for person, life in of.lives.items() if of.known(person, max(of.instants))}
    assert told.people == told.everybody == len(people)
    assert {one.profile_id for one in told.crossings} <= people.keys()
    for person, life in people.items():
        crossings = crossings_of(told, person)
        assert [one.is_entry for one in crossings] == [n % 2 == 0 for n in range(len(crossings))]
        edges = [milliseconds(one.at) + ms for one in crossings for ms in (-1, 0)]
        for at in (moment(ms) for ms in [*edges, *(milliseconds(instant) for instant in of.instants)]):
            events = [event for event in life if event.time <= to_text(at)]
            known = Known(events, at, by_id, ATTRIBUTES, VALID_MONTHS)
            is_in = bool(events) and segment.id in members(known)
            assert is_in == (sum(one.at <= to_text(at) for one in crossings) % 2 == 1), (person, at)


def crossings_of(told: DryRun, person: str) -> list[Crossing]:
    return [one for one in told.crossings if one.profile_id == person]


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**40))
def test_what_athena_is_asked_is_what_duckdb_is_asked(lake: tuple[Scratch, Population], seed: int) -> None:
    """As sqlglot understands it: nothing here can ask Athena itself."""
    (space, of), rng = lake, Random(seed)
    segments, at = definitions(rng, rng.choice(sorted(CHANGES))), rng.choice(of.instants)
    show(space, at)
    from_day(space, EVER)
    for one in segments:
        agree(space, one, segments, milliseconds(at))


@pytest.mark.parametrize("kind", OPERATORS)
def test_athena_is_asked_every_comparison(lake: tuple[Scratch, Population], kind: str) -> None:
    space, of = lake
    show(space, of.instants[-1])
    from_day(space, EVER)
    one = {"text": "Seoul", "number": 3, "boolean": True, "time": "2026-11-01T09:00:00+09:00", "list": "vip"}[kind]
    for operator in OPERATORS[kind]:
        value = None if operator in PRESENCE else (one, one) if operator in MANY else one
        where = Group("or", (
            OfTrait("city", kind, operator, value),
            OfEvents("", where=(Filter("properties.a.b", kind, operator, value),)),
        ))  # fmt: skip
        agree(space, Segment("s", "", where), [], milliseconds(of.instants[-1]))


def agree(space: Scratch, segment: Segment, others: list[Segment], at: int) -> None:
    text = compiled(segment, others, at, ATHENA)
    assert {name.lower() for name in _CALLED.findall(_LITERAL.sub("''", text))} <= OF_ATHENA
    there = sqlglot.transpile(text, read="athena", write="duckdb", unsupported_level=ErrorLevel.RAISE)[0]
    assert set(space.rows(there)) == set(space.rows(compiled(segment, others, at))), text
