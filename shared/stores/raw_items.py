"""The door to items of people as they are stored, spoiled or not: to compare them, and to put right what is wrong."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from shared.aws.clients import dynamodb
from shared.aws.dynamo import Item, Key, batch_get, query, to_attributes
from shared.domain.identity import Ownership
from shared.domain.profiles import Profile, sealed
from shared.domain.remembered import Busy, both_busy, number_of
from shared.stores import profile_items
from shared.stores.contention import contention
from shared.stores.keys import RECENT, profile_pk
from shared.stores.profile_store import WriteReason


@dataclass(frozen=True, slots=True)
class RawItems:
    """`table` is the deployed name of the profiles table. ContentionError where an item has changed since it was read;
    None stands for one that isn't there.
    """

    table: str

    def get(self, keys: Iterable[Key]) -> dict[Key, Item]:
        with contention():
            return batch_get(self.table, keys, consistent=True)

    def busy_beside(self, profile_ids: Iterable[str]) -> dict[str, Busy]:
        """Of which anchors there are buckets beside these profiles, for who doesn't say it any more."""
        found: dict[str, Busy] = {}
        for profile_id in profile_ids:
            with contention():
                read = [*query(self.table, profile_pk(profile_id), prefix=RECENT, consistent=True)]
            for (anchor, quarter), hashes in map(profile_items.to_bucket, read):
                here = Busy((profile_id,), {quarter: number_of({quarter: hashes})})
                found[anchor] = both_busy(found[anchor], here) if anchor in found else here
        return found

    def put_ownership(self, there: Mapping[str, Any] | None, ownership: Ownership) -> None:
        self._put(there, profile_items.ownership_item(ownership), ("periods", "decisions"))

    def put_tombstone(
        self, there: Mapping[str, Any] | None, tombstone: Profile, reason: WriteReason, now: datetime
    ) -> None:
        said = profile_items.plain(there) if there else {}
        known = replace(tombstone, version=said["version"], created_at=said["created_at"]) if said else tombstone
        cause, silent = reason.cause, reason.is_silent
        item = profile_items.profile_item(sealed(known, now), cause, reason.correlation_id, None, silent)
        self._put(there, item, ("version",))

    def _put(self, there: Mapping[str, Any] | None, item: Item, names: Sequence[str]) -> None:
        condition, values = "attribute_not_exists(pk)", {}
        if there is not None:
            values = {f":{name}": there[name] for name in names if name in there}
            present = [f"{name} = :{name}" for name in names if name in there]
            absent = [f"attribute_not_exists({name})" for name in names if name not in there]
            condition = " AND ".join((*present, *absent))
        more: Any = {"ExpressionAttributeValues": to_attributes(values)} if values else {}
        with contention():
            dynamodb().put_item(TableName=self.table, Item=to_attributes(item), ConditionExpression=condition, **more)
