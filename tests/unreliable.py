"""AWS and Lambda on a bad day, seeded: calls cut off, throttled or done in part; batches given up and repeated."""

import json
import random
from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import boto3

from tests.faults import client_error
from tests.way import Killed

Record = dict[str, Any]
Handler = Callable[[dict[str, Any], Any], dict[str, Any]]

_THROTTLED = "ProvisionedThroughputExceededException"


@dataclass
class BadWeather:
    """Stands before AWS. `calm` lets everything through; else a share of the calls is meddled with.

    A killed process dies before or after the call was carried out; a batch call fails in part; others are throttled.
    """

    draw: random.Random
    share: float = 0.0
    calm: bool = False
    kills: int = 0
    throttles: int = 0
    partial: int = 0

    def watch(self, client: Any) -> Any:
        weather = self

        class Watched:
            exceptions = client.exceptions

            def __getattr__(self, name: str) -> Any:
                real = getattr(client, name)
                return weather.call(name, real) if callable(real) and name != "get_paginator" else real

        return Watched()

    def call(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def meddled(**kwargs: Any) -> Any:
            if self.calm or self.draw.random() >= self.share:
                return real(**kwargs)
            kind = self.draw.choice(("before", "after", "throttle", "part", "part"))
            if kind in ("before", "after"):
                self.kills += 1
                if kind == "after":
                    real(**kwargs)
                raise Killed
            if kind == "part" and name in _IN_PART:
                self.partial += 1
                return _IN_PART[name](real, kwargs, self.draw)
            self.throttles += 1
            raise client_error(_THROTTLED)

        return meddled


def _some(entries: Sequence[Any], draw: random.Random) -> list[bool]:
    """Which entries go through: not all of them."""
    through = [draw.random() < 0.5 for _ in entries]
    through[draw.randrange(len(through))] = False
    return through


def _put_records(real: Any, kwargs: Any, draw: random.Random) -> Any:
    through = _some(kwargs["Records"], draw)
    answers = [{"ErrorCode": _THROTTLED} if not passes else {"SequenceNumber": "1"} for passes in through]
    passing = [record for record, passes in zip(kwargs["Records"], through, strict=True) if passes]
    if passing:
        real(**{**kwargs, "Records": passing})
    return {"Records": answers}


def _execute_statements(real: Any, kwargs: Any, draw: random.Random) -> Any:
    through = _some(kwargs["Statements"], draw)
    passing = [statement for statement, passes in zip(kwargs["Statements"], through, strict=True) if passes]
    answers = iter(real(Statements=passing)["Responses"] if passing else [])
    return {"Responses": [next(answers) if passes else {"Error": {"Code": "ThrottlingError"}} for passes in through]}


def _write_items(real: Any, kwargs: Any, draw: random.Random) -> Any:
    ((table, puts),) = kwargs["RequestItems"].items()
    through = _some(puts, draw)
    passing = [put for put, passes in zip(puts, through, strict=True) if passes]
    if passing:
        real(RequestItems={table: passing})
    return {"UnprocessedItems": {table: [put for put, passes in zip(puts, through, strict=True) if not passes]}}


def _get_items(real: Any, kwargs: Any, draw: random.Random) -> Any:
    ((table, request),) = kwargs["RequestItems"].items()
    through = _some(request["Keys"], draw)
    passing = [key for key, passes in zip(request["Keys"], through, strict=True) if passes]
    left = [key for key, passes in zip(request["Keys"], through, strict=True) if not passes]
    answer = real(RequestItems={table: {**request, "Keys": passing}}) if passing else {"Responses": {}}
    return {"Responses": answer["Responses"], "UnprocessedKeys": {table: {**request, "Keys": left}}}


def _send_messages(real: Any, kwargs: Any, draw: random.Random) -> Any:
    through = _some(kwargs["Entries"], draw)
    passing = [entry for entry, passes in zip(kwargs["Entries"], through, strict=True) if passes]
    if passing:
        real(**{**kwargs, "Entries": passing})
    left = [entry for entry, passes in zip(kwargs["Entries"], through, strict=True) if not passes]
    return {"Failed": [{"Id": entry["Id"], "Code": "InternalError"} for entry in left]}


def _put_entries(real: Any, kwargs: Any, draw: random.Random) -> Any:
    through = _some(kwargs["Entries"], draw)
    passing = [entry for entry, passes in zip(kwargs["Entries"], through, strict=True) if passes]
    if passing:
        real(Entries=passing)
    return {"Entries": [{"EventId": "1"} if passes else {"ErrorCode": "InternalFailure"} for passes in through]}


_IN_PART: dict[str, Callable[[Any, Any, random.Random], Any]] = {
    "put_records": _put_records,
    "batch_execute_statement": _execute_statements,
    "batch_write_item": _write_items,
    "batch_get_item": _get_items,
    "send_message_batch": _send_messages,
    "put_events": _put_entries,
}


@dataclass
class Reader:
    """Lambda reading one shard for one function: halves what fails, tries so often, then leaves it in the bucket.

    What was done may come once more, whole or from its middle on; some batches are given up without a try, as Lambda
    does with records that have grown too old.
    """

    handler: Handler
    forget: Callable[[], None]
    bucket: str
    stream_arn: str
    draw: random.Random
    tries: int = 3
    batch_size: int = 100
    given_up: int = 0
    repeated: int = 0

    def read(self, records: Sequence[Record], calm: bool = False) -> None:
        place = 0
        while place < len(records):
            size = self.batch_size if calm else self.draw.randint(self.batch_size // 4, self.batch_size)
            batch = records[place : place + size]
            place += size
            if not calm and self.draw.random() < 0.05:
                self._give_up(batch)
                continue
            self._deliver(batch)
            if not calm and self.draw.random() < 0.25:
                self.repeated += 1
                self._deliver(batch[self.draw.randrange(len(batch)) :])

    def _deliver(self, batch: Sequence[Record]) -> None:
        for _ in range(self.tries):
            done = self._invoke(batch)
            if done is None and len(batch) > 1:
                self._deliver(batch[: len(batch) // 2])
                self._deliver(batch[len(batch) // 2 :])
                return
            if done is not None:
                batch = batch[done:]
            if not batch:
                return
        self._give_up(batch)

    def _invoke(self, batch: Sequence[Record]) -> int | None:
        """How many records from the first on are done; None where the invocation failed."""
        try:
            failures = self.handler({"Records": list(batch)}, None)["batchItemFailures"]
        except (Exception, Killed):  # an error of the function and the end of its process are one to Lambda
            self.forget()
            return None
        numbers = [sequence_of(record) for record in batch]
        return min((numbers.index(failure["itemIdentifier"]) for failure in failures), default=len(batch))

    def _give_up(self, batch: Sequence[Record]) -> None:
        self.given_up += 1
        leave_in_bucket(self.bucket, self.stream_arn, batch, self.given_up)


def sequence_of(record: Record) -> str:
    number: str = record["kinesis"]["sequenceNumber"] if "kinesis" in record else record["dynamodb"]["SequenceNumber"]
    return number


def leave_in_bucket(
    bucket: str, stream_arn: str, batch: Sequence[Record], number: int, at: str = "2026-11-21T09.30.00"
) -> str:
    """What Lambda writes for a batch it gave up; the object's key."""
    is_kinesis = "kinesis" in batch[0]
    info = {
        "shardId": "shardId-000000000000",
        "startSequenceNumber": sequence_of(batch[0]),
        "endSequenceNumber": sequence_of(batch[-1]),
        "batchSize": len(batch),
        "streamArn": stream_arn,
    }
    body = {
        "requestContext": {"condition": "RetryAttemptsExhausted", "approximateInvokeCount": 3},
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
        "version": "1.0",
        "KinesisBatchInfo" if is_kinesis else "DDBStreamBatchInfo": info,
        "payload": json.dumps({"Records": list(batch)}, default=_stream_value),
    }
    name = stream_arn.split(":")[2] + "-" + stream_arn.split("/")[1]
    day = at[:10].replace("-", "/")
    key = f"aws/lambda/{name}/{info['shardId']}/{day}/{at}-{number:08d}"
    boto3.client("s3").put_object(Bucket=bucket, Key=key, Body=json.dumps(body).encode())
    return key


def _stream_value(value: object) -> object:
    """What boto3 makes of a stream record, as Lambda writes it."""
    if isinstance(value, datetime):
        return value.timestamp()
    if isinstance(value, bytes):
        return b64encode(value).decode()
    raise TypeError(type(value).__name__)
