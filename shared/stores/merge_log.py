"""Merges by day, in the ledger: written with each merge in its own transaction, so that the lake never needs a scan."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from shared.aws.dynamo import query
from shared.domain.times import to_text
from shared.stores.keys import merge_pk

SCHEMA = 1
SHARDS = 8
_DAY = len("2026-11-21")


class Merge(NamedTuple):
    """`loser` went into `winner`; by now that may have gone on into another."""

    loser: str
    winner: str
    at: str


def merge_item(loser: str, winner: str, now: datetime) -> dict[str, Any]:
    """The item of one merge, spread over shards so that a night of merges has no hot partition."""
    at = to_text(now)
    pk = merge_pk(at[:_DAY], zlib.crc32(loser.encode()) % SHARDS)
    return {"pk": pk, "sk": loser, "v": SCHEMA, "winner": winner, "at": at}


@dataclass(frozen=True, slots=True)
class MergeLog:
    """`table` is the deployed name of the ledger."""

    table: str

    def of_day(self, day: str) -> Iterator[Merge]:
        for shard in range(SHARDS):
            for item in query(self.table, merge_pk(day, shard)):
                yield Merge(item["sk"], item["winner"], item["at"])
