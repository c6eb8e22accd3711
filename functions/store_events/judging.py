"""A record of the stream opened and each of its elements judged: an event to insert, or a refusal with its bytes."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial

from functions.store_events.rules import Rules
from functions.store_events.settings import Doors
from functions.store_events.verdicts import Verdict, verdict_of
from shared.contracts.records import Element, Record, UndecodableError, decode
from shared.domain.events import Event
from shared.domain.forbidden import masked_text
from shared.domain.quarantine import UNKNOWN_SOURCE, Quarantined
from shared.domain.times import not_ahead
from shared.domain.validation import Arrival, Refusal, message_id_of
from shared.stores.arrival_log import Line
from shared.stores.keys import event_key, identifier_hash

_UNDECODABLE = Refusal("undecodable_record", None, "Put records in the shape that docs/data-model.md gives.")
REUSED = Refusal("message_id_reused", "messageId", "Give each event a messageId of its own.")


@dataclass(frozen=True, slots=True)
class Arrived:
    """A record as Kinesis or the log by arrival holds it. `at` is when Kinesis had it, UTC text."""

    shard: str
    sequence: str
    at: str
    data: bytes

    @property
    def origin(self) -> str:
        return f"{self.shard}:{self.sequence}"


@dataclass(frozen=True, slots=True)
class Judged:
    """A record in hand. `judgements` and `notes` have one entry for each of its elements; without a live source all are
    refusals and `retention_days` is 0.
    """

    arrived: Arrived
    record: Record | None
    source_id: str
    received_at: str
    retention_days: int
    judgements: tuple[Event | Quarantined, ...]
    notes: tuple[tuple[str, ...], ...]

    def line(self) -> Line:
        """The record for the log by arrival."""
        record = self.record.to_json() if self.record else self.arrived.data
        return Line(self.arrived.shard, self.arrived.sequence, self.arrived.at, record)

    def reused(self, event: Event) -> Quarantined:
        """The refusal of an event whose messageId another event had before."""
        if self.record is None:
            raise ValueError("an undecodable record holds no event")
        index = int(event.origin.rpartition(":")[2])
        return _quarantined(self.record, self.record.elements[index], event.origin, REUSED, event.stored_at)


def judge(doors: Doors, arrived: Arrived, now: str) -> Judged:
    """Pure but for the look-up of the source and its rules, which are kept for a minute."""
    try:
        record = decode(arrived.data)
        record = replace(record, received_at=not_ahead(record.received_at, arrived.at))
    except UndecodableError:
        masked = replace(arrived, data=_masked(arrived.data))
        return Judged(masked, None, UNKNOWN_SOURCE, arrived.at, 0, (_whole(masked, now),), ((),))
    source = doors.sources.of_id(record.source_id)
    rules = doors.rules.of(source) if source else Rules()
    hash_of = partial(identifier_hash, doors.identifier_key())
    naming = doors.identity_rules.get().naming
    judgements: list[Event | Quarantined] = []
    verdicts: list[Verdict] = []
    for index, element in enumerate(record.elements):
        arrival = Arrival(
            source_id=record.source_id,
            origin=f"{arrived.origin}:{index}",
            received_at=record.received_at,
            stored_at=now,
            sent_at=record.sent_at,
            correlation_id=record.correlation_id,
            ip=record.ip,
            gpc=record.gpc,
            replayed=record.replay,
            hash_of=hash_of,
            key_of=event_key,
            naming=naming,
        )
        verdict = verdict_of(element, source, rules, arrival)
        result = verdict.result
        judgements.append(
            result if isinstance(result, Event) else _quarantined(record, element, arrival.origin, result, now)
        )
        verdicts.append(verdict)
    days = doors.sources.retention_days(source) if source else 0
    notes = tuple(verdict.notes for verdict in verdicts)
    return Judged(arrived, record, record.source_id, record.received_at, days, tuple(judgements), notes)


def retention_days(judged: list[Judged]) -> Mapping[str, int]:
    """By the id of each live source."""
    return {one.source_id: one.retention_days for one in judged if one.retention_days}


def _quarantined(record: Record, element: Element, origin: str, refusal: Refusal, now: str) -> Quarantined:
    return Quarantined(
        source_id=record.source_id,
        received_at=record.received_at,
        origin=origin,
        reason=refusal.reason,
        field=refusal.field,
        fix=refusal.fix,
        message_id=message_id_of(element.value),
        correlation_id=record.correlation_id,
        body=element.text.encode(),
        quarantined_at=now,
        sent_at=record.sent_at,
        ip=record.ip,
        gpc=record.gpc,
        replay_of=record.replay_of,
    )


def _masked(data: bytes) -> bytes:
    """What can't be decoded, without the forbidden numbers that its text shows."""
    try:
        return masked_text(data.decode())[0].encode()
    except UnicodeDecodeError:
        return data


def _whole(arrived: Arrived, now: str) -> Quarantined:
    return Quarantined(
        source_id=UNKNOWN_SOURCE,
        received_at=arrived.at,
        origin=arrived.origin,
        reason=_UNDECODABLE.reason,
        field=None,
        fix=_UNDECODABLE.fix,
        message_id=None,
        correlation_id="",
        body=arrived.data,
        quarantined_at=now,
    )
