"""How far the sweep of marks came, and whether one is under way: minutes that are over are not looked at again."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from botocore.exceptions import ClientError

from shared.aws.clients import dynamodb
from shared.aws.dynamo import to_attributes
from shared.domain.due_moments import GRACE, minute_of
from shared.domain.times import to_text
from shared.stores.keys import SWEEP

LONGEST = timedelta(seconds=60)
"""A sweep that was killed is under way for so long: the time-out of its function."""

_KEY = to_attributes({"pk": SWEEP, "sk": SWEEP})


@dataclass(frozen=True, slots=True)
class SweepProgress:
    """`table` is the deployed name of the ledger."""

    table: str

    def begin(self, now: datetime) -> str | None:
        """The first minute to be looked at; None while another sweep is under way."""
        try:
            item = dynamodb().update_item(
                TableName=self.table,
                Key=_KEY,
                UpdateExpression="SET busy_until = :until",
                ConditionExpression="attribute_not_exists(busy_until) OR busy_until <= :now",
                ExpressionAttributeValues=to_attributes({":until": to_text(now + LONGEST), ":now": to_text(now)}),
                ReturnValues="ALL_NEW",
            )["Attributes"]
        except ClientError as error:
            if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
                return None
            raise
        return item["next_minute"]["S"] if "next_minute" in item else minute_of(now - GRACE)

    def end(self, next_minute: str) -> None:
        """Another sweep may begin, with this minute."""
        dynamodb().update_item(
            TableName=self.table,
            Key=_KEY,
            UpdateExpression="SET next_minute = :next REMOVE busy_until",
            ExpressionAttributeValues=to_attributes({":next": next_minute}),
        )
