"""No order, merge, replay or claim of another time widens what is permitted, with purposes of several signals."""

from dataclasses import replace
from itertools import permutations
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from shared.domain.events import Event
from shared.domain.standing import standings
from shared.domain.state import ProfileState, fold
from tests.arrivals import RECEIVED, arrival, judged
from tests.consents import DECLARED, permitted
from tests.people import NOW, Cdp, hashes_of, make_event
from tests.property.test_profiles import UNPROTECTED, histories

ADS = "opt_in_2"
"""Decided by a category, by a state of Google's, and by GPC."""


def elsewhere(event: Event, number: int) -> Event:
    """The same of somebody who shares no identifier with others."""
    body = {name: f"{v}-elsewhere" if name in ("userId", "anonymousId") else v for name, v in event.body.items()}
    context = {name: value for name, value in event.body["context"].items() if name in ("consent", "gpc")}
    traits = {name: value for name, value in event.body["traits"].items() if name != "email"}
    return make_event({**body, "context": context, "traits": traits}, number / 2, f"e{number}")


def refused(state: ProfileState) -> set[str]:
    found = standings(state.consent, state.links, DECLARED, NOW)
    return {purpose for purpose, standing in found.items() if standing.state != "granted"}


@settings(max_examples=100, deadline=None)
@given(histories(), st.randoms(use_true_random=False), st.data())
def test_neither_order_nor_replay_changes_what_is_permitted(events: list[Event], random: Any, data: Any) -> None:
    again = events + [event for event in events if data.draw(st.booleans())]
    random.shuffle(again)
    one, other = Cdp(UNPROTECTED).take(events), Cdp(UNPROTECTED).take(again)
    assert sorted(sorted(permitted(p.state)) for p in one.live) == sorted(
        sorted(permitted(p.state)) for p in other.live
    )


@settings(max_examples=150, deadline=None)
@given(histories(), histories(), st.data())
def test_a_merge_permits_nothing_that_either_had_refused(one: list[Event], other: list[Event], data: Any) -> None:
    far = [event for number, each in enumerate(other) if (event := elsewhere(each, number)).identifiers]
    assume(one and far)
    cdp = Cdp(UNPROTECTED).take([*one, *far])
    a, b = data.draw(st.sampled_from(one)).identifiers[0], data.draw(st.sampled_from(far)).identifiers[0]
    sides = [cdp.people.owner_of(identifier.hash, "9") for identifier in (a, b)]
    bridge = make_event({"userId": "bridge", "event": "Seen"}, 20)
    cdp.take([replace(bridge, identifiers=(a, b), pk=f"A#{a.hash}")])
    whole = cdp.people.owner_of(a.hash, "9")
    assert whole == cdp.people.owner_of(b.hash, "9")
    assert whole
    for side in sides:
        assert side
        assert not permitted(whole.state) & refused(side.state)


def said(who: dict[str, Any], day: float, **context: Any) -> Event:
    return make_event({**who, "event": "Seen", "context": context}, day)


def ads(choice: bool) -> dict[str, Any]:
    return {"categoryPreferences": {"Advertising": choice}}


NO = ({"consent": ads(False)}, {"consent": {"google": {"ad_storage": "denied"}}}, {"gpc": True})
YES = ({"consent": ads(True)}, {"consent": {"google": {"ad_storage": "granted"}}})


@pytest.mark.parametrize("yes", YES)
@pytest.mark.parametrize("no", NO)
def test_a_grant_by_any_signal_before_two_histories_met_widens_nothing_in_any_order(no: Any, yes: Any) -> None:
    """Refused at 1, A and B linked at 3, granted on C at 3.5, B and C linked at 4; granted on C at 5 it holds."""
    by_mail = {"traits": {"email": "b@x.com"}}
    events = [
        said({"userId": "a"}, 1, **no),
        said({"userId": "a", **by_mail}, 3),
        said({"anonymousId": "c"}, 3.5, **yes),
        said({"anonymousId": "c", **by_mail}, 4),
    ]
    later = said({"anonymousId": "c"}, 5, **yes)
    for order in permutations(events):
        cdp = Cdp().take(order)
        (person,) = cdp.live
        assert ADS not in permitted(person.state)
        (person,) = cdp.take([later]).live
        assert ADS in permitted(person.state)


@pytest.mark.parametrize("no", NO)
def test_a_grant_dated_2099_is_undone_by_a_refusal_ten_minutes_later(no: Any) -> None:
    def taken(message_id: str, at: str, received_at: str, context: Any) -> Event:
        element = {"type": "track", "event": "Seen", "messageId": message_id, "userId": "a", "timestamp": at}
        event = judged({**element, "context": context}, arrival(received_at=received_at))
        assert isinstance(event, Event)
        return event

    future = taken("m1", "2099-01-01T00:00:00Z", RECEIVED, YES[0])
    refusal = taken("m2", "2026-11-21T09:40:00Z", "2026-11-21T09:40:00.000Z", no)
    for order in permutations([future, refusal]):
        state = ProfileState()
        for event in order:
            state = fold(state, event, hashes_of(event))
        assert ADS not in permitted(state)
