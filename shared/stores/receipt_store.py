"""The door to receipts of erasures, in the privacy table: each is written once."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.aws.clients import dynamodb
from shared.aws.dynamo import get_item, to_attributes
from shared.stores.keys import RECEIPTS

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class ReceiptStore:
    """`table` is the deployed name of the privacy table."""

    table: str

    def put_once(self, receipt: Mapping[str, Any]) -> None:
        """The first one of a request stands."""
        body = json.dumps(receipt, ensure_ascii=False)
        try:
            dynamodb().put_item(
                TableName=self.table,
                Item=to_attributes({"pk": RECEIPTS, "sk": receipt["request_id"], "v": SCHEMA, "receipt": body}),
                ConditionExpression="attribute_not_exists(pk)",
            )
        except dynamodb().exceptions.ConditionalCheckFailedException:
            return

    def find(self, request_id: str) -> dict[str, Any] | None:
        item = get_item(self.table, RECEIPTS, request_id, consistent=True)
        if item is None:
            return None
        found: dict[str, Any] = json.loads(item["receipt"])
        return found
