"""Events that refuse what their source needs: what is left of them, and when they do."""

from typing import Any

import pytest

from shared.domain.purposes import Purpose
from shared.domain.reducing import reduced_to_refusal, refuses
from tests.people import make_event

ADS = Purpose("ads", {}, signals=("Advertising", "gpc"))
NO = {"consent": {"categoryPreferences": {"Advertising": False, "Site": True}}}
FULL = {
    "type": "track",
    "event": "Test Result Viewed",
    "userId": "u1",
    "anonymousId": "a1",
    "properties": {"result": "positive"},
    "context": {"ip": "203.0.113.7", "traits": {"email": "jane@example.com"}, "page": {"url": "/x"}, **NO},
}


@pytest.mark.parametrize(
    ("context", "is_refusal"),
    [
        (NO, True),
        ({"gpc": True}, True),
        ({"consent": {"categoryPreferences": {}}}, True),
        ({"consent": {"decisions": [{"purpose": "ads", "state": "withdrawn"}]}}, True),
        ({"consent": {"categoryPreferences": {"Advertising": True, "Site": False}}}, False),
        ({"consent": {"categoryPreferences": {"Advertising": True}}, "gpc": True}, True),
        ({"consent": {"tcf": {"tcString": "cut"}}}, False),
        ({}, False),
        (None, False),
    ],
)
def test_an_event_refuses_by_any_signal_that_decides_on_the_purpose(context: Any, is_refusal: bool) -> None:
    assert refuses({"type": "track", "userId": "u1", "context": context}, ADS) is is_refusal


def test_of_a_refusing_event_its_ids_its_times_and_its_refusal_are_left_under_its_key() -> None:
    event = make_event({**FULL, "messageId": "m1", "timestamp": "2026-11-21T09:29:00.000Z"})
    left = reduced_to_refusal(event)
    ids = {"userId": "u1", "anonymousId": "a1"}
    times = {"messageId": "m1", "timestamp": "2026-11-21T09:29:00.000Z"}
    assert left.body == {"type": "track", "event": "Reduced", **ids, **times, "context": NO}
    assert (left.key, left.digest, left.name) == (event.key, event.digest, "Reduced")
    assert [one.identifier.namespace for one in left.identifiers] == ["user_id", "anonymous_id"]
    assert refuses(left.body, ADS)
    assert reduced_to_refusal(left) == left


@pytest.mark.parametrize(
    "who",
    [
        {"context": {"traits": {"email": "jane@example.com", "phone": "+821012345678"}, **NO}, "anonymousId": "a1"},
        {"traits": {"email": "jane@example.com", "plan": "pro"}, "type": "identify", "context": NO},
        {"context": {"externalIds": [{"type": "crm", "id": "c1", "collection": "users"}], **NO}},
        {"context": {"device": {"id": "d1", "model": "x"}, **NO}},
        {"type": "group", "groupId": "g1", "userId": "u1", "traits": {"size": 3}, "context": NO},
        {"type": "alias", "previousId": "a1", "userId": "u1", "context": NO},
        {"type": "page", "name": "Secret", "userId": "u1", "context": NO},
    ],
)
def test_whatever_names_the_anchor_stays_so_that_the_decision_has_somebody(who: dict[str, Any]) -> None:
    event = make_event({"properties": {"total": 1}, **who})
    left = reduced_to_refusal(event)
    assert left.anchor == event.anchor == make_event(left.body).anchor
    assert left.body["context"]["consent"] == NO["consent"]
    assert {"properties", "traits", "name"}.isdisjoint(left.body)
    assert not any(word in str(left.body) for word in ("+8210", "plan", "model"))
