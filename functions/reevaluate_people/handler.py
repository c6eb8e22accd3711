"""reevaluate_people: finds who is due each minute, and looks at them when they are: so time alone changes people."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError

from functions.reevaluate_people.looking import Look, looked
from functions.reevaluate_people.settings import Doors, doors
from functions.reevaluate_people.sweeping import sweep
from shared.aws.failures import discreet
from shared.aws.observability import count, flush_metrics, logger
from shared.aws.queues import Delayed, send_delayed, send_messages
from shared.contracts.queues import Rebuild, Reevaluate
from shared.domain.due_moments import seconds_until
from shared.stores.contention import ContentionError

FROZEN_SECONDS = 60
_ENOUGH_MILLISECONDS = 10_000
_AGAIN = frozenset({Look.CONTENDED, Look.BROKEN})


@discreet
def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """What the schedule sends, or a batch of the queue, of which those messages are named that come again."""
    try:
        if "Records" in event:
            return {"batchItemFailures": [{"itemIdentifier": one} for one in _take(doors(), event["Records"])]}
        return sweep(doors(), _now, lambda: _has_time(context))
    finally:
        flush_metrics()


def _now() -> datetime:
    return datetime.now(UTC)


def _has_time(context: Any) -> bool:
    return context is None or bool(context.get_remaining_time_in_millis() > _ENOUGH_MILLISECONDS)


def _take(to: Doors, records: Sequence[Mapping[str, Any]]) -> list[str]:
    now, messages, failed = _now(), dict[str, Reevaluate](), list[str]()
    for record in records:
        try:
            messages[record["messageId"]] = Reevaluate.model_validate_json(record["body"])
        except ValidationError:
            logger().exception("a message can't be read", extra={"message_id": record["messageId"]})
            count("MessagesUnreadable")
            failed.append(record["messageId"])
    # A look before its moment would find nothing, and the mark is gone: this clock may be behind the sender's.
    early = [one for one in messages.values() if seconds_until(one.due, now)]
    send_delayed(to.queue_url, [Delayed(one.model_dump_json(), seconds_until(one.due, now)) for one in early])
    due = {message_id: one for message_id, one in messages.items() if one not in early}
    try:
        looks = looked(to, {profile_id for one in due.values() for profile_id in one.profile_ids}, now)
    except ContentionError:
        return [*failed, *due]
    _count(looks.values())
    _hand_on(to, due.values(), looks)
    return failed + [m for m, one in due.items() if any(looks[p] in _AGAIN for p in one.profile_ids)]


def _hand_on(to: Doors, messages: Iterable[Reevaluate], looks: Mapping[str, Look]) -> None:
    """Whoever is frozen goes round as new messages, which never die of tries; who is stale is rebuilt."""
    frozen = [
        one.model_copy(update={"profile_ids": left})
        for one in messages
        if (left := tuple(p for p in one.profile_ids if looks[p] == Look.FROZEN))
    ]
    send_messages(to.queue_url, [one.model_dump_json() for one in frozen], delay_seconds=FROZEN_SECONDS)
    stale = sorted(p for p, look in looks.items() if look == Look.STALE)
    send_messages(to.stitch_retries_url, [Rebuild(profile_id=p).model_dump_json() for p in stale])


def _count(looks: Iterable[Look]) -> None:
    found = list(looks)
    for look in Look:
        count(f"Looks{look.title()}", found.count(look))
