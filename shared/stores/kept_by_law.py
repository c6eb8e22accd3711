"""The door to what a law obliges the company to keep of the erased: erasures write it, and nothing here reads it."""

from collections.abc import Iterable
from dataclasses import dataclass

from shared.aws.dynamo import put_items
from shared.domain.retention_duties import Kept
from shared.stores.event_store import to_item
from shared.stores.keys import kept_pk
from shared.stores.tables import TTL_ATTRIBUTE

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class KeptByLaw:
    """`table` is the deployed name of the table."""

    table: str

    def put(self, kept: Iterable[Kept], request_id: str) -> None:
        """The same again changes nothing."""
        put_items(
            self.table,
            (
                {
                    **to_item(one.event, 0),
                    "pk": kept_pk(one.duty.id),
                    "sk": one.event.key,
                    "v": SCHEMA,
                    "basis": one.duty.basis,
                    "request_id": request_id,
                    TTL_ATTRIBUTE: one.until,
                }
                for one in kept
            ),
        )
