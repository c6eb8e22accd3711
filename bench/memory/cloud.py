"""AWS in memory: every client that a function asks for, and the functions, called as Lambda calls them."""

import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

from bench.memory.counts import Counts
from bench.memory.dynamo import Changed, CountedDynamo, Held
from bench.memory.services import S3, Events, Kinesis, Secrets, Sqs
from shared.aws import clients
from shared.stores.tables import TABLES

_QUEUES = ("STORE_RETRIES", "STITCH_RETRIES", "DELIVERIES", "REEVALUATIONS")
_SECRETS = {
    "identifier-key": "an identifier key of the bench",
    "suppression-keys": json.dumps({"current": "1", "1": "a suppression key of the bench"}),
}
Handler = Callable[[Any, Any], Any]


def environment() -> dict[str, str]:
    """Settings of the functions; tables have the names of tables.py."""
    return {
        "STAGE": "bench",
        **{table.setting: table.name for table in TABLES},
        **{f"{name}_QUEUE_URL": name.lower() for name in _QUEUES},
        "EVENTS_STREAM": "events",
        "LOG_BUCKET": "bucket",
        "BUS_NAME": "bus",
        "QUARANTINE_KEY": "key",
        "MOST_BEHIND_SECONDS": "300",
        "WATCHED_MAPPINGS": "store,stitch",
        "WATCHED_QUEUES": "store_retries,stitch_retries",
        "IDENTIFIER_KEY_SECRET": "identifier-key",
        "SUPPRESSION_KEYS_SECRET": "suppression-keys",
        "AWS_DEFAULT_REGION": "us-east-1",
        "POWERTOOLS_SERVICE_NAME": "stitch_identities",  # of all here: as long as most, and billed with each line
        "POWERTOOLS_METRICS_NAMESPACE": "Jogakbo",
        "POWERTOOLS_METRICS_FUNCTION_NAME": "bench",
        "POWERTOOLS_LOG_LEVEL": "INFO",
    }


class Log:
    """Stands for stdout while functions run: CloudWatch bills each byte."""

    def __init__(self, counts: Counts) -> None:
        self._counts = counts

    def write(self, text: str) -> int:
        self._counts.add("log bytes", len(text.encode()))
        return len(text)

    def flush(self) -> None:
        """Nothing is held."""


class Cloud:
    """`came` is told of Kinesis records, `changed` of writes to tables with streams, `told` of entries on the
    bus; `there` is what tables hold already.
    """

    def __init__(
        self,
        came: Callable[[str, bytes], None],
        changed: Changed,
        told: Callable[[Mapping[str, str]], None],
        there: Held,
    ) -> None:
        self.counts = Counts()
        self.dynamo = CountedDynamo(self.counts, changed, there)
        self._log = Log(self.counts)
        self._clients = {
            "dynamodb": self.dynamo.client,
            "kinesis": Kinesis(self.counts, came),
            "s3": S3(self.counts),
            "sqs": Sqs(self.counts),
            "events": Events(self.counts, told),
            "secretsmanager": Secrets(self.counts, _SECRETS),
        }
        os.environ |= environment()
        clients._client = self._of  # type: ignore[assignment]

    def _of(self, service: str, region: str | None = None) -> Any:
        return self._clients[service]

    def invoke(self, name: str, handler: Handler, event: Mapping[str, Any], megabytes: int) -> Any:
        """Call a function and count the call: its CPU, without what AWS in memory took, and its requests in a row."""
        counts = self.counts
        counts.function, counts.seconds = name, 0.0
        counts.waits.clear()
        printed, sys.stdout = sys.stdout, self._log
        began = time.process_time()
        try:
            return handler(event, None)
        finally:
            own = time.process_time() - began - counts.seconds
            sys.stdout = printed
            counts.add("invocations")
            counts.add("cpu seconds", own)
            counts.add("megabytes x cpu seconds", megabytes * own)
            counts.add("requests in a row", counts.in_a_row())
            counts.add("megabytes x requests in a row", megabytes * counts.in_a_row())
