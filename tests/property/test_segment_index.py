"""The index of segments says what each segment says by itself, of anybody."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import reduce
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.computed_attributes import ComputedAttribute
from shared.domain.computing import declarations
from shared.domain.segments.asking import Person
from shared.domain.segments.definition import Segment
from shared.domain.segments.memberships import KNOWN, conditions_of, ready_of, segments_of
from shared.domain.segments.windows import NEVER, milliseconds
from shared.domain.state import ProfileState, fold
from shared.domain.traits import Trait
from tests import segment_definitions as some
from tests.people import START, make_event

AT = datetime(2026, 11, 3, 3, tzinfo=UTC)


ATTRIBUTES = [
    ComputedAttribute("spent", "sum", "", "properties.n", window_days=3),
    ComputedAttribute("usual", "average", "", "properties.n", window_days=2),
    ComputedAttribute("times", "count", "Ordered", window_days=4),
    ComputedAttribute("kinds", "unique", "", "properties.n", window_days=2),
    ComputedAttribute("latest", "last", "", "properties.n", window_days=3),
    ComputedAttribute("since", "days_since", "Viewed", window_days=5),
    ComputedAttribute("ever", "days_since", "Added"),
]
OF_NUMBERS = st.fixed_dictionaries(
    {"type": st.just("number"), "operator": st.sampled_from(("gte", "lt", "eq")), "value": st.integers(0, 4)}
)
COMPUTED = st.builds(
    lambda attribute, test: {"computed": attribute.id, **test},
    st.sampled_from(ATTRIBUTES),
    OF_NUMBERS | some.tests_of_values,
)
PLAIN = st.builds(lambda name, test: {"trait": name, **test}, st.sampled_from(("city", "age")), some.tests_of_values)
SEEN = st.builds(
    lambda seen, window: {"seen": seen, "window": window}, st.sampled_from(("first", "last")), some.windows
)
LATELY = st.lists(
    st.tuples(st.sampled_from(some.NAMES), st.integers(-99, 4), st.integers(0, 2)), min_size=2, max_size=8
)
BY_TIME = st.recursive(COMPUTED | PLAIN | SEEN, some.groups, max_leaves=5)


def state_of(
    happened: list[Any], traits: dict[str, Any], segments: list[Segment], attributes: Sequence[ComputedAttribute] = ()
) -> ProfileState:
    declared = declarations(attributes, conditions_of(segments))
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


def one_by_one(segments: list[Segment], person: Person, attributes: Sequence[ComputedAttribute] = ()) -> frozenset[str]:
    """The segments lie so that each is behind those that it asks for."""
    found: set[str] = set()
    declared = declarations(attributes)
    for one in segments:
        if one.include_anonymous or KNOWN & person.namespaces:
            ask = ready_of(one.where, one.zone, declared)
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
    assert ready.of(person, set()).segments == one_by_one(segments, person)
    assert ready.of(person, set()).segments == one_by_one(segments, person)  # of remembered values, too


@settings(deadline=None)
@given(
    st.lists(BY_TIME, min_size=1, max_size=6),
    LATELY,
    some.traits,
    st.booleans(),
    st.lists(st.integers(0, 24 * 8), min_size=4, max_size=12),
)
def test_the_index_says_until_when_nothing_changes_and_what_time_makes_of_computed_attributes(
    documents: list[Any], happened: list[Any], traits: dict[str, Any], is_known: bool, hours: list[int]
) -> None:
    segments = [some.segment(f"s{n}", one, include_anonymous=bool(n % 2)) for n, one in enumerate(documents)]
    state = state_of(happened, traits, segments, ATTRIBUTES)
    ready = segments_of(segments, declarations(ATTRIBUTES))
    person = Person(state, frozenset(["email"] if is_known else []), {}, frozenset(), milliseconds(AT))
    start = ready.of(person, set())
    known, until, moments = start.segments, start.until, {person.at + hour * 3_600_000 for hour in hours}
    for at in sorted({*moments, *({until - 1, until} if until < NEVER else ())}):
        later = ready.of(person._replace(at=at), set())
        assert later.segments == one_by_one(segments, person._replace(at=at), ATTRIBUTES)
        assert later.segments == known or until <= at
