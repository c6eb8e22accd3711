"""build_lake: the events of each hour become Parquet files with the people they belong to; changed days become one.

Profiles become a snapshot.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from functions.build_lake.compacting import compact_changed
from functions.build_lake.merging import build_merges
from functions.build_lake.moving import build_moves
from functions.build_lake.progress import built, checked, due_hours, moment_of
from functions.build_lake.settings import Doors, doors
from functions.build_lake.snapshotting import take_snapshot
from functions.build_lake.writing import Built, build_hour
from shared.aws.failures import discreet
from shared.aws.observability import count, flush_metrics, logger
from shared.contracts.lake import asked
from shared.domain.times import hours
from shared.lake.scratch import scratch

_ENOUGH_MILLISECONDS = 240_000
_OVERLAP = timedelta(days=1)  # a merge is filed under the day on which its worker began it


@discreet
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """What `shared.contracts.lake` says; the answer tells what was done, and whether something is left to do."""
    wanted, now = asked(event), datetime.now(UTC)
    try:
        if wanted.compact:
            with scratch() as space:
                done = compact_changed(doors(), space, now, lambda: _has_time(context))
            count("DaysCompacted", done)
            return {"compacted": done}
        if wanted.snapshot:
            with scratch() as space:
                people = take_snapshot(doors(), space, now)
            count("PeopleInSnapshot", people)
            return {"people": people}
        if wanted.merges_from:
            return _follow(doors(), date.fromisoformat(wanted.merges_from), now.date())
        first = wanted.first or wanted.hour
        if first is None:
            return _build(doors(), due_hours(doors(), now), now, context, are_due=True)
        span = hours(moment_of(first), moment_of(wanted.last or first))
        named = [checked(hour, now) for hour in span]
        return _build(doors(), named, now, context, are_due=False)
    finally:
        flush_metrics()


def _build(to: Doors, wanted: Iterable[str], now: datetime, context: Any, *, are_due: bool) -> dict[str, Any]:
    done: list[Built] = []
    left = 0
    for hour in wanted:
        if left or not _has_time(context):
            left += 1
            continue
        with scratch() as space:
            done.append(build_hour(to, space, hour, resumes=are_due))
        if are_due:
            built(to, hour)
        logger().info("built an hour", extra=done[-1]._asdict())
    count("EventsInLake", sum(hour.written for hour in done))
    first = min([date.fromisoformat(hour.hour[:10]) for hour in done], default=now.date())
    followed = _follow(to, min(first, now.date()) - _OVERLAP, now.date())
    return {"hours": [hour._asdict() for hour in done], "left": left, **followed}


def _follow(to: Doors, first: date, last: date) -> dict[str, int]:
    """Lead rows of before to whom they belong to now, by what was merged and moved on these days."""
    with scratch() as space:
        return {"merges": build_merges(to, space, first, last), "moves": build_moves(to, space, first, last)}


def _has_time(context: Any) -> bool:
    return context is None or bool(context.get_remaining_time_in_millis() > _ENOUGH_MILLISECONDS)
