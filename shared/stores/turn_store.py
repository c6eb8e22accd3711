"""The door to the pace of destinations that have a rate: an item each, which all processes of deliver change."""

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import astuple, dataclass
from datetime import datetime
from typing import Any

from shared.aws.clients import dynamodb
from shared.aws.dynamo import get_item, to_attributes
from shared.domain.turns import Pace, turns
from shared.stores.contention import ContentionError, contention
from shared.stores.keys import RATES
from shared.stores.tables import TTL_ATTRIBUTE

SCHEMA = 1
_TRIES = 10
"""deliver runs ten times at once at most, and one of those who race wins each time."""

_KEPT_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class TurnStore:
    """`table` is the deployed name of the ledger."""

    table: str

    def take(self, destination_id: str, asked: Sequence[bool], per_second: int, now: datetime) -> list[float | None]:
        """When each that asks may go, as shared.domain.turns says. ContentionError where that can't be written down."""
        for _ in range(_TRIES):
            with contention():
                item = get_item(self.table, RATES, destination_id, consistent=True)
            before = item["pace"] if item else ""
            after, found = turns(Pace(*json.loads(before or "[]")), asked, per_second, now.timestamp())
            if self._put(destination_id, before, after):
                return found
        raise ContentionError

    def _put(self, destination_id: str, before: str, after: Pace) -> bool:
        """False where another process was faster."""
        expires = max(after.second, after.line // 1000) + _KEPT_SECONDS
        item = {"pk": RATES, "sk": destination_id, "v": SCHEMA, "pace": json.dumps(astuple(after))}
        known: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(pk)"}
        if before:
            values = {":before": {"S": before}}
            known = {"ConditionExpression": "pace = :before", "ExpressionAttributeValues": values}
        with contention(), suppress(dynamodb().exceptions.ConditionalCheckFailedException):
            item_of = to_attributes({**item, TTL_ATTRIBUTE: expires})
            dynamodb().put_item(TableName=self.table, Item=item_of, **known)
            return True
        return False
