"""sweep_retention: every hour, before events expire, folds them into the baselines that rebuilds start from."""

from datetime import UTC, datetime, timedelta
from typing import Any

from functions.sweep_retention.settings import Doors, doors
from functions.sweep_retention.sweeping import sweep
from shared.aws.failures import discreet
from shared.aws.observability import flush_metrics
from shared.domain.baselines import DAYS_AHEAD, DAYS_DUE
from shared.domain.times import from_text

_ENOUGH_MILLISECONDS = 180_000
_SECONDS_A_DAY = 86_400


_LATE = timedelta(days=7)
"""Events expire up to so long before the day in the index: a record that came again is listed by its last coming."""


class UnsweptError(Exception):
    """Something could not be swept, or not in time; the index still has it, and the next run tries again."""


@discreet
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Whatever the schedule sends. The answer tells how many objects of the index are done, and how many are left."""
    try:
        return _sweep_due(doors(), datetime.now(UTC), context)
    finally:
        flush_metrics()


def _sweep_due(to: Doors, now: datetime, context: Any) -> dict[str, int]:
    """Anchors of days that are due are folded further ahead than that, so most are read once a week, not every day."""
    last = (now + timedelta(days=DAYS_DUE)).date().isoformat()
    until = int((now + timedelta(days=DAYS_AHEAD)).timestamp())
    done = left = unswept = late = 0
    for due in to.index.due(last):
        if not _has_time(context):
            left += 1
            late += due.day <= (now + _LATE).date().isoformat()
            continue
        day_is_over = int(from_text(due.day).timestamp()) + _SECONDS_A_DAY
        if failed := sweep(to, to.index.anchors(due), day_is_over, until):
            unswept += failed
        else:
            to.index.forget(due)
            done += 1
    if unswept or late:
        raise UnsweptError(f"{unswept} anchors could not be swept, {late} objects of the index are late")
    return {"done": done, "left": left}


def _has_time(context: Any) -> bool:
    return context is None or bool(context.get_remaining_time_in_millis() > _ENOUGH_MILLISECONDS)
