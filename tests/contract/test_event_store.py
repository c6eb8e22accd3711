"""What the door to events promises: inserts that never overwrite, told apart by origin and digest, and reads."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from shared.aws import clients
from shared.domain.events import Event
from shared.stores.event_store import EventStore, Insertion, RefusedInsertError
from shared.stores.tables import EVENTS
from tests.arrivals import arrival, judged
from tests.contract.conftest import Dynamo

DAYS = {"src_web": 365}
STORED_AT = "2026-11-21T09:30:01.000Z"
LONG = {f"trait_{number}": "서울" * 9 for number in range(9)}


@pytest.fixture
def store(dynamo: Dynamo) -> EventStore:
    return EventStore(dynamo.table(EVENTS))


def event(
    message_id: str = "m1", origin: str = "s:1:0", stored_at: str = "2026-11-21T09:30:01.000Z", **more: Any
) -> Event:
    element = {"type": "identify", "messageId": message_id, "userId": "u1", "timestamp": "2026-11-21T09:00Z"}
    received = {"received_at": more.pop("received_at")} if "received_at" in more else {}
    made = judged({**element, **more}, arrival(origin=origin, stored_at=stored_at, **received))
    assert isinstance(made, Event)
    return made


def events_of(store: EventStore, **asked: Any) -> list[Event]:
    return [event for _, event in store.of_anchor("user_id=u1", **asked)]


def test_an_event_comes_back_as_it_went_in(store: EventStore) -> None:
    first, long = event(traits={"name": "민아", "age": 30.5}), event("m2", origin="s:1:1", traits=LONG)
    assert store.insert([first, long], DAYS) == [Insertion.STORED] * 2
    found = store.get([*((one.pk, one.sk) for one in (first, long)), ("A#none", "-#x")])
    assert events_of(store) == sorted(found, key=lambda one: one.sk) == [first, long]


def test_a_reduced_event_keeps_nothing_of_the_body_it_had(store: EventStore, dynamo: Dynamo) -> None:
    long = event(traits=LONG)
    store.insert([long], DAYS)
    (item,) = dynamo.items(EVENTS)
    assert "event" not in item
    store.reduce(replace(long, body={"type": "identify"}))
    assert [(one["event"], "packed" in one) for one in dynamo.items(EVENTS)] == [('{"type":"identify"}', False)]


def test_a_body_is_packed_by_its_bytes_so_that_korean_text_is_packed_as_early(
    store: EventStore, dynamo: Dynamo
) -> None:
    small = event("m1", traits={"name": "a" * 150})
    store.insert([small, event("m2", origin="s:1:1", traits={"name": "가" * 150})], DAYS)
    assert ["packed" in item for item in dynamo.items(EVENTS)] == [False, True]


def test_the_first_write_wins(store: EventStore) -> None:
    first, again, other = event(), event(origin="s:2:0"), event(origin="s:3:0", traits={"a": 1})
    store.insert([first], DAYS)
    assert store.insert([again, other, first], DAYS) == [Insertion.DUPLICATE, Insertion.REUSED, Insertion.REDELIVERED]
    assert events_of(store) == [first]


def test_of_equal_keys_in_one_call_the_first_is_inserted(store: EventStore) -> None:
    first, again, other = event(), event(origin="s:1:1"), event(origin="s:1:2", traits={"a": 1})
    for whole in (Insertion.STORED, Insertion.REDELIVERED):
        assert store.insert([first, again, other], DAYS) == [whole, Insertion.DUPLICATE, Insertion.REUSED]


def test_a_call_with_many_events_inserts_each(store: EventStore) -> None:
    events = [event(f"m{number:03}") for number in range(130)]
    assert set(store.insert(events, DAYS)) == {Insertion.STORED}
    assert [one.message_id for one in events_of(store)] == [one.message_id for one in events]
    backwards = events_of(store, forward=False, page_size=7)
    assert [one.message_id for one in backwards] == [one.message_id for one in reversed(events)]
    assert events_of(store, last=events[12].sk) == events[:13]


@pytest.mark.parametrize("most", [61, 60])
def test_events_without_a_time_stand_by_the_one_they_got_and_last_where_they_are_too_many(
    store: EventStore, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr("shared.stores.event_store.MOST_UNTIMED", most)
    timed = [event("t1", timestamp="2026-11-21T08:00Z"), event("t2", timestamp="2026-11-21T09:29:30Z")]
    untimed = [event(f"u{99 - n}", received_at=f"2026-11-21T09:29:{n:02d}.000Z", timestamp="") for n in range(60)]
    gone = event("gone", stored_at="2020-01-01T00:00:00.000Z", timestamp="")
    store.insert([*timed, *untimed, gone], DAYS)
    late = untimed[::-1] if most == 60 else untimed
    ordered = [*late, *timed] if most == 60 else [timed[0], *untimed[:30], timed[1], *untimed[30:]]
    placed = list(store.of_anchor("user_id=u1"))
    assert [one.message_id for _, one in placed] == [one.message_id for one in ordered]
    assert list(store.of_anchor("user_id=u1", forward=False)) == placed[::-1]
    for number in (0, 5, 31, 32, 40, 61):
        backwards = store.of_anchor("user_id=u1", last=placed[number][0], forward=False)
        assert list(backwards) == placed[number::-1]


def test_expired_events_are_not_read(store: EventStore) -> None:
    old = event(stored_at="2020-01-01T00:00:00.000Z")
    store.insert([old], DAYS)
    assert events_of(store) == store.get([(old.pk, old.sk)]) == []


@pytest.mark.parametrize(
    ("code", "is_expected"),
    [
        ("ThrottlingError", lambda outcome: outcome is Insertion.CONTENDED),
        ("TransactionConflict", lambda outcome: outcome is Insertion.CONTENDED),
        ("ValidationError", lambda outcome: isinstance(outcome, RefusedInsertError) and outcome.origin == "s:1:0"),
    ],
)
def test_an_insert_that_fails_for_good_says_how(
    store: EventStore, monkeypatch: pytest.MonkeyPatch, code: str, is_expected: Callable[[Any], bool]
) -> None:
    class Failing:
        def batch_execute_statement(self, Statements: list[Any]) -> Any:  # noqa: N803
            return {"Responses": [{"Error": {"Code": code, "Message": "no"}} for _ in Statements]}

    monkeypatch.setattr("shared.aws.batching.time.sleep", lambda _: None)
    monkeypatch.setattr("shared.aws.inserts.dynamodb", Failing)
    outcomes = store.insert([event(), event(origin="s:1:1")], DAYS)
    assert all(map(is_expected, outcomes[:1]))
    assert len(outcomes) == 2


def test_an_item_that_expires_before_it_is_read_is_tried_again_later(
    store: EventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.insert([event()], DAYS)

    class Expiring:
        def batch_execute_statement(self, **request: Any) -> Any:
            answer = clients.dynamodb().batch_execute_statement(**request)
            first = event()
            key = {"pk": {"S": first.pk}, "sk": {"S": first.sk}}
            clients.dynamodb().delete_item(TableName=store.table, Key=key)
            return answer

    monkeypatch.setattr("shared.aws.inserts.dynamodb", Expiring)
    assert store.insert([replace(event(), origin="s:2:0")], DAYS) == [Insertion.CONTENDED]
