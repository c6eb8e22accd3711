"""Kinesis: records put in batches, failed entries driven again."""

from collections.abc import Sequence
from typing import NamedTuple

from shared.aws.batching import chunks, drive
from shared.aws.clients import kinesis

_MOST = 500
_MOST_BYTES = 4_500_000


class StreamRecord(NamedTuple):
    partition_key: str
    data: bytes


def put_records(stream: str, records: Sequence[StreamRecord]) -> None:
    """Put every record; StillFailingError where some could not be put."""
    for chunk in chunks(records, _MOST, size=lambda record: len(record.data) + 256, bytes_most=_MOST_BYTES):
        drive("put_records", chunk, lambda left: _put(stream, left))


def _put(stream: str, records: Sequence[StreamRecord]) -> tuple[list[StreamRecord], list[str]]:
    answer = kinesis().put_records(
        StreamName=stream,
        Records=[{"PartitionKey": record.partition_key, "Data": record.data} for record in records],
    )
    failed = [
        (record, result["ErrorCode"])
        for record, result in zip(records, answer["Records"], strict=True)
        if result.get("ErrorCode")
    ]
    return [record for record, _ in failed], [code for _, code in failed]
