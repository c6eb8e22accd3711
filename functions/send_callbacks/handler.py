"""send_callbacks: tells controllers of OpenDSR when the status of their request changes, and tries again each hour."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from functions.send_callbacks.settings import caller
from shared.aws.observability import count, flush_metrics, logger

_ENOUGH_MILLISECONDS = 40_000
"""For all URLs of one request."""


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Requests that changed, from the table's stream, or by the schedule all whose controllers wait."""
    if "Records" in event:
        return _changed(event["Records"])
    failed = _tell(caller().store.open_callbacks(), context)
    flush_metrics()
    return {"failed": len(failed)}


def _changed(records: list[Mapping[str, Any]]) -> dict[str, Any]:
    """Lambda takes the stream up again at the first record that failed."""
    ids = [record["dynamodb"]["Keys"]["sk"]["S"] for record in records]
    failed = _tell(dict.fromkeys(ids), None)
    flush_metrics()
    numbers = [record["dynamodb"]["SequenceNumber"] for record in records]
    first = next((number for number, one in zip(numbers, ids, strict=True) if one in failed), None)
    return {"batchItemFailures": [{"itemIdentifier": first}] if first else []}


def _tell(request_ids: Iterable[str], context: Any) -> set[str]:
    """The ids of those with whom something was wrong on our side."""
    failed: set[str] = set()
    for request_id in request_ids:
        if context is not None and context.get_remaining_time_in_millis() < _ENOUGH_MILLISECONDS:
            logger().warning("No time for all callbacks; the next hour goes on")
            break
        try:
            told = caller().tell(request_id, datetime.now(UTC))
        except Exception:  # whatever is wrong with one request must not silence the others
            logger().exception("A callback can't be sent", extra={"request": request_id})
            count("CallbacksBroken")
            failed.add(request_id)
            continue
        for name, number in (("Told", told.told), ("Missed", told.missed), ("GivenUp", told.given_up)):
            if number:
                count(f"Callbacks{name}", number)
    return failed
