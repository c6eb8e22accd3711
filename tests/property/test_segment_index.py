"""The index of segments says what each segment says by itself, of anybody."""

from datetime import UTC, datetime, timedelta
from functools import reduce
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.computing import declarations
from shared.domain.segments.asking import Person
from shared.domain.segments.definition import Segment
from shared.domain.segments.memberships import KNOWN, conditions_of, ready_of, segments_of
from shared.domain.segments.windows import milliseconds
from shared.domain.state import ProfileState, fold
from shared.domain.traits import Trait
from tests import segment_definitions as some
from tests.people import START, make_event

AT = datetime(2026, 11, 3, 3, tzinfo=UTC)


def state_of(happened: list[Any], traits: dict[str, Any], segments: list[Segment]) -> ProfileState:
    declared = declarations((), conditions_of(segments))
    events = [
        make_event(
            {"event": name, "userId": "u1", "properties": {} if number is None else {"n": number}},
            (AT + timedelta(hours=hours) - START) / timedelta(days=1),
            f"m{place}",
        )
        for place, (name, hours, number) in enumerate(happened)
    ]
    state = reduce(lambda state, event: fold(state, event, (), declared), events, ProfileState())
    said = {name: Trait(value, "", "", "", "") for name, value in traits.items()}
    return ProfileState(
        said, state.events, computed=state.computed, first_seen=state.first_seen, last_seen=state.last_seen
    )


def one_by_one(segments: list[Segment], person: Person, before: set[str]) -> frozenset[str]:
    """The segments lie so that each is behind those that it asks for."""
    found: set[str] = set()
    for one in segments:
        if one.include_anonymous or KNOWN & person.namespaces:
            ask = ready_of(one.where, one.zone, declarations(()))
            if ask(person._replace(members=frozenset(found))).truth:
                found.add(one.id)
    return frozenset(found)


@given(
    some.segments,
    some.happenings,
    some.traits,
    some.addresses,
    st.sets(st.sampled_from(("user_id", "email", "anonymous_id"))),
)
def test_the_index_says_what_each_segment_says_by_itself(
    segments: list[Segment], happened: list[Any], traits: dict[str, Any], address: dict[str, Any] | None, has: set[str]
) -> None:
    state = state_of(happened, {**traits, **(address or {})}, segments)
    person = Person(state, frozenset(has), {}, frozenset(), milliseconds(AT))
    ready = segments_of(segments)
    assert ready.of(person, set()).segments == one_by_one(segments, person, set())
    assert ready.of(person, set()).segments == one_by_one(segments, person, set())  # of remembered values, too
