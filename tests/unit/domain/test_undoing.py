"""What one cause brought together comes apart again, and each is as before."""

from dataclasses import replace
from typing import Any

from hypothesis import given, settings

from shared.domain.events import Event
from shared.domain.identity_rules import RULES, Limit
from shared.domain.state import to_json
from shared.domain.undoing import Cause
from tests.people import Cdp, make_event
from tests.property.test_profiles import UNPROTECTED, histories
from tests.splits import undone_by

GUEST_ID = "guest-login"
"""No value that is known to be everybody's."""

RAISED = replace(RULES, limits={**RULES.limits, "anonymous_id": Limit(1000), "email": Limit(1000)})
GUEST = next(i.hash for i in make_event({"userId": GUEST_ID}).identifiers)


def visits(number: int) -> list[Event]:
    who = {"anonymousId": f"a{number}", "event": "Seen"}
    return [make_event(who, number), make_event({**who, "traits": {"email": f"{number}@x.com"}}, number + 0.1)]


def as_guest(number: int) -> Event:
    return make_event({"userId": GUEST_ID, "anonymousId": f"a{number}", "event": "Bought"}, number + 0.5)


def contents(cdp: Cdp) -> list[Any]:
    return sorted((sorted(p.identifiers.items()), to_json(p.state)) for p in cdp.live)


def test_people_merged_through_one_identifier_are_as_if_it_had_been_blocked() -> None:
    cdp = Cdp(RAISED)
    for number in range(20):
        cdp.take([*visits(number), as_guest(number)])
    assert len(cdp.live) == 1
    undone_by(cdp, Cause(through=GUEST))
    blocked = Cdp(RAISED).take(event for number in range(20) for event in visits(number))
    guest = Cdp(RAISED).take(
        make_event({"userId": GUEST_ID, "event": "Bought"}, n + 0.5, as_guest(n).message_id) for n in range(20)
    )
    assert contents(cdp) == sorted([*contents(blocked), *contents(guest)])


def test_visitors_who_were_never_anybody_else_come_apart_as_well() -> None:
    cdp = Cdp(RAISED)
    for number in range(5):
        cdp.take([as_guest(number), *visits(number)])
    undone_by(cdp, Cause(through=GUEST))
    assert cdp.groups() == [*([f"anonymous_id:a{n}", f"email:{n}@x.com"] for n in range(5)), ["user_id:guest-login"]]


def test_merges_of_one_source_come_apart_and_those_of_another_stay() -> None:
    def joining(one: str, other: str, source: str, days: float) -> Event:
        return replace(make_event({"userId": one, "anonymousId": other, "event": "Seen"}, days), source_id=source)

    cdp = Cdp(UNPROTECTED)
    cdp.take(make_event({"anonymousId": f"a{n}", "event": "Seen"}, n) for n in range(3))
    cdp.take([make_event({"userId": "u1", "event": "Seen"}, 3)])
    cdp.take(joining("u1", f"a{n}", "bad" if n else "good", 4 + n) for n in range(3))
    undone_by(cdp, Cause(source_id="bad"))
    assert cdp.groups() == [["anonymous_id:a0", "user_id:u1"], ["anonymous_id:a1"], ["anonymous_id:a2"]]
    assert sorted(p.state.event_count for p in cdp.live) == [1, 1, 5]


def test_one_merge_is_undone_by_the_id_of_who_was_merged() -> None:
    cdp = Cdp(UNPROTECTED).take(make_event({"anonymousId": "a1", "event": "Seen"}, n) for n in range(2))
    cdp.take([make_event({"userId": "u1", "event": "Seen"}, 3)])
    cdp.take([make_event({"userId": "u1", "anonymousId": "a1", "event": "Seen"}, 4)])
    (loser,) = [p.id for p in cdp.people.profiles.values() if p.is_merged]
    undone_by(cdp, Cause(merged=loser))
    assert cdp.groups() == [["anonymous_id:a1"], ["user_id:u1"]]
    assert cdp.people.live(loser).identifiers.keys() == {hashed_user("u1")}


def hashed_user(user_id: str) -> str:
    return make_event({"userId": user_id}).identifiers[0].hash


@settings(max_examples=200, deadline=None)
@given(histories())
def test_nobody_is_left_together_whom_a_world_without_the_identifier_holds_apart(events: list[Event]) -> None:
    one = hashed_user("u1")
    cdp = Cdp(UNPROTECTED).take(events)
    undone_by(cdp, Cause(through=one))
    rest = (replace(e, identifiers=tuple(i for i in e.identifiers if i.hash != one)) for e in events)
    without = Cdp(UNPROTECTED).take(event for event in rest if event.identifiers)
    together = [set(p.identifiers) for p in without.live]
    for profile in cdp.live:
        assert set(profile.identifiers) == {one} or any(set(profile.identifiers) <= group for group in together)
        assert cdp.rebuild(profile) == profile
