"""The door through which the catalogue is changed by people: the change and the record of it are one transaction."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from botocore.exceptions import ClientError

from shared.aws.clients import dynamodb
from shared.aws.dynamo import Item, query, to_attributes
from shared.domain.api_tokens import ApiToken
from shared.domain.catalogue import Configured
from shared.domain.sources import WriteKey
from shared.domain.times import to_text
from shared.stores.catalogue_items import put_of
from shared.stores.catalogue_store import VersionConflictError, api_token_item, write_key_item
from shared.stores.keys import audit_pk

SCHEMA = 1
LOST = {"ConditionalCheckFailed", "TransactionConflict"}

Action = Literal[
    "created",
    "changed",
    "deleted",
    "key_added",
    "key_revoked",
    "secret_rotated",
    "frozen",
    "unfrozen",
    "lifted",
    "held",
    "released",
    "tested",
    "redelivered",
]


@dataclass(frozen=True, slots=True)
class Change:
    """Who did what when: `by` is the name of an API token, `fields` are names; versions are 0 where there is none."""

    by: str
    at: datetime
    action: Action
    before: int = 0
    after: int = 0
    fields: tuple[str, ...] = ()
    key_id: str = ""


@dataclass(frozen=True, slots=True)
class RecordedChanges:
    """`catalogue` and `ledger` are deployed names of tables. VersionConflictError where somebody else was faster."""

    catalogue: str
    ledger: str

    def put(self, configured: Configured, change: Change) -> None:
        """Write the next version."""
        put = put_of(self.catalogue, configured)
        self._commit({"Put": put}, configured.KIND, configured.id, change)

    def delete(self, configured: Configured, change: Change) -> None:
        """Only at the version that was read."""
        kind = configured.KIND
        delete = {
            "TableName": self.catalogue,
            "Key": to_attributes({"pk": kind, "sk": configured.id}),
            "ConditionExpression": "version = :read",
            "ExpressionAttributeValues": to_attributes({":read": configured.version}),
        }
        self._commit({"Delete": delete}, kind, configured.id, change)

    def put_write_key(self, hashed: str, key: WriteKey, change: Change) -> None:
        put = {"TableName": self.catalogue, "Item": to_attributes(write_key_item(hashed, key))}
        self._commit({"Put": put}, "source", key.source_id, change)

    def put_api_token(self, hashed: str, granted: ApiToken, change: Change) -> None:
        put = {"TableName": self.catalogue, "Item": to_attributes(api_token_item(hashed, granted))}
        self._commit({"Put": put}, "api_token", change.key_id, change)

    def delete_api_token(self, hashed: str, change: Change) -> None:
        key = to_attributes({"pk": "api_token", "sk": hashed})
        self._commit({"Delete": {"TableName": self.catalogue, "Key": key}}, "api_token", change.key_id, change)

    def record(self, kind: str, item_id: str, change: Change) -> None:
        """Of a change that lies elsewhere, such as a secret's."""
        dynamodb().put_item(**entry_of(self.ledger, kind, item_id, change))

    def of(self, kind: str, item_id: str) -> Iterator[Item]:
        """The changes of one item as they are stored, oldest first."""
        return query(self.ledger, audit_pk(kind, item_id))

    def _commit(self, write: Mapping[str, Any], kind: str, item_id: str, change: Change) -> None:
        writes: Any = [write, {"Put": entry_of(self.ledger, kind, item_id, change)}]
        try:
            dynamodb().transact_write_items(TransactItems=writes)
        except ClientError as error:
            reasons: list[Any] = error.response.get("CancellationReasons", [])
            if {reason["Code"] for reason in reasons} & LOST:
                raise VersionConflictError(f"{kind} {item_id} isn't at version {change.before}") from error
            raise


def entry_of(ledger: str, kind: str, item_id: str, change: Change) -> dict[str, Any]:
    """The put of a record into the ledger."""
    at = to_text(change.at)
    item = {
        "pk": audit_pk(kind, item_id),
        "sk": f"{at}#{change.action}#{change.key_id or change.after}",
        "v": SCHEMA,
        "by": change.by,
        "at": at,
        "action": change.action,
        "version_before": change.before,
        "version_after": change.after,
        "fields": ",".join(change.fields) or None,
        "key_id": change.key_id or None,
    }
    return {
        "TableName": ledger,
        "Item": to_attributes(item),
        "ConditionExpression": "attribute_not_exists(pk)",
    }
