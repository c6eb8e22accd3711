"""Kinesis, S3, SQS, EventBridge and Secrets Manager in memory, as far as the hot path asks them: they count."""

from collections.abc import Callable, Sequence
from typing import Any

from bench.memory.counts import Counts

_KB = 1024
Answer = dict[str, Any]


def kilobytes(number: int, step: int = 1) -> int:
    """As AWS bills: in whole steps of so many."""
    return max(1, -(-number // (step * _KB)))


class Kinesis:
    def __init__(self, counts: Counts, came: Callable[[str, bytes], None]) -> None:
        self._counts, self._came = counts, came

    def put_records(self, StreamName: str, Records: Sequence[Any]) -> Answer:  # noqa: N803 - boto3's own names
        self._counts.asked("kinesis requests")
        for record in Records:
            size = len(record["Data"]) + len(record["PartitionKey"])
            self._counts.add("kinesis records")
            self._counts.add("kinesis bytes", size)
            self._counts.add("kinesis KB", kilobytes(size))
            self._came(record["PartitionKey"], record["Data"])
        return {"Records": [{"SequenceNumber": "1", "ShardId": StreamName}] * len(Records)}


class S3:
    def __init__(self, counts: Counts) -> None:
        self._counts = counts

    def put_object(self, Body: bytes, **_: Any) -> Answer:  # noqa: N803
        self._counts.asked("s3 puts")
        self._counts.add("s3 bytes", len(Body))
        return {"ETag": '"1"'}


class Sqs:
    def __init__(self, counts: Counts) -> None:
        self._counts = counts

    def send_message_batch(self, Entries: Sequence[Any], **_: Any) -> Answer:  # noqa: N803
        self._counts.asked("sqs requests")
        self._counts.add("sqs messages", len(Entries))
        return {"Successful": [{"Id": entry["Id"]} for entry in Entries]}


class Events:
    """What is put comes to the queue of deliveries, as the one rule has it."""

    def __init__(self, counts: Counts, came: Callable[[Any], None]) -> None:
        self._counts, self._came = counts, came

    def put_events(self, Entries: Sequence[Any]) -> Answer:  # noqa: N803
        self._counts.asked("eventbridge requests")
        for entry in Entries:
            size = sum(len(entry[name].encode()) for name in ("Source", "DetailType", "Detail"))
            self._counts.add("eventbridge entries", kilobytes(size, 64))
            self._counts.add("eventbridge bytes", size)
            self._counts.add(f"fact {entry['DetailType']}")
            self._counts.add("sqs requests")  # of the rule's target
            self._came(entry)
        return {"FailedEntryCount": 0, "Entries": [{"EventId": "1"}] * len(Entries)}


class Secrets:
    def __init__(self, counts: Counts, texts: dict[str, str]) -> None:
        self._counts, self._texts = counts, texts

    def get_secret_value(self, SecretId: str) -> Answer:  # noqa: N803
        self._counts.asked("secrets requests")
        return {"SecretString": self._texts[SecretId]}
