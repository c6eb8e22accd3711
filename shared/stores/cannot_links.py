"""The door to cannot-links in the ledger: who is kept apart from whom, by whom, since when, and who lifted it."""

import json
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Any

from botocore.exceptions import ClientError

from shared.aws.clients import dynamodb
from shared.aws.dynamo import Item, get_item, query, to_attributes
from shared.domain.times import to_text
from shared.stores.keys import LINKS

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class CannotLink:
    """`profile_ids` are those it was written for, by side; `reason` says what wrote it."""

    id: str
    profile_ids: tuple[str, ...]
    by: str
    at: str
    reason: str
    lifted_at: str = ""
    lifted_by: str = ""


@dataclass(frozen=True, slots=True)
class CannotLinks:
    """`table` is the deployed name of the ledger."""

    table: str

    def add(self, link: CannotLink) -> None:
        """Once; a link that is there stays as it is."""
        try:
            dynamodb().put_item(
                TableName=self.table,
                Item=to_attributes(item_of(link)),
                ConditionExpression="attribute_not_exists(pk)",
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise

    def lift(self, link: CannotLink, by: str, now: datetime) -> CannotLink:
        lifted = replace(link, lifted_at=to_text(now), lifted_by=by)
        dynamodb().put_item(TableName=self.table, Item=to_attributes(item_of(lifted)))
        return lifted

    def find(self, link_id: str) -> CannotLink | None:
        item = get_item(self.table, LINKS, link_id, consistent=True)
        return _link(item) if item else None

    def newest(self, limit: int, before: str = "") -> list[CannotLink]:
        """Up to `limit`, newest first; `before` is the id after which they begin."""
        items = query(self.table, LINKS, last=before, forward=False, consistent=True, page_size=limit + 1)
        return list(islice((_link(item) for item in items if item["sk"] != before), limit))


def item_of(link: CannotLink) -> Item:
    return {
        "pk": LINKS,
        "sk": link.id,
        "v": SCHEMA,
        "profile_ids": json.dumps(link.profile_ids),
        "by": link.by,
        "at": link.at,
        "reason": link.reason,
        "lifted_at": link.lifted_at or None,
        "lifted_by": link.lifted_by or None,
    }


def _link(item: Item) -> CannotLink:
    plain: dict[str, Any] = {name: item.get(name, "") for name in ("by", "at", "reason", "lifted_at", "lifted_by")}
    return CannotLink(item["sk"], tuple(json.loads(item["profile_ids"])), **plain)
