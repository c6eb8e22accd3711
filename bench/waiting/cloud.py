"""A local cloud of the bench's own with a segment, a webhook that is told of it, and a queue that taps the bus."""

import json
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import httpx

from bench.waiting.stages import Moments, Sent
from cli.api import Api
from local.cloud import down, up
from local.demo.receiver import Receiver
from local.outputs import Outputs
from local.places import Places
from local.traces import stores_of
from shared.domain.times import from_text

EVENT = "Order Completed"
_ARN = "arn:aws:sqs:{}:000000000000:{}"


class Queue(NamedTuple):
    url: str
    arn: str


@dataclass
class Clocked(Receiver):
    """Knows when it was told that somebody entered, by correlation id."""

    heard: dict[str, float] = field(default_factory=dict)

    def take(self, headers: dict[str, str], body: bytes) -> bool:
        at = time.time()
        is_sound, said = super().take(headers, body), json.loads(body)
        if is_sound and said["type"] == "segment.entered":
            self.heard.setdefault(said["data"]["correlation_id"], at)
        return is_sound


@dataclass(frozen=True)
class Cloud:
    outputs: Outputs
    receiver: Clocked
    client: httpx.Client
    tap: Queue

    def send(self, turn: float | None = None) -> Sent:
        """An event of somebody new, whom it makes a member. It counts from its turn, where that is past."""
        user_id = uuid.uuid4().hex
        body = {"userId": user_id, "event": EVENT, "messageId": user_id}
        at = turn or time.time()
        url, auth = f"{self.outputs.collect_url}/v1/track", (self.outputs.write_key, "")
        answer = self.client.post(url, auth=auth, json=body)
        accepted = time.time()
        answer.raise_for_status()
        return Sent(answer.headers["x-correlation-id"], at, accepted)

    def aws(self, service: str) -> Any:
        return stores_of(self.outputs).client(service)

    def stored(self) -> Moments:
        return self._of("events", "stored_at")

    def folded(self) -> Moments:
        """The moment that stitch_identities puts on the profile before it writes it."""
        return self._of("profiles", "updated_at")

    def published(self) -> dict[str, float]:
        """When the emulator's bus handed the fact to a queue. Messages are taken for good."""
        sqs, found = self.aws("sqs"), dict[str, float]()
        asked = {"QueueUrl": self.tap.url, "MaxNumberOfMessages": 10, "AttributeNames": ["SentTimestamp"]}
        while messages := sqs.receive_message(**asked).get("Messages"):
            for one in messages:
                sqs.delete_message(QueueUrl=self.tap.url, ReceiptHandle=one["ReceiptHandle"])
                told = json.loads(one["Body"])["detail"]["metadata"]["correlation_id"]
                found[told] = int(one["Attributes"]["SentTimestamp"]) / 1000
        return found

    def _of(self, table: str, moment: str) -> Moments:
        pages = self.aws("dynamodb").get_paginator("scan").paginate(TableName=self.outputs.tables[table])
        items = (item for page in pages for item in page["Items"])
        known = (item for item in items if "correlation_id" in item and moment in item)
        return {item["correlation_id"]["S"]: from_text(item[moment]["S"]).timestamp() for item in known}


@contextmanager
def own_cloud() -> Iterator[Cloud]:
    with TemporaryDirectory(prefix="bench-") as folder:
        places, receiver = Places(Path(folder)), Clocked()
        try:
            outputs = up(places)
            _declare(Api(outputs.api_url, outputs.api_token), receiver)
            with httpx.Client(timeout=60) as client:
                wanted = {"source": ["jogakbo"], "detail-type": ["Segment Entered"]}
                yield Cloud(outputs, receiver, client, queue_behind(outputs, outputs.bus, "bench-tap", wanted))
        finally:
            receiver.close()
            down(places)


def queue_behind(outputs: Outputs, bus: str, name: str, pattern: dict[str, list[str]]) -> Queue:
    """A queue that gets what fits the pattern, beside whatever else gets it."""
    client = stores_of(outputs).client
    queue = Queue(client("sqs").create_queue(QueueName=name)["QueueUrl"], _ARN.format(outputs.region, name))
    client("events").put_rule(Name=name, EventBusName=bus, EventPattern=json.dumps(pattern))
    client("events").put_targets(Rule=name, EventBusName=bus, Targets=[{"Id": name, "Arn": queue.arn}])
    return queue


def _declare(api: Api, receiver: Receiver) -> None:
    api.put("/v1/segments/buyers", {"name": "Buyers", "where": {"event": EVENT}, "state": "live"})
    told = {"detail_types": ["Segment Entered"], "identifiers": ["user_id"]}
    made = api.put("/v1/destinations/bench", {"name": "Bench", "url": receiver.url, **told})
    receiver.secret = made["secret"]
