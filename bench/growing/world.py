"""AWS in memory behind the real handlers: DynamoDB counts units by its rules, the others take what they are given."""

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest

from shared.aws import clients
from shared.aws.secrets import forget_secrets
from shared.stores.tables import TABLES
from tests.counting import CountedDynamo, counted_dynamo
from tests.fakes.parts import Answer, Request
from tests.fakes.sizes import size_of
from tests.people import SECRET

SECRETS = {"identifier-key": SECRET, "suppression-keys": '{"current": "1", "1": "a key of the bench"}'}
STREAM, BUCKET = "events", "log"
_SETTINGS = {
    "STAGE": "bench",
    "EVENTS_STREAM": STREAM,
    "LOG_BUCKET": BUCKET,
    "IDENTIFIER_KEY_SECRET": "identifier-key",
    "SUPPRESSION_KEYS_SECRET": "suppression-keys",
    "IMPORTS_QUEUE_URL": "imports",
    "STITCH_RETRIES_QUEUE_URL": "stitch-retries",
    "POWERTOOLS_SERVICE_NAME": "bench",
    "POWERTOOLS_METRICS_NAMESPACE": "Jogakbo",
    "POWERTOOLS_METRICS_DISABLED": "true",
    "POWERTOOLS_LOG_LEVEL": "ERROR",
}


@dataclass
class Others:
    """Secrets, a stream and a bucket, as far as they are asked here; `files` are bodies by key."""

    files: dict[str, Callable[[], Any]] = field(default_factory=dict)
    put: int = 0

    def get_secret_value(self, SecretId: str) -> dict[str, str]:  # noqa: N803 - boto3's own name
        return {"SecretString": SECRETS[SecretId]}

    def put_records(self, Records: Any, **_: Any) -> dict[str, Any]:  # noqa: N803
        self.put += len(Records)
        return {"Records": [{} for _ in Records]}

    def get_object(self, Key: str, **_: Any) -> dict[str, Any]:  # noqa: N803
        return {"Body": self.files[Key](), "Metadata": {}, "ETag": '"e"'}


@dataclass
class World:
    """`bytes_sent` are those of items in writes, `in_tables` CPU seconds that DynamoDB in memory took."""

    dynamo: CountedDynamo
    patch: pytest.MonkeyPatch
    others: Others = field(default_factory=Others)
    bytes_sent: int = 0
    in_tables: float = 0.0

    def client(self, service: str, region: str | None = None) -> Any:
        return self._tables if service == "dynamodb" else self.others

    def __post_init__(self) -> None:
        self._tables = clients.dynamodb()
        real = self.dynamo.fake.call

        def call(operation: str, request: Request) -> Answer:
            self.bytes_sent += bytes_of(request)
            started = time.thread_time()
            try:
                return real(operation, request)
            finally:
                self.in_tables += time.thread_time() - started

        self.patch.setattr(self.dynamo.fake, "call", call)
        self.patch.setattr(clients, "_client", self.client)

    def seconds(self, work: Callable[[], object]) -> float:
        """CPU that work takes, without what DynamoDB in memory does of it."""
        inside, started = self.in_tables, time.process_time()
        work()
        return time.process_time() - started - (self.in_tables - inside)

    def stand(self, now: datetime, *modules: str) -> None:
        """Let the clock of these modules stand."""
        clock = type("Clock", (datetime,), {"now": classmethod(lambda cls, tz=None: now)})
        for module in modules:
            self.patch.setattr(f"{module}.datetime", clock)


@contextmanager
def world() -> Iterator[World]:
    """Empty tables named as in tables.py, and the settings of every function."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**_SETTINGS, **{table.setting: table.name for table in TABLES}}.items():
            patch.setitem(os.environ, name, value)
        forget_secrets()
        yield World(counted_dynamo(patch), patch)
    forget_secrets()


def bytes_of(request: Request) -> int:
    """Of the items, keys and values that a request writes; 0 of one that reads."""
    writes = [action for one in request.get("TransactItems", ()) for action in one.values()] or [request]
    return sum(_of_one(write) for write in writes if {"Item", "UpdateExpression"} & write.keys())


def _of_one(write: Mapping[str, Any]) -> int:
    return size_of(write.get("Item") or {**write["Key"], **write.get("ExpressionAttributeValues", {})})
