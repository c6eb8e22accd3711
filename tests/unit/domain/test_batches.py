"""Elements of a request: what is merged into them, and the messageIds they are given."""

from typing import Any

import pytest

from shared.domain.batches import grouped, is_client_side, merged, with_message_ids

MINUTE = "2026-11-21T09:30"


def ids(*events: dict[str, Any], source: str = "src_web", minute: str = MINUTE) -> list[str]:
    return [event["messageId"] for event in with_message_ids(source, minute, events)]


def test_the_write_key_stays_behind() -> None:
    assert merged({}, [{"writeKey": "wk", "userId": "u1"}]) == [{"userId": "u1"}]


def test_elements_of_any_shape_pass_through() -> None:
    odd = [None, 1, "text", [], {"context": "text"}]
    assert merged({"context": {"a": 1}, "integrations": {"All": True}}, odd)[:4] == odd[:4]
    assert merged({"context": {"a": 1}}, odd)[4] == {"context": "text"}
    assert with_message_ids("src_web", MINUTE, odd[:4]) == odd[:4]


@pytest.mark.parametrize("own", [{"timestamp": "t1"}, {"originalTimestamp": "t1"}])
def test_the_time_of_a_batch_is_that_of_events_without_one(own: dict[str, str]) -> None:
    assert merged({"timestamp": "t0"}, [{}, own]) == [{"originalTimestamp": "t0"}, own]


def test_a_message_id_of_the_client_stays() -> None:
    assert ids({"messageId": "m1"}, {"messageId": 7}) == ["m1", 7]


def test_a_made_message_id_is_the_same_for_another_try_and_no_other_event() -> None:
    event = {"userId": "u1", "timestamp": "2026-11-21T09:00:00Z"}
    first = ids(event)
    assert ids({**event, "sentAt": "later", "messageId": None}, minute="2026-11-21T10:00") == first
    assert ids(event, source="src_other") != first
    assert ids({**event, "a": 1}) != first
    assert len(set(ids(event, event, event))) == 3
    assert ids(event, event)[0] == first[0]


def test_an_event_without_a_time_is_told_from_an_equal_one_by_its_minute() -> None:
    event = {"userId": "u1"}
    assert ids(event) == ids(event) != ids(event, minute="2026-11-21T09:31")


@pytest.mark.parametrize("context", [None, "text", {"library": None}, {"library": {"name": ["analytics.js"]}}])
def test_traffic_that_does_not_say_so_is_not_client_side(context: Any) -> None:
    assert not is_client_side({"context": context})


def test_groups_keep_the_order_in_which_elements_came() -> None:
    assert grouped([3, 1, 4, 1, 5, 9], lambda number: number % 2) == {1: [3, 1, 1, 5, 9], 0: [4]}
