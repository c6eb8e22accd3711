"""publish_changes: writes to profiles come in from the table's stream, facts go out on the bus."""

from collections.abc import Mapping
from typing import Any

from functions.publish_changes.images import erased_of, images_of
from functions.publish_changes.settings import settings
from shared.aws.bus import BusEntry, put_entries
from shared.aws.failures import discreet
from shared.aws.observability import count, flush_metrics, logger
from shared.contracts.bus import SOURCE, detail_of
from shared.domain.facts import erased, facts


@discreet
def handler(event: Mapping[str, Any], context: object) -> dict[str, list[dict[str, str]]]:
    """Lambda takes the stream up again at the first record that failed.

    Records after it are published all the same: a fact keeps its id, so saying it again harms nobody, and a record
    that fails for ever doesn't silence its neighbours.
    """
    records: list[Mapping[str, Any]] = event["Records"]
    entries: list[tuple[str, BusEntry]] = []
    failed: set[str] = set()
    for record in records:
        sequence = record["dynamodb"]["SequenceNumber"]
        try:
            entries += [(sequence, entry) for entry in _entries(record)]
        except Exception:  # whatever is wrong with one record must not stop the others
            logger().exception("A record can't be read", extra={"sequence_number": sequence})
            failed.add(sequence)
            count("PoisonRecords")
    unput = put_entries(settings().bus_name, [entry for _, entry in entries])
    failed.update(sequence for sequence, entry in entries if entry in unput)
    _count(records, entries, unput)
    first = next((s for record in records if (s := record["dynamodb"]["SequenceNumber"]) in failed), None)
    return {"batchItemFailures": [{"itemIdentifier": first}] if first else []}


def _entries(record: Mapping[str, Any]) -> list[BusEntry]:
    images, gone = images_of(record), erased_of(record)
    told = facts(*images) if images else [erased(*gone)] if gone else []
    return [BusEntry(SOURCE, fact.detail_type, detail_of(fact).model_dump_json()) for fact in told]


def _count(records: list[Mapping[str, Any]], entries: list[tuple[str, BusEntry]], unput: list[BusEntry]) -> None:
    count("RecordsReceived", len(records))
    count("FactsPublished", len(entries) - len(unput))
    count("FactsFailed", len(unput))
    flush_metrics()
