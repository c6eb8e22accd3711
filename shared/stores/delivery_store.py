"""The door to delivery entries of the ledger: what became of each fact at each destination."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from shared.aws.clients import dynamodb
from shared.aws.dynamo import Item, get_item, query, to_attributes
from shared.domain.times import to_text
from shared.stores.keys import delivery_pk
from shared.stores.tables import TTL_ATTRIBUTE

SCHEMA = 1
KEPT = timedelta(days=90)

Status = Literal["delivered", "withheld", "refused", "failed", "held"]


@dataclass(frozen=True, slots=True)
class Delivery:
    """`failed` is what a redrive may still turn into one of the others, which are final; `held` what comes again, not
    before `until`, or without it when its destination goes on. `fact` is the message that brought it, `redelivery` the
    request by which it went there once more. `counts`: of a change in bulk, how many people by what became of them.
    """

    destination_id: str
    fact_id: str
    status: Status
    attempts: int
    profile_id: str
    detail_type: str
    reason: str | None = None
    code: int | None = None
    until: str | None = None
    fact: str | None = field(default=None, compare=False)
    redelivery: str | None = None
    counts: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_final(self) -> bool:
        return self.status not in ("failed", "held")


class Asked(NamedTuple):
    """Which deliveries a redelivery is of: one fact, or those that ended from `since` on and before `until`."""

    fact_id: str = ""
    since: str = ""
    until: str = ""
    status: str = ""

    def has(self, at: str, one: Delivery) -> bool:
        """Those before facts were kept can't go again."""
        is_asked = self.status in ("", one.status) and self.fact_id in ("", one.fact_id) and bool(one.fact)
        return is_asked and self.since <= at and (not self.until or at < self.until)


@dataclass(frozen=True, slots=True)
class DeliveryStore:
    """`table` is the deployed name of the ledger."""

    table: str

    def find(self, destination_id: str, fact_id: str) -> Delivery | None:
        """Read consistently: this is what keeps a repeated message from being posted again."""
        item = get_item(self.table, delivery_pk(destination_id), fact_id, consistent=True)
        if item is None:
            return None
        return _delivery(destination_id, item)

    def of_destination(self, destination_id: str, after: str, page_size: int) -> Iterator[tuple[str, Delivery]]:
        """When each ended, and how, by fact id behind `after`; page after page as the caller goes on."""
        for item in query(self.table, delivery_pk(destination_id), first=after, page_size=page_size):
            if item["sk"] != after:
                yield item["at"], _delivery(destination_id, item)

    def put(self, delivery: Delivery, now: datetime) -> None:
        """Record an end. One that says delivered is replaced by that of a redelivery alone."""
        item = {
            "pk": delivery_pk(delivery.destination_id),
            "sk": delivery.fact_id,
            "v": SCHEMA,
            "status": delivery.status,
            "reason": delivery.reason,
            "code": delivery.code,
            "until": delivery.until,
            "fact": delivery.fact,
            "redelivery": delivery.redelivery,
            "counts": json.dumps(dict(delivery.counts)) if delivery.counts else None,
            "attempts": delivery.attempts,
            "at": to_text(now),
            "profile_id": delivery.profile_id,
            "detail_type": delivery.detail_type,
            TTL_ATTRIBUTE: int((now + KEPT).timestamp()),
        }
        if delivery.redelivery:
            dynamodb().put_item(TableName=self.table, Item=to_attributes(item))
            return
        try:
            dynamodb().put_item(
                TableName=self.table,
                Item=to_attributes(item),
                ConditionExpression="attribute_not_exists(pk) OR #status <> :delivered",
                ExpressionAttributeNames={"#status": "status"},
                ExpressionAttributeValues={":delivered": {"S": "delivered"}},
            )
        except dynamodb().exceptions.ConditionalCheckFailedException:
            return  # another worker delivered it meanwhile: that stands


def _delivery(destination_id: str, item: Item) -> Delivery:
    return Delivery(
        destination_id=destination_id,
        fact_id=item["sk"],
        status=item["status"],
        attempts=item["attempts"],
        profile_id=item["profile_id"],
        detail_type=item["detail_type"],
        reason=item.get("reason"),
        code=item.get("code"),
        until=item.get("until"),
        fact=item.get("fact"),
        redelivery=item.get("redelivery"),
        counts=json.loads(item.get("counts", "{}")),
    )
