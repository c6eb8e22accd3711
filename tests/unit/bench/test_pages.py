"""The layout that events don't have, as the bench counts it."""

from dataclasses import replace
from typing import Any

from bench.pages import event_of, events_of, item_of, page_of, pages
from shared.aws.dynamo import to_attributes
from shared.stores.event_store import to_item
from tests.people import make_event


def stored(number: int, request: str, minute: float, batch: int = 0) -> Any:
    properties = {"n": [f"{number}-{n}" for n in range(60)]}
    event = make_event({"userId": "u1", "event": "Seen", "properties": properties}, minute / 1440, f"m{number}")
    at = f"2026-11-21T09:59:{batch:02}.000Z"
    return to_attributes({**to_item(replace(event, correlation_id=request, stored_at=at), 30)})


def test_a_page_holds_what_one_request_brought_of_one_hour() -> None:
    found = pages([stored(1, "a", 1), stored(2, "a", 2), stored(3, "a", 70), stored(4, "b", 3)])
    assert found.items == 3 / 4
    assert found.units == 3 / 4


def test_many_events_of_a_page_take_more_than_one_unit() -> None:
    assert pages(stored(n, "a", 1) for n in range(200)).units > 1 / 200


def test_each_batch_needs_a_look_at_what_lies_in_its_hour() -> None:
    found = pages([stored(1, "a", 1), stored(2, "b", 2), stored(3, "c", 3, batch=1), stored(4, "d", 70, batch=1)])
    assert found.items == 1
    assert found.looks == 3 / 4


def test_events_come_out_of_a_page_and_of_items_as_they_went_in() -> None:
    events = [event_of(stored(n, "a", n)) for n in range(3)]
    assert [event_of(item_of(event)) for event in events] == events
    assert sorted(events_of(page_of("2026-11-21T09", events)), key=str) == sorted(events, key=str)
