"""Where clients last said a person is, folded in any order; and guardians' decisions as signals of their own."""

from datetime import date
from itertools import permutations
from typing import Any

import pytest

from shared.domain.consent_signals import heard
from shared.domain.places import country_of, is_below, said_of, unknown_ages, unknown_countries
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
        ({"locale": "en-UK", "location": {"country": "XX"}}, {}),
        ({"locale": "de", "location": {"country": "ß"}}, {}),
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


@pytest.mark.parametrize("country", ["South Korea", "대한민국", "KOR", "UK", "ß", 410, ["KR"], {"code": "KR"}])
def test_a_country_that_is_none_is_noted_by_its_place_and_never_by_its_value(country: Any) -> None:
    traits = {"country": country, "address": {"country": country}}
    context = {"location": {"country": country}, "locale": "en-UK"}
    event = make_event({"type": "identify", "userId": "u1", "traits": traits, "context": context})
    places = ("traits.country", "traits.address.country", "context.location.country", "context.locale")
    assert [*unknown_countries(event)] == [f"unknown_country:{place}" for place in places]
    state = Cdp().take([event, make_event({"userId": "u1", "context": {"locale": "ko-KR"}}, days=1)]).live[0].state
    assert country_of(state) == "KR"  # by what can be read


@pytest.mark.parametrize("said", ["KR", " kr ", "", None])
def test_a_code_in_either_case_and_nothing_at_all_are_no_defects(said: str | None) -> None:
    context = {"location": {"country": said}, "locale": "ko"}
    event = make_event({"type": "identify", "userId": "u1", "traits": {"country": said}, "context": context})
    assert not [*unknown_countries(event)]
    assert country_of(Cdp().take([event]).live[0].state) == ("KR" if said else "")


@pytest.mark.parametrize(
    ("traits", "notes"),
    [
        ({"birthday": "01/05/2013"}, ["unknown_age:traits.birthday"]),
        ({"birthday": 20130501, "age": "thirteen"}, ["unknown_age:traits.birthday", "unknown_age:traits.age"]),
        ({"age": "nan"}, ["unknown_age:traits.age"]),
        ({"age": 10**400}, ["unknown_age:traits.age"]),
        ({"birthday": "2013-05-01", "age": 13}, []),
        ({"birthday": "", "age": None}, []),
    ],
)
def test_an_age_that_nobody_can_tell_is_noted_and_makes_nobody_a_child(
    traits: dict[str, Any], notes: list[str]
) -> None:
    event = make_event({"type": "identify", "userId": "u1", "traits": traits})
    assert [*unknown_ages(event)] == notes
    state = Cdp().take([event]).live[0].state
    assert is_below(state, 14, date(2026, 11, 22)) is ("2013-05-01" in traits.values())


def test_a_guardians_decision_is_a_signal_of_its_own_that_no_category_can_claim() -> None:
    decisions = [{"purpose": "ads", "state": "granted", "method": "guardian"}, {"purpose": "ads", "state": "refused"}]
    said = heard({"context": {"consent": {"decisions": decisions}}}).decisions
    assert {signal: one.state for signal, one in said.items()} == {"guardian:ads": "granted", "ads": "refused"}
    claimed = heard({"context": {"consent": {"categoryPreferences": {"guardian:ads": True}}}})
    assert claimed.decisions == {}
