"""Erasing people over moto: every place that knows them, killed at each call, with late events and replays after."""

from typing import Any

import pytest

from shared.domain.identifiers import Identifier
from shared.domain.receipts import is_genuine
from shared.stores.keys import identifier_hash
from tests.conftest import RECEIPT_KEY, SECRET, Deployment
from tests.erasures import erased, naming, request
from tests.way import Way

JANE = ("jane", "jane@example.com", "+821012345678", "phone-of-jane", "laptop-of-jane")


@pytest.fixture
def way(aws: Deployment) -> Any:
    made = Way(aws)
    yield made
    made.close()


def seen(message_id: str, event: str = "Seen", **more: Any) -> dict[str, Any]:
    when = {"timestamp": "2026-11-21T09:29:00.000Z"}
    return {"type": "track", "event": event, "messageId": message_id, **when, **more}


def known(message_id: str, user: str, **traits: Any) -> dict[str, Any]:
    return seen(message_id, "", type="identify", userId=user, traits=traits)


def live(way: Way) -> None:
    """Jane, merged from an anonymous history, on two devices, in a group; and Kim, who once gave Jane's address."""
    refused = {"consent": {"categoryPreferences": {"Advertising": False}}}
    way.collect(seen("a1", anonymousId="phone-of-jane", context=refused), seen("a2", anonymousId="laptop-of-jane"))
    way.drain()
    way.collect(
        known("j1", "jane", email="Jane@Example.com", phone="010-1234-5678", city="Seoul of Jane"),
        seen("j2", userId="jane", anonymousId="phone-of-jane"),
        seen("j3", userId="jane", anonymousId="laptop-of-jane", context={"groupId": "acme"}),
    )
    way.drain()
    way.collect(known("k1", "kim", city="Busan"), known("k2", "kim", email="jane@example.com"))
    way.collect({"type": "track", "messageId": "q1", "userId": "jane", "properties": {"note": "no name"}})
    way.drain()


def of(*values: tuple[str, str]) -> list[str]:
    return [identifier_hash(SECRET, Identifier(*value)) for value in values]


HASHES = of(
    ("user_id", "jane"),
    ("email", "jane@example.com"),
    ("phone", "+821012345678"),
    ("anonymous_id", "phone-of-jane"),
    ("anonymous_id", "laptop-of-jane"),
)


def test_nothing_is_left_of_an_erased_person_anywhere_and_the_receipt_says_what_was_found(way: Way) -> None:
    live(way)
    jane = way.person("user_id", "jane")
    assert jane
    assert len(naming(way.aws, *JANE)) > 10
    told = erased(way.aws, ("email", "Jane@Example.com"))
    assert naming(way.aws, *JANE, "Seoul of Jane", *HASHES, jane.id) == []
    assert told["left"].keys() == told["found"].keys() - {"merged_profiles"}
    assert not any(told["left"].values())
    assert {name: told["found"][name] for name in ("events", "consent_records", "others_events", "quarantine")} == {
        "events": 5,
        "consent_records": 1,
        "others_events": 1,
        "quarantine": 1,
    }
    assert is_genuine(told, RECEIPT_KEY)
    assert not is_genuine({**told, "left": {}}, RECEIPT_KEY)
    assert (request(way.aws).state, request(way.aws).identities) == ("completed", ())
    kim = way.person("user_id", "kim")
    assert kim
    assert kim.state.traits["city"].value == "Busan"
    assert "email" not in kim.state.traits
