"""The hot path carried out: requests in, batches as Lambda's mappings make them, facts out. Each run is a new stage."""

import json
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from random import Random
from typing import Any, NamedTuple
from unittest.mock import patch

from ulid import ULID

from bench.clock import Clock, simulated
from bench.memory.cloud import Cloud
from bench.memory.counts import Counts
from bench.memory.dynamo import Held, unpacked
from bench.memory.readers import Reader
from bench.memory.warming import BEFORE, earlier
from bench.requests import streamed
from bench.saying import Progress
from bench.sessions import START
from bench.workload import Flush, Shape, flushes
from functions.collect_events import handler as collecting
from functions.collect_events import settings as collecting_settings
from functions.deliver import handler as delivering
from functions.deliver import settings as delivering_settings
from functions.publish_changes import handler as publishing
from functions.publish_changes import settings as publishing_settings
from functions.stitch_identities import handler as stitching
from functions.stitch_identities import people as stitched
from functions.stitch_identities import settings as stitching_settings
from functions.store_events import handler as storing
from functions.store_events import settings as storing_settings
from shared.aws.secrets import forget_secrets
from shared.domain.sources import Source, WriteKey
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.tables import CATALOGUE, EVENTS, PROFILES
from tests.fakes.parts import Item

WRITE_KEY = "wk_bench"
STEP = 0.1
"""Seconds between two looks at whether a batch is due."""

SETTLED = 300
"""Steps after which nothing is on its way any more."""

HANDLERS = {
    "store_events": storing.handler,
    "stitch_identities": stitching.handler,
    "publish_changes": publishing.handler,
    "deliver": delivering.handler,
}
_MADE_ONCE = (
    *(module.doors for module in (collecting_settings, storing_settings, stitching_settings)),
    *(delivering.courier, delivering.outbound, delivering.lag, delivering.farewells, delivering.flow_counts),
    *(delivering.destinations, delivering_settings.settings, publishing_settings.settings),
)


class Deployment(NamedTuple):
    """Memory in MB by function; (records, seconds) of a batch by function that reads a stream or queue; shards."""

    memory: Mapping[str, int]
    batches: Mapping[str, tuple[int, float]]
    shards: int = 4


class Measured(NamedTuple):
    """How many events were counted; `stored` has the items of these, and of those before them, in the order of keys.
    `held` is all that the tables hold.
    """

    counts: Counts
    events: int
    stored: Iterator[Item]
    held: Held


class Way:
    """A stage with one source and nothing else configured; `there` is what its tables hold already."""

    def __init__(self, deployment: Deployment, there: Held, begins: float = 0.0) -> None:
        self._memory = deployment.memory
        self._readers = {
            name: Reader(1 if name == "deliver" else deployment.shards, *deployment.batches[name]) for name in HANDLERS
        }
        self.clock = Clock(START.timestamp() + begins)
        self._cloud = Cloud(self._came, self._changed, self._told, there)
        self._sequence = 10**55
        self._chance = Random(1)  # noqa: S311
        for made_once in _MADE_ONCE:
            made_once.cache_clear()
        forget_secrets()

    def items(self) -> Held:
        return self._cloud.dynamo.items()

    @property
    def counts(self) -> Counts:
        return self._cloud.counts

    @contextmanager
    def open(self) -> Iterator[None]:
        """Time is simulated and ids are the same in every run, until it is left."""
        with simulated(self.clock), patch.object(stitched, "_new_id", self._new_id):
            catalogue = CatalogueStore(CATALOGUE.name)
            if catalogue.find(Source, "src_web") is None:
                catalogue.put(Source("src_web", "A shop"))
                catalogue.put_write_key(WRITE_KEY, WriteKey("src_web"))
            yield

    def send(self, flush: Flush) -> None:
        """One request, after all batches that are due before it."""
        sent = START.timestamp() + flush.at
        while self.clock.at + STEP <= sent:
            self.wait()
        request = _request(flush.body, f"{self._chance.getrandbits(90):015x}"[:16])
        reply = self._cloud.invoke("collect_events", collecting.handler, request, self._memory["collect_events"])
        if reply["statusCode"] != 200:
            raise RuntimeError(reply["body"])

    def wait(self) -> None:
        """For a step: what is due is read."""
        self.clock.at += STEP
        for name, handler in HANDLERS.items():
            for batch in self._readers[name].due(self.clock.at):
                self.counts.function = name
                self.counts.add("records read", len(batch))
                reply = self._cloud.invoke(name, handler, {"Records": batch}, self._memory[name])
                if reply["batchItemFailures"]:
                    raise RuntimeError(f"{name} failed")

    def _came(self, partition: str, data: bytes) -> None:
        reader = self._readers["store_events"]
        shard, packed = reader.shard_of(partition), b64encode(data).decode()
        number = self._next()
        record = {"sequenceNumber": number, "data": packed, "approximateArrivalTimestamp": self.clock.at}
        name = f"shardId-{shard:012d}"
        brought = {"eventSource": "aws:kinesis", "eventID": f"{name}:{number}", "kinesis": record}
        reader.put(shard, self.clock.at, brought, len(packed) + 400)

    def _changed(self, table: str, key: tuple[str, str], before: Any, after: Any) -> None:
        """What filters of the mappings let through."""
        name = {EVENTS.name: "stitch_identities", PROFILES.name: "publish_changes"}.get(table)
        if name is None or (table == EVENTS.name and before) or (table == PROFILES.name and key[1] != "P"):
            return
        self.counts.add("inserts" if table == EVENTS.name else "changes")
        images = {"NewImage": after, "OldImage": before if table == PROFILES.name else None}
        change = {which: streamed(image) for which, image in images.items() if image}
        keys = {"pk": {"S": key[0]}, "sk": {"S": key[1]}}
        kind = "INSERT" if before is None else "MODIFY"
        record = {"SequenceNumber": self._next(), "Keys": keys, **change}
        reader = self._readers[name]
        size = sum(len(str(image)) for image in change.values()) + 400
        brought = {"eventSource": "aws:dynamodb", "eventName": kind, "dynamodb": record}
        reader.put(reader.shard_of(key[0]), self.clock.at, brought, size)

    def _told(self, entry: Mapping[str, str]) -> None:
        body = {"source": entry["Source"], "detail-type": entry["DetailType"], "detail": json.loads(entry["Detail"])}
        record = {"eventSource": "aws:sqs", "messageId": self._next(), "receiptHandle": "r", "body": json.dumps(body)}
        self._readers["deliver"].put(
            0, self.clock.at, {**record, "attributes": {"ApproximateReceiveCount": "1"}}, 1_000
        )

    def _next(self) -> str:
        self._sequence += 1
        return str(self._sequence)

    def _new_id(self) -> str:
        at = int(self.clock.at * 1000).to_bytes(6, "big")
        return str(ULID(at + self._chance.randbytes(10)))


def _request(body: Any, request_id: str) -> dict[str, Any]:
    """As API Gateway brings what a browser sends."""
    headers = {
        "authorization": f"Basic {b64encode(f'{WRITE_KEY}:'.encode()).decode()}",
        "content-type": "text/plain",
        "origin": "https://shop.example.com",
        "host": "collect.example.com",
    }
    http = {"method": "POST", "path": "/v1/batch", "sourceIp": "203.0.113.7"}
    return {
        "version": "2.0",
        "rawPath": "/v1/batch",
        "headers": headers,
        "requestContext": {"http": http, "requestId": request_id},
        "body": json.dumps(body, separators=(",", ":")),
        "isBase64Encoded": False,
    }


def warm(deployment: Deployment, shape: Shape) -> Held:
    """What the tables of a stage hold that has been running for a while."""
    way = Way(deployment, {}, begins=BEFORE)
    with way.open():
        for flush in earlier(shape):
            way.send(flush)
        for _ in range(SETTLED):
            way.wait()
    return way.items()


def measured(deployment: Deployment, shape: Shape, there: Held, unseen: int, events: int) -> Measured:
    """What so many events asked of AWS, after so many that weren't counted."""
    way, sent, before, progress = Way(deployment, there), 0, 0, Progress(unseen + events)
    with way.open():
        for flush in flushes(shape, unseen + events):
            if sent >= unseen and not before:
                way.counts.forget()
                before = sent
            way.send(flush)
            sent += len(flush.body["batch"])
            progress.reached(sent)
    held = way.items()
    stored = held[EVENTS.name]
    new = sorted(stored.keys() - there.get(EVENTS.name, {}))
    return Measured(way.counts, sent - before, (unpacked(stored[key]) for key in new), held)
