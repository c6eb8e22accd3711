"""What deliver holds while the pipeline is behind, and refusals that it heeds before they are folded."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from functions.deliver import handler
from functions.deliver.courier import Courier, Outcome
from functions.stitch_identities.handler import handler as stitch_identities
from functions.stitch_identities.settings import doors as stitching
from shared.aws import clients
from shared.aws.queues import Delayed
from shared.contracts.queues import Errand
from shared.domain.purposes import Purpose
from shared.domain.times import to_text
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.delivery_store import Delivery
from shared.stores.lag_notes import LagNotes
from shared.stores.refusal_store import RefusalStore
from shared.stores.tables import CATALOGUE, EVENTS, LEDGER, PROFILES
from shared.stores.waits import Waits
from tests.component.receiver import Receiver, receiving
from tests.component.test_deliver import (
    FACT_ID,
    a_cold_function,
    deliver,
    destination,
    entry,
    hidden,
    message,
    person,
)
from tests.conftest import Deployment
from tests.faults import Failing, client_error
from tests.outlets import run
from tests.pipeline import collected, kinesis_records, record_bytes, request, retried, seed_source, stored, track
from tests.pipeline import sent as collected_from

LATE = timedelta(minutes=6)
__all__ = ["a_cold_function", "hidden"]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


def behind(aws: Deployment, minutes: float, name: str = "store_events#1") -> None:
    now = datetime.now(UTC)
    LagNotes(aws.table(LEDGER), name).note(to_text(now - timedelta(minutes=minutes)), now)
    handler.lag.cache_clear()


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What was put on the deliveries queue, as it comes from there."""
    records: list[dict[str, Any]] = []

    def send(queue_url: str, messages: list[Delayed]) -> None:
        assert all(1 <= one.seconds <= 900 for one in messages)
        for one in messages:
            records.append({"messageId": "held", "receiptHandle": "r", "body": one.body, **received(1)})

    monkeypatch.setattr(handler, "send_delayed", send)
    monkeypatch.setattr(handler, "send_messages", lambda url, bodies: send(url, [Delayed(one, 1) for one in bodies]))
    return records


def due(record: dict[str, Any]) -> dict[str, Any]:
    """As it comes when its time has come."""
    return record | {"body": json.dumps({**json.loads(record["body"]), "turn": 1.0})}


def received(times: int) -> dict[str, Any]:
    return {"attributes": {"ApproximateReceiveCount": str(times)}}


def test_while_the_pipeline_is_behind_a_delivery_waits_as_a_message_of_its_own_and_wears_out_no_try(
    aws: Deployment, receiver: Receiver, hidden: list[int], sent: list[dict[str, Any]]
) -> None:
    profile_id = person(aws, advertising=True)
    destination(aws, receiver.url, purposes=("Advertising",))
    destination(aws, receiver.url, "free")
    behind(aws, 6)
    behind(aws, 0.6, "stitch_identities#1")
    assert deliver(message(profile_id)) == []  # the other destination has it, and nothing is left of this message
    assert len(receiver.received) == 1
    held = entry(aws)
    assert held is not None
    assert (held.status, held.reason, held.is_final) == ("held", "behind", False)
    assert held.until is not None
    assert deliver(message(profile_id)) == []  # a repeat of the fact leaves alone what has a message of its own
    (own,) = sent
    assert json.loads(own["body"])["destination_id"] == "crm"
    behind(aws, 0.6)
    assert deliver(own) == []  # before its time: it goes round
    assert (len(receiver.received), sent.pop(), hidden) == (1, own, [])
    assert deliver(due(own)) == []
    assert len(receiver.received) == 2
    delivered = entry(aws)
    assert delivered is not None
    assert delivered.status == "delivered"


def test_a_delivery_that_is_held_again_goes_on_as_a_new_message_and_ends_as_what_is_folded_meanwhile(
    aws: Deployment,
    receiver: Receiver,
    hidden: list[int],
    sent: list[dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    profile_id = person(aws, advertising=True)
    destination(aws, receiver.url, purposes=("Advertising",))
    behind(aws, 6)
    deliver(message(profile_id))
    (own,) = sent
    assert deliver(due(own)) == []
    assert (len(sent), hidden) == (2, [])
    with monkeypatch.context() as patch:
        night = Outcome("held", "quiet_hours", until=datetime.now(UTC) + timedelta(hours=9))
        patch.setattr(Courier, "asked", lambda *_: night)
        assert deliver(due(own)) == []
    asleep = entry(aws)
    assert asleep is not None
    assert (asleep.reason, asleep.until) == ("quiet_hours", to_text(night.until) if night.until else "")
    person(aws, advertising=False, day=2)
    behind(aws, 0.6)
    assert deliver(due(sent[1])) == []
    assert receiver.received == []
    ended = entry(aws)
    assert ended == Delivery("crm", FACT_ID, "withheld", 1, profile_id, "Segment Entered", "refused:Advertising")


def test_what_was_let_go_and_is_held_again_sleeps_as_one_message_however_often_it_is_let_go(
    aws: Deployment, receiver: Receiver, hidden: list[int], sent: list[dict[str, Any]]
) -> None:
    profile_id = person(aws, advertising=True)
    paused = destination(aws, receiver.url, purposes=("Advertising",), state="paused")
    assert deliver(message(profile_id)) == []
    CatalogueStore(aws.table(CATALOGUE)).put(replace(paused, state="live", version=1))
    handler.destinations.cache_clear()
    behind(aws, 6)
    run(Errand(errand="release", destination_id="crm"))
    assert deliver(sent.pop()) == []
    (own,) = sent
    run(Errand(errand="release", destination_id="crm"))
    assert (sent, hidden) == ([own], []), "two that wake at once would tell of it twice"
    behind(aws, 0.6)
    assert deliver(due(own)) == []
    assert len(receiver.received) == 1


def test_a_refusal_that_was_heard_is_heeded_before_it_is_folded(aws: Deployment, receiver: Receiver) -> None:
    profile_id = person(aws, advertising=True)
    destination(aws, receiver.url, purposes=("Advertising",))
    profile = stitching().profiles.profile(profile_id)
    assert profile is not None
    refusals = RefusalStore(aws.table(PROFILES))
    now = datetime(2026, 11, 3, tzinfo=UTC)
    refusals.put({one: {"Advertising": to_text(now)} for one in profile.identifiers}, now)
    older = {"Advertising": "2026-11-01", "Profiling": "2026-11-01"}
    refusals.put(dict.fromkeys(profile.identifiers, older), now)  # it came late; what else was said with it counts
    assert refusals.find([*profile.identifiers]) == {
        one: {"Advertising": to_text(now), "Profiling": "2026-11-01"} for one in profile.identifiers
    }
    assert deliver(message(profile_id)) == []
    assert receiver.received == []
    person(aws, advertising=True, day=4)
    CatalogueStore(aws.table(CATALOGUE)).put(Purpose("Profiling", {"en": "x"}, traits=("city",), version=1))
    destination(aws, receiver.url, "later", purposes=("Advertising",), traits=("city", "salary"))
    handler.courier.cache_clear()
    assert deliver(message(profile_id)) == []
    data = json.loads(receiver.received[0].body)["data"]
    assert (data["traits"], data["withheld"]) == ({"salary": 1}, ["city"])


def test_who_cannot_know_how_far_behind_the_pipeline_is_tells_nobody(
    aws: Deployment, receiver: Receiver, hidden: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    profile_id = person(aws, advertising=True)
    destination(aws, receiver.url, purposes=("Advertising",))
    monkeypatch.setattr(LagNotes, "behind", lambda *_: (_ for _ in ()).throw(client_error("ThrottlingException")))
    assert deliver(message(profile_id)) == ["message-Segment Entered"]
    assert receiver.received == []


def test_who_keeps_up_writes_no_note_and_who_has_caught_up_writes_one(
    aws: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime(2026, 11, 21, tzinfo=UTC)
    clock = iter(range(100, 1_000, 10))
    monkeypatch.setattr("shared.stores.lag_notes.time.monotonic", lambda: float(next(clock)))
    notes = LagNotes(aws.table(LEDGER), "store_events#1")
    notes.note(to_text(now - timedelta(seconds=29)), now)
    assert boto3.client("dynamodb").scan(TableName=aws.table(LEDGER))["Count"] == 0
    notes.note(to_text(now - timedelta(minutes=9)), now)
    assert notes.behind(now) == timedelta(minutes=9)
    assert notes.behind(now + timedelta(minutes=6)) == timedelta()  # whoever wrote it has gone, or has nothing to do
    notes.note(to_text(now), now)
    assert notes.behind(now) == timedelta()
    LagNotes(aws.table(LEDGER), "store_events#2").note(to_text(now - timedelta(minutes=7)), now)
    assert notes.behind(now) == timedelta(minutes=7)


def test_whoever_works_on_what_came_long_ago_says_so_before_the_work(aws: Deployment) -> None:
    seed_source(aws)
    ago = datetime.now(UTC) - timedelta(minutes=9)
    assert stored(kinesis_records(record_bytes(track("m1")), at=ago.timestamp())) == []
    store, stitch = LagNotes(aws.table(LEDGER)), timedelta(minutes=9)
    assert store.behind(datetime.now(UTC)) >= stitch
    (event,) = boto3.client("dynamodb").scan(TableName=aws.table(EVENTS))["Items"]
    event["stored_at"] = {"S": to_text(ago - timedelta(minutes=9))}
    stream = {"eventSource": "aws:dynamodb", "dynamodb": {"SequenceNumber": "1", "NewImage": event}}
    stitch_identities({"Records": [stream]}, None)
    assert store.behind(datetime.now(UTC)) >= 2 * stitch


def six_minutes_later(monkeypatch: pytest.MonkeyPatch, days: float = 0) -> None:
    clock = type("Clock", (datetime,), {"now": classmethod(lambda cls, tz: datetime.now(tz) + LATE + timedelta(days))})
    monkeypatch.setattr("functions.deliver.lagging.datetime", clock)
    handler.lag.cache_clear()


def held(aws: Deployment, profile_id: str) -> bool:
    """Whether a fact that depends on consent is held; else it is delivered."""
    handler.lag.cache_clear()
    fact = message(profile_id)
    assert deliver(fact) == []
    delivery = entry(aws)
    assert delivery is not None
    assert (delivery.status, delivery.reason) in [("held", "behind"), ("delivered", None)]
    boto3.client("dynamodb").delete_item(TableName=aws.table(LEDGER), Key={"pk": {"S": "D#crm"}, "sk": {"S": FACT_ID}})
    return delivery.status == "held"


def stitch_the_newest(aws: Deployment) -> None:
    items = boto3.client("dynamodb").scan(TableName=aws.table(EVENTS))["Items"]
    newest = max(items, key=lambda item: str(item["stored_at"]["S"]))
    stream = {"SequenceNumber": "1", "NewImage": newest}
    stitch_identities({"Records": [{"eventSource": "aws:dynamodb", "dynamodb": stream}]}, None)


def test_a_function_that_is_not_called_is_behind_and_an_idle_pipeline_never_is(
    aws: Deployment, receiver: Receiver, sent: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    profile_id = person(aws, advertising=True)
    destination(aws, receiver.url, purposes=("Advertising",))
    seed_source(aws)
    assert not held(aws, profile_id)
    assert collected_from(request(track("m1", userId="somebody"), "/v1/track"))[0] == 200
    assert not held(aws, profile_id)
    six_minutes_later(monkeypatch)
    assert held(aws, profile_id)  # store_events stands still
    assert stored(kinesis_records(*collected(aws))) == []
    assert held(aws, profile_id)  # and now stitch_identities
    stitch_the_newest(aws)
    assert not held(aws, profile_id)
    six_minutes_later(monkeypatch, days=3)
    assert not held(aws, profile_id)


def test_what_waits_on_a_retry_queue_holds_and_a_mark_that_lost_its_message_does_not(
    aws: Deployment, receiver: Receiver, sent: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    profile_id = person(aws, advertising=True)
    destination(aws, receiver.url, purposes=("Advertising",))
    seed_source(aws)
    busy = client_error("ThrottlingException")
    monkeypatch.setattr("functions.store_events.streaming._RETRY_DELAY_SECONDS", 0)
    with monkeypatch.context() as patch:
        patch.setattr("shared.aws.dynamo.dynamodb", lambda: Failing(clients.dynamodb(), "batch_get_item", busy))
        assert stored(kinesis_records(record_bytes(track("m1")))) == []
    assert not held(aws, profile_id)
    six_minutes_later(monkeypatch)
    assert held(aws, profile_id)
    assert retried(aws) == []
    stitch_the_newest(aws)
    assert not held(aws, profile_id)
    Waits(aws.table(LEDGER)).parked(["whoever sends it dies before that"], to_text(datetime.now(UTC) - LATE))
    assert not held(aws, profile_id)


def test_what_was_given_up_holds_until_it_is_taken(
    aws: Deployment, receiver: Receiver, sent: list[dict[str, Any]]
) -> None:
    profile_id = person(aws, advertising=True)
    destination(aws, receiver.url, purposes=("Advertising",))
    s3 = boto3.client("s3")
    s3.put_object(Bucket=aws.bucket, Key="aws/lambda/mapping-publish/shard-1/2026/11/21/2026-11-21T09.30.00-x")
    assert not held(aws, profile_id)
    key = "aws/lambda/mapping-stitch/shard-1/2026/11/21/2026-11-21T09.30.00-x"
    s3.put_object(Bucket=aws.bucket, Key=key)
    assert held(aws, profile_id)
    s3.delete_object(Bucket=aws.bucket, Key=key)
    assert not held(aws, profile_id)


def test_of_somebody_frozen_nothing_leaves_that_a_decision_could_change(
    aws: Deployment, receiver: Receiver, sent: list[dict[str, Any]]
) -> None:
    profile_id = person(aws, advertising=True)
    destination(aws, receiver.url, purposes=("Advertising",))
    profiles = aws.table(PROFILES)
    key = {"pk": {"S": f"P#{profile_id}"}, "sk": {"S": "P"}}
    update = {"UpdateExpression": "SET frozen = :by", "ExpressionAttributeValues": {":by": {"S": "operator"}}}
    boto3.client("dynamodb").update_item(TableName=profiles, Key=key, **update)
    assert held(aws, profile_id)
    assert not held(aws, person(aws, advertising=True, user="u2"))
