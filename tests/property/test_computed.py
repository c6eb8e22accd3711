"""Computed attributes, traits and tallies are the same for any order, repetition and grouping, also beyond bounds."""

from functools import reduce
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from shared.domain import aggregates, tallies, traits
from shared.domain.computed_attributes import BY_DAY
from shared.domain.computing import Declarations, values
from shared.domain.events import Event
from shared.domain.state import ProfileState, fold, from_json, to_json, unite
from tests.computing import EVERY, EVERY_ITEM, expected
from tests.people import NOW, make_event

WORDS = [f"w{number}" for number in range(9)]


@pytest.fixture(autouse=True, scope="module")
def small_bounds() -> Any:
    """So small that few events go beyond them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(aggregates, "MOST_KEPT", 4)
        patch.setattr(aggregates, "MOST_KEPT_BY_DAY", 3)
        patch.setattr(traits, "MOST_TRAITS", 3)
        patch.setattr(tallies, "MOST_NAMES", 2)
        yield


@st.composite
def histories(draw: DrawFn, words: list[str] = WORDS) -> list[Event]:
    """Events up to the present day, some of them on the same moment."""
    events = []
    for number in range(draw(st.integers(0, 14))):
        properties: dict[str, Any] = {"word": draw(st.sampled_from(words))}
        if draw(st.booleans()):
            properties["n"] = draw(st.integers(-5, 5))
        body = {
            "type": draw(st.sampled_from(["track", "track", "identify"])),
            "event": draw(st.sampled_from(["Product Viewed", "Product Viewed", *WORDS])),
            "userId": "u1",
            "properties": properties,
            "traits": {draw(st.sampled_from(WORDS)): number},
        }
        events.append(make_event(body, 20 - draw(st.integers(0, 30)) / 2, f"m{number}"))
    return events


def folded(events: list[Event], declared: Declarations = EVERY) -> ProfileState:
    return reduce(lambda state, event: fold(state, event, (), declared), events, ProfileState())


@settings(max_examples=200, deadline=None)
@given(histories(), st.data())
def test_any_order_and_grouping_gives_the_same_bytes(events: list[Event], data: Any) -> None:
    shuffled = data.draw(st.permutations(events))
    groups = [folded([])]
    for event in shuffled:
        if data.draw(st.booleans()):
            groups.append(folded([]))
        groups[-1] = fold(groups[-1], event, (), EVERY)
    while len(groups) > 1:  # a tree of merges: any two that stand side by side
        place = data.draw(st.integers(0, len(groups) - 2))
        groups[place : place + 2] = [from_json(to_json(unite(groups[place], groups[place + 1])))]
    assert to_json(groups[0]) == to_json(folded(events))


@settings(max_examples=150, deadline=None)
@given(histories(WORDS[:3]))
def test_within_bounds_every_function_is_what_its_definition_says(events: list[Event]) -> None:
    found = values(folded(events).computed, EVERY, NOW)
    for declared in EVERY_ITEM:
        value, wanted = found[declared.id].value, expected(declared, events, NOW)
        assert value in wanted if declared.function == "most_frequent" else value == wanted, declared
        assert not found[declared.id].approximate


@settings(max_examples=150, deadline=None)
@given(histories())
def test_beyond_bounds_it_says_so_and_stays_small(events: list[Event]) -> None:
    state = folded(events)
    found = values(state.computed, EVERY, NOW)
    different = {e.body["properties"]["word"] for e in events if (e.type, e.name) == ("track", "Product Viewed")}
    assert found["unique_0"].approximate == (len(different) > 4)
    assert found["most_frequent_3"].approximate == (len(different) > 3)
    assert found["most_frequent_0"].value in {*different, None}
    by_day = [part[2] for part in state.computed.values() if part[0] in BY_DAY and part[1] and part[2]]
    assert all(max(map(int, days)) - min(map(int, days)) <= 3 for days in by_day)
    assert all(len(part[2][-1]) <= 4 for key, part in state.computed.items() if key.startswith(("uni", "most")))


@settings(max_examples=150, deadline=None)
@given(histories())
def test_however_many_names_there_are_every_event_is_counted_and_the_newest_traits_stay(events: list[Event]) -> None:
    state = folded(events)
    assert state.event_count == len(events)
    assert sum(name.startswith("w") or name == "Product Viewed" for name in state.events) <= 2
    said = [(e.order, name) for e in events if e.type == "identify" for name in e.body["traits"]]
    by_name = {name: max(order for order, other in said if other == name) for _, name in said}
    assert set(state.traits) == set(sorted(by_name, key=lambda name: (by_name[name], name), reverse=True)[:3])
