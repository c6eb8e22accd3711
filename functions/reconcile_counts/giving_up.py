"""Records that Lambda gave up, by the source and hour they belong to: they are in no count until they come back."""

from base64 import b64decode
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any, NamedTuple

from functions.reconcile_counts.settings import Doors
from shared.aws.observability import count, logger
from shared.contracts.records import UndecodableError, decode
from shared.domain.quarantine import UNKNOWN_SOURCE
from shared.domain.times import not_ahead, to_text
from shared.stores.failed_batches import UnreadableBatchError

MOST_BATCHES = 500
"""Read in one invocation; more than these are told as a metric alone."""

HOUR = len("2026-11-21T09")


class GivenUp(NamedTuple):
    shard: str
    sequence: int
    events: int


def given_up(doors: Doors) -> Mapping[tuple[str, str], Sequence[GivenUp]]:
    """By source and hour of receipt. A batch that can't be read is told, and the others go on."""
    found: dict[tuple[str, str], list[GivenUp]] = defaultdict(list)
    keys = list(islice(doors.failed.list(), MOST_BATCHES))
    for key in keys:
        try:
            batch = doors.failed.get(key)
        except UnreadableBatchError as error:
            logger().error("unreadable", extra={"reason": str(error)})
            continue
        for record in batch.records if batch and batch.stream == "records" else ():
            where, one = _record(record)
            found[where].append(one)
    count("BatchesGivenUp", len(keys))
    return found


def _record(record: Mapping[str, Any]) -> tuple[tuple[str, str], GivenUp]:
    kinesis = record["kinesis"]
    shard, sequence = record["eventID"].partition(":")[0], int(kinesis["sequenceNumber"])
    arrived = to_text(datetime.fromtimestamp(kinesis["approximateArrivalTimestamp"], UTC))
    try:
        put = decode(b64decode(kinesis["data"]))
    except UndecodableError:
        return (UNKNOWN_SOURCE, arrived[:HOUR]), GivenUp(shard, sequence, 1)
    received = not_ahead(put.received_at, arrived)
    return (put.source_id, received[:HOUR]), GivenUp(shard, sequence, len(put.elements))
