"""The door to privacy requests: each an item, written at the version that was read. Of one kind about one person there
is one open request at most: marks beside it see to that."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Any

from botocore.exceptions import ClientError

from shared.aws.clients import dynamodb
from shared.aws.dynamo import Item, batch_get, get_item, query, to_attributes
from shared.domain.privacy_requests import Identity, PrivacyRequest
from shared.domain.times import to_text
from shared.stores.catalogue_store import VersionConflictError
from shared.stores.keys import OPEN, REQUESTS

SCHEMA = 1
_PLAIN = (
    "kind", "regulation", "created_by", "received_at", "due_at", "verification", "state", "reason", "ended_at",
    "updated_at", "profile_id", "version",
)  # fmt: skip
_JSON = ("identities", "params", "done", "marks")
_LOST = {"ConditionalCheckFailed", "TransactionConflict"}


class AlreadyOpenError(Exception):
    """Another request of this kind about the same person is open."""

    def __init__(self, request_id: str) -> None:
        super().__init__(request_id)
        self.request_id = request_id


@dataclass(frozen=True, slots=True)
class RequestStore:
    """`table` is the deployed name of the privacy table."""

    table: str

    def add(self, request: PrivacyRequest, now: datetime) -> PrivacyRequest:
        """A new request with its marks. AlreadyOpenError where one of them stands."""
        after = _next(request, now)
        writes = [{"Put": self._put_of(after)}, *(self._mark(mark, request.id) for mark in request.marks)]
        if not self._wrote(writes):
            raise AlreadyOpenError(self._holder(request.marks))
        return after

    def put(self, request: PrivacyRequest, now: datetime) -> PrivacyRequest:
        """The request as it is then; one that has ended has no marks any more. VersionConflictError where it isn't at
        the version that was read.
        """
        marks = () if request.is_open else request.marks
        after = _next(request if request.is_open else replace(request, marks=()), now)
        gone = [{"Delete": {"TableName": self.table, "Key": to_attributes({"pk": OPEN, "sk": m})}} for m in marks]
        if not self._wrote([{"Put": self._put_of(after)}, *gone]):
            raise VersionConflictError(f"request {request.id} isn't at version {request.version}")
        return after

    def find(self, request_id: str) -> PrivacyRequest | None:
        item = get_item(self.table, REQUESTS, request_id, consistent=True)
        return _request(item) if item else None

    def newest(self, limit: int, before: str = "") -> list[PrivacyRequest]:
        """Up to `limit` requests, last id first; `before` is the id after which they begin."""
        items = query(self.table, REQUESTS, last=before, forward=False, consistent=True, page_size=limit + 1)
        return list(islice((_request(item) for item in items if item["sk"] != before), limit))

    def all(self) -> Iterator[PrivacyRequest]:
        """Oldest first, read as the caller goes on."""
        return map(_request, query(self.table, REQUESTS))

    def open(self) -> list[PrivacyRequest]:
        """Those that have not ended."""
        marked = dict.fromkeys(item["request_id"] for item in query(self.table, OPEN))
        found = batch_get(self.table, [(REQUESTS, request_id) for request_id in marked], consistent=True)
        return [request for request in map(_request, found.values()) if request.is_open]

    def _wrote(self, writes: Sequence[Any]) -> bool:
        """Whether every condition held."""
        try:
            dynamodb().transact_write_items(TransactItems=writes)
        except ClientError as error:
            reasons: list[Any] = error.response.get("CancellationReasons", [])
            if {reason["Code"] for reason in reasons} & _LOST:
                return False
            raise
        return True

    def _put_of(self, request: PrivacyRequest) -> dict[str, Any]:
        read = request.version - 1
        put = {
            "TableName": self.table,
            "Item": to_attributes(_item(request)),
            "ConditionExpression": "version = :read" if read else "attribute_not_exists(pk)",
        }
        return put | ({"ExpressionAttributeValues": {":read": {"N": str(read)}}} if read else {})

    def _mark(self, mark: str, request_id: str) -> dict[str, Any]:
        item = {"pk": OPEN, "sk": mark, "v": SCHEMA, "request_id": request_id}
        condition = "attribute_not_exists(pk)"
        return {"Put": {"TableName": self.table, "Item": to_attributes(item), "ConditionExpression": condition}}

    def _holder(self, marks: Sequence[str]) -> str:
        """The request that a mark is of; empty where it has just ended."""
        found = (get_item(self.table, OPEN, mark, consistent=True) for mark in marks)
        return next((item["request_id"] for item in found if item), "")


def _next(request: PrivacyRequest, now: datetime) -> PrivacyRequest:
    return replace(request, version=request.version + 1, updated_at=to_text(now))


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
    identities = tuple(Identity(*one[:2]) for one in told.pop("identities"))  # older items have a third part
    plain = {name: item[name] for name in _PLAIN}
    return PrivacyRequest(id=item["sk"], identities=identities, marks=tuple(told.pop("marks")), **plain, **told)
