"""What changed hands by day, in the ledger: written with each change in its own transaction, as merges are.

An identifier of one person became another's, by a split or a contest; the id of a merged profile was led elsewhere.
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from shared.aws.dynamo import Item, Key, query
from shared.domain.times import to_text
from shared.stores.keys import identifier_pk, moved_pk, profile_pk
from shared.stores.merge_log import SHARDS, Merge

SCHEMA = 1
_DAY = len("2026-11-21")


class Moved(NamedTuple):
    """An identifier, by hash, of which some periods changed hands."""

    hash: str
    at: str


def moved_item(hashed: str, now: datetime) -> dict[str, Any]:
    """The item of an identifier that changes hands."""
    return _item(identifier_pk(hashed), to_text(now), {})


def led_item(profile_id: str, to: str, now: datetime) -> dict[str, Any]:
    """The item of a merged profile whose id leads to another one than before."""
    return _item(profile_pk(profile_id), to_text(now), {"to": to})


def _item(subject: str, at: str, more: dict[str, str]) -> dict[str, Any]:
    pk, sk = key_of_move(subject, at)
    return {"pk": pk, "sk": sk, "v": SCHEMA, "at": at, **more}


def key_of_move(subject: str, at: str) -> Key:
    """Where the change of hands of an identifier or of a merged id (`I#…`, `P#…`) lies that was written then."""
    return moved_pk(at[:_DAY], zlib.crc32(subject.encode()) % SHARDS), subject


@dataclass(frozen=True, slots=True)
class MoveLog:
    """`table` is the deployed name of the ledger."""

    table: str

    def of_day(self, day: str) -> Iterator[Moved]:
        prefix = identifier_pk("")
        return (Moved(item["sk"].removeprefix(prefix), item["at"]) for item in self._items(day, prefix))

    def led_on(self, day: str) -> Iterator[Merge]:
        """Merged profiles and whom their ids lead to from then on."""
        prefix = profile_pk("")
        items = self._items(day, prefix)
        return (Merge(item["sk"].removeprefix(prefix), item["to"], item["at"]) for item in items)

    def _items(self, day: str, prefix: str) -> Iterator[Item]:
        for shard in range(SHARDS):
            yield from query(self.table, moved_pk(day, shard), prefix=prefix)
