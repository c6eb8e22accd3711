"""stitch_identities: new events become part of the people they belong to."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from functions.stitch_identities.batches import park, reach, stitched
from functions.stitch_identities.settings import Doors, doors
from shared.aws.dynamo import to_python
from shared.aws.failures import discreet
from shared.aws.observability import count, duration, flush_metrics, logger
from shared.domain.events import Event
from shared.domain.times import from_text
from shared.stores.event_store import to_event
from shared.stores.profile_store import ContentionError


@discreet
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """A batch of the events stream, or of the retry queue. Returns the records to be tried again."""
    records = event["Records"]
    try:
        from_queue = records[0]["eventSource"] == "aws:sqs"
        failed = _from_queue(doors(), records) if from_queue else _from_stream(doors(), records)
        return {"batchItemFailures": [{"itemIdentifier": identifier} for identifier in failed]}
    finally:
        flush_metrics()


def _from_stream(to: Doors, records: Sequence[dict[str, Any]]) -> list[str]:
    """Stitch what can be read; the stream starts again at the first record that can't.

    Those behind it are stitched all the same: when Lambda gives up, it gives up the whole rest of the batch.
    """
    events: list[Event] = []
    failed: list[str] = []
    for record in records:
        try:
            events.append(to_event(to_python(record["dynamodb"]["NewImage"])))
        except (KeyError, TypeError, ValueError):
            logger().exception("unreadable stream record", extra={"sequence": record["dynamodb"]["SequenceNumber"]})
            count("RecordsUnreadable")
            failed.append(record["dynamodb"]["SequenceNumber"])
    if events:
        to.lag.note(min(event.stored_at for event in events), datetime.now(UTC))
    named = [event for event in events if event.identifiers]
    for cause, of_cause in (("live", False), ("replay", True)):
        if events_of := [event for event in named if event.replayed is of_cause]:
            park(to, stitched(to, events_of, cause))
    for event in (event for event in named if not event.replayed):
        duration("ReceivedToProfile", (datetime.now(UTC) - from_text(event.received_at)).total_seconds() * 1000)
    if not failed:
        reach(to, events)
    return failed[:1]


def _from_queue(to: Doors, records: Sequence[dict[str, Any]]) -> list[str]:
    """The ids of messages that must come again. One that can never be done ends in the dead letters, alone."""
    return [record["messageId"] for record in records if not _take(to, record)]


def _take(to: Doors, record: dict[str, Any]) -> bool:
    from functions.stitch_identities.retrying import take_message  # brings pydantic, which no batch of the stream needs

    try:
        return take_message(to, record["body"])
    except ContentionError:
        return False
    except Exception:  # whatever is wrong with one message must not hold up its neighbours
        logger().exception("retry failed", extra={"message_id": record["messageId"]})
        count("RetriesFailed")
        return False
