"""Whatever came while somebody was stopped: once resumed, they are as if never stopped."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.events import Event
from shared.domain.state import to_json
from tests.people import Cdp, make_event

devices = st.sampled_from(["a1", "a2", None])
cities = st.sampled_from(["Seoul", "Busan", "Jeju"])


@st.composite
def histories(draw: st.DrawFn) -> list[Event]:
    number = draw(st.integers(1, 8))
    return [
        make_event(
            {
                "userId": "u1",
                "type": "identify",
                "traits": {"city": draw(cities)},
                **({"anonymousId": device} if (device := draw(devices)) else {}),
            },
            days=draw(st.integers(0, 9)),
            message_id=f"m{place}",
            stored_days_ago=draw(st.sampled_from([0, 1, 5])),
        )
        for place in range(number)
    ]


@given(histories(), st.data())
@settings(max_examples=80, deadline=None)
def test_whatever_was_left_counts_once_and_in_any_order(events: list[Event], data: st.DataObject) -> None:
    stop = data.draw(st.integers(1, len(events)))
    left = data.draw(st.permutations(events[stop:] + data.draw(st.lists(st.sampled_from(events), max_size=3))))
    cdp = Cdp().take(events[:stop])
    (before,) = cdp.live
    cdp.people.profiles[before.id] = replace(before, stopped="request r1")
    cdp.take(left)
    (stopped,) = cdp.live
    assert (stopped.state.traits, stopped.state.events) == (before.state.traits, before.state.events)
    (never,) = Cdp().take(events).live
    resumed, rebuilt = cdp.rebuild(replace(stopped, stopped="")), Cdp().take(events).rebuild(never)
    assert to_json(resumed.state) == to_json(rebuilt.state)
    assert resumed.identifiers == never.identifiers
