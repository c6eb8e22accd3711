"""The lake of a component test: hours built by the real handler, and what a reader of its files sees."""

from collections.abc import Sequence
from typing import Any

import boto3

from functions.build_lake.handler import handler as build_lake
from functions.store_events.handler import handler as store_events
from shared.lake.files import LakeFiles
from shared.lake.rewriting import fetch
from shared.lake.scratch import scratch
from tests.conftest import Deployment
from tests.way import Way


def files_of(aws: Deployment) -> LakeFiles:
    return LakeFiles(aws.bucket)


def build(hour: str, **more: str) -> dict[str, Any]:
    return build_lake({"hour": hour, **more}, None)


def snapshot() -> int:
    """How many people it has."""
    return int(build_lake({"snapshot": True}, None)["people"])


def compact() -> int:
    return int(build_lake({"compact": True}, None)["compacted"])


def seen(aws: Deployment, columns: str, order: str = "ALL") -> list[tuple[Any, ...]]:
    """What readers see: rows of the files that manifests list."""
    lake = files_of(aws)
    keys = [key for partition, _ in lake.partitions() for key in lake.manifest(partition).keys]
    if not keys:
        return []
    with scratch() as space:
        paths = fetch(lake, space, keys)
        return space.rows(f"SELECT {columns} FROM read_parquet(?) ORDER BY {order}", paths)


def ids(aws: Deployment) -> list[str]:
    return [row[0] for row in seen(aws, "message_id")]


def objects(aws: Deployment, prefix: str) -> list[str]:
    found = boto3.client("s3").list_objects_v2(Bucket=aws.bucket, Prefix=prefix).get("Contents", [])
    return [entry["Key"] for entry in found]


def store(way: Way, *events: Any) -> list[dict[str, Any]]:
    """Send events, store and stitch them; the Kinesis records, for delivering them again."""
    assert way.collect(*events) == 200
    records = way.new_kinesis()
    way.store(records)
    way.stitch(way.new_inserts())
    return records


def again(records: Sequence[dict[str, Any]]) -> None:
    """Deliver records once more."""
    if records:
        assert store_events({"Records": [*records]}, None) == {"batchItemFailures": []}
