"""Bad events through both real handlers: the request is taken, the bad one quarantined, its neighbours stored."""

import json
from typing import Any

import pytest
import zstandard

from shared.stores.tables import EVENTS, QUARANTINE
from tests.conftest import Deployment
from tests.pipeline import (
    collected,
    counts,
    items,
    kinesis_records,
    refusals,
    request,
    seed_source,
    sent,
    stored,
    stored_ids,
    track,
)


@pytest.fixture(autouse=True)
def source(aws: Deployment) -> None:
    seed_source(aws)


def nested(depth: int) -> str:
    return '{"type":"track","messageId":"bad","event":"E","userId":"u1","properties":{"deep":' + (
        "[" * depth + "]" * depth + "}}"
    )


def raw(**fields: Any) -> str:
    return json.dumps({**track("bad"), **fields})


BAD = [
    ("a text", '"hello"', "not_an_object", None),
    ("a number", "7", "not_an_object", None),
    ("null", "null", "not_an_object", None),
    ("a list", "[1]", "not_an_object", None),
    ("JSON inside a text", json.dumps(json.dumps(track("bad"))), "not_an_object", None),
    ("an empty object", "{}", "unknown_type", "type"),
    ("an unknown type", raw(type="buy"), "unknown_type", "type"),
    ("a type that is a map", raw(type={"a": 1}), "unknown_type", "type"),
    ("a track without its name", raw(event=None), "invalid_event_name", "event"),
    ("a long name", raw(event="x" * 201), "invalid_event_name", "event"),
    ("a group without its id", raw(type="group"), "missing_field", "groupId"),
    ("an alias without what it replaces", raw(type="alias"), "missing_field", "previousId"),
    ("an alias of nobody", raw(type="alias", previousId="u0", userId=None), "missing_field", "userId"),
    ("nobody", raw(userId=None), "no_identifier", "userId"),
    ("nobody but blanks", raw(userId="  ", anonymousId=""), "no_identifier", "userId"),
    ("an id that is a map", raw(userId={"id": 1}), "invalid_identifier", "userId"),
    ("an id that is true", raw(anonymousId=True), "invalid_identifier", "anonymousId"),
    ("a null byte in an id", raw(userId="u\0001"), "invalid_identifier", "userId"),
    ("a long id", raw(userId="u" * 513), "identifier_too_long", "userId"),
    ("an id of a megabyte", raw(userId="u" * 400_000), "event_too_large", None),
    ("a long messageId", raw(messageId="m" * 101), "invalid_message_id", "messageId"),
    ("a messageId that is a list", raw(messageId=["m"]), "invalid_message_id", "messageId"),
    ("a null byte in the messageId", raw(messageId="m\0001"), "invalid_message_id", "messageId"),
    ("traits that are a text", raw(traits="gold"), "not_a_map", "traits"),
    ("a context that is a list", raw(context=[1]), "not_a_map", "context"),
    ("too many traits", raw(traits={str(n): n for n in range(301)}), "too_many_traits", "traits"),
    (
        "too many traits in the context",
        raw(context={"traits": {str(n): n for n in range(301)}}),
        "too_many_traits",
        "context.traits",
    ),
    ("an event over 32 KB", raw(properties={"a": "x" * 33_000}), "event_too_large", None),
    ("the year 0", raw(timestamp="0000-01-01T00:00:00Z"), "invalid_timestamp", "timestamp"),
    ("a time that is none", raw(originalTimestamp="yesterday"), "invalid_timestamp", "originalTimestamp"),
    ("a time that is a number", raw(timestamp=1795253400), "invalid_timestamp", "timestamp"),
    ("a lone surrogate", raw(properties={"a": "\ud800"}), "not_strict_json", None),
    ("a lone surrogate in a key", raw(properties={"\ud800": 1}), "not_strict_json", None),
    ("a lone surrogate as id", raw(userId="\ud800"), "not_strict_json", None),
    ("1e999", raw(properties={"a": 1}).replace('"a": 1', '"a": 1e999'), "not_strict_json", None),
    ("NaN", raw(properties={"a": float("nan")}), "not_strict_json", None),
    ("minus infinity as id", raw(userId=float("-inf")), "not_strict_json", None),
    ("a huge integer", raw(properties={"a": 1}).replace('"a": 1', f'"a": {"9" * 10_000}'), "not_strict_json", None),
    ("deep nesting", nested(70), "too_deep", None),
    ("very deep nesting", nested(900), "too_deep", None),
]


@pytest.mark.parametrize(("bad", "reason", "field"), [case[1:] for case in BAD], ids=[case[0] for case in BAD])
def test_a_bad_event_is_quarantined_and_its_neighbours_are_stored(
    aws: Deployment, bad: str, reason: str, field: str | None
) -> None:
    body = f'{{"batch": [{json.dumps(track("m1"))}, {bad}, {json.dumps(track("m2"))}]}}'
    assert sent(request(body)) == (200, {"success": True})
    assert stored(kinesis_records(*collected(aws))) == []
    assert stored_ids(aws) == ["m1", "m2"]
    assert refusals(aws) == [(reason, field)]
    (item,) = items(aws, QUARANTINE)
    assert item["fix"]
    assert zstandard.ZstdDecompressor().decompress(item["body"])
    assert counts(aws) == {"received": 3, "stored": 2, "duplicate": 0, "quarantined": 1}


KEPT = [
    (
        "sixty identifiers",
        track("kept", context={"externalIds": [{"type": f"t{n}", "id": f"{n}x"} for n in range(60)]}),
    ),
    ("a blocked id", track("kept", userId="null")),
    ("a number as id", track("kept", userId=12)),
    ("a number as messageId", {**track("kept"), "messageId": 12}),
    ("the year 9999", track("kept", timestamp="9999-12-31T23:59:59Z")),
    ("the year 1", track("kept", timestamp="0001-01-01T00:00:00Z")),
    ("a null byte in a property", track("kept", properties={"a": "\0"})),
    ("empty lists where PHP means maps", track("kept", traits=[], properties=[], context=[])),
    ("no time", track("kept", timestamp=None)),
    ("a clock that is none", track("kept", sentAt="yesterday")),
    ("emoji and Korean", track("kept", event="주문 완료 🎉", userId="민아")),
]


@pytest.mark.parametrize("event", [case[1] for case in KEPT], ids=[case[0] for case in KEPT])
def test_an_odd_event_is_stored(aws: Deployment, event: dict[str, Any]) -> None:
    assert sent(request({"batch": [event]})) == (200, {"success": True})
    assert stored(kinesis_records(*collected(aws))) == []
    (item,) = items(aws, EVENTS)
    assert item["message_id"] in ("kept", "12")
    assert len(json.loads(item["identifiers"])) <= 20
    assert item["time"][:4] in ("2026", "0001")
    assert refusals(aws) == []
