"""What a dry run of identity rules tells: who would merge, split, be kept apart or be nobody, with examples."""

from dataclasses import replace
from typing import Any

from shared.domain.events import Event
from shared.domain.identifiers import Naming, of_event
from shared.domain.identity_dry_run import MOST_EXAMPLES, MOST_PARTS, Person, Report, Seen, compare, decide_all
from shared.domain.identity_rules import RULES, IdentityRules, Limit
from tests.dry_runs import history
from tests.people import hashed, make_event

A_FAMILY = [
    {"userId": "jane", "properties": {"email": "family@example.com"}},
    {"userId": "john", "properties": {"email": "family@example.com"}},
    {"userId": "jane", "anonymousId": "tablet"},
]


def seen(events: list[Event], naming: Naming = RULES.naming) -> list[Seen]:
    return [Seen(event.time, tuple(map(hashed, of_event(event.body, naming)))) for event in events]


def report(bodies: list[dict[str, Any]], proposed: IdentityRules) -> tuple[Report, dict[str, str]]:
    """What the proposed rules would change against those that ship, and the value behind each hash."""
    events = [make_event(body, day) for day, body in enumerate(bodies)]
    today, then = seen(events), seen(events, proposed.naming)
    values = {one.hash: one.identifier.value for event in (*today, *then) for one in event.identifiers}
    return compare(decide_all(history(today), RULES), decide_all(history(then), proposed)), values


def named(people: tuple[Person, ...], values: dict[str, str]) -> list[list[str]]:
    return sorted(sorted(values[one] for one in person.identifiers) for person in people)


def limits(**changed: Limit) -> IdentityRules:
    return replace(RULES, limits={**RULES.limits, **changed})


def test_two_users_of_one_address_would_merge_where_a_person_may_have_two_user_ids() -> None:
    found, values = report(A_FAMILY, limits(user_id=Limit(2)))
    assert (found.events, found.people, found.merging, found.merged, found.splitting) == (3, (2, 1), 2, 1, 0)
    (merge,) = found.merges
    assert named(merge.parts, values) == [["family@example.com", "jane", "tablet"], ["john"]]
    assert found.kept_apart == {"limit:user_id": (1, 0)}


def test_one_person_would_split_where_an_address_joins_nobody_any_more() -> None:
    bodies = [{"userId": "jane"}, {"anonymousId": "a1"}, {"anonymousId": "a1", "properties": {"email": "j@x.com"}}]
    bodies.append({"userId": "jane", "properties": {"email": "j@x.com"}})
    found, values = report(bodies, replace(RULES, never_merge=("email",)))
    assert (found.people, found.splitting, found.split, found.merging) == ((1, 2), 1, 2, 0)
    (split,) = found.splits
    assert named(split.parts, values) == [["a1", "j@x.com"], ["jane"]]
    (apart,) = found.aparts
    assert (apart.reason, values[apart.identifier]) == ("never_merges:email", "j@x.com")
    assert named((apart.person,), values) == [["jane"]]


def test_identifiers_over_a_cap_are_counted_once_however_often_they_come() -> None:
    flood = [{"userId": "u1", "properties": {"email": f"{n}@x.com"}} for n in range(5)] * 3
    found, values = report(flood, replace(RULES, most_identifiers=3))
    assert found.kept_apart == {"too_many_identifiers": (0, 3)}
    assert {values[apart.identifier] for apart in found.aparts} == {"2@x.com", "3@x.com", "4@x.com"}
    assert found.people == (1, 1)


def test_a_device_of_two_known_users_is_told_as_contested_and_not_as_a_limit() -> None:
    kiosk = [{"userId": user, "anonymousId": "kiosk"} for user in ("u1", "u2", "u3")]
    found, _ = report(kiosk, RULES)
    assert found.kept_apart == {"contested": (1, 1)}
    assert (found.people, found.merging, found.splitting) == ((3, 3), 0, 0)


def test_a_value_that_is_blocked_joins_nobody_and_what_only_it_named_would_be_nobodys() -> None:
    walk_ins = [{"userId": "walk-in", "anonymousId": f"till{n}"} for n in range(3)] + [{"userId": "walk-in"}]
    found, _ = report(walk_ins, replace(RULES, blocked=("Walk-In",)))
    assert (found.people, found.nameless, found.splitting, found.split) == ((1, 3), (0, 1), 1, 3)


def test_of_many_examples_the_largest_are_shown_with_their_first_parts() -> None:
    bodies = [
        {"userId": f"u{group}-{n}", "properties": {"email": f"{group}@example.com"}}
        for group in range(MOST_EXAMPLES + 3)
        for n in range(2 + group)
    ]
    found, _ = report(bodies, limits(user_id=Limit(100)))
    assert len(found.merges) == MOST_EXAMPLES
    largest = MOST_EXAMPLES + 4
    assert [len(merge.parts) + merge.more for merge in found.merges] == list(
        range(largest, largest - MOST_EXAMPLES, -1)
    )
    assert all(len(merge.parts) <= MOST_PARTS for merge in found.merges)
