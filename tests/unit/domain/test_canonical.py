"""Canonical fields: what each SDK says in its own way is read in one shape."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from shared.contracts.canonical import Canonical
from shared.domain.amounts import Amount, amount_of
from shared.domain.canonical import canonical_of
from shared.domain.channels import channel_of
from shared.domain.events import Event
from tests.people import make_event

CAPTURES = Path("tests/fixtures/sdk_captures")


def shown(event: Event) -> dict[str, Any]:
    return Canonical.model_validate(canonical_of(event)).model_dump(mode="json")


def fields(**body: Any) -> dict[str, Any]:
    return shown(make_event({"event": "Seen", "userId": "u1", **body}))


def captured(name: str) -> list[dict[str, Any]]:
    captures = json.loads((CAPTURES / f"{name}.json").read_text())["captures"]["all_calls_200"]
    bodies = [c["body"] for c in captures if isinstance(c["body"], dict)]
    return [event for body in bodies for event in body.get("batch", [body])]


def test_an_event_that_says_nothing_has_no_canonical_fields() -> None:
    assert fields() == {}


def test_a_page_of_segments_browser_sdk_is_read_as_it_was_captured() -> None:
    (page,) = [e for e in captured("segment-analytics-next") if e["type"] == "page"]
    assert shown(make_event(page)) == {
        "campaign": {"name": "c1", "source": "news"},
        "channel": {"name": "web"},
    }


@pytest.mark.parametrize("name", ["rudder-sdk-python", "segment-analytics-python"])
def test_an_order_of_a_server_sdk_is_read_as_it_was_captured(name: str) -> None:
    (order,) = [e for e in captured(name) if e.get("event") == "Order Completed"]
    assert shown(make_event(order)) == {
        "channel": {"name": "server"},
        "amount": {"value": "12.5000", "currency": "XXX"},
    }


@pytest.mark.parametrize(
    ("body", "session_id"),
    [
        ({"context": {"sessionId": 1795290779534}}, "1795290779534"),
        ({"context": {"sessionId": "s-1"}, "properties": {"session_id": "s-2"}}, "s-1"),
        ({"context": {"session": {"id": 12.0}}}, "12"),
        ({"properties": {"session_id": " s-2 "}}, "s-2"),
        ({"integrations": {"Actions Amplitude": {"session_id": 1_690_204_727_202}}}, "1690204727202"),
        ({"integrations": {"Actions Amplitude": {"session_id": -1}}}, None),
        ({"context": {"sessionId": True}}, None),
        ({"context": {"sessionId": 10**4000}}, None),
    ],
)
def test_a_session_is_found_where_clients_put_it(body: dict[str, Any], session_id: str | None) -> None:
    assert fields(**body).get("session_id") == session_id


@pytest.mark.parametrize(
    ("context", "campaign"),
    [
        ({"campaign": {"name": "spring", "unknown": "x", "id": 7}}, {"name": "spring", "id": "7"}),
        ({"page": {"search": "?utm_campaign=a%20b&utm_source=n&x=1"}}, {"name": "a b", "source": "n"}),
        ({"page": {"url": "https://x.com/?UTM_Medium=mail#utm_term=t"}}, {"medium": "mail"}),
        ({"campaign": {}, "page": {"search": "?utm_id=9"}}, {"id": "9"}),
        ({"page": {"url": "http://[broken?utm_source=%ff"}}, {"source": "\ufffd"}),
        ({"page": {"url": "https://x.com/?q=utm_source"}}, None),
    ],
)
def test_a_campaign_comes_from_the_context_or_from_the_pages_address(
    context: dict[str, Any], campaign: dict[str, str] | None
) -> None:
    assert fields(context=context).get("campaign") == campaign


@pytest.mark.parametrize(
    ("context", "referrer"),
    [
        ({"page": {"referrer": "https://a.com/"}, "referrer": {"url": "https://b.com/"}}, "https://a.com/"),
        ({"page": {"referrer": ""}, "referrer": {"url": "https://b.com/"}}, "https://b.com/"),
        ({"page": {"referrer": "$direct"}}, None),
    ],
)
def test_a_referrer_is_the_page_one_came_from(context: dict[str, Any], referrer: str | None) -> None:
    assert fields(context=context).get("referrer") == referrer


@pytest.mark.parametrize(
    ("body", "name", "raw"),
    [
        ({"context": {"channel": "Call Center"}}, "call", "Call Center"),
        ({"channel": "web", "context": {"library": {"name": "analytics-python"}}}, "web", "web"),
        ({"properties": {"channel": "drone"}}, "other", "drone"),
        ({"context": {"library": {"name": "RudderLabs JavaScript SDK"}}}, "web", None),
        ({"context": {"library": {"name": "com.rudderstack.android.sdk.core"}}}, "mobile", None),
        ({"context": {"library": {"name": "analytics-react-native"}}}, "mobile", None),
        ({"context": {"library": {"name": "@segment/analytics-node"}}}, "server", None),
        ({"type": "screen"}, "mobile", None),
        ({"type": "page"}, "web", None),
    ],
)
def test_a_channel_is_what_the_client_says_or_what_the_event_looks_like(
    body: dict[str, Any], name: str, raw: str | None
) -> None:
    channel = channel_of(make_event({"userId": "u1", "event": "Seen", **body}))
    assert channel is not None
    assert (channel.name, channel.raw) == (name, raw)


def test_touchpoint_place_and_free_text_are_taken_as_the_client_says() -> None:
    said = fields(
        properties={"touchpoint": "checkout", "comment": "slow", "answer": 3, "store_id": 12},
        context={"location": {"city": "Seoul", "country": "KR", "latitude": "37.56", "longitude": 999}},
    )
    assert said == {
        "touchpoint": "checkout",
        "location": {"country": "KR", "city": "Seoul", "latitude": 37.56, "store": "12"},
        "free_text": {"comment": "slow"},
    }


@pytest.mark.parametrize(
    ("properties", "value", "currency"),
    [
        ({"revenue": 12.1, "total": 13, "currency": "usd"}, "12.1000", "USD"),
        ({"revenue": "free", "total": " 1299.9 ", "currency": "KRW"}, "1299.9000", "KRW"),
        ({"value": -0.0}, "0.0000", "XXX"),
        ({"price": "0.1", "quantity": 3, "currency": "€"}, "0.3000", "XXX"),
        ({"price": 19900}, "19900.0000", "XXX"),
        ({"total": 0.00005}, "0.0000", "XXX"),
        ({"total": 0.00015}, "0.0002", "XXX"),
        ({"total": 1e-9, "currency": None}, "0.0000", "XXX"),
        ({"total": "999999999999999.9999"}, "999999999999999.9999", "XXX"),
    ],
)
def test_an_amount_is_exact_to_four_places(properties: dict[str, Any], value: str, currency: str) -> None:
    amount = amount_of(make_event({"event": "Order Completed", "userId": "u1", "properties": properties}))
    assert amount == Amount(value=Decimal(value), currency=currency)
    assert str(amount.value) == value


@pytest.mark.parametrize(
    "properties",
    [
        {"revenue": "1,234"},
        {"revenue": "1e3"},
        {"revenue": True},
        {"revenue": 10**15},
        {"revenue": 10**4000},
        {"revenue": "99999999999999999999"},
        {"revenue": float("nan")},
        {"revenue": float("inf")},
        {"revenue": "٣"},
        {"price": 2, "quantity": "many"},
        {"price": 10**14, "quantity": 10**14},
        {"quantity": 2},
        [],
    ],
)
def test_what_is_no_amount_counts_for_nothing(properties: object) -> None:
    assert amount_of(make_event({"event": "Order Completed", "userId": "u1", "properties": properties})) is None


def test_only_a_track_event_is_worth_something() -> None:
    assert amount_of(make_event({"type": "page", "userId": "u1", "properties": {"revenue": 5}})) is None
