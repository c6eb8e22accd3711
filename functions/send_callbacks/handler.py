"""send_callbacks: tells controllers of OpenDSR when the status of their request changes, and tries again each hour."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from functions.send_callbacks.settings import caller, certificate_flaws
from shared.aws.failures import discreet
from shared.aws.observability import count, flush_metrics, logger

_ENOUGH_MILLISECONDS = 40_000
"""For all URLs of one request."""


class CallbacksBrokenError(Exception):
    """Something on our side keeps callbacks from being sent, or soon will; the next hour tries again."""


@discreet
def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Requests that changed, from the table's stream, or by the schedule all whose controllers wait.

    The stream never comes again for what failed: it is owed still, and the schedule has it within the hour.
    """
    try:
        if "Records" in event:
            _tell(dict.fromkeys(record["dynamodb"]["Keys"]["sk"]["S"] for record in event["Records"]), context)
            return {"batchItemFailures": []}
        broken = _tell(caller().store.open_callbacks(), context)
        flaws = certificate_flaws(datetime.now(UTC))
        if broken or flaws:
            raise CallbacksBrokenError(f"callbacks of {broken} requests can't be sent. {' '.join(flaws)}")
        return {}
    finally:
        flush_metrics()


def _tell(request_ids: Iterable[str], context: Any) -> int:
    """With how many requests something was wrong on our side."""
    broken = 0
    for request_id in request_ids:
        if context is not None and context.get_remaining_time_in_millis() < _ENOUGH_MILLISECONDS:
            logger().warning("No time for all callbacks; the next hour goes on")
            break
        try:
            told = caller().tell(request_id, datetime.now(UTC))
        except Exception:  # whatever is wrong with one request must not silence the others
            logger().exception("A callback can't be sent", extra={"request": request_id})
            count("CallbacksBroken")
            broken += 1
            continue
        for name, number in (("Told", told.told), ("Missed", told.missed), ("GivenUp", told.given_up)):
            if number:
                count(f"Callbacks{name}", number)
    return broken
