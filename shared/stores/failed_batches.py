"""The door to what Lambda gave up: stream records that a function could not take, whole, as it leaves them in S3."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from shared.aws.objects import delete_objects, find_object, list_objects
from shared.stores.lifecycles import FAILURES

PREFIX = FAILURES
"""Lambda chooses the keys: `aws/lambda/<mapping>/<shard>/<yyyy>/<mm>/<dd>/<yyyy-mm-ddThh.mm.ss>-<random>`."""

Stream = Literal["records", "events", "profiles"]
"""Whose batch it was: that of the Kinesis stream, or of the stream of one of the two tables."""

_TIME = re.compile(r"/(\d{4}-\d\d-\d\dT\d\d)\.(\d\d)\.(\d\d)-[^/]+$")
_TABLE = re.compile(r":table/.*-(events|profiles)/stream/")


class UnreadableBatchError(Exception):
    """The object isn't what Lambda writes, or holds no records; names the object."""


@dataclass(frozen=True, slots=True)
class FailedBatch:
    """`records` are as the function would have got them."""

    stream: Stream
    records: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class FailedBatches:
    bucket: str

    def list(self, first: str = "", last: str = "") -> Iterator[str]:
        """Keys of the batches given up from `first` to `last` (times as texts, or their beginnings), both included."""
        for key, *_ in list_objects(self.bucket, PREFIX):
            at = _given_up_at(key)
            if at >= first and (not last or at[: len(last)] <= last):
                yield key

    def get(self, key: str) -> FailedBatch | None:
        """The batch, or None where it has been taken since. UnreadableBatchError."""
        found = find_object(self.bucket, key)
        if found is None:
            return None
        try:
            fields = json.loads(found.body)
            return FailedBatch(_stream(fields), json.loads(fields["payload"])["Records"])
        except (ValueError, KeyError, TypeError) as error:
            raise UnreadableBatchError(f"{key} holds no stream records") from error

    def remove(self, key: str) -> None:
        """Once its records are taken, or durably handed over."""
        delete_objects(self.bucket, [key])


def _given_up_at(key: str) -> str:
    """`2026-11-21T09:30:00`; a key that doesn't say counts as now and ever: nothing may be overlooked."""
    match = _TIME.search(key)
    return ":".join(match.groups()) if match else "9999"


def _stream(fields: Mapping[str, Any]) -> Stream:
    if "KinesisBatchInfo" in fields:
        return "records"
    match = _TABLE.search(fields["DDBStreamBatchInfo"]["streamArn"])
    if match is None:
        raise KeyError("streamArn")
    return "events" if match[1] == "events" else "profiles"
