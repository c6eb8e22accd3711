"""The door to quarantine: what was refused, with its bytes, so that it can be mended and sent again."""

from collections.abc import Sequence
from dataclasses import dataclass

import zstandard

from shared.aws.dynamo import Item, put_items
from shared.aws.objects import put_object
from shared.domain.times import from_text
from shared.stores.keys import quarantine_pk

SCHEMA = 1
_KEPT_SECONDS = 30 * 86_400
_MOST_IN_ITEM = 300_000
_DAY = len("2026-11-21")


@dataclass(frozen=True, slots=True)
class Quarantined:
    """`body` is the JSON as it came, or the bytes of a record that isn't any."""

    source_id: str
    received_at: str
    origin: str
    reason: str
    field: str | None
    fix: str
    message_id: str | None
    correlation_id: str
    body: bytes


@dataclass(frozen=True, slots=True)
class QuarantineStore:
    """`table` and `bucket` are the deployed names of the quarantine table and the log bucket."""

    table: str
    bucket: str

    def put(self, refused: Sequence[Quarantined]) -> None:
        """Keep them. Putting the same again changes nothing."""
        put_items(self.table, [self._item(one) for one in refused])

    def _item(self, one: Quarantined) -> Item:
        body: bytes | None = zstandard.ZstdCompressor().compress(one.body)
        name: str | None = None
        if body and len(body) > _MOST_IN_ITEM:
            name = f"quarantine/{one.source_id}/{one.origin}"
            put_object(self.bucket, name, body)
            body = None
        return {
            "pk": quarantine_pk(one.source_id, one.received_at[:_DAY]),
            "sk": f"{one.received_at}#{one.origin}",
            "v": SCHEMA,
            "reason": one.reason,
            "field": one.field,
            "fix": one.fix,
            "message_id": one.message_id,
            "body": body,
            "body_object": name,
            "received_at": one.received_at,
            "correlation_id": one.correlation_id,
            "ttl": int(from_text(one.received_at).timestamp()) + _KEPT_SECONDS,
        }
