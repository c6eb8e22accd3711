"""The door to decisions in the identity ledger: why who is who."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from shared.aws.dynamo import Item, batch_get, query
from shared.stores.keys import profile_pk


@dataclass(frozen=True, slots=True)
class Recorded:
    """An entry as it lies in the ledger; `event` is the key of the first that decided so."""

    profile_id: str
    entry: str
    reason: str
    event: str
    source_id: str
    first: str
    last: str
    count: int
    rules: int
    effect: dict[str, Any]


@dataclass(frozen=True, slots=True)
class DecisionStore:
    """`table` is the deployed name of the ledger."""

    table: str

    def of_profile(self, profile_id: str) -> Iterator[Recorded]:
        """All that was decided of a profile while it had this id."""
        return map(_recorded, query(self.table, profile_pk(profile_id)))

    def get(self, keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Recorded]:
        """Those that there are, by profile id and entry."""
        found = batch_get(self.table, [(profile_pk(profile_id), entry) for profile_id, entry in keys])
        return {(one.profile_id, one.entry): one for one in map(_recorded, found.values())}


def _recorded(item: Item) -> Recorded:
    return Recorded(
        profile_id=item["pk"].removeprefix(profile_pk("")),
        entry=item["sk"],
        reason=item.get("reason", ""),
        event=item.get("event", ""),
        source_id=item.get("source_id", ""),
        first=item.get("first", ""),
        last=item.get("last", ""),
        count=item.get("count", 1),
        rules=item.get("rules", 0),
        effect=json.loads(item.get("effect", "{}")),
    )
