"""The door to the events table: inserts that never overwrite, and events read back."""

import heapq
import json
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from shared.aws.batching import chunks
from shared.aws.clients import dynamodb
from shared.aws.dynamo import Key, Segment, batch_get, query, scan_page, to_attributes
from shared.aws.inserts import CONTENDED, INSERTED, THERE_ALREADY, insert_items
from shared.domain.events import Event, HashedIdentifier
from shared.domain.identifiers import Identifier
from shared.domain.times import from_text
from shared.stores.keys import TIMELESS, anchor_pk
from shared.stores.packing import BODY, packed, unpacked

if TYPE_CHECKING:
    from shared.domain.baselines import StoredEvent

SCHEMA = 1
MOST_UNTIMED = 10_000
"""Events without a time of their own that one anchor may have, to stand by the time they got; any more come last."""

PACKED_FROM = 300
"""Bytes: a body of so many is packed, so that most items take one write unit."""

_SECONDS_A_DAY = 86_400
_PLAIN = (
    "pk sk source_id message_id type name time original_time sent_at received_at stored_at origin digest correlation_id"
).split()
_OPTIONAL = ("name", "original_time", "sent_at")
_FIRST_TIMED, _LAST_UNTIMED = "0", f"{TIMELESS}~"
_READ_AT_ONCE = 50
Place = str
"""Of an event among those of its anchor: its sort key; without a time of its own, the one it got before that."""


class Insertion(StrEnum):
    """How the insert of one event ended. REDELIVERED: the item there is this very record's, stored before."""

    STORED = "stored"
    REDELIVERED = "redelivered"
    DUPLICATE = "duplicate"
    REUSED = "reused"
    CONTENDED = "contended"


class Happened(NamedTuple):
    """Of an event: the hash it lies under, and when it happened."""

    anchor: str
    time: str


class Found(NamedTuple):
    """What a page of a scan held, where to go on, None at the end, and how many events were read for it."""

    events: list[Happened]
    after: Key | None
    read: int


class RefusedInsertError(Exception):
    """DynamoDB won't take this item, however often it is tried. Names the origin and the code, no value."""

    def __init__(self, origin: str, code: str) -> None:
        super().__init__(f"{code} for the event of {origin}")
        self.origin = origin


@dataclass(frozen=True, slots=True)
class EventStore:
    """`table` is the deployed name of the events table."""

    table: str

    def insert(
        self, events: Sequence[Event], retention_days: Mapping[str, int]
    ) -> list[Insertion | RefusedInsertError]:
        """An outcome for each event, in order: of several with one key the first is inserted and the others are told
        from it. `retention_days` is by source id.
        """
        first: dict[tuple[str, str], Event] = {}
        for event in events:
            first.setdefault((event.pk, event.sk), event)
        items = [_stored(to_item(event, retention_days[event.source_id])) for event in first.values()]
        codes = dict(zip(first, insert_items(self.table, items), strict=True))
        there: dict[tuple[str, str], Mapping[str, Any]] = {
            key: {"origin": first[key].origin, "digest": first[key].digest}
            for key, code in codes.items()
            if code == INSERTED
        }
        unknown = [key for key, code in codes.items() if code == THERE_ALREADY]
        there |= batch_get(self.table, unknown, consistent=True, names=("origin", "digest"))
        return [_insertion(event, codes[event.pk, event.sk], there.get((event.pk, event.sk))) for event in events]

    def remove(self, event: Event) -> None:
        """Of an erased person; nothing where it is gone already."""
        dynamodb().delete_item(TableName=self.table, Key=to_attributes({"pk": event.pk, "sk": event.sk}))

    def reduce(self, event: Event) -> None:
        """Keep no more of a stored event than this; nothing where it is gone already."""
        said = to_item(event, 0)
        try:
            dynamodb().update_item(
                TableName=self.table,
                Key=to_attributes({"pk": event.pk, "sk": event.sk}),
                UpdateExpression="SET identifiers = :identifiers, #event = :event REMOVE packed",
                ConditionExpression="attribute_exists(pk)",
                ExpressionAttributeNames={"#event": "event"},
                ExpressionAttributeValues=to_attributes({f":{name}": said[name] for name in ("identifiers", "event")}),
            )
        except dynamodb().exceptions.ConditionalCheckFailedException:
            return

    def get(self, keys: Iterable[tuple[str, str]]) -> list[Event]:
        """The events that exist among these keys, expired ones not."""
        now = time.time()
        return [to_event(item) for item in batch_get(self.table, keys, consistent=True).values() if item["ttl"] > now]

    def existing(self, keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
        """When the events of these keys were stored, of those that have an item, expired or not."""
        return {key: item["stored_at"] for key, item in batch_get(self.table, keys, names=("stored_at",)).items()}

    def of_anchor(
        self, anchor: str, *, last: Place = "", forward: bool = True, page_size: int | None = None
    ) -> Iterator[tuple[Place, Event]]:
        """An anchor's events by their places, up to `last`; expired ones not."""
        sides = self._timed(anchor, last, forward, page_size), self._untimed(anchor, last, forward)
        return heapq.merge(*sides, key=itemgetter(0), reverse=not forward)

    def _timed(self, anchor: str, last: Place, forward: bool, page_size: int | None) -> Iterator[tuple[Place, Event]]:
        if last and last < _FIRST_TIMED:
            return
        now = time.time()
        bounds = {"first": _FIRST_TIMED, "last": last}
        for item in query(
            self.table, anchor_pk(anchor), **bounds, forward=forward, consistent=True, page_size=page_size
        ):
            if item["ttl"] > now:
                yield item["sk"], to_event(item)

    def _untimed(self, anchor: str, last: Place, forward: bool) -> Iterator[tuple[Place, Event]]:
        """Their keys say no time, so all keys are read first, and the events as they are asked for."""
        pk = anchor_pk(anchor)
        keys = query(self.table, pk, last=_LAST_UNTIMED, consistent=True, names=("time",))
        found = {item["sk"]: f"{item['time']}{item['sk']}" for item in islice(keys, MOST_UNTIMED + 1)}
        if len(found) > MOST_UNTIMED:
            now = time.time()
            for item in query(self.table, pk, last=min(last or "~", _LAST_UNTIMED), forward=forward, consistent=True):
                if item["ttl"] > now:
                    yield item["sk"], to_event(item)
            return
        wanted = sorted((place, sk) for sk, place in found.items() if not last or place <= last)
        for part in chunks(wanted if forward else reversed(wanted), _READ_AT_ONCE):
            events = {event.sk: event for event in self.get((pk, sk) for _, sk in part)}
            yield from ((place, events[sk]) for place, sk in part if sk in events)

    def kept_of_anchor(self, anchor: str) -> Iterator["StoredEvent"]:
        """All that is still there under an anchor, expired or not: what a fold starts from."""
        from shared.domain.baselines import StoredEvent  # brings all of folding: who stores events folds none

        items = query(self.table, anchor_pk(anchor), consistent=True)
        return (StoredEvent(to_event(item), item["ttl"]) for item in items)

    def scan(self, segment: Segment, source: str = "", first: str = "", last: str = "") -> Found:
        """Those of a page that name somebody, of a source and received from `first` to `last`, empty for any."""
        wanted = {"source": ("#source_id = :source", source), "first": ("#received_at >= :first", first)}
        wanted["last"] = ("#received_at <= :last", last)
        given = {name: value for name, (_, value) in wanted.items() if value}
        where = " AND ".join(["begins_with(#pk, :anchors)", *(wanted[name][0] for name in given)])
        values = {":anchors": anchor_pk(""), **{f":{name}": value for name, value in given.items()}}
        items, after, read = scan_page(self.table, segment, ("source_id", "received_at", "time"), where, values)
        found = [Happened(item["pk"].removeprefix(anchor_pk("")), item["time"]) for item in items]
        return Found(found, after, read)


def _insertion(event: Event, code: str, there: Mapping[str, Any] | None) -> Insertion | RefusedInsertError:
    if there is None:
        contended = code in CONTENDED or code == THERE_ALREADY  # there, and expired before it was read
        return Insertion.CONTENDED if contended else RefusedInsertError(event.origin, code)
    if there["origin"] == event.origin:
        return Insertion.STORED if code == INSERTED else Insertion.REDELIVERED
    return Insertion.DUPLICATE if there["digest"] == event.digest else Insertion.REUSED


def to_item(event: Event, retention_days: int) -> dict[str, Any]:
    """The form that is told and kept, here with its body packed; None stands for an absent attribute."""
    return {
        **{name: getattr(event, name) for name in _PLAIN},
        "v": SCHEMA,
        "skewed": event.skewed or None,
        "replayed": event.replayed or None,
        "identifiers": _dump([[i.identifier.namespace, i.identifier.value, i.hash] for i in event.identifiers]),
        "event": _dump(event.body),
        "ttl": int(from_text(event.stored_at).timestamp()) + retention_days * _SECONDS_A_DAY,
    }


def _stored(item: dict[str, Any]) -> dict[str, Any]:
    if len(item["event"].encode()) < PACKED_FROM:
        return item
    return {**item, "event": None, "packed": packed(item["event"], BODY)}


def body_of(item: Mapping[str, Any]) -> str:
    """JSON of the canonical event. KeyError or ValueError where there is none."""
    text: str = item["event"] if "event" in item else unpacked(item["packed"])
    return text


def to_event(item: Mapping[str, Any]) -> Event:
    """An item of the table or of its stream. KeyError or ValueError where it isn't one."""
    plain: dict[str, Any] = {name: item.get(name) if name in _OPTIONAL else item[name] for name in _PLAIN}
    return Event(
        **plain,
        skewed=item.get("skewed", False),
        replayed=item.get("replayed", False),
        identifiers=identifiers_of(item),
        body=json.loads(body_of(item)),
    )


def identifiers_of(item: Mapping[str, Any]) -> tuple[HashedIdentifier, ...]:
    """Those of an item, the anchor first."""
    read = json.loads(item["identifiers"])
    return tuple(HashedIdentifier(Identifier(namespace, value), hashed) for namespace, value, hashed in read)


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
