"""Drives collect_events and store_events by hand: requests as API Gateway sends them, records as Kinesis does."""

import json
import time
from base64 import b64encode
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import boto3
import zstandard

from functions.collect_events.handler import handler as collect_events
from functions.store_events.handler import handler as store_events
from shared.aws.dynamo import to_python
from shared.domain.sources import Source, WriteKey
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.event_store import body_of
from shared.stores.profile_items import plain
from shared.stores.tables import CATALOGUE, EVENTS, LEDGER, QUARANTINE, Table
from tests.conftest import Deployment

SOURCE = "src_web"
WRITE_KEY = "wk_web"
SHARD = "shardId-000000000000"
ARRIVED = 1_795_253_400.25  # 2026-11-21T09:30:00.250Z
FIRST_SEQUENCE = 49590338271490256608559692538361571095921575989136588898

Item = dict[str, Any]


def seed_source(aws: Deployment, source_id: str = SOURCE, write_key: str = WRITE_KEY) -> None:
    catalogue = CatalogueStore(aws.table(CATALOGUE))
    catalogue.put(Source(source_id, "A shop"))
    catalogue.put_write_key(write_key, WriteKey(source_id))


def configured(aws: Deployment, kind: type[Any], item_id: str, **fields: Any) -> None:
    """Change fields of what is in the catalogue."""
    catalogue = CatalogueStore(aws.table(CATALOGUE))
    known = catalogue.find(kind, item_id)
    assert known is not None
    catalogue.put(replace(known, **fields))


def track(message_id: str | None = "m1", **fields: Any) -> dict[str, Any]:
    event = {"type": "track", "event": "Tea Bought", "userId": "u1", "timestamp": "2026-11-21T09:29:00.000Z", **fields}
    return {**event, "messageId": message_id} if message_id else event


def request(
    body: Any, path: str = "/v1/batch", method: str = "POST", query: dict[str, str] | None = None, **headers: str
) -> dict[str, Any]:
    """An HTTP API event, payload 2.0. Bytes go in as base64, text as text, and anything else as JSON."""
    raw = body if isinstance(body, bytes | str) else json.dumps(body)
    return {
        "version": "2.0",
        "rawPath": path,
        "headers": {"authorization": basic(WRITE_KEY), **{name.replace("_", "-"): v for name, v in headers.items()}},
        "queryStringParameters": query,
        "requestContext": {
            "http": {"method": method, "path": path, "sourceIp": "203.0.113.7"},
            "requestId": "UJ9xhg1kDoEEMhQ=",
        },
        "body": b64encode(raw).decode() if isinstance(raw, bytes) else raw,
        "isBase64Encoded": isinstance(raw, bytes),
    }


def basic(write_key: str) -> str:
    return f"Basic {b64encode(f'{write_key}:'.encode()).decode()}"


def sent(event: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """Status and body of the collector's reply."""
    reply = collect_events(event, None)
    return reply["statusCode"], json.loads(reply["body"])


def collected(aws: Deployment) -> list[bytes]:
    """The data of every record on the stream."""
    kinesis = boto3.client("kinesis")
    start = kinesis.get_shard_iterator(StreamName=aws.stream, ShardId=SHARD, ShardIteratorType="TRIM_HORIZON")
    return [record["Data"] for record in kinesis.get_records(ShardIterator=start["ShardIterator"])["Records"]]


def record_bytes(*events: Any, **fields: Any) -> bytes:
    """A record as another producer puts it: plain JSON."""
    head = {"v": 1, "source_id": SOURCE, "received_at": "2026-11-21T09:30:00.000Z", "correlation_id": "c1"}
    return json.dumps({**head, "events": events, **fields}).encode()


@cache
def _arrived(data: bytes) -> float:
    """When the stream had a record: not before it was received, and the same whenever it comes again."""
    return max(ARRIVED, time.time())


def kinesis_records(*datas: bytes, first: int = 0, shard: str = SHARD, at: float | None = None) -> list[dict[str, Any]]:
    """Records as Lambda's event source mapping brings them, numbered from `first`; `at` is when the stream had them."""
    return [
        {
            "eventSource": "aws:kinesis",
            "eventID": f"{shard}:{FIRST_SEQUENCE + place}",
            "kinesis": {
                "sequenceNumber": str(FIRST_SEQUENCE + place),
                "data": b64encode(data).decode(),
                "approximateArrivalTimestamp": at or _arrived(data),
            },
        }
        for place, data in enumerate(datas, first)
    ]


def stored(records: Sequence[dict[str, Any]]) -> list[str]:
    """What store_events wants again, after a batch of records."""
    return [failure["itemIdentifier"] for failure in store_events({"Records": records}, None)["batchItemFailures"]]


def retried(aws: Deployment) -> list[str]:
    """Deliver every message of the retry queue once and delete those done. The ids that want to come again."""
    sqs = boto3.client("sqs")
    messages: list[Any] = []
    while received := sqs.receive_message(QueueUrl=aws.store_retries_url, MaxNumberOfMessages=10).get("Messages"):
        messages += received
    if not messages:
        return []
    records = [{"eventSource": "aws:sqs", "messageId": one["MessageId"], "body": one["Body"]} for one in messages]
    failed = stored(records)
    for one in messages:
        if one["MessageId"] not in failed:
            sqs.delete_message(QueueUrl=aws.store_retries_url, ReceiptHandle=one["ReceiptHandle"])
    return failed


def items(aws: Deployment, table: Table) -> list[Item]:
    pages = boto3.client("dynamodb").get_paginator("scan").paginate(TableName=aws.table(table))
    return sorted(
        (_open(to_python(item)) for page in pages for item in page["Items"]), key=lambda item: (item["pk"], item["sk"])
    )


def _open(item: Item) -> Item:
    """With an event's body and what a profile says as text, packed or not: who looks for something must see it."""
    if item["sk"] == "P":
        return {**plain(item)}
    return {**item, "event": body_of(item)} if "packed" in item else item


def stored_ids(aws: Deployment) -> list[str]:
    return sorted(item["message_id"] for item in items(aws, EVENTS))


def refusals(aws: Deployment) -> list[tuple[str, str | None]]:
    """Reason and field of everything in quarantine."""
    return sorted(((item["reason"], item.get("field")) for item in items(aws, QUARANTINE)), key=str)


def counts(aws: Deployment) -> dict[str, int]:
    """Totals over all sources, hours and shards."""
    names = ("received", "stored", "duplicate", "quarantined")
    found = [item for item in items(aws, LEDGER) if item["pk"].startswith("C#")]
    return {name: sum(item.get(name, 0) for item in found) for name in names}


def notes(aws: Deployment) -> dict[str, int]:
    """What was counted beside the totals, over all sources, hours and shards."""
    found = [json.loads(item.get("notes", "{}")) for item in items(aws, LEDGER) if item["pk"].startswith("C#")]
    return dict(sum((Counter(one) for one in found), Counter()))


def quarantined_bodies(aws: Deployment) -> list[bytes]:
    """What quarantine keeps of each refused element, save for those that are objects of the bucket."""
    return [zstandard.ZstdDecompressor().decompress(item["body"]) for item in items(aws, QUARANTINE) if "body" in item]
