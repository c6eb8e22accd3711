"""Entries page by page, and how many there are of each reason. A call reads so many and no more."""

from dataclasses import dataclass

from functions.review_quarantine.asking import Asked, Cursor
from shared.contracts.quarantine import ReasonView
from shared.domain.outcomes import place_of
from shared.domain.quarantine import Quarantined
from shared.stores.quarantine_store import QuarantineStore, position

MOST_READ = 5_000


@dataclass(frozen=True, slots=True)
class Page:
    entries: list[Quarantined]
    next_cursor: str | None


def page(store: QuarantineStore, asked: Asked, limit: int) -> Page:
    """Up to `limit` wanted entries, newest first; fewer where MOST_READ were read to find them."""
    found: list[Quarantined] = []
    before = asked.cursor.before
    entries = store.newest_first(asked.source_id, asked.first, asked.last, asked.cursor.after)
    for read, entry in enumerate(entries, 1):
        if entry.quarantined_at <= before and asked.wanted(entry):
            found.append(entry)
        if len(found) == limit or read == MOST_READ:
            return Page(found, str(Cursor(position(entry), before)))
    return Page(found, None)


def reasons(entries: list[Quarantined]) -> list[ReasonView]:
    """Most frequent first; `entries` are newest first."""
    groups: dict[tuple[str, str | None], list[Quarantined]] = {}
    for entry in entries:
        groups.setdefault((entry.reason, place_of(entry.reason, entry.field)), []).append(entry)
    views = [
        ReasonView(
            reason=reason,
            field=field,
            fix=alike[0].fix,
            entries=len(alike),
            waiting=sum(entry.state == "waiting" for entry in alike),
            newest=alike[0].received_at,
        )
        for (reason, field), alike in groups.items()
    ]
    return sorted(views, key=lambda view: -view.entries)
