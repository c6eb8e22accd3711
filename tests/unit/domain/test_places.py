"""Where clients last said a person is, folded in any order; and guardians' decisions as signals of their own."""

from itertools import permutations
from typing import Any

import pytest

from shared.domain.consent_signals import heard
from shared.domain.places import country_of, said_of
from shared.domain.state import ProfileState, from_json, to_json, unite
from tests.people import Cdp, make_event


def of(context: Any, day: int = 0) -> dict[str, str]:
    event = make_event({"userId": "u1", "context": context}, days=day)
    return {name: said.value for name, said in said_of(event).items()}


@pytest.mark.parametrize(
    ("context", "found"),
    [
        ({"locale": "ko-KR", "timezone": " Asia/Seoul "}, {"locale": "KR", "timezone": "Asia/Seoul"}),
        ({"locale": "zh_Hant_tw", "location": {"country": "us"}}, {"locale": "TW", "country": "US"}),
        ({"locale": "ko", "location": {"country": "South Korea"}, "timezone": ""}, {}),
        ({"locale": 82, "location": "KR", "timezone": "x" * 65}, {}),
        (None, {}),
    ],
)
def test_only_what_can_be_used_is_remembered(context: Any, found: dict[str, str]) -> None:
    assert of(context) == found


def test_the_newest_that_each_field_said_holds_in_any_order_and_survives_its_storage() -> None:
    said = [{"locale": "ko-KR"}, {"locale": "en-US", "timezone": "Asia/Seoul"}, {"location": {"country": "DE"}}]
    events = [make_event({"userId": "u1", "context": one}, days=day) for day, one in enumerate(said)]
    found = {to_json(Cdp().take([*order]).live[0].state) for order in permutations(events)}
    assert len(found) == 1
    state = from_json(found.pop())
    assert {name: one.value for name, one in state.place.items()} == {
        "locale": "US",
        "timezone": "Asia/Seoul",
        "country": "DE",
    }
    assert country_of(unite(state, ProfileState())) == "DE"


def test_a_guardians_decision_is_a_signal_of_its_own_that_no_category_can_claim() -> None:
    decisions = [{"purpose": "ads", "state": "granted", "method": "guardian"}, {"purpose": "ads", "state": "refused"}]
    said = heard({"context": {"consent": {"decisions": decisions}}}).decisions
    assert {signal: one.state for signal, one in said.items()} == {"guardian:ads": "granted", "ads": "refused"}
    claimed = heard({"context": {"consent": {"categoryPreferences": {"guardian:ads": True}}}})
    assert claimed.decisions == {}
