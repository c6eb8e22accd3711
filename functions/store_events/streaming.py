"""A batch of the stream. Up to the first record that breaks everything is done; from there Lambda delivers again."""

from base64 import b64decode
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from functions.store_events.judging import Arrived, Judged, judge
from functions.store_events.outcomes import write_outcomes
from functions.store_events.screening import screen
from functions.store_events.settings import Doors
from functions.store_events.writing import Written, count_records, hand_on, waiting, write
from shared.aws.observability import count, logger
from shared.aws.queues import send_messages
from shared.domain.outcomes import ENDINGS, Tally
from shared.domain.times import to_text
from shared.stores.contention import ContentionError

_RETRY_DELAY_SECONDS = 5


def take_batch(doors: Doors, records: Sequence[Mapping[str, Any]]) -> list[str]:
    """The sequence number from which the batch must come again, if any.

    A record that breaks at the head of its batch raises, so that Lambda bisects down to it and keeps it in S3.
    """
    done, error = take_records(doors, records)
    if error is None:
        return []
    sequence: str = records[done]["kinesis"]["sequenceNumber"]
    logger().error("a record breaks", extra={"sequence": sequence, "error": type(error).__name__}, exc_info=error)
    if not done:
        raise error
    return [sequence]


def take_records(doors: Doors, records: Sequence[Mapping[str, Any]]) -> tuple[int, Exception | None]:
    """How many records, from the first on, are stored, counted or handed over; and what breaks the next one, if any."""
    arrived = [_arrived(record) for record in records]
    doors.lag.note(min(one.at for one in arrived), datetime.now(UTC))
    now = to_text(datetime.now(UTC))
    judged, error = _judge_until_error(doors, arrived, now)
    written: list[Written] = []
    if judged:
        log_object, written = _write(doors, judged, now)
        broken = next((place for place, one in enumerate(written) if one.error), None)
        if broken is not None:
            error, written = written[broken].error, written[:broken]
        _finish(doors, log_object, written, now)
        if written:
            doors.waits.reached("store_events", max(one.judged.received_at for one in written))
    count("RecordsBroken", 0 if error is None else 1)
    return len(written), error


def _write(doors: Doors, judged: Sequence[Judged], now: str) -> tuple[str, list[Written]]:
    """The object of the log that has them, and how they ended. Where nobody can tell who is erased, all wait."""
    try:
        screened = screen(doors, judged)
    except ContentionError:
        return doors.log.put([one.line() for one in judged]), [waiting(one) for one in judged]
    log_object = doors.log.put([one.line() for one in screened])
    written = write(doors, screened)
    hand_on(doors, written, now)
    write_outcomes(doors, log_object.rpartition("/")[2].partition(".")[0], written, now)
    return log_object, written


def _arrived(record: Mapping[str, Any]) -> Arrived:
    kinesis = record["kinesis"]
    return Arrived(
        shard=record["eventID"].partition(":")[0],
        sequence=kinesis["sequenceNumber"],
        at=to_text(datetime.fromtimestamp(kinesis["approximateArrivalTimestamp"], UTC)),
        data=b64decode(kinesis["data"]),
    )


def _judge_until_error(doors: Doors, arrived: Sequence[Arrived], now: str) -> tuple[list[Judged], Exception | None]:
    judged: list[Judged] = []
    for one in arrived:
        try:
            judged.append(judge(doors, one, now))
        except Exception as error:  # the caller reports this record, so that Lambda brings it again
            return judged, error
    return judged, None


def _finish(doors: Doors, log_object: str, written: Sequence[Written], now: str) -> None:
    """Hand over first, then count: what waits has its message, and a batch that is counted can't fail any more."""
    contended = [place for place, one in enumerate(written) if one.is_contended]
    if contended:
        from shared.contracts.queues import StoreRetry  # brings pydantic, which a batch needs once in a while

        retry = StoreRetry(object=log_object, indexes=tuple(contended), waits_since=now).model_dump_json()
        doors.waits.parked([retry], now)
        send_messages(doors.store_retries_queue_url, [retry], _RETRY_DELAY_SECONDS)
    count_records(doors, written, range(len(written)))
    done = sum((one.tally for one in written if not one.is_contended), Tally())
    count("EventsStored", done.stored)
    count("EventsDuplicate", done.duplicate)
    count("EventsQuarantined", done.quarantined)
    count("EventsSuppressed", done.suppressed)
    count("EventsReduced", done.reduced)
    count("RecordsContended", len(contended))
    sizes = {"records": len(written), "contended": len(contended), "log_object": log_object}
    ends = {ending: getattr(done, ending) for ending in ENDINGS}
    logger().info("stored a batch", extra={**sizes, **ends})
