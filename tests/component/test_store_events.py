"""The real handler of store_events over moto: what is stored, refused and counted, and what faults change: nothing."""

import json
import random
import zlib

import boto3
import pytest
import zstandard

from shared.stores.tables import EVENTS, LEDGER, QUARANTINE
from tests.conftest import Deployment
from tests.pipeline import (
    ARRIVED,
    FIRST_SEQUENCE,
    counts,
    items,
    kinesis_records,
    record_bytes,
    refusals,
    seed_source,
    stored,
    stored_ids,
    track,
)


@pytest.fixture(autouse=True)
def source(aws: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    seed_source(aws)
    monkeypatch.setattr("shared.aws.batching.time.sleep", lambda _: None)
    monkeypatch.setattr("functions.store_events.streaming._RETRY_DELAY_SECONDS", 0)


def ends(received: int, stored: int = 0, duplicate: int = 0, quarantined: int = 0) -> dict[str, int]:
    return {"received": received, "stored": stored, "duplicate": duplicate, "quarantined": quarantined}


def test_an_event_is_stored_under_its_person_and_time(aws: Deployment) -> None:
    assert stored(kinesis_records(record_bytes(track(), ip="203.0.113.7", sent_at="2026-11-21T09:29:30.000Z"))) == []
    (item,) = items(aws, EVENTS)
    assert item["pk"].startswith("A#")
    assert item["sk"] == "2026-11-21T09:29:00.000Z#m1"
    assert item["time"] == "2026-11-21T09:29:30.000Z"  # the client's clock was half a minute slow
    assert item["origin"].endswith(f":{FIRST_SEQUENCE}:0")
    assert json.loads(item["identifiers"])[0][:2] == ["user_id", "u1"]
    assert json.loads(item["event"])["context"] == {"ip": "203.0.113.7"}
    assert counts(aws) == ends(1, stored=1)


def test_the_batch_lies_in_the_log_by_arrival(aws: Deployment) -> None:
    stored(kinesis_records(record_bytes(track()), b"\xff no record", at=ARRIVED))
    (found,) = boto3.client("s3").list_objects_v2(Bucket=aws.bucket, Prefix="log/")["Contents"]
    assert found["Key"].startswith("log/2026/11/21/09/shardId-000000000000-")
    body = boto3.client("s3").get_object(Bucket=aws.bucket, Key=found["Key"])["Body"].read()
    lines = zstandard.ZstdDecompressor().decompress(body).decode().split("\n")
    assert json.loads(lines[0])["record"]["events"][0]["messageId"] == "m1"
    assert json.loads(lines[1])["record"] == "/yBubyByZWNvcmQ="


def test_a_repeated_record_changes_nothing(aws: Deployment) -> None:
    records = kinesis_records(record_bytes(track("m1"), track("m2"), track("m1"), "nonsense"))
    stored(records)
    before = [items(aws, table) for table in (EVENTS, QUARANTINE, LEDGER)]
    assert counts(aws) == ends(4, stored=2, duplicate=1, quarantined=1)
    stored(records)
    assert [items(aws, table) for table in (EVENTS, QUARANTINE, LEDGER)] == before


def test_a_retry_in_other_batches_leaves_three_stored(aws: Deployment) -> None:
    for place, ids in enumerate((["m1", "m2"], ["m1"], ["m1", "m2", "m3"])):
        stored(kinesis_records(record_bytes(*map(track, ids)), first=place))
    assert stored_ids(aws) == ["m1", "m2", "m3"]
    assert counts(aws) == ends(6, stored=3, duplicate=3)


def test_another_body_under_a_known_message_id_is_quarantined_with_its_bytes(aws: Deployment) -> None:
    other = track("m1", properties={"price": 3})
    stored(kinesis_records(record_bytes(track("m1"), other)))
    stored(kinesis_records(record_bytes(other), first=1))
    assert refusals(aws) == [("message_id_reused", "messageId")] * 2
    bodies = [zstandard.ZstdDecompressor().decompress(item["body"]) for item in items(aws, QUARANTINE)]
    assert [json.loads(body) for body in bodies] == [other, other]
    assert counts(aws) == ends(3, stored=1, quarantined=2)


def test_sent_at_alone_makes_no_other_event(aws: Deployment) -> None:
    stored(kinesis_records(record_bytes(track(sentAt="2026-11-21T09:29:30Z"), track(sentAt="2026-11-21T09:29:40Z"))))
    assert counts(aws) == ends(2, stored=1, duplicate=1)


def test_a_try_that_the_sdk_counts_in_its_own_notes_is_a_duplicate(aws: Deployment) -> None:
    first, second = track(_metadata={"retryCount": 0}), track(_metadata={"retryCount": 1})
    stored(kinesis_records(record_bytes(first)))
    stored(kinesis_records(record_bytes(second), first=1))
    assert counts(aws) == {"received": 2, "stored": 1, "duplicate": 1, "quarantined": 0}


def test_events_of_unknown_and_disabled_sources_are_quarantined(aws: Deployment) -> None:
    stored(kinesis_records(record_bytes(track(), source_id="src_gone")))
    assert refusals(aws) == [("unknown_source", None)]
    assert items(aws, QUARANTINE)[0]["pk"] == "Q#src_gone#2026-11-21"
    assert counts(aws) == ends(1, quarantined=1)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00\xff\xfe",
        b"[]",
        b'{"v": 2}',
        b"[" * 100_000,
        b'{"v": NaN}',
        b"\x1f\x8b broken gzip",
        b"\x28\xb5\x2f\xfd broken zstd",
        zlib.compress(b"0" * 20_000_000, wbits=31),
        zstandard.ZstdCompressor().compress(b"0" * 20_000_000),
        record_bytes(track(), received_at="0000-01-01T00:00:00Z"),
        record_bytes(track(), received_at="9999-12-31T23:59:59Z"),
        record_bytes(track(), source_id=""),
    ],
)
def test_bytes_that_are_no_record_are_quarantined_whole_beside_their_neighbours(aws: Deployment, data: bytes) -> None:
    assert stored(kinesis_records(record_bytes(track("m1")), data, record_bytes(track("m2")), at=ARRIVED)) == []
    assert stored_ids(aws) == ["m1", "m2"]
    (item,) = items(aws, QUARANTINE)
    assert item["pk"] == "Q#unknown#2026-11-21"
    assert item["reason"] == "undecodable_record"
    assert zstandard.ZstdDecompressor().decompress(item.get("body", zstandard.compress(data))) == data
    assert counts(aws) == ends(3, stored=2, quarantined=1)


def test_a_large_body_is_quarantined_as_an_object(aws: Deployment) -> None:
    noise = random.Random(1).randbytes(400_000).hex()
    stored(kinesis_records(record_bytes(track(properties={"noise": noise}))))
    (item,) = items(aws, QUARANTINE)
    assert (item["reason"], "body" in item) == ("event_too_large", False)
    body = boto3.client("s3").get_object(Bucket=aws.bucket, Key=item["body_object"])["Body"].read()
    assert noise.encode() in zstandard.ZstdDecompressor().decompress(body)


def test_a_receipt_later_than_the_streams_own_clock_counts_from_that_clock(aws: Deployment) -> None:
    ahead = "2027-01-01T00:00:00.000Z"
    record = record_bytes(track("m1", timestamp=ahead), received_at=ahead)
    stored(kinesis_records(record, at=ARRIVED))
    (item,) = items(aws, EVENTS)
    assert (item["received_at"], item["time"]) == ("2026-11-21T09:30:00.250Z", "2026-11-21T09:35:00.250Z")
