"""The door to marks of people whose consent changes by time alone, by hour: so that nobody is scanned for."""

from collections.abc import Iterator
from dataclasses import dataclass

from shared.aws.dynamo import Item, delete_items, query
from shared.stores.keys import due_pk


def mark_item(hour: str, profile_id: str) -> Item:
    """Written in the transaction of the profile."""
    return {"pk": due_pk(hour), "sk": profile_id, "v": 1}


@dataclass(frozen=True, slots=True)
class DueConsents:
    """`table` is the deployed name of the ledger."""

    table: str

    def of_hour(self, hour: str) -> Iterator[str]:
        """Ids of profiles, which may have been merged since."""
        return (item["sk"] for item in query(self.table, due_pk(hour), consistent=True))

    def forget(self, hour: str, profile_id: str) -> None:
        delete_items(self.table, [(due_pk(hour), profile_id)])
