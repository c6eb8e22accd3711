"""publish_changes: writes to profiles come in from the table's stream, facts go out on the bus."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from functions.publish_changes.images import erased_of, images_of, marked_in
from functions.publish_changes.settings import settings
from shared.aws.batching import StillFailingError
from shared.aws.bus import BusEntry, put_entries
from shared.aws.failures import discreet
from shared.aws.observability import count, flush_metrics, logger
from shared.aws.queues import Delayed, send_delayed
from shared.contracts.bus import SOURCE, detail_of
from shared.contracts.queues import reevaluations
from shared.domain.due_moments import AHEAD, seconds_until
from shared.domain.facts import erased, facts
from shared.domain.times import to_text


@discreet
def handler(event: Mapping[str, Any], context: object) -> dict[str, list[dict[str, str]]]:
    """Lambda takes the stream up again at the first record that failed.

    Records after it are published all the same: a fact keeps its id, so saying it again harms nobody, and a record
    that fails for ever doesn't silence its neighbours.
    """
    records: list[Mapping[str, Any]] = event["Records"]
    entries: list[tuple[str, BusEntry]] = []
    marked: list[tuple[str, str]] = []
    failed: set[str] = set()
    for record in records:
        sequence = record["dynamodb"]["SequenceNumber"]
        try:
            entries += [(sequence, entry) for entry in _entries(record)]
            marked += marked_in(record)
        except Exception:  # whatever is wrong with one record must not stop the others
            logger().exception("A record can't be read", extra={"sequence_number": sequence})
            failed.add(sequence)
            count("PoisonRecords")
    unput = put_entries(settings().bus_name, [entry for _, entry in entries])
    failed.update(sequence for sequence, entry in entries if entry in unput)
    _hand_over(marked, datetime.now(UTC))
    _count(records, entries, unput)
    first = next((s for record in records if (s := record["dynamodb"]["SequenceNumber"]) in failed), None)
    return {"batchItemFailures": [{"itemIdentifier": first}] if first else []}


def _entries(record: Mapping[str, Any]) -> list[BusEntry]:
    images, gone = images_of(record), erased_of(record)
    told = facts(*images) if images else [erased(*gone)] if gone else []
    return [BusEntry(SOURCE, fact.detail_type, detail_of(fact).model_dump_json()) for fact in told]


def _hand_over(marked: list[tuple[str, str]], now: datetime) -> None:
    """Who is due before the next sweep may look, or was due before this write was done."""
    messages = reevaluations(mark for mark in marked if mark[0] <= to_text(now + AHEAD))
    delayed = [Delayed(one.model_dump_json(), seconds_until(one.due, now)) for one in messages]
    try:
        send_delayed(settings().reevaluations_queue_url, delayed)
    except StillFailingError as error:  # their marks are there still: a sweep finds them, a minute late
        count("ReevaluationsLeft", error.left)


def _count(records: list[Mapping[str, Any]], entries: list[tuple[str, BusEntry]], unput: list[BusEntry]) -> None:
    count("RecordsReceived", len(records))
    count("FactsPublished", len(entries) - len(unput))
    count("FactsFailed", len(unput))
    flush_metrics()
