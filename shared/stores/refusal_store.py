"""The door to refusals that were heard: on their identifier at once, before the event that says so is folded."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.aws.clients import dynamodb
from shared.aws.dynamo import batch_get, to_attributes
from shared.domain.refusals import Refusals
from shared.stores.contention import contention
from shared.stores.keys import REFUSALS, identifier_pk
from shared.stores.tables import TTL_ATTRIBUTE

SCHEMA = 1
KEPT = timedelta(days=14)
"""Longer than an event can wait to be folded without being among the dead letters."""

_SIGNAL = "signal:"


@dataclass(frozen=True, slots=True)
class RefusalStore:
    """`table` is the deployed name of the profiles table."""

    table: str

    def put(self, hashes: Collection[str], refused: Mapping[str, str], now: datetime) -> None:
        """Note refusals, {signal: time}, on each of these identifiers. ContentionError where DynamoDB is busy."""
        for hashed in hashes:
            for signal, time in refused.items():
                with contention():
                    self._put(hashed, signal, time, now)

    def find(self, hashes: Collection[str]) -> Refusals:
        """Of these identifiers, those on which something was refused. Read consistently."""
        with contention():
            found = batch_get(self.table, [(identifier_pk(one), REFUSALS) for one in hashes], consistent=True)
        return {
            pk.removeprefix(identifier_pk("")): {
                name.removeprefix(_SIGNAL): time for name, time in item.items() if name.startswith(_SIGNAL)
            }
            for (pk, _), item in found.items()
        }

    def _put(self, hashed: str, signal: str, time: str, now: datetime) -> None:
        values = {":time": time, ":v": SCHEMA, ":ttl": int((now + KEPT).timestamp())}
        try:
            dynamodb().update_item(
                TableName=self.table,
                Key=to_attributes({"pk": identifier_pk(hashed), "sk": REFUSALS}),
                UpdateExpression="SET #signal = :time, #ttl = :ttl, v = :v",
                ConditionExpression="attribute_not_exists(#signal) OR #signal < :time",
                ExpressionAttributeNames={"#signal": f"{_SIGNAL}{signal}", "#ttl": TTL_ATTRIBUTE},
                ExpressionAttributeValues=to_attributes(values),
            )
        except dynamodb().exceptions.ConditionalCheckFailedException:
            return  # one as new is there
