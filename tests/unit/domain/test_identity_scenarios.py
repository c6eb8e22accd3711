"""Known scenarios of identity on the pure resolver: what a company's events make of its people, row by row."""

from collections.abc import Mapping
from typing import Any

import pytest

from shared.domain.events import Event
from shared.domain.identifiers import Identifier
from shared.domain.splitting import Part
from shared.stores.keys import identifier_hash
from tests.people import Cdp, consents, make_event
from tests.scenarios import SCENARIOS, Scenario
from tests.splits import taken_apart


def events_of(scenario: Scenario) -> list[Event]:
    return [make_event(step.body, step.day, step.message_id) for step in scenario.steps]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_a_known_scenario_ends_in_the_expected_people(scenario: Scenario) -> None:
    cdp = Cdp().take(events_of(scenario))
    assert cdp.sets() == scenario.people
    assert cdp.merges == scenario.merges


@pytest.mark.parametrize("scenario", [one for one in SCENARIOS if one.any_order], ids=lambda scenario: scenario.name)
def test_order_makes_no_difference_where_no_protection_fires(scenario: Scenario) -> None:
    assert Cdp().take(reversed(events_of(scenario))).sets() == scenario.people


def test_a_page_and_an_identify_of_one_tick_make_one_person() -> None:
    """SDKs that batch put the user on the page as well: no anonymous profile is left over."""
    page = make_event({"type": "page", "userId": "u1", "anonymousId": "a1"}, 1)
    identify = make_event({"type": "identify", "userId": "u1", "anonymousId": "a1"}, 1)
    for order in ([page, identify], [identify, page]):
        cdp = Cdp().take(order)
        assert cdp.sets() == {frozenset({"user_id:u1", "anonymous_id:a1"})}
        assert cdp.merges == 0


def alias(new: str, old: str, day: float) -> Event:
    return make_event({"type": "alias", "userId": new, "previousId": old}, day)


def reasons(cdp: Cdp, value: str) -> set[str]:
    """Why an identifier was kept apart from people, by its value."""
    apart = {o.identifier.hash for o in cdp.people.ownerships.values() if o.identifier.identifier.value == value}
    return {entry.reason for key, entry in cdp.people.ledger.items() if apart & {*key.entry.split("#")[1:]}} - {
        "seen_together"
    }


def test_an_alias_of_two_known_users_is_refused_with_its_reason() -> None:
    cdp = Cdp().take(
        [make_event({"userId": "u_old"}, 1), make_event({"userId": "u_new"}, 2), alias("u_new", "u_old", 3)]
    )
    assert cdp.merges == 0
    assert cdp.sets() == {frozenset({"user_id:u_old"}), frozenset({"user_id:u_new"})}
    assert reasons(cdp, "u_old") == {"limit:user_id"}


def test_an_alias_of_an_anonymous_visitor_brings_their_history_along() -> None:
    cdp = Cdp().take([make_event({"anonymousId": "a1"}, 1), make_event({"userId": "u1"}, 2), alias("u1", "a1", 3)])
    assert cdp.sets() == {frozenset({"user_id:u1", "anonymous_id:a1"})}
    assert cdp.merges == 1


def test_aliases_in_a_circle_end_with_the_people_there_were() -> None:
    users = ["u1", "u2", "u3"]
    known = [make_event({"userId": user}, 1) for user in users]
    circle = [alias(new, old, 2) for new, old in zip(users, [*users[1:], users[0]], strict=True)]
    cdp = Cdp().take([*known, *circle, *circle])
    assert cdp.merges == 0
    assert {one for group in cdp.sets() for one in group if one.startswith("user_id")} == {
        f"user_id:{u}" for u in users
    }
    assert len(cdp.live) == 3


def test_two_users_of_one_group_or_account_never_merge() -> None:
    account = {"externalIds": [{"id": "acme", "type": "crm_id", "collection": "accounts", "encoding": "none"}]}
    group = {"externalIds": [{"id": "acme", "type": "group_id", "collection": "users", "encoding": "none"}]}
    shared: list[Mapping[str, Any]] = [{"groupId": "acme"}, {"context": account}, {"context": group}]
    users = [
        make_event({"type": "group", "userId": user, **of_group}, day)
        for of_group in shared
        for day, user in ((1, "u1"), (2, "u2"))
    ]
    assert Cdp().take(users).sets() == {frozenset({"user_id:u1"}), frozenset({"user_id:u2"})}


def test_the_same_identifier_in_two_workspaces_has_nothing_in_common() -> None:
    jane = Identifier("email", "jane@example.com")
    assert identifier_hash("key of one stage", jane) != identifier_hash("key of another", jane)


def consenting(body: Mapping[str, Any], day: float, choice: bool) -> Event:
    return make_event({**body, "context": {"consent": {"categoryPreferences": {"Advertising": choice}}}}, day)


def test_a_refusal_on_one_side_of_a_merge_outlives_an_earlier_grant_on_the_other() -> None:
    cdp = Cdp().take(
        [
            consenting({"userId": "u1"}, 1, True),
            consenting({"anonymousId": "a1"}, 2, False),
            make_event({"userId": "u1", "anonymousId": "a1"}, 3),
        ]
    )
    assert advertising(cdp) == ["refused"]


def test_a_refusal_outlives_a_later_grant_of_before_the_two_met() -> None:
    cdp = Cdp().take(
        [
            consenting({"anonymousId": "a1"}, 1, False),
            consenting({"userId": "u1"}, 2, True),
            make_event({"userId": "u1", "anonymousId": "a1"}, 3),
        ]
    )
    assert advertising(cdp) == ["refused"]
    assert advertising(cdp.take([consenting({"userId": "u1"}, 4, True)])) == ["granted"]


def test_a_grant_stays_on_the_identifier_that_it_was_given_on() -> None:
    cdp = Cdp().take([consenting({"anonymousId": "a1"}, 1, True), make_event({"userId": "u1", "anonymousId": "a1"}, 2)])
    (person,) = cdp.live
    (anchor,) = person.state.consent
    assert person.identifiers[anchor].value == "a1"


def advertising(cdp: Cdp) -> list[str]:
    """What holds for each person."""
    return [consents(person.state)["Advertising"] for person in cdp.live]


def test_an_email_that_left_one_user_and_comes_with_another_is_the_others_alone() -> None:
    """Scenario 44: its old owner gave it up, which an operator says by a split; nothing of before goes along."""
    cdp = Cdp()
    for event in (
        make_event({"userId": "u1", "type": "identify", "traits": {"email": "shared@x.com", "plan": "gold"}}, 1),
        make_event({"userId": "u1", "event": "Bought"}, 2),
    ):
        cdp.take([event])
    (whole,) = cdp.live
    email = next(hashed for hashed, held in whole.identifiers.items() if held.namespace == "email")
    taken_apart(cdp, whole, Part("n1", (email,)))
    cdp.take([make_event({"userId": "u2", "type": "identify", "traits": {"email": "shared@x.com"}}, 3)])
    people = {frozenset(held.value for held in one.identifiers.values()): one for one in cdp.live}
    assert set(people) == {frozenset({"u1"}), frozenset({"u2", "shared@x.com"})}
    others = people[frozenset({"u2", "shared@x.com"})]
    assert ("plan" in others.state.traits, set(others.state.events)) == (False, {"$identify"})
    assert people[frozenset({"u1"})].state.traits["plan"].value == "gold"
    cdp.take([make_event({"userId": "u1", "type": "identify", "traits": {"email": "shared@x.com"}}, 4)])
    assert {frozenset(held.value for held in one.identifiers.values()) for one in cdp.live} == set(people)
