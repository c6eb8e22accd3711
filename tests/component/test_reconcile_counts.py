"""reconcile_counts over what the real functions left: all is well, or what is wrong is found and named."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest

from functions.reconcile_counts.handler import handler as reconcile_counts
from shared.contracts.queues import StoreRetry
from shared.domain.reconciliation import Reconciliation
from shared.stores.event_store import EventStore, Insertion
from shared.stores.keys import count_pk, count_sk
from shared.stores.reconciled_store import ReconciledStore
from shared.stores.tables import EVENTS, LEDGER, PROFILES
from tests.conftest import Deployment
from tests.pipeline import SHARD, SOURCE, items, kinesis_records, record_bytes, retried, seed_source, stored, track
from tests.unreliable import leave_in_bucket
from tests.way import Way

HOUR = "2026-11-21T09"
KINESIS = "arn:aws:kinesis:eu-west-1:123456789012:stream/jogakbo-test-events"
SAMPLE = json.loads(Path("events/triggers/reconcile_counts.json").read_text())


class Clock(datetime):
    at = datetime(2026, 11, 21, 9, 40, tzinfo=UTC)

    @classmethod
    def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]
        return cls.at


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> type[Clock]:
    Clock.at = datetime(2026, 11, 21, 9, 40, tzinfo=UTC)
    modules = "store_events.streaming store_events.retrying stitch_identities.people reconcile_counts.handler"
    for module in modules.split():
        monkeypatch.setattr(f"functions.{module}.datetime", Clock)
    monkeypatch.setattr("shared.aws.batching.time.sleep", lambda _: None)
    monkeypatch.setattr("functions.store_events.streaming._RETRY_DELAY_SECONDS", 0)
    return Clock


@pytest.fixture
def way(aws: Deployment) -> Iterator[Way]:
    way = Way(aws)
    yield way
    way.close()


def some_records() -> list[dict[str, Any]]:
    """Six events of two people and of nobody: one comes twice, one is refused."""
    return kinesis_records(
        record_bytes(track("m1"), track("m2", userId="u2")),
        record_bytes(track("m2", userId="u2"), "nonsense"),
        record_bytes(track("m3", userId="null"), track("m4")),
    )


def all_is_done(way: Way) -> None:
    stored(some_records())
    way.stitch(way.new_inserts())


def redrive(way: Way) -> None:
    """What `jogakbo redrive` of the hour does."""
    for entry in boto3.client("s3").list_objects_v2(Bucket=way.aws.bucket, Prefix="log/")["Contents"]:
        message = StoreRetry(object=entry["Key"], republish_from="2026-11-21T09:00:00.000Z")
        boto3.client("sqs").send_message(QueueUrl=way.aws.store_retries_url, MessageBody=message.model_dump_json())
    assert retried(way.aws) == []


def reconciled(aws: Deployment, hour: str = HOUR) -> Reconciliation:
    Clock.at = datetime(2026, 11, 21, 10, 20, tzinfo=UTC)
    reconcile_counts({"hour": hour}, None)
    ((checked),) = ReconciledStore(aws.table(LEDGER)).of_source(SOURCE, hour, hour)
    return checked.found


def test_an_hour_where_all_is_well_adds_up(way: Way) -> None:
    all_is_done(way)
    found = reconciled(way.aws)
    assert (found.totals.received, found.totals.stored, found.totals.duplicate, found.totals.quarantined) == (
        6,
        4,
        1,
        1,
    )
    assert (found.folded, found.unnamed, found.open, found.gap, found.named) == (3, 1, 0, 0, {})


def test_what_was_written_down_twice_is_checked_once(way: Way) -> None:
    all_is_done(way)
    stored(some_records()[1:])
    stored(some_records()[:2])
    found = reconciled(way.aws)
    assert (found.folded, found.open, found.gap) == (3, 0, 0)


def test_a_fold_that_was_skipped_is_found_and_named(way: Way) -> None:
    stored(some_records())
    inserts = way.new_inserts()
    way.stitch([one for one in inserts if one["dynamodb"]["NewImage"]["message_id"]["S"] != "m4"])
    found = reconciled(way.aws)
    assert (found.folded, found.unfolded, found.gap, found.named) == (2, 1, 0, {"unfolded": ("m4",)})
    way.stitch(inserts)
    assert (reconciled(way.aws).unfolded, reconciled(way.aws).folded) == (0, 3)


def test_an_event_that_is_not_in_its_table_is_found_and_named(way: Way) -> None:
    all_is_done(way)
    (gone,) = (item for item in items(way.aws, EVENTS) if item["message_id"] == "m3")
    boto3.client("dynamodb").delete_item(
        TableName=way.aws.table(EVENTS), Key={"pk": {"S": gone["pk"]}, "sk": {"S": gone["sk"]}}
    )
    found = reconciled(way.aws)
    assert (found.missing, found.gap, found.named) == (1, 1, {"missing": ("m3",)})
    redrive(way)
    found = reconciled(way.aws)
    assert (found.totals.received, found.unnamed, found.gap) == (6, 1, 0)


def test_a_count_that_was_lost_is_found_and_its_events_are_named(way: Way) -> None:
    all_is_done(way)
    key = {"pk": {"S": count_pk(SOURCE)}, "sk": {"S": count_sk(HOUR, SHARD)}}
    boto3.client("dynamodb").delete_item(TableName=way.aws.table(LEDGER), Key=key)
    found = reconciled(way.aws)
    assert (found.uncounted, found.gap) == (6, 6)
    assert set(found.named["uncounted"]) >= {"m1", "m2", "m3", "m4"}
    redrive(way)
    found = reconciled(way.aws)
    assert (found.totals.received, found.totals.ended, found.gap) == (6, 6, 0)


def test_a_count_that_is_one_too_low_or_too_high_is_a_gap(way: Way) -> None:
    all_is_done(way)
    key = {"pk": {"S": count_pk(SOURCE)}, "sk": {"S": count_sk(HOUR, SHARD)}}
    for change, gap in ((-1, 2), (2, 2)):  # too few: no ending for one received, and an ending in no count
        boto3.client("dynamodb").update_item(
            TableName=way.aws.table(LEDGER),
            Key=key,
            UpdateExpression="ADD #stored :change",
            ExpressionAttributeNames={"#stored": "stored"},
            ExpressionAttributeValues={":change": {"N": str(change)}},
        )
        assert reconciled(way.aws).gap == gap


def test_what_waits_for_its_retry_is_open_and_no_gap(way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    real = EventStore.insert

    def throttled(self: EventStore, events: Any, days: Any) -> Any:
        ends = iter(real(self, [event for event in events if event.message_id != "m4"], days))
        return [Insertion.CONTENDED if event.message_id == "m4" else next(ends) for event in events]

    monkeypatch.setattr(EventStore, "insert", throttled)
    stored(some_records())
    monkeypatch.setattr(EventStore, "insert", real)
    way.stitch(way.new_inserts())
    found = reconciled(way.aws)
    assert (found.totals.waiting, found.open, found.gap) == (2, 2, 0)
    assert retried(way.aws) == []
    way.stitch(way.new_inserts())
    assert (reconciled(way.aws).open, reconciled(way.aws).gap) == (0, 0)


def test_what_lambda_gave_up_is_open_until_it_is_brought_back(way: Way) -> None:
    records = some_records()
    stored(records[:1])
    leave_in_bucket(way.aws.bucket, KINESIS, records[:2], 1)  # the first was counted before it was given up
    stored(records[2:])
    way.stitch(way.new_inserts())
    found = reconciled(way.aws)
    assert (found.totals.received, found.given_up, found.open, found.gap) == (4, 2, 2, 0)
    stored(records[1:2])
    boto3.client("s3").delete_object(
        Bucket=way.aws.bucket,
        Key=boto3.client("s3").list_objects_v2(Bucket=way.aws.bucket, Prefix="aws/")["Contents"][0]["Key"],
    )
    found = reconciled(way.aws)
    assert (found.totals.received, found.open, found.gap) == (6, 0, 0)


def test_a_source_that_nobody_knows_is_checked_too(way: Way) -> None:
    records = kinesis_records(record_bytes(track("m1"), source_id="src_stranger"), b"\xff")
    records[1]["kinesis"]["approximateArrivalTimestamp"] = Clock.at.timestamp()
    stored(records)
    Clock.at = datetime(2026, 11, 21, 10, 20, tzinfo=UTC)
    answer = reconcile_counts({"hour": HOUR}, None)
    assert answer["hours"][HOUR] == {"src_stranger": {"gap": 0, "open": 0}, "unknown": {"gap": 0, "open": 0}}


def test_the_schedule_checks_the_last_hours_and_again_what_was_open(way: Way, clock: type[Clock]) -> None:
    stored(some_records())
    clock.at = datetime(2026, 11, 21, 10, 20, tzinfo=UTC)
    assert [*reconcile_counts(SAMPLE, None)["hours"]][:3] == ["2026-11-21T09", "2026-11-21T08", "2026-11-21T07"]
    clock.at = datetime(2026, 11, 21, 20, 20, tzinfo=UTC)
    assert HOUR in reconcile_counts(SAMPLE, None)["hours"], "it is open"
    way.stitch(way.new_inserts())
    reconcile_counts(SAMPLE, None)
    assert HOUR not in reconcile_counts(SAMPLE, None)["hours"]


def test_hours_that_nobody_checked_while_the_schedule_stood_still_are_checked(way: Way, clock: type[Clock]) -> None:
    stored(some_records())
    way.stitch(way.new_inserts())
    clock.at = datetime(2026, 11, 22, 8, 20, tzinfo=UTC)
    assert reconcile_counts(SAMPLE, None)["hours"][HOUR] == {SOURCE: {"gap": 0, "open": 0}}


def test_events_that_are_not_folded_are_told_once_they_had_time(
    way: Way, clock: type[Clock], capsys: pytest.CaptureFixture[str]
) -> None:
    stored(some_records())
    capsys.readouterr()
    reconciled(way.aws)
    assert "EventsUnfolded" not in capsys.readouterr().out
    clock.at = datetime(2026, 11, 21, 11, 20, tzinfo=UTC)
    reconcile_counts({"hour": HOUR}, None)
    assert '"EventsUnfolded":[3.0]' in capsys.readouterr().out


def test_events_of_one_merged_person_are_found_at_the_winner(way: Way) -> None:
    stored(kinesis_records(record_bytes({**track("m1", userId=None), "anonymousId": "a1"}, track("m2"))))
    way.stitch(way.new_inserts())
    stored(kinesis_records(record_bytes({**track("m3"), "anonymousId": "a1"}), first=1))
    way.stitch(way.new_inserts())
    assert sum(item["sk"] == "P" and item["status"] == "merged" for item in items(way.aws, PROFILES)) == 1
    found = reconciled(way.aws)
    assert (found.folded, found.open, found.gap) == (3, 0, 0)


def test_an_hour_without_anything_leaves_nothing(aws: Deployment) -> None:
    seed_source(aws)
    Clock.at = datetime(2026, 11, 21, 10, 20, tzinfo=UTC)
    assert reconcile_counts({"hour": "2026-11-21T07"}, None) == {"hours": {"2026-11-21T07": {}}, "left": 0}
    assert items(aws, LEDGER) == []
