"""The real handler of publish_changes over moto: stream records in, facts on the bus, and what fails in between."""

import copy
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest

from functions.publish_changes.handler import handler
from functions.publish_changes.settings import settings
from shared.aws import bus, clients
from shared.aws.batching import StillFailingError
from shared.aws.bus import BusEntry, put_entries
from shared.domain.times import to_text
from shared.stores.tables import PROFILES
from tests.component.stitched import stitch_into
from tests.conftest import REGION, Deployment
from tests.due import clock
from tests.people import make_event

SAMPLE = json.loads(Path("events/triggers/publish_changes.json").read_text())["Records"][0]


class FlakyBus:
    """Stands before EventBridge: `failing` are detail types whose next puts fail, so many times."""

    def __init__(self, client: Any, failing: dict[str, int]) -> None:
        self.client, self.failing, self.calls = client, failing, []

    def put_events(self, Entries: Sequence[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        self.calls.append([entry["DetailType"] for entry in Entries])
        answers: list[dict[str, str]] = []
        for entry in Entries:
            if self.failing.get(entry["DetailType"], 0) > 0:
                self.failing[entry["DetailType"]] -= 1
                answers.append({"ErrorCode": "ThrottlingException", "ErrorMessage": "slow down"})
            else:
                answers += self.client.put_events(Entries=[entry])["Entries"]
        return {"FailedEntryCount": sum("ErrorCode" in answer for answer in answers), "Entries": answers}


@pytest.fixture
def listening(aws: Deployment, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A queue that hears everything on the bus; waits between tries take no time."""
    settings.cache_clear()
    monkeypatch.setattr("shared.aws.batching.time.sleep", lambda _: None)
    queue = boto3.client("sqs").create_queue(QueueName="everything")["QueueUrl"]
    events = boto3.client("events")
    events.put_rule(Name="everything", EventBusName=aws.bus, EventPattern=json.dumps({"source": ["jogakbo"]}))
    arn = f"arn:aws:sqs:{REGION}:123456789012:everything"
    events.put_targets(Rule="everything", EventBusName=aws.bus, Targets=[{"Id": "1", "Arn": arn}])
    yield queue
    settings.cache_clear()


def heard(queue: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while messages := boto3.client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages"):
        for message in messages:
            found.append(json.loads(message["Body"]))
            boto3.client("sqs").delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    return found


def ids(events: list[dict[str, Any]]) -> list[str]:
    return sorted(event["detail"]["metadata"]["id"] for event in events)


def record(number: int, profile_id: str = "01KAK3J8V2N5Q0T4W6Y8Z1B3D5") -> dict[str, Any]:
    made: dict[str, Any] = copy.deepcopy(SAMPLE)
    made["dynamodb"]["SequenceNumber"] = str(number)
    for part in ("Keys", "OldImage", "NewImage"):
        made["dynamodb"][part]["pk"]["S"] = f"P#{profile_id}"
    return made


def published(*records: dict[str, Any]) -> list[str]:
    answer = handler({"Records": list(records)}, None)
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def test_the_sample_record_becomes_its_facts_with_ids_only(listening: str) -> None:
    assert published(SAMPLE) == []
    events = heard(listening)
    assert sorted(event["detail-type"] for event in events) == ["Consent Changed", "Segment Entered", "Traits Changed"]
    assert {event["detail"]["metadata"]["correlation_id"] for event in events} == {
        "c0ffee00-0000-4000-8000-000000000002"
    }
    assert "5feceb66ffc8" not in json.dumps(events)  # not even the hash of a value leaves


def test_a_repeated_record_says_the_same_under_the_same_ids(listening: str) -> None:
    published(SAMPLE)
    first = heard(listening)
    published(SAMPLE, SAMPLE)
    again = heard(listening)
    assert sorted(ids(first) * 2) == ids(again)


def test_what_stitching_wrote_is_read_as_it_lies_in_the_table(aws: Deployment, listening: str) -> None:
    winner = stitch_into(
        aws,
        make_event({"event": "Product Viewed", "anonymousId": "d1"}, days=1),
        make_event({"event": "Order Completed", "userId": "u1"}, days=1),
        make_event({"type": "identify", "userId": "u1", "anonymousId": "d1", "traits": {"city": "Seoul"}}, days=2),
    )
    items = boto3.client("dynamodb").scan(TableName=aws.table(PROFILES))["Items"]
    people = [item for item in items if item["sk"]["S"] == "P"]
    assert len(people) == 2  # one of them a tombstone
    records = [
        {
            "eventName": "MODIFY",
            "dynamodb": {"Keys": {k: item[k] for k in ("pk", "sk")}, "NewImage": item, "SequenceNumber": str(n)},
        }
        for n, item in enumerate(items)
    ]
    assert published(*records) == []
    events = heard(listening)
    assert {event["detail"]["data"]["profile_id"] for event in events} == {winner}
    assert {"Profile Merged", "Traits Changed"} <= {event["detail-type"] for event in events}


def test_a_deleted_profile_and_other_items_say_nothing(listening: str) -> None:
    removed, identifier = record(1), record(2)
    del removed["dynamodb"]["NewImage"]
    identifier["dynamodb"]["Keys"] = {"pk": {"S": "I#hash"}, "sk": {"S": "I"}}
    assert published(removed, identifier) == []
    assert heard(listening) == []


def test_failed_entries_are_put_again_and_the_others_are_not(listening: str, monkeypatch: pytest.MonkeyPatch) -> None:
    flaky = FlakyBus(clients.events(), {"Traits Changed": 2})
    monkeypatch.setattr(bus, "events", lambda: flaky)
    assert published(SAMPLE) == []
    assert len(heard(listening)) == 3
    assert [sorted(call) for call in flaky.calls[1:]] == [["Traits Changed"], ["Traits Changed"]]


def test_a_record_whose_facts_cannot_be_put_fails_and_its_neighbours_are_said(
    listening: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    merged = record(2, "01KAK3HZZ9M4P7R2S5T8V1W3X6")
    changes = {"merged:01KAK3J8V2N5Q0T4W6Y8Z1B3D5": ["", 2, "2026-11-21T09:30:00.000Z"]}
    merged["dynamodb"]["NewImage"]["changes"]["S"] = json.dumps(changes)
    flaky = FlakyBus(clients.events(), {"Profile Merged": 1_000})
    monkeypatch.setattr(bus, "events", lambda: flaky)
    assert published(record(1), merged, record(3)) == ["2"]
    assert len(heard(listening)) == 6
    flaky.failing.clear()
    assert published(merged, record(3)) == []
    assert len(heard(listening)) == 4


def test_one_record_that_cannot_be_read_fails_alone(listening: str, capsys: pytest.CaptureFixture[str]) -> None:
    broken, tombless = record(2), record(3)
    broken["dynamodb"]["NewImage"]["changes"]["S"] = "{not json"
    del tombless["dynamodb"]["NewImage"]["changes"]
    assert published(record(1), broken, tombless, record(4)) == ["2"]
    assert len(heard(listening)) == 6
    assert '"PoisonRecords":[1.0,1.0]' in capsys.readouterr().out.replace(" ", "")


def test_batches_hold_ten_entries_and_a_quarter_of_a_megabyte(aws: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    flaky = FlakyBus(clients.events(), {})
    monkeypatch.setattr(bus, "events", lambda: flaky)
    assert put_entries(aws.bus, [BusEntry("jogakbo", "Small", json.dumps({"n": n})) for n in range(25)]) == []
    assert [len(call) for call in flaky.calls] == [10, 10, 5]
    flaky.calls.clear()
    large = [BusEntry("jogakbo", "Large", json.dumps({"n": n, "x": "가" * 33_000})) for n in range(5)]
    assert put_entries(aws.bus, large) == []
    assert max(len(call) for call in flaky.calls) <= 2


def test_an_entry_over_the_limit_fails_by_itself(aws: Deployment) -> None:
    giant = BusEntry("jogakbo", "Giant", json.dumps({"x": "x" * 262_144}))
    assert put_entries(aws.bus, [giant, BusEntry("jogakbo", "Small", "{}")]) == [giant]


def test_who_is_due_before_the_next_sweep_is_handed_over_by_the_write_itself(
    aws: Deployment, listening: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, written = datetime.now(UTC), record(1)
    late, near, far = (to_text(now + timedelta(minutes=minutes)) for minutes in (-1, 1, 10))
    written["dynamodb"]["NewImage"]["due"] = {"S": f"{late} {near} {far}"}
    with clock(aws, "2026-11-21T00:00") as queue:
        assert published(written) == []
        assert [json.loads(body)["due"] for _, body in queue.waiting] == [late, near]
        assert queue.now == queue.waiting[0][0] < queue.waiting[1][0] <= queue.now + timedelta(minutes=1)
        written["dynamodb"]["OldImage"]["due"] = {"S": f"{late} {near}"}
        assert published(written) == []
        assert len(queue.waiting) == 2
    del written["dynamodb"]["OldImage"]["due"]
    monkeypatch.setattr("functions.publish_changes.handler.send_delayed", fails)
    assert published(written) == []  # its mark stays for the sweep


def fails(*_: object) -> None:
    raise StillFailingError("send_message_batch", 1)
