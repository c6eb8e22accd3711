"""stitch_identities: new events become part of the people they belong to."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from functions.stitch_identities.groups import add_groups
from functions.stitch_identities.people import Unfinished, stitch_events
from functions.stitch_identities.settings import Doors, doors
from shared.aws.dynamo import to_python
from shared.aws.failures import discreet
from shared.aws.observability import count, duration, flush_metrics, logger
from shared.aws.queues import send_messages
from shared.contracts.queues import Rebuild, StitchMessage, StitchRetry, stitch_retries
from shared.domain.events import Event
from shared.domain.times import from_text, to_text
from shared.people.rebuilding import Rebuilding
from shared.stores.event_store import to_event
from shared.stores.profile_items import ProfileTooLargeError
from shared.stores.profile_store import ContentionError, WriteReason

FROZEN_SECONDS = 60


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
            _park(to, _stitched(to, events_of, cause))
    for event in (event for event in named if not event.replayed):
        duration("ReceivedToProfile", (datetime.now(UTC) - from_text(event.received_at)).total_seconds() * 1000)
    if not failed:
        _reach(to, events)
    return failed[:1]


def _stitched(to: Doors, events: Sequence[Event], cause: str) -> Unfinished:
    """People, and the groups that they say they belong to: of what has to come again, with it."""
    unfinished = stitch_events(to, events, cause)
    again = {event.key for event in (*unfinished.events, *unfinished.held)}
    unfinished.events += add_groups(to, unfinished.let_in([event for event in events if event.key not in again]))
    return unfinished


def _park(to: Doors, unfinished: Unfinished) -> None:
    """Hand what could not be done to the retry queue, so that the shard goes on. Who is stale is missing no decision,
    so nobody's deliveries wait for that rebuild: a changed catalogue asks for one of everybody whom it meets.
    """
    count("EventsParked", len(unfinished.events))
    since = to_text(datetime.now(UTC))
    parked = stitch_retries(((event.pk, event.sk) for event in unfinished.events), waits_since=since)
    messages = [message.model_dump_json() for message in parked]
    rebuilds = (Rebuild(profile_id=profile_id, waits_since=since) for profile_id in sorted(unfinished.forgotten))
    messages += [message.model_dump_json() for message in rebuilds]
    to.waits.parked(messages, since)
    stale = (Rebuild(profile_id=profile_id) for profile_id in sorted(unfinished.stale - unfinished.forgotten))
    send_messages(to.retries_queue_url, [*messages, *(message.model_dump_json() for message in stale)])
    count("EventsHeld", len(unfinished.held))
    held = stitch_retries((event.pk, event.sk) for event in unfinished.held)
    _wait(to, [message.model_dump_json() for message in held])


def _wait(to: Doors, messages: Sequence[str]) -> None:
    """For as long as a person is frozen, what changes them goes round as new messages, which never die of tries."""
    send_messages(to.retries_queue_url, messages, delay_seconds=FROZEN_SECONDS)


def _from_queue(to: Doors, records: Sequence[dict[str, Any]]) -> list[str]:
    """The ids of messages that must come again. One that can never be done ends in the dead letters, alone."""
    return [record["messageId"] for record in records if not _take(to, record)]


def _take(to: Doors, record: dict[str, Any]) -> bool:
    try:
        message = StitchMessage.validate_json(record["body"])
        is_done = _rebuilt(to, message, record["body"]) if isinstance(message, Rebuild) else _retry(to, message)
        if is_done and message.waits_since:
            to.waits.taken(record["body"], message.waits_since)
        return is_done
    except ContentionError:
        return False
    except Exception:  # whatever is wrong with one message must not hold up its neighbours
        logger().exception("retry failed", extra={"message_id": record["messageId"]})
        count("RetriesFailed")
        return False


def _rebuilt(to: Doors, message: Rebuild, body: str) -> bool:
    """A person who is frozen is known to be by whoever asks for them: what waits for that has no mark."""
    reason = WriteReason("replay" if message.republish_from else "rebuild", republish_from=message.republish_from)
    try:
        if to.rebuilder.rebuild(message.profile_id, reason) == Rebuilding.FROZEN:
            _wait(to, [body])
    except ProfileTooLargeError:  # it would end so each time, and the profile stays as it is
        logger().warning("a person's events don't fit into a profile", extra={"profile_id": message.profile_id})
        count("ProfilesTooLarge")
    return True


def _retry(to: Doors, message: StitchRetry) -> bool:
    """Stitch the events of a message; for a redrive, have their people's facts published again.

    Each person is a message: a hundred in one would outlast the function, and a try that ends so has done nothing.
    """
    keys = [(key.pk, key.sk) for key in message.events]
    found = to.events.get(keys)
    events = [event for event in found if event.identifiers]
    unfinished = _stitched(to, events, "replay" if message.republish_from else "live")
    if unfinished.events:
        return False
    _park(to, unfinished)
    if message.republish_from:
        people = to.profiles.people_of({event.identifiers[0].hash for event in events})
        touched = {held.id for e in events if (held := people.owner_of(e.identifiers[0].hash, e.time))}
        asked = [
            Rebuild(profile_id=profile_id, republish_from=message.republish_from) for profile_id in sorted(touched)
        ]
        send_messages(to.retries_queue_url, [one.model_dump_json() for one in asked])
    else:  # a batch that was given up may have been the last one of its stream
        _reach(to, found)
    return True


def _reach(to: Doors, events: Sequence[Event]) -> None:
    if events:
        to.waits.reached("stitch_identities", max(event.stored_at for event in events))
