"""Where a person's data lie, since when and until when, and where they went: from events and the audit log."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from shared.domain.auditing import AuditEntry
from shared.domain.baselines import StoredEvent
from shared.domain.times import from_text, to_text


class Copy(NamedTuple):
    """Something that keeps what passed by for so many days, 0 for no fixed time."""

    store: str
    what: str
    days: int


PASSING = (
    Copy("Kinesis", "records as they came", 7),
    Copy("bucket: log/", "batches as they came", 14),
    Copy("bucket: outcomes/", "how each event ended, with the event", 14),
    Copy("bus archive", "facts: ids and names, no values", 7),
)
"""What has everything that came of late, by the time at which it was stored last."""

UNTOLD = (
    Copy("quarantine", "refused events belong to nobody yet: ask by source and time", 30),
    Copy("bucket: quarantine/", "large ones of them", 30),
    Copy("bucket: imports/", "files as their owners put them there", 30),
    Copy("bucket: import-progress/", "hashes of the rows of these", 14),
    Copy("bucket: aws/lambda/", "batches that a function could not take, whole", 30),
    Copy("bucket: athena/", "results of queries on the event lake", 7),
    Copy("bucket: exports/", "what requests about people brought, by request", 30),
    Copy("bucket: lake/profiles/", "the profile snapshot: what each profile said last night, by its id", 8),
    Copy(
        "bucket: outbound/",
        "lists for recipients, with hashes of identifiers; who came into segments and left them in bulk",
        30,
    ),
    Copy("bucket: lake/erasures/", "keys of whom an erasure keeps out of the event lake", 15),
    Copy("privacy", "requests about people, by request", 0),
    Copy("suppressions", "who was erased, as keyed hashes", 0),
    Copy("kept", "what a law asks to be kept of people who were erased", 0),
    Copy("ledger", "how deliveries ended, by destination", 90),
    Copy("ledger", "previews of segments: ids in their samples", 1),
    Copy("backups", "of all tables, for so long after something is deleted", 35),
)
"""What may have something of a person, and can't be asked by person."""


class OfSource(NamedTuple):
    """A person's stored events of a source; times of events, of storing, and of when they expire."""

    source_id: str
    events: int
    first: str
    last: str
    stored_last: str
    expires_first: str
    expires_last: str


@dataclass(frozen=True, slots=True)
class Disclosed:
    """What a destination was given of a person: {field: [first, last, how often]}; purposes and their bases as of the
    last time.
    """

    destination_id: str
    count: int
    first: str
    last: str
    fields: Mapping[str, tuple[str, str, int]]
    purposes: tuple[str, ...]
    bases: tuple[str, ...]


def by_source(events: Iterable[StoredEvent]) -> list[OfSource]:
    found: dict[str, OfSource] = {}
    for event, expires_at in events:
        expires = to_text(datetime.fromtimestamp(expires_at, UTC))
        one = OfSource(event.source_id, 1, event.time, event.time, event.stored_at, expires, expires)
        found[one.source_id] = _together(found[one.source_id], one) if one.source_id in found else one
    return [found[source_id] for source_id in sorted(found)]


def _together(one: OfSource, other: OfSource) -> OfSource:
    return OfSource(
        one.source_id,
        one.events + other.events,
        min(one.first, other.first),
        max(one.last, other.last),
        max(one.stored_last, other.stored_last),
        min(one.expires_first, other.expires_first),
        max(one.expires_last, other.expires_last),
    )


def by_destination(entries: Iterable[AuditEntry], field: str = "") -> list[Disclosed]:
    """From the audit log, in any order; of one field alone, where it is named."""
    found: dict[str, list[AuditEntry]] = {}
    for entry in entries:
        if entry.what == "disclosed" and (not field or field in entry.fields):
            found.setdefault(entry.destination, []).append(entry)
    return [_disclosed(destination_id, found[destination_id], field) for destination_id in sorted(found)]


def _disclosed(destination_id: str, entries: list[AuditEntry], only: str) -> Disclosed:
    times: dict[str, list[str]] = {}
    for entry in entries:
        for name in entry.fields:
            if name == only or not only:
                times.setdefault(name, []).append(entry.at)
    newest = max(entries, key=lambda entry: entry.at)
    return Disclosed(
        destination_id=destination_id,
        count=len(entries),
        first=min(entry.at for entry in entries),
        last=newest.at,
        fields={name: (min(at), max(at), len(at)) for name, at in sorted(times.items())},
        purposes=newest.purposes,
        bases=newest.bases,
    )


def passing(stored_last: str, now: datetime) -> dict[Copy, str]:
    """What still has a copy of what came last, and until when."""
    if not stored_last:
        return {}
    ends = {copy: from_text(stored_last) + timedelta(days=copy.days) for copy in PASSING}
    return {copy: to_text(end) for copy, end in ends.items() if end > now}
