"""What SDKs do on the wire and no other test shows: quirks, edges of limits, and where a person's data stands."""

import gzip
import json
from collections.abc import Iterator
from datetime import timedelta
from itertools import combinations
from typing import Any

import pytest

from functions.collect_events.handler import handler
from shared.contracts import collect, pixel
from shared.contracts.records import decode
from shared.domain.times import from_text
from shared.stores.tables import EVENTS
from tests.conftest import Deployment
from tests.pipeline import (
    WRITE_KEY,
    basic,
    collected,
    items,
    kinesis_records,
    refusals,
    request,
    sent,
    stored,
    stored_ids,
    track,
)
from tests.way import Way

OK = (200, {"success": True})


@pytest.fixture(autouse=True)
def way(aws: Deployment) -> Iterator[Way]:
    way = Way(aws)
    yield way
    way.close()


def kept(aws: Deployment) -> list[dict[str, Any]]:
    """Stored events with their columns; `event` is the canonical one."""
    stored(kinesis_records(*collected(aws)))
    return [{**item, "event": json.loads(item["event"])} for item in items(aws, EVENTS)]


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("path", sorted(collect.BATCH))
def test_a_batch_is_taken_with_and_without_a_slash_at_the_end(aws: Deployment, path: str, slash: str) -> None:
    made = request({"batch": [track()]}, path + slash, query={"writeKey": WRITE_KEY})
    del made["headers"]["authorization"]
    assert sent(made) == OK
    stored(kinesis_records(*collected(aws)))
    assert stored_ids(aws) == ["m1"]


@pytest.mark.parametrize("path", [*pixel.TYPES, collect.METRICS_PATH])
def test_a_pixel_and_metrics_are_taken_with_a_slash_at_the_end(path: str) -> None:
    method = "POST" if path == collect.METRICS_PATH else "GET"
    for one in (path, f"{path}/"):
        assert handler(request("", one, method), None)["statusCode"] == 200


PLACES = ("basic", "body", "event", "query", "header")


@pytest.mark.parametrize(("first", "second"), list(combinations(PLACES, 2)))
def test_of_two_write_keys_the_first_place_counts(first: str, second: str) -> None:
    for good, status in ((first, 200), (second, 401)):
        keys = {place: WRITE_KEY if place == good else "nobody" for place in (first, second)}
        body: dict[str, Any] = {"batch": [{**track(), **({"writeKey": keys["event"]} if "event" in keys else {})}]}
        body |= {"writeKey": keys["body"]} if "body" in keys else {}
        query = {"writeKey": keys["query"]} if "query" in keys else None
        made = request(body, query=query, **({"x_write_key": keys["header"]} if "header" in keys else {}))
        made["headers"] |= {"authorization": basic(keys["basic"]) if "basic" in keys else ""}
        assert sent(made)[0] == status


def test_a_body_of_just_the_limit_is_taken_and_one_byte_more_is_not() -> None:
    body = json.dumps({"batch": [], "context": {"a": ""}})
    full = body.replace('""', f'"{"x" * (collect.MAX_BODY_BYTES - len(body))}"')
    assert sent(request(full)) == OK
    for larger in (full + " ", gzip.compress(full.encode() + b" ")):
        assert sent(request(larger))[0] == 413


def test_a_batch_of_2500_events_is_taken_whole(aws: Deployment) -> None:
    events = [{"type": "page", "userId": f"u{n % 50}", "messageId": f"m{n}"} for n in range(2_500)]
    assert sent(request({"batch": events})) == OK
    assert sum(len(decode(data).elements) for data in collected(aws)) == 2_500


def test_a_message_id_of_100_characters_is_taken(aws: Deployment) -> None:
    sent(request({"batch": [track("m" * 100)]}))
    assert [item["message_id"] for item in kept(aws)] == ["m" * 100]


@pytest.mark.parametrize("body", [{"batch": []}, "", "[", {"batch": 7}], ids=["success", "empty", "cut", "no_list"])
def test_every_reply_is_a_json_object_because_ruby_parses_them_all(body: Any) -> None:
    assert isinstance(sent(request(body))[1], dict)


JAVA = {
    "batch": [{"type": "track", "messageId": "m1", "userId": "u1", "event": "E", "timestamp": "2026-11-21T09:00:00Z"}],
    "sequence": 3,
    "context": {"library": {"name": "analytics-java"}},
    "sentAt": "2026-11-21T09:00:00Z",
}
PYTHON = {"type": "track", "messageId": "m1", "userId": "u1", "anonymousId": None, "event": "E", "context": {}}
RUDDER_NODE = {"batch": [{"type": "track", "messageId": "m1", "userId": "u1", "event": "E"}], "timestamp": "2026-11-21"}
GZIPPED = gzip.compress(json.dumps(RUDDER_NODE).encode())
FORM = {"content_type": "application/x-www-form-urlencoded", "content_encoding": "gzip"}
RUDDER_JS = {
    "content_type": "application/json;charset=UTF-8",
    "anonymousid": "YTE=",
    "sentat": "2026-11-21T09:30:00Z",
    "rsa_retry_attempt": "1",
    "rsa_retry_reason": "network",
    "rsa_since_last_attempt": "2",
    "rsa_since_first_attempt": "2",
    "rsa_recovered": "true",
}
QUIRKS = [
    ("analytics-java", request(JAVA, "/v1/import/")),
    ("a null where python has no anonymousId", request({"batch": [PYTHON]})),
    ("an empty userId", request({"batch": [{**PYTHON, "userId": "", "anonymousId": "a1"}]})),
    ("rudder-sdk-node", request(GZIPPED, **FORM)),
    ("rudder-sdk-js", request(PYTHON, "/v1/track", **RUDDER_JS)),
    ("analytics-swift", request({"batch": [PYTHON]}, "/v1/b", content_type="application/json; charset=utf-8")),
    ("analytics-next on its second try", request(PYTHON, "/v1/t", content_type="text/plain", x_retry_count="1")),
    ("no sentAt", request({"batch": [PYTHON]})),
    ("an alias of itself", request({"type": "alias", "messageId": "m1", "userId": "u1", "previousId": "u1"}, "/v1/a")),
    (
        "a page that says its name twice",
        request(
            {"userId": "u1", "messageId": "m1", "name": "A", "properties": {"name": "A", "category": "B"}}, "/v1/p"
        ),
    ),
]


@pytest.mark.parametrize("made", [case[1] for case in QUIRKS], ids=[case[0] for case in QUIRKS])
def test_a_quirk_of_an_sdk_costs_nothing(aws: Deployment, made: dict[str, Any]) -> None:
    assert sent(made) == OK
    assert [item["message_id"] for item in kept(aws)] == ["m1"]
    assert refusals(aws) == []


@pytest.mark.parametrize(
    "written",
    [
        "2026-11-21T09:29:00Z",
        "2026-11-21T09:29:00.000Z",
        "2026-11-21T09:29:00.000123+00:00",
        "2026-11-21T18:29:00+09:00",
        "2026-11-21T04:29:00.000000-05:00",
        "2026-11-21T09:29:00",
    ],
)
def test_a_time_of_any_form_is_the_same_time_in_utc(aws: Deployment, written: str) -> None:
    sent(request({"batch": [track(timestamp=written)]}))
    assert [item["original_time"] for item in kept(aws)] == ["2026-11-21T09:29:00.000Z"]


def test_all_four_times_are_kept_and_a_clock_that_is_days_off_is_marked(aws: Deployment) -> None:
    sent(request({"batch": [track(timestamp="2020-01-01T00:00:00+09:00")], "sentAt": "2020-01-01T00:00:10+09:00"}))
    (item,) = kept(aws)
    assert item["original_time"] == "2019-12-31T15:00:00.000Z"
    assert item["sent_at"] == "2019-12-31T15:00:10.000Z"
    assert item["skewed"] is True
    assert from_text(item["received_at"]) - from_text(item["time"]) == timedelta(seconds=10)


def test_the_same_event_has_one_key_whatever_its_tries_are_sent_at(aws: Deployment) -> None:
    for minute in (1, 2):
        sent(request({"batch": [track()], "sentAt": f"2026-11-21T09:3{minute}:00Z"}))
    assert len(kept(aws)) == 1


RESERVED = {
    "address": {"city": "Seoul", "country": "KR", "postalCode": "04524", "state": "Seoul", "street": "Sejong-daero"},
    "age": 30,
    "avatar": "https://shop.example/a.png",
    "birthday": "1996-02-29",
    "company": {"name": "Jogak", "id": 7, "industry": "textiles", "employee_count": 12, "plan": "pro"},
    "createdAt": "2026-01-01T00:00:00Z",
    "description": "조각",
    "email": "mina@example.com",
    "firstName": "Mina",
    "gender": "female",
    "id": "c-1",
    "lastName": "Kim",
    "name": "Kim Mina",
    "phone": "010-1234-5678",
    "title": "Dr",
    "username": "mina",
    "website": "https://mina.example",
}


@pytest.mark.parametrize("place", ["traits", "context.traits"])
def test_every_reserved_trait_is_the_persons_from_either_place(way: Way, place: str) -> None:
    body = {"traits": RESERVED} if place == "traits" else {"context": {"traits": RESERVED}}
    sent(request({"userId": "u1", "messageId": "m1", "timestamp": "2026-11-21T09:29:00Z", **body}, "/v1/identify"))
    person = way.drain().person("user_id", "u1")
    assert person is not None
    assert {name: trait.value for name, trait in person.state.traits.items()} == RESERVED


IDENTIFIERS = [
    ({"userId": 12}, "user_id", "12"),
    ({"anonymousId": "a1"}, "anonymous_id", "a1"),
    ({"traits": {"email": " Mina@Example.com "}}, "email", "mina@example.com"),
    ({"context": {"traits": {"email": "mina@example.com"}}}, "email", "mina@example.com"),
    ({"properties": {"email": "mina@example.com"}}, "email", "mina@example.com"),
    ({"traits": {"phone": "010-1234-5678"}}, "phone", "+821012345678"),
    ({"context": {"traits": {"phone": "+82 10 1234 5678"}}}, "phone", "+821012345678"),
    ({"properties": {"phone": "０１０-1234-5678"}}, "phone", "+821012345678"),
    ({"context": {"device": {"id": "d1"}}}, "device_id", "d1"),
    ({"context": {"device": {"advertisingId": "ad1"}}}, "advertising_id", "ad1"),
    ({"context": {"device": {"token": "t1"}}}, "device_token", "t1"),
    (
        {"context": {"externalIds": [{"id": "x1", "type": "crm", "collection": "users", "encoding": "none"}]}},
        "crm",
        "x1",
    ),
]


@pytest.mark.parametrize(("fields", "namespace", "value"), IDENTIFIERS, ids=lambda case: str(case)[:40])
def test_each_place_of_an_identifier_is_enough_to_know_somebody(
    way: Way, aws: Deployment, fields: dict[str, Any], namespace: str, value: str
) -> None:
    sent(request({"batch": [{"type": "page", "messageId": "m1", **fields}]}))
    person = way.drain().person(namespace, value)
    assert person is not None
    assert [(held.namespace, held.value) for held in person.identifiers.values()] == [(namespace, value)]
    assert refusals(aws) == []


def test_a_track_that_arrives_before_its_identify_is_the_same_persons(way: Way) -> None:
    seen = {"anonymousId": "a1", "event": "Seen", "messageId": "m1", "timestamp": "2026-11-21T09:29:00Z"}
    known = {"anonymousId": "a1", "userId": "u1", "messageId": "m2", "timestamp": "2026-11-21T09:28:59Z"}
    sent(request(seen, "/v1/t"))
    way.drain()
    sent(request(known, "/v1/i"))
    person = way.drain().person("user_id", "u1")
    assert person is not None
    assert person == way.person("anonymous_id", "a1")
    assert person.state.events["Seen"].total == 1


@pytest.mark.parametrize("name", ["Tea Bought", "Segment Consent Preference Updated"])
def test_consent_on_an_event_is_a_decision_of_its_person(way: Way, name: str) -> None:
    choice = {"consent": {"categoryPreferences": {"Advertising": True, "Analytics": False}}}
    sent(request({"batch": [track(event=name, context=choice)]}))
    person = way.drain().person("user_id", "u1")
    assert person is not None
    (decided,) = person.state.consent.values()
    assert {purpose: decision.state for purpose, decision in decided.items()} == {
        "Advertising": "granted",
        "Analytics": "refused",
    }


def test_which_destinations_an_event_is_for_is_kept_on_it(aws: Deployment) -> None:
    wanted = {"All": False, "Webhook": True}
    sent(request({"batch": [track(integrations=wanted)]}))
    assert [item["event"]["integrations"] for item in kept(aws)] == [wanted]
