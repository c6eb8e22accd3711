"""sweep_deadlines: hourly, tells of requests about people that are due, and begins those that were not begun."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

from functions.sweep_deadlines.settings import Doors, doors
from shared.aws.executions import start_execution
from shared.aws.failures import discreet
from shared.aws.observability import count, flush_metrics, logger
from shared.domain.privacy_requests import PrivacyRequest, deadline
from shared.domain.times import from_text

_TIME_TO_BEGIN = timedelta(minutes=10)


@discreet
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Whatever the schedule sends. The answer counts open requests by where they stand before their due dates."""
    now = datetime.now(UTC)
    try:
        requests = doors().requests.open()
        stand = Counter(deadline(request, now) for request in requests)
        for request in requests:
            _tell(request, now)
        count("RequestsNear", stand["near"])
        count("RequestsOverdue", stand["overdue"])
        for request in requests:  # last: what can't be begun must not keep the alarms from being raised
            if _was_not_begun(request, now):
                _begin(doors(), request)
        return {"open": len(requests), "near": stand["near"], "overdue": stand["overdue"]}
    finally:
        flush_metrics()


def _tell(request: PrivacyRequest, now: datetime) -> None:
    where = deadline(request, now)
    if where in ("near", "overdue"):
        told = {"request_id": request.id, "kind": request.kind, "due_at": request.due_at, "state": request.state}
        logger().warning(f"a request is {where}", extra={**told, "verification": request.verification})


def _was_not_begun(request: PrivacyRequest, now: datetime) -> bool:
    """Whoever verified it may have died before it was begun."""
    return request.may_act and request.state == "pending" and from_text(request.updated_at) < now - _TIME_TO_BEGIN


def _begin(to: Doors, request: PrivacyRequest) -> None:
    """Under the name that it was, or should have been, begun by: one that is under way stays the only one."""
    start_execution(to.state_machine, f"{request.id}-{request.version}", {"request_id": request.id})
