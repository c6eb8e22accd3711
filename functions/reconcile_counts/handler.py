"""reconcile_counts: every hour, checks that each event that came in has ended, is where it belongs, and is folded."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from functions.reconcile_counts.giving_up import HOUR, given_up
from functions.reconcile_counts.reconciling import hours, reconcile_hour
from functions.reconcile_counts.settings import Doors, doors
from shared.aws.failures import discreet
from shared.aws.observability import count, flush_metrics, logger
from shared.contracts.reconcile import asked
from shared.domain.quarantine import UNKNOWN_SOURCE
from shared.domain.sources import Source
from shared.domain.times import to_text
from shared.stores.reconciled_store import ReconciledHour

ALWAYS, OPEN = timedelta(hours=3), timedelta(hours=24)
"""How far back hours are checked each time, and those that had a gap, were open or never checked."""

TIME_TO_FOLD = timedelta(hours=2)
"""So long after its beginning, an hour whose events aren't all folded is told: retries take a while."""

_ENOUGH_MILLISECONDS = 240_000


@discreet
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """What `shared.contracts.reconcile` says; the answer has each hour's gap and what is open, by source."""
    wanted, now = asked(event), datetime.now(UTC)
    try:
        waiting = given_up(doors())
        done: dict[str, Any] = {}
        left = 0
        for hour in [wanted.hour] if wanted.hour else _due(doors(), now):
            if left or (done and context and context.get_remaining_time_in_millis() < _ENOUGH_MILLISECONDS):
                left += 1
                continue
            results = reconcile_hour(doors(), hour, waiting, now)
            for source_id, found in results.items():
                doors().reconciled.put(source_id, ReconciledHour(hour, to_text(now), found))
                count("LedgerGap", found.gap)
                count("EventsUnfolded", found.unfolded if hour <= to_text(now - TIME_TO_FOLD)[:HOUR] else 0)
                if found.gap or found.unfolded:
                    wrong = {"gap": found.gap, "unfolded": found.unfolded, "named": found.named}
                    logger().warning("doesn't add up", extra={"source_id": source_id, "hour": hour, **wrong})
            done[hour] = {source_id: {"gap": found.gap, "open": found.open} for source_id, found in results.items()}
        return {"hours": done, "left": left}
    finally:
        flush_metrics()


def _due(to: Doors, now: datetime) -> Iterator[str]:
    """The newest first: the last full hours, what didn't add up when it was checked last, what a standstill left."""
    last = to_text(now - timedelta(hours=1))[:HOUR]
    first, always = to_text(now - OPEN)[:HOUR], to_text(now - ALWAYS)[:HOUR]
    sources = {source.id for source in to.catalogue.list(Source)} | {UNKNOWN_SOURCE}
    checked = [one for source_id in sources for one in to.reconciled.of_source(source_id, first, last)]
    again = {one.hour for one in checked if one.found.gap or one.found.open}
    settled = {one.hour for one in checked} - again
    return (hour for hour in reversed([*hours(first, last)]) if hour >= always or hour not in settled)
