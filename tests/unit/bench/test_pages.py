"""The layout that events don't have, as the bench counts it."""

from dataclasses import replace
from typing import Any

from bench.pages import pages
from shared.aws.dynamo import to_attributes
from shared.stores.event_store import to_item
from tests.people import make_event


def stored(number: int, request: str, minute: float) -> Any:
    properties = {"n": [f"{number}-{n}" for n in range(60)]}
    event = make_event({"userId": "u1", "event": "Seen", "properties": properties}, minute / 1440, f"m{number}")
    return to_attributes({**to_item(replace(event, correlation_id=request), 30)})


def test_a_page_holds_what_one_request_brought_of_one_hour() -> None:
    found = pages([stored(1, "a", 1), stored(2, "a", 2), stored(3, "a", 70), stored(4, "b", 3)])
    assert found.items == 3 / 4
    assert found.units == 3 / 4


def test_many_events_of_a_page_take_more_than_one_unit() -> None:
    assert pages(stored(n, "a", 1) for n in range(200)).units > 1 / 200
