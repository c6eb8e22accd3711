"""Merges by day, in the ledger: written with each merge in its own transaction, so that the lake never needs a scan."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from shared.aws.dynamo import Item, Key, query
from shared.domain.stitching import LedgerEntry
from shared.domain.times import to_text
from shared.stores.keys import merge_pk

SCHEMA = 1
SHARDS = 8
_DAY = len("2026-11-21")
_PAGE = 100
"""An undo reads on after each person it has split."""


class Merge(NamedTuple):
    """`loser` went into `winner`; by now that may have gone on into another."""

    loser: str
    winner: str
    at: str


class Made(NamedTuple):
    """A merge and what made it: the version of the rules, the source and key of its event, and the identifiers that
    the event joined."""

    merge: Merge
    source_id: str
    rules: int
    event: str
    through: tuple[str, ...]


def merge_item(loser: str, winner: str, now: datetime, made_by: LedgerEntry) -> dict[str, Any]:
    """The item of one merge, spread over shards so that a night of merges has no hot partition."""
    at = to_text(now)
    pk, _ = key_of_merge(loser, at)
    made = {"source_id": made_by.source_id, "rules": made_by.rules, "event": made_by.event}
    return {"pk": pk, "sk": loser, "v": SCHEMA, "winner": winner, "at": at} | {
        **made,
        "through": " ".join(made_by.effect["through"]),
    }


def key_of_merge(loser: str, at: str) -> Key:
    """Where the merge of a loser lies that was written then."""
    return merge_pk(at[:_DAY], zlib.crc32(loser.encode()) % SHARDS), loser


@dataclass(frozen=True, slots=True)
class MergeLog:
    """`table` is the deployed name of the ledger."""

    table: str

    def of_day(self, day: str) -> Iterator[Merge]:
        for shard in range(SHARDS):
            for item in query(self.table, merge_pk(day, shard)):
                yield _merge(item)

    def made(self, day: str, shard: int, after: str = "") -> Iterator[Made]:
        """Merges of a day and shard by the loser's id; those behind `after`."""
        items = query(self.table, merge_pk(day, shard), first=after, consistent=True, page_size=_PAGE)
        for item in items:
            if item["sk"] != after:
                plain = (item["source_id"], item["rules"], item["event"])
                yield Made(_merge(item), *plain, tuple(item["through"].split()))


def _merge(item: Item) -> Merge:
    return Merge(item["sk"], item["winner"], item["at"])
