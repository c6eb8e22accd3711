"""A message of the retry queue: records of the log by arrival, stored again, and for a redrive sent on to stitching."""

from collections.abc import Sequence
from datetime import UTC, datetime

from functions.store_events.judging import Arrived, Judged, judge
from functions.store_events.outcomes import write_outcomes
from functions.store_events.screening import screen
from functions.store_events.settings import Doors
from functions.store_events.streaming import take_records
from functions.store_events.writing import Written, count_records, hand_on, write
from shared.aws.queues import send_messages
from shared.contracts.queues import StoreRetry, stitch_retries
from shared.domain.times import to_text
from shared.stores.arrival_log import Line
from shared.stores.contention import ContentionError
from shared.stores.failed_batches import PREFIX as FAILED_BATCHES


def take_message(doors: Doors, body: str) -> bool:
    """Whether the message is done. One that isn't comes again: its records are stored once all the same."""
    message = StoreRetry.model_validate_json(body)
    is_done = _take(doors, message)
    if is_done and message.waits_since:
        doors.waits.taken(body, message.waits_since)
    return is_done


def _take(doors: Doors, message: StoreRetry) -> bool:
    if message.object.startswith(FAILED_BATCHES):
        return _take_failed(doors, message.object)
    lines = doors.log.get(message.object)
    places = range(len(lines)) if message.indexes is None else message.indexes
    now = to_text(datetime.now(UTC))
    judged = [judge(doors, _arrived(lines[place]), now) for place in places]
    try:
        screened = screen(doors, judged)
        _take_out(doors, message.object, places, judged, screened)
    except ContentionError:
        return False
    written = write(doors, screened)
    hand_on(doors, written, now)
    # Behind what was told of them first, which stands though somebody was erased since.
    write_outcomes(doors, f"{message.object.rpartition('/')[2].partition('.')[0]}~again", written, now)
    if message.republish_from:
        _send_on(doors, written, message.republish_from)
    whole = [(one, place) for one, place in zip(written, places, strict=True) if one.error is None]
    count_records(doors, [one for one, _ in whole], [place for _, place in whole])
    error = next((one.error for one in written if one.error), None)
    if error:
        raise error
    return not any(one.is_contended for one in written)


def _take_out(doors: Doors, key: str, places: Sequence[int], came: list[Judged], screened: list[Judged]) -> None:
    """Out of the log, too, those who were erased since it was written."""
    both = zip(places, came, screened, strict=True)
    changed = {place: after.line() for place, before, after in both if after is not before}
    if changed:
        doors.log.replace(key, changed)


def _take_failed(doors: Doors, key: str) -> bool:
    """Take a batch that Lambda gave up; then it goes. Records behind one that breaks are taken all the same."""
    batch = doors.failed.get(key)
    if batch and batch.stream != "records":
        raise ValueError(f"{key} holds no records of the stream")
    left, errors = list(batch.records) if batch else [], list[Exception]()
    while left:
        done, error = take_records(doors, left)
        left = left[done + 1 :]
        errors += [error] if error else []
    if errors:
        raise errors[0]
    doors.failed.remove(key)
    return True


def _arrived(line: Line) -> Arrived:
    data = line.record if isinstance(line.record, bytes) else line.record.encode()
    return Arrived(line.shard, line.sequence, line.arrived_at, data, line.left_out)


def _send_on(doors: Doors, written: list[Written], republish_from: str) -> None:
    keys = list(dict.fromkeys((event.pk, event.sk) for one in written for event in one.stored))
    messages = [message.model_dump_json() for message in stitch_retries(keys, republish_from)]
    send_messages(doors.stitch_retries_queue_url, messages)
