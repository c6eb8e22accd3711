"""A record of the stream opened and each of its elements judged: an event to insert, or a refusal with its bytes."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial

from functions.store_events.rules import Rules
from functions.store_events.settings import Doors
from functions.store_events.verdicts import Who, verdict_of
from shared.contracts.records import Element, Record, UndecodableError, decode, element
from shared.domain.events import Event
from shared.domain.forbidden import masked_text
from shared.domain.identifiers import Naming
from shared.domain.purposes import Purpose
from shared.domain.quarantine import UNKNOWN_SOURCE, Quarantined
from shared.domain.reducing import reduced_to_refusal, refuses
from shared.domain.sources import Source
from shared.domain.suppression import NOBODY_LEFT_OUT, LeftOut, Suppressed
from shared.domain.times import not_ahead
from shared.domain.validation import Arrival, Refusal, message_id_of
from shared.stores.arrival_log import Line
from shared.stores.keys import event_key, identifier_hash

_UNDECODABLE = Refusal("undecodable_record", None, "Put records in the shape that docs/data-model.md gives.")
Judgement = Event | Quarantined | Suppressed

NOTHING = Element(None, "null")
"""What stands in a record where a suppressed element stood."""

REUSED = Refusal("message_id_reused", "messageId", "Give each event a messageId of its own.")


@dataclass(frozen=True, slots=True)
class Arrived:
    """A record as Kinesis or the log by arrival holds it. `at` is when Kinesis had it, UTC text; `left_out`: what was
    taken out before the log was written.
    """

    shard: str
    sequence: str
    at: str
    data: bytes
    left_out: LeftOut = NOBODY_LEFT_OUT

    @property
    def origin(self) -> str:
        return f"{self.shard}:{self.sequence}"


@dataclass(frozen=True, slots=True)
class Judged:
    """A record in hand. `judgements`, `notes` and `named` have one entry for each element; without a live source all
    are refusals and `retention_days` is 0. `left_out` is what was taken out of it.
    """

    arrived: Arrived
    record: Record | None
    source_id: str
    received_at: str
    retention_days: int
    judgements: tuple[Judgement, ...]
    notes: tuple[tuple[str, ...], ...]
    named: tuple[Who, ...]
    left_out: LeftOut = NOBODY_LEFT_OUT

    def is_reduced(self, event: Event) -> bool:
        return _place(event.origin) in self.left_out.reduced

    def line(self) -> Line:
        """The record for the log by arrival."""
        record = self.record.to_json() if self.record else self.arrived.data
        return Line(self.arrived.shard, self.arrived.sequence, self.arrived.at, record, self.left_out)

    def reused(self, event: Event) -> Quarantined:
        """The refusal of an event whose messageId another event had before."""
        if self.record is None:
            raise ValueError("an undecodable record holds no event")
        return _quarantined(
            self.record, self.record.elements[_place(event.origin)], event.origin, REUSED, event.stored_at
        )


def judge(doors: Doors, arrived: Arrived, now: str) -> Judged:
    """Pure but for the look-up of the source and its rules, which are kept for a minute."""
    try:
        record = decode(arrived.data)
        record = replace(record, received_at=not_ahead(record.received_at, arrived.at))
    except UndecodableError:
        masked = replace(arrived, data=_masked(arrived.data))
        return Judged(masked, None, UNKNOWN_SOURCE, arrived.at, 0, (_whole(masked, now),), ((),), (Who(),))
    source = doors.sources.of_id(record.source_id)
    rules = doors.rules.of(source) if source else Rules()
    hash_of = partial(identifier_hash, doors.identifier_key())
    naming = doors.identity_rules.get().naming
    judgements: list[Judgement] = []
    notes: list[tuple[str, ...]] = []
    named: list[Who] = []
    for index, one in enumerate(record.elements):
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
        judgement, of_element, who = _judged(record, one, source, rules, arrival, arrived.left_out)
        judgements.append(judgement)
        notes.append(of_element)
        named.append(who)
    days = doors.sources.retention_days(source) if source else 0
    lists = tuple(judgements), tuple(notes), tuple(named)
    whole = Judged(arrived, record, record.source_id, record.received_at, days, *lists, arrived.left_out)
    if source and source.reduces_without and isinstance(rules, Rules):
        return _honouring(whole, record, rules.purposes.get(source.reduces_without), naming)
    return whole


def _judged(
    record: Record, element: Element, source: Source | None, rules: Rules | Refusal, arrival: Arrival, out: LeftOut
) -> tuple[Judgement, tuple[str, ...], Who]:
    """What erased people were taken out of is held to no plan again, and its repeats are told by the digest it had."""
    place = _place(arrival.origin)
    if place in out.suppressed:
        return suppressed(record, arrival.origin), (), Who()
    digest = out.reduced.get(place)
    if digest and isinstance(rules, Rules):
        rules = replace(rules, checker=None, mapping=None if place in out.mapped else rules.mapping)
    result, notes, who = verdict_of(element, source, rules, arrival)
    if isinstance(result, Refusal):
        return _quarantined(record, element, arrival.origin, result, arrival.stored_at), notes, who
    return (replace(result, digest=digest) if digest else result), notes, who


def _honouring(judged: Judged, record: Record, purpose: Purpose, naming: Naming) -> Judged:
    """The record, each event of it that refuses the purpose reduced, in its bytes too."""
    elements, judgements, digests = [*record.elements], [*judged.judgements], dict(judged.left_out.reduced)
    events = {place: one for place, one in enumerate(judged.judgements) if isinstance(one, Event)}
    refusing = {place: event for place, event in events.items() if refuses(event.body, purpose)}
    for place, event in refusing.items():
        judgements[place] = left = reduced_to_refusal(event, naming)
        elements[place], digests[place] = element(left.body), event.digest
    if not refusing:
        return judged
    ip = None if len(digests) == len(elements) else record.ip
    kept = replace(record, elements=tuple(elements), ip=ip)
    left_out = judged.left_out._replace(reduced=digests, mapped=judged.left_out.mapped | refusing.keys())
    return replace(judged, record=kept, judgements=tuple(judgements), left_out=left_out)


def suppressed(record: Record, origin: str) -> Suppressed:
    return Suppressed(record.source_id, origin, record.received_at, record.correlation_id)


def _place(origin: str) -> int:
    return int(origin.rpartition(":")[2])


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
