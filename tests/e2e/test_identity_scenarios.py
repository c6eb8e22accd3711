"""Known scenarios of identity through the deployed stack: sent to the collector, read back over the Read API.

Each has identifiers of its own, so all run side by side; it sends an event once the one before can be read.
"""

import random
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local.outputs import Outputs
from shared.domain.identifiers import of_event
from tests.e2e.people import eventually, fresh, has, profile, read, send, track
from tests.scenarios import SCENARIOS, Scenario, Step

pytestmark = pytest.mark.e2e
SIDE_BY_SIDE = 8
FIRST_DAY = datetime.now(UTC) - timedelta(days=30)


def own(scenario: Scenario) -> Scenario:
    return scenario.apart(fresh("s"), f"2{random.randrange(10**7):07}")


def message(step: Step, number: int) -> dict[str, Any]:
    time = (FIRST_DAY + timedelta(days=step.day)).isoformat()
    message_id = step.message_id or fresh("m")
    return {**step.body, "type": "track", "event": _name(step, number), "messageId": message_id, "timestamp": time}


def _name(step: Step, number: int) -> str:
    return f"Step {step.message_id.partition('-')[0] or number}"


def in_order(cloud: Outputs, scenario: Scenario) -> None:
    """Send each step once the person of the one before has it."""
    for number, step in enumerate(scenario.steps):
        send(cloud, {"batch": [message(step, number)]})
        for anchor in of_event(step.body)[:1]:
            has(cloud, f"{anchor.namespace}:{anchor.value}", **{_name(step, number).replace(" ", "_"): 1})


def at_once(cloud: Outputs, scenario: Scenario) -> None:
    """Each step as a request of its own, the last one first, all under way together."""
    steps = list(enumerate(scenario.steps))
    with ThreadPoolExecutor(len(steps)) as pool:
        list(pool.map(lambda step: send(cloud, {"batch": [message(step[1], step[0])]}), reversed(steps)))


def people(cloud: Outputs, scenario: Scenario) -> dict[str, dict[str, Any]]:
    """Everybody whom an identifier of the scenario leads to, by profile id; a contested device leads to nobody."""
    named = {identifier for step in scenario.steps for identifier in of_event(step.body)}
    found = (profile(cloud, f"{one.namespace}:{one.value}") for one in named)
    return {one["profile_id"]: one for one in found if one and "contested" not in one}


def are_as_expected(cloud: Outputs, scenario: Scenario) -> bool:
    found = people(cloud, scenario).values()
    folded = sum(tally["count"] for one in found for tally in one["events"].values())
    # What names nobody is stored, and nobody's; a message that comes twice counts once.
    sent = {_name(step, number) for number, step in enumerate(scenario.steps) if of_event(step.body)}
    sets = [frozenset(f"{i['namespace']}:{i['value']}" for i in one["identifiers"]) for one in found]
    return folded == len(sent) and len(sets) == len(scenario.people) and set(sets) == scenario.people


Way = Callable[[Outputs, Scenario], None]


def run(cloud: Outputs, scenarios: Iterable[Scenario], way: Way) -> list[Scenario]:
    """Run them side by side, each until its people are as expected; the scenarios with identifiers of their own."""

    def one(scenario: Scenario) -> Scenario:
        scenario = own(scenario)
        way(cloud, scenario)
        eventually(lambda: are_as_expected(cloud, scenario), f"the people of {scenario.name}")
        return scenario

    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        return list(pool.map(one, scenarios))


def test_every_known_scenario_ends_in_the_expected_people_and_merges(cloud: Outputs) -> None:
    for scenario in run(cloud, SCENARIOS, in_order):
        merged = [lost for one in people(cloud, scenario).values() for lost in one["merged_profile_ids"]]
        assert len(merged) == scenario.merges, scenario.name


def test_order_makes_no_difference_where_no_protection_fires(cloud: Outputs) -> None:
    run(cloud, [scenario for scenario in SCENARIOS if scenario.any_order], at_once)


def test_a_device_that_two_known_users_were_seen_with_answers_for_neither(cloud: Outputs) -> None:
    alice, bob, device = fresh("alice"), fresh("bob"), fresh("device")
    for user in (alice, bob):
        send(cloud, track(user, "Signed In", fresh("m"), anonymousId=device), "/v1/track")
        has(cloud, f"user_id:{user}", Signed_In=1)
    assert read(cloud, f"/v1/profiles/anonymous_id:{device}").json().keys() == {"profile_id", "contested"}


def test_fifty_requests_that_bring_one_new_identifier_at_once_make_one_profile(cloud: Outputs) -> None:
    user = fresh("user")
    with ThreadPoolExecutor(50) as pool:
        list(pool.map(lambda n: send(cloud, track(user, "Seen", f"{user}-{n}"), "/v1/track"), range(50)))
    person = has(cloud, f"user_id:{user}", Seen=50)
    assert person["merged_profile_ids"] == []


def test_merges_of_neighbours_that_start_together_are_both_made(cloud: Outputs) -> None:
    chain = next(scenario for scenario in SCENARIOS if scenario.name.startswith("23-"))
    scenarios = [own(chain) for _ in range(4)]

    def first_apart(scenario: Scenario) -> None:
        *alone, one, other = scenario.steps
        in_order(cloud, replace(scenario, steps=tuple(alone)))
        at_once(cloud, replace(scenario, steps=(one, other)))
        eventually(lambda: len(people(cloud, scenario)) == 1, "one person")

    with ThreadPoolExecutor(len(scenarios)) as pool:
        list(pool.map(first_apart, scenarios))
    for scenario in scenarios:
        (person,) = people(cloud, scenario).values()
        assert len(person["merged_profile_ids"]) == 2
        assert frozenset(f"{i['namespace']}:{i['value']}" for i in person["identifiers"]) in scenario.people


def test_a_page_and_an_identify_of_one_tick_make_one_person(cloud: Outputs) -> None:
    user, visitor = fresh("user"), fresh("visitor")
    ids = {"userId": user, "anonymousId": visitor}
    send(cloud, {"batch": [{"type": kind, "messageId": fresh("m"), **ids} for kind in ("page", "identify")]})
    person = has(cloud, f"user_id:{user}", **{"$page": 1, "$identify": 1})
    assert {i["value"] for i in person["identifiers"]} == {user, visitor}
    assert person["merged_profile_ids"] == []


def test_an_alias_of_two_known_users_is_refused_and_one_of_a_visitor_is_not(cloud: Outputs) -> None:
    old, new, visitor = fresh("old"), fresh("new"), fresh("visitor")
    send(cloud, {"batch": [track(user, "Seen", fresh("m")) for user in (old, new)]})
    send(cloud, {"batch": [{"type": "track", "event": "Seen", "messageId": fresh("m"), "anonymousId": visitor}]})
    for identifier in (f"user_id:{old}", f"user_id:{new}", f"anonymous_id:{visitor}"):
        has(cloud, identifier, Seen=1)
    for previous in (old, visitor):
        alias = {"type": "alias", "userId": new, "previousId": previous, "messageId": fresh("m")}
        send(cloud, {"batch": [alias]})
    person = has(cloud, f"user_id:{new}", Seen=2, **{"$alias": 2})
    assert {i["value"] for i in person["identifiers"]} == {new, visitor}
    assert has(cloud, f"user_id:{old}", Seen=1)["profile_id"] != person["profile_id"]


def test_two_users_of_one_group_or_account_never_merge(cloud: Outputs) -> None:
    users, group = [fresh("user"), fresh("user")], fresh("group")
    account = {"externalIds": [{"id": group, "type": "crm_id", "collection": "accounts", "encoding": "none"}]}
    for user in users:
        ids = {"userId": user, "groupId": group, "context": account}
        send(cloud, {"batch": [{"type": "group", "messageId": fresh("m"), **ids}]})
        has(cloud, f"user_id:{user}", **{"$group": 1})
    found = [profile(cloud, f"user_id:{user}") for user in users]
    assert [[i["value"] for i in one["identifiers"]] for one in found if one] == [[user] for user in users]


def test_a_refusal_on_one_side_of_a_merge_outlives_an_earlier_grant_on_the_other(cloud: Outputs) -> None:
    user, visitor = fresh("user"), fresh("visitor")
    for number, (ids, choice) in enumerate([({"userId": user}, True), ({"anonymousId": visitor}, False)]):
        time = (FIRST_DAY + timedelta(days=number)).isoformat()
        consent = {"consent": {"categoryPreferences": {"Advertising": choice}}}
        chosen = {"type": "track", "event": "Chosen", "messageId": fresh("m"), "timestamp": time, "context": consent}
        send(cloud, {"batch": [{**chosen, **ids}]})
    has(cloud, f"user_id:{user}", Chosen=1)
    has(cloud, f"anonymous_id:{visitor}", Chosen=1)
    send(cloud, {"batch": [track(user, "Met", fresh("m"), anonymousId=visitor)]})
    person = has(cloud, f"user_id:{user}", Chosen=2, Met=1)
    assert person["consent"]["Advertising"]["state"] == "refused"
    assert len(person["consent"]["Advertising"]["decisions"]) == 2
