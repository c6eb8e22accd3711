"""What becomes of an element: an Event with its key, clocks and digest."""

from typing import Any

import pytest

from shared.domain.events import Event
from shared.domain.validation import MAX_EVENT_BYTES, Refusal
from tests.arrivals import arrival, judged


@pytest.mark.parametrize(
    ("fields", "time", "skewed"),
    [
        ({"timestamp": "2026-11-21T09:00:00Z"}, "2026-11-21T09:00:00.000Z", False),
        ({"timestamp": "2026-11-21T18:00:00+09:00"}, "2026-11-21T09:00:00.000Z", False),
        ({"timestamp": "2026-11-21T09:00:00Z", "sentAt": "2026-11-21T09:20:00Z"}, "2026-11-21T09:10:00.000Z", False),
        ({"timestamp": "2026-11-11T09:00:00Z", "sentAt": "2026-11-11T09:30:00Z"}, "2026-11-21T09:00:00.000Z", True),
        ({"timestamp": "9999-12-31T00:00:00Z"}, "2026-11-21T09:35:00.000Z", False),
        (
            {"timestamp": "2026-11-21T09:00:00Z", "originalTimestamp": "2026-11-21T08:00:00Z"},
            "2026-11-21T08:00:00.000Z",
            False,
        ),
        ({}, "2026-11-21T09:30:00.000Z", False),
        ({"sentAt": "no time", "timestamp": "2026-11-21T09:00:00Z"}, "2026-11-21T09:00:00.000Z", False),
    ],
)
def test_the_time_is_corrected_by_the_clients_clock_and_never_ahead(
    fields: dict[str, Any], time: str, skewed: bool
) -> None:
    event = judged({"type": "identify", "messageId": "m1", "userId": "u1", **fields})
    assert isinstance(event, Event)
    assert (event.time, event.skewed) == (time, skewed)


def test_the_key_is_made_of_the_anchor_the_original_time_and_the_message_id() -> None:
    event = judged(
        {"type": "identify", "messageId": "m1", "anonymousId": "a1", "userId": "u1", "timestamp": "2026-11-21T09:00Z"}
    )
    assert isinstance(event, Event)
    assert (event.pk, event.sk) == ("A#user_id=u1", "2026-11-21T09:00:00.000Z#m1")


def test_an_event_without_a_time_of_its_own_is_keyed_by_its_message_id() -> None:
    event = judged({"type": "identify", "messageId": "m1", "userId": "u1", "sentAt": "2026-11-21T09:00:00Z"})
    assert isinstance(event, Event)
    assert event.sk == "-#m1"


def test_an_event_that_names_nobody_usable_is_kept_and_has_no_anchor() -> None:
    event = judged({"type": "identify", "messageId": "m1", "userId": "null"})
    assert isinstance(event, Event)
    assert event.anchor is None
    assert event.pk.startswith("M#")


def test_numbers_become_text_where_an_id_stands_and_nowhere_else() -> None:
    event = judged({"type": "alias", "messageId": 7, "userId": 12, "previousId": 3.0, "traits": {"age": 30}})
    assert isinstance(event, Event)
    assert event.message_id == "7"
    body = {name: event.body[name] for name in ("messageId", "userId", "previousId", "traits")}
    assert body == {"messageId": "7", "userId": "12", "previousId": "3", "traits": {"age": 30}}


@pytest.mark.parametrize(
    ("context", "ip"), [(None, "203.0.113.7"), ({"ip": "198.51.100.1"}, "198.51.100.1"), ([], "203.0.113.7")]
)
def test_the_ip_that_the_server_saw_fills_a_gap_only(context: Any, ip: str) -> None:
    element = {"type": "identify", "messageId": "m1", "userId": "u1", "context": context}
    event = judged(element, arrival(ip="203.0.113.7"))
    assert isinstance(event, Event)
    assert event.body["context"]["ip"] == ip
    plain = judged(element)
    assert isinstance(plain, Event)
    assert event.digest == plain.digest


def test_the_digest_tells_bodies_apart_and_tries_of_one_body_not() -> None:
    element = {"type": "identify", "messageId": "m1", "userId": "u1"}
    digests = [
        event.digest
        for fields in ({}, {"sentAt": "2026-11-21T09:00:00Z"}, {"traits": {"a": 1}})
        if isinstance(event := judged({**element, **fields}), Event)
    ]
    assert digests[0] == digests[1] != digests[2]


def test_an_event_of_just_32_kb_is_taken() -> None:
    element = {"type": "identify", "messageId": "m1", "userId": "u1", "a": ""}
    room = MAX_EVENT_BYTES - len('{"type":"identify","messageId":"m1","userId":"u1","a":""}')
    assert isinstance(judged({**element, "a": "x" * room}), Event)
    assert isinstance(judged({**element, "a": "x" * (room + 1)}), Refusal)
    assert isinstance(judged({**element, "a": "민" * (room // 3 + 1)}), Refusal)


def test_the_name_is_that_of_a_track_event_alone() -> None:
    page = judged({"type": "page", "messageId": "m1", "userId": "u1", "name": "Home", "event": "not mine"})
    track = judged({"type": "track", "messageId": "m1", "userId": "u1", "event": "Tea Bought"})
    assert isinstance(page, Event)
    assert isinstance(track, Event)
    assert (page.name, track.name) == (None, "Tea Bought")
