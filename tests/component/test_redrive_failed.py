"""What Lambda gave up and left in the bucket comes back by `jogakbo redrive --failed`: once, and counted."""

from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from typer.testing import CliRunner, Result

from cli import access
from cli.main import app
from functions.store_events import verdicts
from shared.contracts.queues import Rebuild
from shared.domain.validation import validate
from shared.stores.tables import CATALOGUE, EVENTS, LEDGER, PROFILES
from shared.stores.waits import Waits
from tests.conftest import Deployment
from tests.pipeline import counts, items, kinesis_records, record_bytes, retried, seed_source, stored, stored_ids, track
from tests.unreliable import leave_in_bucket
from tests.way import Way

KINESIS = "arn:aws:kinesis:eu-west-1:123456789012:stream/jogakbo-test-events"
TABLE = "arn:aws:dynamodb:eu-west-1:123456789012:table/jogakbo-test-{}/stream/2026-11-21T00:00:00.000"


@pytest.fixture(autouse=True)
def outputs(aws: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    found = {
        "CollectUrl": "https://collect.example.com",
        "ReadUrl": "https://api.example.com",
        "BusName": aws.bus,
        "LogBucketName": aws.bucket,
        "CatalogueTable": aws.table(CATALOGUE),
        "LedgerTable": aws.table(LEDGER),
        "EventsTable": aws.table(EVENTS),
        "ProfilesTable": aws.table(PROFILES),
        "StoreRetriesQueueUrl": aws.store_retries_url,
        "StitchRetriesQueueUrl": aws.stitch_retries_url,
    }
    monkeypatch.setattr(access, "stack_outputs", lambda stage: found)
    monkeypatch.setattr("functions.store_events.streaming._RETRY_DELAY_SECONDS", 0)


def redrive(*arguments: str) -> Result:
    return CliRunner().invoke(app, ("redrive", "--failed", "--yes", *arguments))


def left(aws: Deployment) -> list[str]:
    found = boto3.client("s3").list_objects_v2(Bucket=aws.bucket, Prefix="aws/lambda/")
    return [entry["Key"] for entry in found.get("Contents", [])]


def some_records() -> list[dict[str, Any]]:
    return kinesis_records(*(record_bytes(track(f"m{n}"), "nonsense") for n in range(5)))


def test_records_that_were_given_up_are_stored_and_counted_once(aws: Deployment) -> None:
    seed_source(aws)
    records = some_records()
    stored(records[:2])
    leave_in_bucket(aws.bucket, KINESIS, records[1:4], 1)  # the first of them is counted already
    stored(records[4:])
    assert counts(aws) == {"received": 6, "stored": 3, "duplicate": 0, "quarantined": 3}
    for _ in range(2):
        result = redrive()
        assert result.exit_code == 0, result.output
        assert retried(aws) == []
    assert "0 batches were given up." in result.output
    assert left(aws) == []
    assert stored_ids(aws) == ["m0", "m1", "m2", "m3", "m4"]
    assert counts(aws) == {"received": 10, "stored": 5, "duplicate": 0, "quarantined": 5}


def test_a_batch_waits_in_the_bucket_until_what_breaks_it_is_mended_and_its_neighbours_are_taken(
    aws: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    seed_source(aws)

    def poisoned(element: Any, *rest: Any) -> Any:
        if isinstance(element, dict) and element["messageId"] == "m2":
            raise RuntimeError("a bug that only this event meets")
        return validate(element, *rest)

    monkeypatch.setattr(verdicts, "validate", poisoned)
    leave_in_bucket(aws.bucket, KINESIS, some_records(), 1)
    redrive()
    assert len(retried(aws)) == 1
    assert stored_ids(aws) == ["m0", "m1", "m3", "m4"]
    assert len(left(aws)) == 1
    monkeypatch.setattr(verdicts, "validate", validate)
    redrive()
    assert retried(aws) == []
    assert left(aws) == []
    assert counts(aws) == {"received": 10, "stored": 5, "duplicate": 0, "quarantined": 5}


def test_stored_events_that_stitching_gave_up_are_folded(aws: Deployment) -> None:
    way = Way(aws)
    way.collect(track("m1"), track("m2"))
    way.store(way.new_kinesis())
    leave_in_bucket(aws.bucket, TABLE.format("events"), way.new_inserts(), 1)
    waits, later = Waits(aws.table(LEDGER)), datetime.now(UTC) + timedelta(hours=1)
    for _ in range(2):
        assert redrive().exit_code == 0
    assert min(waits.on_queues(later), waits.unreached(later)) > timedelta(minutes=59)
    way.drain().close()
    assert waits.on_queues(later) == waits.unreached(later) == timedelta()
    person = way.person("user_id", "u1")
    assert person
    assert person.state.event_count == 2
    assert left(aws) == []


def test_facts_that_publishing_gave_up_are_published_under_their_ids(aws: Deployment) -> None:
    way = Way(aws)
    way.collect(track("m1", event="Order Completed"))
    way.store(way.new_kinesis())
    way.stitch(way.new_inserts())
    changes = way.new_changes()
    leave_in_bucket(aws.bucket, TABLE.format("profiles"), changes, 1)
    way.publish(changes)
    once = {fact["metadata"]["id"] for fact in way.facts()}
    redrive()
    again = {fact["metadata"]["id"] for fact in way.drain().facts()}
    way.close()
    assert once
    assert again == once
    assert left(aws) == []


def test_a_range_takes_what_was_given_up_in_it(aws: Deployment) -> None:
    for number, at in enumerate(("2026-11-20T23.59.59", "2026-11-21T00.00.00", "2026-11-21T08.00.59")):
        leave_in_bucket(aws.bucket, KINESIS, some_records(), number, at)
    for bounds, many in (
        (("--from", "2026-11-21"), 2),
        (("--from", "2026-11-21", "--to", "2026-11-21T08:00"), 2),
        (("--to", "2026-11-21T07:59"), 2),
        ((), 3),
    ):
        assert f"{many} batches were given up." in redrive(*bounds).output


def test_an_object_that_holds_no_records_is_named_and_the_others_go_on(aws: Deployment) -> None:
    seed_source(aws)
    key = "aws/lambda/m/s/2026/11/21/2026-11-21T00.00.00-1"
    boto3.client("s3").put_object(Bucket=aws.bucket, Key=key, Body=b'{"KinesisBatchInfo": {}}')
    leave_in_bucket(aws.bucket, KINESIS, some_records(), 1)
    result = redrive()
    assert result.exit_code == 1
    assert f"{key} holds no stream records" in result.output
    assert retried(aws) == []
    assert left(aws) == [key]
    assert len(items(aws, EVENTS)) == 5


def test_a_redrive_needs_a_start_or_failed() -> None:
    assert CliRunner().invoke(app, ("redrive",)).exit_code == 2


def test_a_message_of_a_rebuild_names_the_profile_alone(aws: Deployment) -> None:
    way = Way(aws)
    way.collect(track("m1"))
    way.store(way.new_kinesis())
    way.stitch(way.new_inserts())
    leave_in_bucket(aws.bucket, TABLE.format("profiles"), way.new_changes(), 1)
    redrive()
    (message,) = way.waiting(aws.stitch_retries_url)
    way.close()
    person = way.person("user_id", "u1")
    assert person
    rebuild = Rebuild.model_validate_json(message["body"])
    assert (rebuild.profile_id, rebuild.republish_from) == (person.id, person.updated_at)
