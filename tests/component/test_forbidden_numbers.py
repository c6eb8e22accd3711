"""Resident registration and card numbers come no further than the collector, and are in nothing that is kept."""

import gzip
import json
from typing import Any

import boto3
import pytest
import zstandard

from shared.contracts.compression import inflate
from shared.domain.sources import Source
from shared.stores.tables import EVENTS, TABLES
from tests.conftest import Deployment
from tests.pipeline import (
    SOURCE,
    collected,
    configured,
    counts,
    items,
    kinesis_records,
    notes,
    quarantined_bodies,
    record_bytes,
    refusals,
    request,
    seed_source,
    sent,
    stored,
    stored_ids,
    track,
)

RESIDENT, CARD = "900101-1234567", "4111 1111 1111 1111"
DIGITS = ("1234567", "1111 1111")


def seed(aws: Deployment, **fields: Any) -> None:
    seed_source(aws)
    configured(aws, Source, SOURCE, **fields)


def kept_bytes(aws: Deployment) -> bytes:
    """Everything that was put anywhere: stream, tables, bucket."""
    found = [inflate(data, 10_000_000) for data in collected(aws)]
    for table in TABLES:
        for item in items(aws, table):
            packed = [value for value in item.values() if isinstance(value, bytes)]
            found += [json.dumps(item, default=repr, ensure_ascii=False).encode(), *map(unpacked, packed)]
    s3 = boto3.client("s3")
    for entry in s3.list_objects_v2(Bucket=aws.bucket).get("Contents", []):
        found.append(unpacked(s3.get_object(Bucket=aws.bucket, Key=entry["Key"])["Body"].read()))
    return b"\n".join(found)


def unpacked(data: bytes) -> bytes:
    is_packed = data.startswith(zstandard.MAGIC_NUMBER.to_bytes(4, "little"))
    return zstandard.ZstdDecompressor().decompressobj().decompress(data) if is_packed else data


def assert_gone(aws: Deployment, printed: str) -> None:
    content = kept_bytes(aws).decode(errors="replace") + printed
    assert [digits for digits in DIGITS if digits in content] == []


DIRTY = track(
    event=f"Paid with {CARD}",
    properties={"note": f"주민번호 {RESIDENT}", RESIDENT: 1, "products": [{"sku": CARD}], "number": 4111111111111111},
    context={"page": {"title": CARD}},
    traits={"rrn": "9001011234568"},
)


def test_a_number_reaches_neither_the_stream_nor_anything_kept_nor_a_log(
    aws: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    seed(aws)
    assert sent(request(gzip.compress(json.dumps({"batch": [DIRTY]}).encode())))[0] == 200
    assert stored(kinesis_records(*collected(aws))) == []
    assert stored_ids(aws) == ["m1"]
    assert_gone(aws, capsys.readouterr().out)
    assert "4111111111111111" not in kept_bytes(aws).decode(errors="replace")
    body = json.loads(items(aws, EVENTS)[0]["event"])
    assert body["event"] == "Paid with [card_number]"
    assert body["properties"]["note"] == "주민번호 [resident_number]"
    assert body["context"]["masked"] == [
        "event",
        "properties.note",
        "properties.[resident_number]",
        "properties.products.0.sku",
        "properties.number",
        "context.page.title",
        "traits.rrn",
    ]
    assert notes(aws) == {"masked:resident_number": 1, "masked:card_number": 1}


def test_a_producers_own_record_is_masked_before_anything_of_it_is_kept(
    aws: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    seed(aws)
    broken = b'{"v": 1, "note": "' + RESIDENT.encode()
    assert stored(kinesis_records(record_bytes(DIRTY), record_bytes(track("m2", userId=RESIDENT)), broken)) == []
    assert stored_ids(aws) == ["m1"]
    assert refusals(aws) == [("forbidden_number", "userId"), ("undecodable_record", None)]
    assert_gone(aws, capsys.readouterr().out)


@pytest.mark.parametrize(
    "event",
    [
        track(userId=RESIDENT),
        track(traits={"email": f"{RESIDENT}@example.com"}),
        track(context={"externalIds": [{"type": "member", "id": RESIDENT}]}),
    ],
    ids=["userId", "email", "external id"],
)
def test_an_identifier_that_is_a_resident_number_is_quarantined_whatever_the_source_says(
    aws: Deployment, event: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    seed(aws)
    sent(request({"batch": [event, track("m2", userId="u2", properties={"a": 1})]}))
    stored(kinesis_records(*collected(aws)))
    assert stored_ids(aws) == ["m2"]
    ((reason, field),) = refusals(aws)
    assert reason == "forbidden_number"
    assert field
    assert_gone(aws, capsys.readouterr().out)
    assert counts(aws) == {"received": 2, "stored": 1, "duplicate": 0, "quarantined": 1}


def test_an_identifier_like_a_card_is_left_alone(aws: Deployment) -> None:
    seed(aws)
    sent(request({"batch": [track(userId="4111111111111111")]}))
    stored(kinesis_records(*collected(aws)))
    assert json.loads(items(aws, EVENTS)[0]["identifiers"])[0][1] == "4111111111111111"


def test_a_source_that_quarantines_numbers_keeps_the_event_masked(
    aws: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    seed(aws, forbidden_numbers="quarantine")
    sent(request({"batch": [DIRTY, track("m2")]}))
    stored(kinesis_records(*collected(aws)))
    assert stored_ids(aws) == ["m2"]
    assert refusals(aws) == [("forbidden_number", "event")]
    (body,) = quarantined_bodies(aws)
    assert json.loads(body)["properties"]["note"] == "주민번호 [resident_number]"
    assert_gone(aws, capsys.readouterr().out)
    expected = {"quarantined:forbidden_number:event": 1, "masked:resident_number": 1, "masked:card_number": 1}
    assert notes(aws) == expected


@pytest.mark.parametrize(
    "bad",
    [
        '{"type": "track", "note": "900101-1234567", "a": NaN}',
        '["９００１０１-１２３４５６７", "\\ud800", "4111 1111 1111 1111"]',
    ],
)
def test_what_is_no_event_is_kept_masked_too(aws: Deployment, bad: str, capsys: pytest.CaptureFixture[str]) -> None:
    seed(aws)
    assert sent(request(f'{{"batch": [{bad}]}}'))[0] == 200
    stored(kinesis_records(*collected(aws)))
    assert len(refusals(aws)) == 1
    assert_gone(aws, capsys.readouterr().out)
    assert "１２３４５６７" not in kept_bytes(aws).decode(errors="replace")
    assert "\\uff11\\uff12" not in kept_bytes(aws).decode(errors="replace")


def test_an_event_without_an_id_gets_one_that_its_numbers_are_no_part_of(aws: Deployment) -> None:
    seed(aws)
    for number in ("4111111111111111", "5555555555554444"):
        sent(request({"batch": [track(None, properties={"card": number})]}))
    stored(kinesis_records(*collected(aws)))
    assert counts(aws) == {"received": 2, "stored": 1, "duplicate": 1, "quarantined": 0}


def test_a_retry_of_a_masked_event_is_a_duplicate(aws: Deployment) -> None:
    seed(aws)
    sent(request({"batch": [DIRTY]}))
    stored(kinesis_records(*collected(aws)))
    stored(kinesis_records(record_bytes(DIRTY), first=10))
    assert counts(aws) == {"received": 2, "stored": 1, "duplicate": 1, "quarantined": 0}
    assert notes(aws) == {"masked:resident_number": 1, "masked:card_number": 1}
