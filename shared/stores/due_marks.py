"""The door to marks of people whom time alone may change, by minute, so that nobody is scanned for."""

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

from shared.aws.dynamo import Item, Key, delete_items, query
from shared.domain.due_moments import minute_of
from shared.domain.times import from_text
from shared.stores.contention import contention
from shared.stores.keys import due_pk
from shared.stores.tables import TTL_ATTRIBUTE

SHARDS = 8
"""Of each minute: a partition takes about 1,000 deletions a second."""

KEPT = timedelta(days=30)
"""How long after its moment a mark waits for a sweep that stands still."""


class Mark(NamedTuple):
    """The moment from which on a profile is to be looked at. Its id may be one that was merged since."""

    moment: str
    profile_id: str


def key_of_mark(mark: Mark) -> Key:
    shard = zlib.crc32(mark.profile_id.encode()) % SHARDS
    return due_pk(minute_of(mark.moment), shard), f"{mark.moment}#{mark.profile_id}"


def mark_item(mark: Mark) -> Item:
    """Written in the transaction of the profile."""
    pk, sk = key_of_mark(mark)
    return {"pk": pk, "sk": sk, "v": 1, TTL_ATTRIBUTE: int((from_text(mark.moment) + KEPT).timestamp())}


@dataclass(frozen=True, slots=True)
class DueMarks:
    """`table` is the deployed name of the ledger."""

    table: str

    def of_minute(self, minute: str, shard: int) -> Iterator[Mark]:
        """By moment. ContentionError where DynamoDB is busy. Read weakly: what one sweep misses, the next ones see."""
        with contention():
            for item in query(self.table, due_pk(minute, shard)):
                yield Mark(*item["sk"].split("#", 1))

    def forget(self, marks: Iterable[Mark]) -> None:
        delete_items(self.table, map(key_of_mark, marks))
