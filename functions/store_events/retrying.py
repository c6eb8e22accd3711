"""A message of the retry queue: records of the log by arrival, stored again, and for a redrive sent on to stitching."""

from datetime import UTC, datetime

from functions.store_events.judging import Arrived, judge
from functions.store_events.outcomes import write_outcomes
from functions.store_events.settings import Doors
from functions.store_events.writing import Written, count_retried, write
from shared.aws.queues import send_messages
from shared.contracts.queues import EventKey, StitchRetry, StoreRetry
from shared.domain.times import to_text
from shared.stores.arrival_log import Line

MOST_KEYS_A_MESSAGE = 100


def take_message(doors: Doors, body: str) -> bool:
    """Whether the message is done. One that isn't comes again: its records are stored once all the same."""
    message = StoreRetry.model_validate_json(body)
    lines = doors.log.get(message.object)
    wanted = lines if message.indexes is None else [lines[index] for index in message.indexes]
    now = to_text(datetime.now(UTC))
    written = write(doors, [judge(doors, _arrived(line), now) for line in wanted])
    write_outcomes(doors, f"{message.object.rpartition('/')[2].partition('.')[0]}-again", written, now)
    if message.republish_from:
        _send_on(doors, written, message.republish_from)
    else:
        count_retried(doors, written)
    error = next((one.error for one in written if one.error), None)
    if error:
        raise error
    return not any(one.is_contended for one in written)


def _arrived(line: Line) -> Arrived:
    data = line.record if isinstance(line.record, bytes) else line.record.encode()
    return Arrived(line.shard, line.sequence, line.arrived_at, data)


def _send_on(doors: Doors, written: list[Written], republish_from: str) -> None:
    keys = list(dict.fromkeys((event.pk, event.sk) for one in written for event in one.stored))
    parts = [keys[place : place + MOST_KEYS_A_MESSAGE] for place in range(0, len(keys), MOST_KEYS_A_MESSAGE)]
    messages = [
        StitchRetry(events=tuple(EventKey(pk=pk, sk=sk) for pk, sk in part), republish_from=republish_from)
        for part in parts
    ]
    send_messages(doors.stitch_retries_queue_url, [message.model_dump_json() for message in messages])
