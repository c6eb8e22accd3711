"""Who is in a segment, found by reading everybody: no write costs more for it, and nothing of it has to be erased."""

import json
from dataclasses import dataclass
from typing import NamedTuple

from shared.aws.dynamo import Key, Segment, scan_page
from shared.domain.told import IN
from shared.stores.contention import contention
from shared.stores.keys import PROFILE, profile_pk
from shared.stores.profile_items import plain

MOST_PAGES = 30
"""Megabytes that are read for one answer, in a second or two."""

_WHERE = "#sk = :profile AND #status = :active AND (contains(#changes, :in) OR attribute_exists(#packed))"
"""What is packed DynamoDB can't look into: it is looked into here, at 10 microseconds a profile."""


class Member(NamedTuple):
    """`arm` is empty where the segment isn't split."""

    profile_id: str
    since: str
    arm: str


@dataclass(frozen=True, slots=True)
class MembershipScan:
    """`table` is the deployed name of the profiles table."""

    table: str

    def page(self, segment_id: str, limit: int, after: Key | None) -> tuple[list[Member], Key | None]:
        """Up to `limit` members, as they were told last, in no order, and the key to go on behind; None at the end.
        There may be fewer, or none, and yet more to come.
        """
        fact, found = f"segment:{segment_id}", list[Member]()
        is_in = f'"{fact}":["{IN}'
        values, names = {":profile": PROFILE, ":active": "active", ":in": is_in}, ("status", "changes", "packed")
        for _ in range(MOST_PAGES):
            with contention():
                items, after, _ = scan_page(self.table, Segment(0, 1, after), names, _WHERE, values)
            for item in items:
                changes: str = plain(item)["changes"]
                if is_in not in changes:
                    continue
                value, _, at, *_ = json.loads(changes)[fact]
                found.append(Member(item["pk"].removeprefix(profile_pk("")), at, value.partition(":")[2]))
                if len(found) == limit:
                    return found, (item["pk"], item["sk"])
            if after is None:
                break
        return found, after
