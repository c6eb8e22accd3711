"""The door to how many people were in each segment, day by day: counted from each profile snapshot."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from shared.aws.dynamo import put_items, query
from shared.stores.keys import sizes_pk

SCHEMA = 1


class Size(NamedTuple):
    """As of `at`, the day's last snapshot."""

    day: str
    members: int
    at: str


@dataclass(frozen=True, slots=True)
class SegmentSizes:
    """`table` is the deployed name of the ledger."""

    table: str

    def put(self, sizes: Mapping[str, int], at: str) -> None:
        """Those of a day, over what was counted on it before."""
        put_items(
            self.table,
            [
                {"pk": sizes_pk(segment), "sk": at[:10], "v": SCHEMA, "members": members, "at": at}
                for segment, members in sizes.items()
            ],
        )

    def newest(self, segment_id: str, days: int) -> list[Size]:
        """Of up to so many days, the newest first."""
        items = query(self.table, sizes_pk(segment_id), forward=False, page_size=days)
        return [Size(item["sk"], item["members"], item["at"]) for item in islice(items, days)]
