"""Who is who: protections, one by one."""

from dataclasses import replace

import pytest

from shared.domain.events import Event
from shared.domain.identifiers import normalise
from tests.people import Cdp, make_event


def test_two_known_users_of_one_browser_never_merge_and_it_becomes_contested() -> None:
    cdp = Cdp().take(
        [
            make_event({"anonymousId": "a1", "event": "Seen"}, 1),
            make_event({"userId": "alice", "anonymousId": "a1", "event": "Signed In"}, 2),
            make_event({"userId": "bob", "anonymousId": "a1", "event": "Signed In"}, 3),
            make_event({"anonymousId": "a1", "event": "Seen Later"}, 4),
            make_event({"anonymousId": "a1", "event": "Seen Before"}, 1.5),
        ]
    )
    names = sorted(sorted(p.state.events) for p in cdp.live)
    assert names == [["Seen", "Seen Before", "Signed In"], ["Seen Later"], ["Signed In"]]
    assert [o.contested for o in cdp.people.ownerships.values() if o.identifier.identifier.value == "a1"] == [True]


def test_a_contest_that_arrives_late_takes_nothing_back_that_was_folded() -> None:
    cdp = Cdp().take(
        [
            make_event({"userId": "alice", "anonymousId": "a1", "event": "Signed In"}, 2),
            make_event({"anonymousId": "a1", "event": "Seen"}, 9),
            make_event({"userId": "bob", "anonymousId": "a1", "event": "Signed In"}, 3),
        ]
    )
    for profile in cdp.live:
        assert cdp.rebuild(profile) == profile


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z"])
def test_an_event_at_either_end_of_the_calendar_is_stitched_like_any_other(time: str) -> None:
    seen = make_event({"userId": "u1", "anonymousId": "a1", "event": "Seen"})
    cdp = Cdp().take([make_event({"userId": "u1"}, 1), replace(seen, time=time, sk=f"{time}#m1")])
    assert [sorted(h.value for h in p.identifiers.values()) for p in cdp.live] == [["a1", "u1"]]


def test_what_a_late_event_of_a_contested_device_names_does_not_count_once_it_is_the_owners() -> None:
    on_device = {"context": {"device": {"id": "d1"}}}
    cdp = Cdp().take(
        [
            make_event({"userId": "alice", **on_device}, 1),
            make_event({"userId": "bob", **on_device}, 2),
            make_event({"anonymousId": "a1", **on_device}, 0.5),
            make_event({"userId": "alice", "anonymousId": "a1"}, 3),
        ]
    )
    assert ["anonymous_id:a1", "device_id:d1", "user_id:alice"] in cdp.groups()
    assert [cdp.rebuild(person) for person in cdp.live] == cdp.live


def test_a_contested_device_links_nobody_any_more() -> None:
    cdp = Cdp().take(
        [
            make_event({"userId": "alice", "anonymousId": "a1"}, 1),
            make_event({"userId": "bob", "anonymousId": "a1"}, 2),
            make_event({"anonymousId": "a1"}, 3),
            make_event({"anonymousId": "a1", "userId": "carol"}, 4),
        ]
    )
    assert cdp.merges == 0
    assert len(cdp.live) == 4


def test_a_contest_leaves_an_event_that_waits_for_a_rebuild_with_its_owner() -> None:
    cdp = Cdp().take(
        [
            make_event({"userId": "alice", "anonymousId": "a1"}, 1),
            make_event({"anonymousId": "a1", "event": "Seen"}, 9, stored_days_ago=3),
            make_event({"userId": "bob", "anonymousId": "a1"}, 3),
        ]
    )
    alice, bob = (next(p for p in cdp.live if cdp.people.owner_of(e.anchor or "", e.time) == p) for e in _of_users(cdp))
    assert cdp.people.forgotten == {alice.id}
    assert [cdp.rebuild(person).state.event_count for person in (alice, bob)] == [2, 1]


def _of_users(cdp: Cdp) -> list[Event]:
    return [event for event in cdp.stored.values() if "userId" in event.body]


def test_a_device_on_a_late_event_of_another_counts_for_nobody_even_once_a_merge_makes_them_one() -> None:
    cdp = Cdp().take(
        [
            make_event({"userId": "alice", "anonymousId": "a1"}, 1),
            make_event({"userId": "bob", "anonymousId": "a1"}, 1),
            make_event({"properties": {"email": "alice@example.com"}, "anonymousId": "a1"}, 1),
            make_event({"userId": "alice", "properties": {"email": "alice@example.com"}}, 1),
        ]
    )
    assert "contested" in {entry.reason for key, entry in cdp.people.ledger.items() if key.entry.startswith("demoted#")}
    for profile in cdp.live:
        assert cdp.rebuild(profile) == profile


def test_a_union_over_the_size_limit_is_refused_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.domain.identity.MOST_BYTES", 10)
    cdp = Cdp().take(
        [
            make_event({"anonymousId": "a1"}, 1),
            make_event({"userId": "u1"}, 2),
        ]
    )
    cdp.people.profiles = {key: replace(p, size=6) for key, p in cdp.people.profiles.items()}
    cdp.take([make_event({"userId": "u1", "anonymousId": "a1"}, 3)])
    assert cdp.merges == 0
    assert "profile_too_large" in {entry.reason for entry in cdp.people.ledger.values()}


def test_a_repeated_event_counts_no_decision_twice() -> None:
    events = [
        make_event({"userId": "u1", "traits": {"phone": "010-1234-5678"}}, 1),
        make_event({"userId": "u2", "traits": {"phone": "010-1234-5678"}}, 2),
    ]
    once, often = Cdp().take(events), Cdp().take([*events, *events, events[1]])
    assert once.people.ledger == often.people.ledger
    assert "limit:user_id" in {entry.reason for entry in once.people.ledger.values()}


@pytest.mark.parametrize(
    "value", ["null", " Undefined ", "'null'", "0000-00", "-1", "", None, True, "a\x00b", "\ud800", "x" * 513]
)
def test_a_value_that_names_nobody_is_no_identifier(value: object) -> None:
    assert normalise("user_id", value) is None


@pytest.mark.parametrize(
    ("namespace", "value", "normal"),
    [
        ("email", " Jane.Doe+tag@Example.COM ", "jane.doe+tag@example.com"),
        ("phone", "010-1234-5678", "+821012345678"),
        ("phone", "０１０－１２３４－５６７８", "+821012345678"),
        ("phone", "0082 10 1234 5678", "+821012345678"),
        ("phone", "010-1234-5678 내선 12", "+821012345678"),
        ("user_id", 12, "12"),
        ("user_id", 12.0, "12"),
        ("user_id", "Alice", "Alice"),
    ],
)
def test_identifiers_are_normalised(namespace: str, value: object, normal: str) -> None:
    found = normalise(namespace, value)
    assert found is not None
    assert found.value == normal


@pytest.mark.parametrize("phone", ["000-0000-0000", "1" * 100_000, "not a phone", "+"])
def test_a_phone_that_cannot_be_is_no_identifier(phone: str) -> None:
    assert normalise("phone", phone) is None
