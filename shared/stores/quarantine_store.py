"""The door to quarantine: what was refused, with its bytes, so that it can be mended and sent again."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple

import zstandard

from shared.aws.batching import StillFailingError
from shared.aws.clients import dynamodb
from shared.aws.dynamo import Item, Key, Segment, delete_items, get_item, query, scan_page, to_attributes
from shared.aws.inserts import INSERTED, THERE_ALREADY, insert_items
from shared.aws.objects import delete_objects, find_object, get_object, put_object
from shared.domain.quarantine import Ending, EntryId, Quarantined
from shared.domain.times import from_text
from shared.stores.keys import quarantine_pk, quarantine_sk
from shared.stores.tables import QUARANTINE_DAYS, TTL_ATTRIBUTE

SCHEMA = 1
_KEPT_SECONDS = QUARANTINE_DAYS * 86_400
_MOST_IN_ITEM = 300_000
_DAY = len("2026-11-21")
_PAGE = 250
_AFTER_EVERY_ORIGIN = "~"
_TEXTS = ("reason", "field", "fix", "message_id", "correlation_id", "sent_at", "ip", "replay_of")
_MARKS = ("replayed_at", "replayed_by", "ending", "refused_as")
_LISTED = (*_TEXTS, *_MARKS, "received_at", "quarantined_at", "gpc", "replays", TTL_ATTRIBUTE)


class Held(NamedTuple):
    """An entry by its key, with its bytes; `body_object` is where those lie in the bucket, empty for in the item."""

    key: Key
    body_object: str
    body: bytes


@dataclass(frozen=True, slots=True)
class QuarantineStore:
    """`table`, `bucket` and `kms_key` are the deployed names of the quarantine table, the log bucket and quarantine's
    own key. Who only reads needs no key.
    """

    table: str
    bucket: str
    kms_key: str = ""

    def put(self, refused: Sequence[Quarantined]) -> None:
        """Keep them. What is there already stays as it is, with the marks of its replays."""
        codes = insert_items(self.table, [self._item(one) for one in refused])
        failed = [code for code in codes if code not in (INSERTED, THERE_ALREADY)]
        if failed:
            raise StillFailingError("quarantine", len(failed), failed)

    def find(self, entry_id: EntryId) -> Quarantined | None:
        """The entry with its bytes; None where there is none, or none any more."""
        item = get_item(self.table, *_key(entry_id), consistent=True)
        if item is None or item[TTL_ATTRIBUTE] <= time.time():
            return None
        body = item["body"] if "body" in item else get_object(self.bucket, item["body_object"])
        return _entry(item, _unpacked(body))

    def newest_first(self, source_id: str, first: str, last: str, after: str = "") -> Iterator[Quarantined]:
        """A source's entries without their bytes, by receipt from `last` back to `first` (UTC text, both included);
        those that come `after` an entry, named by what `position` gives of it.
        """
        newest = min(filter(None, (f"{last}{_AFTER_EVERY_ORIGIN}", after)))
        now = time.time()
        days = _days_back(newest[:_DAY], first[:_DAY]) if newest >= first else ()
        for day in days:
            for item in query(
                self.table,
                quarantine_pk(source_id, day),
                first=first,
                last=newest,
                forward=False,
                page_size=_PAGE,
                names=_LISTED,
            ):
                if item[TTL_ATTRIBUTE] > now and item["sk"] != after:
                    yield _entry(item, b"")

    def everything(self, after: Key | None = None) -> Iterator[tuple[list[Held], Key | None]]:
        """All that is kept behind a key, page after page, with its bytes, and where the next page begins."""
        segment: Segment | None = Segment(after=after)
        while segment:
            items, after, _ = scan_page(self.table, segment, ("body", "body_object"))
            yield [held for item in items if (held := self._held(item))], after
            segment = Segment(after=after) if after else None

    def delete(self, held: Sequence[Held]) -> None:
        """Their bytes first."""
        delete_objects(self.bucket, [one.body_object for one in held if one.body_object])
        delete_items(self.table, [one.key for one in held])

    def _held(self, item: Item) -> Held | None:
        """None where its bytes have expired before it."""
        name = item.get("body_object", "")
        found = find_object(self.bucket, name) if name else None
        packed = found.body if found else item.get("body")
        return Held((item["pk"], item["sk"]), name, _unpacked(packed)) if packed else None

    def mark_sent(self, entry_id: EntryId, by: str, at: str) -> None:
        """Say that the entry is sent again, by whom and when. One that was stored stays marked as stored."""
        self._update(
            entry_id,
            "SET replayed_at = :at, replayed_by = :by REMOVE ending, refused_as ADD replays :one",
            {":at": at, ":by": by, ":one": 1},
        )

    def mark_ended(self, entry_id: EntryId, ending: Ending, refused_as: EntryId | None) -> None:
        """Say how a replay of the entry ended. One that was stored stays marked as stored."""
        expression, values = "SET ending = :ending", {":ending": str(ending)}
        if refused_as:
            expression, values = f"{expression}, refused_as = :as", {**values, ":as": str(refused_as)}
        self._update(entry_id, expression, values)

    def remove(self, entry_id: EntryId) -> None:
        """The entry and its bytes; nothing where it is gone already."""
        pk, sk = _key(entry_id)
        item = get_item(self.table, pk, sk, consistent=True) or {}
        if "body_object" in item:
            delete_objects(self.bucket, [item["body_object"]])
        dynamodb().delete_item(TableName=self.table, Key=to_attributes({"pk": pk, "sk": sk}))

    def _update(self, entry_id: EntryId, expression: str, values: dict[str, Any]) -> None:
        pk, sk = _key(entry_id)
        try:
            dynamodb().update_item(
                TableName=self.table,
                Key=to_attributes({"pk": pk, "sk": sk}),
                UpdateExpression=expression,
                ConditionExpression="attribute_exists(pk) AND (attribute_not_exists(ending) OR ending <> :stored)",
                ExpressionAttributeValues=to_attributes({**values, ":stored": "stored"}),
            )
        except dynamodb().exceptions.ConditionalCheckFailedException:
            return  # stored, which is final, or expired meanwhile

    def _item(self, one: Quarantined) -> Item:
        body: bytes | None = zstandard.ZstdCompressor().compress(one.body)
        name: str | None = None
        if body and len(body) > _MOST_IN_ITEM:
            name = f"quarantine/{one.source_id}/{one.origin}"
            put_object(self.bucket, name, body, self.kms_key)
            body = None
        pk, sk = _key(one.id)
        return {
            "pk": pk,
            "sk": sk,
            "v": SCHEMA,
            **{name: getattr(one, name) for name in _TEXTS},
            "gpc": one.gpc or None,
            "body": body,
            "body_object": name,
            "received_at": one.received_at,
            "quarantined_at": one.quarantined_at,
            TTL_ATTRIBUTE: int(from_text(one.quarantined_at).timestamp()) + _KEPT_SECONDS,
        }


def _unpacked(body: bytes) -> bytes:
    return zstandard.ZstdDecompressor().decompress(body)


def position(entry: Quarantined) -> str:
    """Where an entry stands in the order of its source."""
    return quarantine_sk(entry.received_at, entry.origin)


def _key(entry_id: EntryId) -> tuple[str, str]:
    source_id, received_at, origin = entry_id
    return quarantine_pk(source_id, received_at[:_DAY]), quarantine_sk(received_at, origin)


def _days_back(last: str, first: str) -> Iterator[str]:
    newest = date.fromisoformat(last)
    for back in range((newest - date.fromisoformat(first)).days + 1):
        yield (newest - timedelta(days=back)).isoformat()


def _entry(item: Item, body: bytes) -> Quarantined:
    texts: dict[str, Any] = {name: item.get(name) for name in (*_TEXTS, *_MARKS)}
    source_id = item["pk"].removeprefix("Q#")[: -_DAY - 1]
    return Quarantined(
        source_id=source_id,
        origin=item["sk"].partition("#")[2],
        **texts,
        received_at=item["received_at"],
        quarantined_at=item["quarantined_at"],
        gpc=item.get("gpc", False),
        replays=item.get("replays", 0),
        body=body,
    )
