"""Whoever was erased is nobody's again: not by what is late, on its way, repeated, folded again or merged."""

from collections.abc import Iterator

import boto3
import pytest

from shared.aws.dynamo import batch_get
from shared.domain.identifiers import Identifier
from shared.stores.suppression_store import open_suppressions
from shared.stores.tables import EVENTS, PROFILES, SUPPRESSIONS
from tests.conftest import Deployment
from tests.erased import KEYS, erase
from tests.faults import client_error
from tests.pipeline import items, stored_ids
from tests.way import Way

ERASED_AT, LIFTED_AT = "2026-11-20T12:00:00.000Z", "2026-11-21T00:00:00.000Z"
BEFORE, AFTER = "2026-11-20T09:00:00.000Z", "2026-11-21T09:00:00.000Z"
PRO = {"email": "jane@example.com", "plan": "pro"}
MAIL = {"traits": {"email": "jane@example.com"}}


@pytest.fixture
def way(aws: Deployment) -> Iterator[Way]:
    way = Way(aws)
    yield way
    way.close()


def seen(message_id: str, at: str = BEFORE, **who: object) -> dict[str, object]:
    return {"type": "identify", "messageId": message_id, "timestamp": at, **who}


def test_an_erased_person_who_was_merged_stays_away_until_a_new_opt_in_makes_a_new_one(way: Way) -> None:
    """Scenarios 40 and 42, with what was on its way while they were erased."""
    way.collect(seen("m1", anonymousId="a1"), seen("m2", userId="u1", traits=PRO))
    way.collect(seen("m3", userId="u1", anonymousId="a1"))
    way.drain()
    old = way.person("email", "jane@example.com")
    assert old is not None
    way.collect(seen("m4", anonymousId="a1"), seen("m5", userId="u2", **MAIL))
    way.store(way.new_kinesis())
    on_its_way = way.new_inserts()

    gone = erase(way.aws, "email", "jane@example.com", ERASED_AT)
    assert {one.value for one in gone} == {"a1", "u1", "jane@example.com"}
    for _ in range(2):
        assert way.stitch(on_its_way) == []
    assert stored_ids(way.aws) == ["m5"], "what was stored just before goes as it is met"
    [other] = way.everybody()
    assert [one.value for one in other.identifiers.values()] == ["u2"]
    assert "jane" not in str(items(way.aws, EVENTS) + items(way.aws, PROFILES))

    way.collect(seen("m6", anonymousId="a1"), seen("m7", userId="u1"), seen("m5", userId="u2", **MAIL))
    way.drain()
    assert stored_ids(way.aws) == ["m5"]
    assert way.everybody() == [other]

    lifted = open_suppressions(way.aws.table(SUPPRESSIONS), KEYS).lift(gone, LIFTED_AT)
    assert lifted == gone
    way.collect(seen("m8", at=AFTER, userId="u1", **MAIL), seen("m9", at=BEFORE, userId="u1"))
    way.drain()
    new = way.person("user_id", "u1")
    assert new is not None
    assert new.id not in (old.id, other.id)
    assert sorted(one.value for one in new.identifiers.values()) == ["jane@example.com", "u1"]
    assert new.state.traits.keys() == {"email"}
    assert new.state.first_seen == AFTER


def test_nothing_is_folded_while_nobody_can_be_looked_up(way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    way.collect(seen("m1", userId="u1"), {**seen("m2", userId="u1"), "type": "group", "groupId": "acme"})
    way.store(way.new_kinesis())
    inserts, real = way.new_inserts(), batch_get

    def throttled(table: str, *args: object, **more: object) -> object:
        if table == way.aws.table(SUPPRESSIONS):
            raise client_error("ThrottlingException")
        return real(table, *args, **more)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr("shared.stores.suppression_store.batch_get", throttled)
        assert way.stitch(inserts) == [], "the shard goes on"
        assert items(way.aws, PROFILES) == [], "neither a person nor a member of a group"
    way.stitch(way.waiting(way.aws.stitch_retries_url))
    assert way.person("user_id", "u1") is not None
    assert {item["sk"][:2] for item in items(way.aws, PROFILES) if item["pk"].startswith("G#")} == {"G", "M#"}


def test_an_event_that_names_an_erased_person_beside_is_folded_without_them_also_by_a_rebuild(
    way: Way,
) -> None:
    way.collect(seen("m1", userId="u1", traits=PRO))
    way.store(way.new_kinesis())
    jane = Identifier("email", "jane@example.com")
    open_suppressions(way.aws.table(SUPPRESSIONS), KEYS).put([jane], ERASED_AT, "r1")
    way.stitch(way.new_inserts())
    person = way.person("user_id", "u1")
    assert person is not None
    assert (person.state.traits.keys(), len(person.identifiers)) == ({"plan"}, 1)
    assert "jane" not in str(items(way.aws, EVENTS) + items(way.aws, PROFILES))
    body = f'{{"v":1,"kind":"rebuild","profile_id":"{person.id}"}}'
    boto3.client("sqs").send_message(QueueUrl=way.aws.stitch_retries_url, MessageBody=body)
    way.stitch(way.waiting(way.aws.stitch_retries_url))
    again = way.person("user_id", "u1")
    assert again is not None
    assert again.state.traits == person.state.traits
