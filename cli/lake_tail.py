"""The live tail: how each event ended, as store_events writes it down. Ids and names, never a value of a person."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from shared.domain.times import hours, to_text
from shared.stores.outcome_log import Line, OutcomeLog

_LATE = timedelta(minutes=2)
"""An object may come so long after its hour."""


def follow(log: OutcomeLog, start: datetime, goes_on: Callable[[datetime], bool]) -> Iterator[Line]:
    """Lines written from `start` on, each once, as long as `goes_on` says so: asked between two looks, it may wait."""
    seen: set[tuple[str, str]] = set()
    first = start
    while True:
        now = datetime.now(UTC)
        for hour in hours(first, now):
            for found in log.listed(hour):
                if (found.key, found.etag) not in seen:
                    seen.add((found.key, found.etag))
                    yield from (line for line in log.lines(found.key) if line["stored_at"] >= to_text(start))
        first = max(start, now - _LATE)
        if not goes_on(now):
            return


def shown(line: Line) -> str:
    """Time, source, event, outcome and why, messageId: one line."""
    name = line.get("name") or line.get("type") or "-"
    reason = ":".join(filter(None, (line.get("reason"), line.get("field"))))
    again = "again" if line.get("redelivered") else ""
    why = reason or again or "-"
    return (
        f"{line['stored_at']}  {line['source_id']}  {name}  {line['outcome']}  {why}  {line.get('message_id') or '-'}"
    )
