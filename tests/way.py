"""The whole way from a request to the bus, in process over moto: each stage runs when, and as often as, a test says."""

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import boto3

from functions.publish_changes.handler import handler as publish_changes
from functions.stitch_identities.handler import handler as stitch_identities
from functions.store_events.handler import handler as store_events
from shared.aws import clients
from shared.aws.dynamo import to_python
from shared.domain.identifiers import Identifier
from shared.domain.profiles import Profile
from shared.stores.keys import identifier_hash
from shared.stores.profile_items import to_profile
from shared.stores.profile_store import ProfileStore
from shared.stores.tables import EVENTS, LEDGER, PROFILES, Table
from tests.conftest import SECRET, Deployment
from tests.pipeline import collected, kinesis_records, request, retried, seed_source, sent
from tests.segments import declare

Record = dict[str, Any]


class Killed(BaseException):
    """The process died; no handler of ours can catch it."""


@dataclass
class Killer:
    """Lets so many more AWS calls through, then kills the process before or after the next one was carried out."""

    left: int = 1_000_000
    after: bool = False
    kills: int = 0

    def watch(self, client: Any) -> Any:
        killer = self

        class Watched:
            def __getattr__(self, name: str) -> Any:
                real = getattr(client, name)
                return killer.call(real) if callable(real) and name != "get_paginator" else real

        return Watched()

    def call(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def watched(*args: Any, **kwargs: Any) -> Any:
            self.left -= 1
            if self.left >= 0:
                return real(*args, **kwargs)
            self.left = 1_000_000
            self.kills += 1
            if self.after:
                with suppress(Exception):  # a refused call was carried out, too
                    real(*args, **kwargs)
            raise Killed

        return watched


@dataclass
class Way:
    """One deployment, and how far each stage has read."""

    aws: Deployment
    killer: Killer = field(default_factory=Killer)
    _read: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        seed_source(self.aws)
        declare(self.aws)
        events = boto3.client("events")
        self._facts_url: str = boto3.client("sqs").create_queue(QueueName="facts")["QueueUrl"]
        events.put_rule(Name="all", EventBusName=self.aws.bus, EventPattern='{"source":["jogakbo"]}')
        target = {"Id": "facts", "Arn": "arn:aws:sqs:eu-west-1:123456789012:facts"}
        events.put_targets(Rule="all", EventBusName=self.aws.bus, Targets=[target])
        make = clients._client
        clients._client = lambda service: self.killer.watch(make(service))  # type: ignore[assignment]
        self._undo = lambda: setattr(clients, "_client", make)

    def close(self) -> None:
        self._undo()

    # The stages. Each `new_…` gives what has come since it was asked last, as Lambda would deliver it.

    def collect(self, *events: Any) -> int:
        return sent(request({"batch": list(events)}))[0]

    def new_kinesis(self) -> list[Record]:
        records = kinesis_records(*collected(self.aws))
        return self._new("kinesis", records)

    def new_inserts(self) -> list[Record]:
        records = self._stream(EVENTS)
        return self._new("events", [record for record in records if record["eventName"] == "INSERT"])

    def new_changes(self) -> list[Record]:
        records = self._stream(PROFILES)
        return self._new("profiles", [record for record in records if record["dynamodb"]["Keys"]["sk"]["S"] == "P"])

    def store(self, records: list[Record]) -> list[str]:
        return _run(store_events, records)

    def stitch(self, records: list[Record]) -> list[str]:
        return _run(stitch_identities, records)

    def publish(self, records: list[Record]) -> list[str]:
        return _run(publish_changes, records)

    def drain(self, publish: bool = True) -> "Way":
        """Carry everything that waits to its end, retries too."""
        for _ in range(3):
            self.store(self.new_kinesis())
            retried(self.aws)
            self.stitch(self.new_inserts())
            self.stitch(self.waiting(self.aws.stitch_retries_url))
            if publish:
                self.publish(self.new_changes())
        return self

    def waiting(self, queue_url: str) -> list[Record]:
        """Messages of a queue, taken for good."""
        sqs, messages = boto3.client("sqs"), []
        while got := sqs.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10).get("Messages"):
            messages += got
            for message in got:
                sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"])
        return [{"eventSource": "aws:sqs", "messageId": m["MessageId"], "body": m["Body"]} for m in messages]

    # What came of it.

    def facts(self) -> list[dict[str, Any]]:
        """Facts that reached the bus since they were asked for last: detail-type, metadata, data."""
        bodies = [json.loads(message["body"]) for message in self.waiting(self._facts_url)]
        return [{"type": body["detail-type"], **body["detail"]} for body in bodies]

    def person(self, namespace: str, value: str) -> Profile | None:
        store = ProfileStore(self.aws.table(PROFILES), self.aws.table(LEDGER))
        hashed = identifier_hash(SECRET, Identifier(namespace, value))
        return store.people_of([hashed]).owner_of(hashed, "9999")

    def everybody(self) -> list[Profile]:
        """Every live profile."""
        items = boto3.client("dynamodb").scan(TableName=self.aws.table(PROFILES))["Items"]
        people = [to_profile(to_python(item)) for item in items if item["sk"]["S"] == "P"]
        return [profile for profile in people if not profile.is_merged]

    def _new(self, stage: str, records: list[Record]) -> list[Record]:
        start, self._read[stage] = self._read.get(stage, 0), len(records)
        return records[start:]

    def _stream(self, table: Table) -> list[Record]:
        dynamodb = boto3.client("dynamodb")
        arn = dynamodb.describe_table(TableName=self.aws.table(table))["Table"]["LatestStreamArn"]
        streams = boto3.client("dynamodbstreams")
        shard = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][0]["ShardId"]
        start = streams.get_shard_iterator(StreamArn=arn, ShardId=shard, ShardIteratorType="TRIM_HORIZON")
        records: Sequence[Any] = streams.get_records(ShardIterator=start["ShardIterator"])["Records"]
        return [dict(record) for record in records]


def _run(handler: Callable[[dict[str, Any], Any], Any], records: list[Record]) -> list[str]:
    if not records:
        return []
    return [failure["itemIdentifier"] for failure in handler({"Records": records}, None)["batchItemFailures"]]
