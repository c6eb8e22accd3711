"""Puts a refused event back on the stream, so that it becomes the event it would have been."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from functions.review_quarantine.settings import Doors
from shared.aws.observability import count
from shared.aws.streams import StreamRecord, put_records
from shared.contracts.records import Record, element, encode, parse_json
from shared.domain.quarantine import UNKNOWN_SOURCE, Quarantined
from shared.domain.times import to_text
from shared.domain.validation import message_id_of

MOST_BYTES = 850_000
"""As much as collect_events puts into one record; far more than an event may have."""

Obstacle = Literal["undecodable", "source_needed", "too_large"]


@dataclass(frozen=True, slots=True)
class Replay:
    """An entry and the record that brings its event again."""

    entry: Quarantined
    record: Record

    @property
    def message_id(self) -> str | None:
        return message_id_of(self.record.elements[0].value)


def replay(entry: Quarantined, event: dict[str, Any] | None = None, source_id: str | None = None) -> Replay | Obstacle:
    """The entry as it came, or `event` in its place. What bears no usable messageId gets the same one each time."""
    source = source_id or entry.source_id
    if event is None and entry.source_id == UNKNOWN_SOURCE:
        return "undecodable"
    if source == UNKNOWN_SOURCE:
        return "source_needed"
    value = event if event is not None else parse_json(entry.body)
    if isinstance(value, dict) and message_id_of(value) is None:
        value = {**value, "messageId": f"replay-{_hash(entry)[:32]}"}
    sent = element(value)
    if len(sent.text.encode()) > MOST_BYTES:
        return "too_large"
    record = Record(
        source_id=source,
        received_at=entry.received_at,
        correlation_id=entry.correlation_id,
        elements=(sent,),
        sent_at=entry.sent_at,
        ip=entry.ip,
        gpc=entry.gpc,
        replay=True,
        replay_of=str(entry.id),
    )
    return Replay(entry, record)


def send(doors: Doors, replays: Sequence[Replay], by: str, now: datetime) -> None:
    """Marked first: what is marked and was never sent hasn't ended, so that a query takes it again."""
    for one in replays:
        doors.quarantine.mark_sent(one.entry.id, by, to_text(now))
    put_records(doors.stream, [StreamRecord(_hash(one.entry)[:24], encode(one.record)) for one in replays])
    count("EventsReplayed", len(replays))


def _hash(entry: Quarantined) -> str:
    return hashlib.sha256(str(entry.id).encode()).hexdigest()
