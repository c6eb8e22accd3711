"""The door to privacy requests: each an item, written at the version that was read."""

import json
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice

from botocore.exceptions import ClientError

from shared.aws.clients import dynamodb
from shared.aws.dynamo import Item, get_item, query, to_attributes
from shared.domain.privacy_requests import Identity, PrivacyRequest
from shared.domain.times import to_text
from shared.stores.catalogue_store import VersionConflictError
from shared.stores.keys import REQUESTS

SCHEMA = 1
_PLAIN = (
    "kind", "regulation", "created_by", "received_at", "due_at", "verification", "state", "reason", "ended_at",
    "updated_at", "version",
)  # fmt: skip
_JSON = ("identities", "params", "done")


@dataclass(frozen=True, slots=True)
class RequestStore:
    """`table` is the deployed name of the privacy table."""

    table: str

    def put(self, request: PrivacyRequest, now: datetime) -> PrivacyRequest:
        """The request as it is then. VersionConflictError where it isn't at the version that was read."""
        after = replace(request, version=request.version + 1, updated_at=to_text(now))
        condition = "version = :read" if request.version else "attribute_not_exists(pk)"
        values = {"ExpressionAttributeValues": {":read": {"N": str(request.version)}}} if request.version else {}
        try:
            dynamodb().put_item(
                TableName=self.table,
                Item=to_attributes(_item(after)),
                ConditionExpression=condition,
                **values,  # type: ignore[arg-type]
            )
        except ClientError as error:
            if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
                raise VersionConflictError(f"request {request.id} isn't at version {request.version}") from error
            raise
        return after

    def find(self, request_id: str) -> PrivacyRequest | None:
        item = get_item(self.table, REQUESTS, request_id, consistent=True)
        return _request(item) if item else None

    def newest(self, limit: int, before: str = "") -> list[PrivacyRequest]:
        """Up to `limit` requests, last id first; `before` is the id after which they begin."""
        items = query(self.table, REQUESTS, last=before, forward=False, consistent=True, page_size=limit + 1)
        return list(islice((_request(item) for item in items if item["sk"] != before), limit))


def _item(request: PrivacyRequest) -> Item:
    return {
        "pk": REQUESTS,
        "sk": request.id,
        "v": SCHEMA,
        **{name: getattr(request, name) for name in _PLAIN},
        **{name: json.dumps(getattr(request, name), ensure_ascii=False) for name in _JSON},
    }


def _request(item: Item) -> PrivacyRequest:
    told = {name: json.loads(item[name]) for name in _JSON}
    identities = tuple(Identity(*one) for one in told.pop("identities"))
    return PrivacyRequest(id=item["sk"], identities=identities, **{name: item[name] for name in _PLAIN}, **told)
