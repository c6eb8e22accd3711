"""The door to what OpenDSR adds to a privacy request: the controller's own id, and the callbacks it waits for."""

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, replace

from botocore.exceptions import ClientError

from shared.aws.clients import dynamodb
from shared.aws.dynamo import Item, get_item, put_at_version, query, to_attributes
from shared.domain.opendsr import Callback, Callbacks, Claim
from shared.stores.catalogue_store import VersionConflictError
from shared.stores.keys import CALLBACKS, CLAIMS

SCHEMA = 1
_CLAIM = ("request_id", "controller_id", "fingerprint", "received_at", "due_at", "origin")


@dataclass(frozen=True, slots=True)
class OpenDsrStore:
    """`table` is the deployed name of the privacy table."""

    table: str

    def take(self, claim: Claim) -> Claim:
        """The claim that holds the controller's id from now on: this one, or the one that was there before."""
        try:
            dynamodb().put_item(
                TableName=self.table,
                Item=to_attributes(_claim_item(claim)),
                ConditionExpression="attribute_not_exists(pk)",
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            found = self.find_claim(claim.subject_request_id)
            if found is None:
                raise
            return found
        return claim

    def release(self, claim: Claim) -> None:
        """What came to nothing: the controller's id may be used again. Nothing where somebody has it since."""
        self.forget_callbacks(claim.request_id)
        with suppress(dynamodb().exceptions.ConditionalCheckFailedException):
            dynamodb().delete_item(
                TableName=self.table,
                Key={"pk": {"S": CLAIMS}, "sk": {"S": claim.subject_request_id}},
                ConditionExpression="request_id = :ours",
                ExpressionAttributeValues={":ours": {"S": claim.request_id}},
            )

    def find_claim(self, subject_request_id: str) -> Claim | None:
        item = get_item(self.table, CLAIMS, subject_request_id, consistent=True)
        return Claim(subject_request_id=item["sk"], **{name: item[name] for name in _CLAIM}) if item else None

    def find_callbacks(self, request_id: str) -> Callbacks | None:
        item = get_item(self.table, CALLBACKS, request_id, consistent=True)
        return _callbacks(item) if item else None

    def open_callbacks(self) -> Iterator[str]:
        """Ids of the requests whose controllers wait to hear of them."""
        yield from (item["sk"] for item in query(self.table, CALLBACKS, names=()))

    def put_callbacks(self, callbacks: Callbacks) -> Callbacks:
        """As they are then. VersionConflictError where they aren't at the version that was read."""
        after = replace(callbacks, version=callbacks.version + 1)
        if not put_at_version(self.table, _callbacks_item(after), callbacks.version):
            raise VersionConflictError(f"callbacks of {callbacks.request_id} changed")
        return after

    def forget_callbacks(self, request_id: str) -> None:
        key = {"pk": {"S": CALLBACKS}, "sk": {"S": request_id}}
        dynamodb().delete_item(TableName=self.table, Key=key)


def _claim_item(claim: Claim) -> Item:
    told = {name: getattr(claim, name) for name in _CLAIM}
    return {"pk": CLAIMS, "sk": claim.subject_request_id, "v": SCHEMA, **told}


def _callbacks_item(callbacks: Callbacks) -> Item:
    return {
        "pk": CALLBACKS,
        "sk": callbacks.request_id,
        "v": SCHEMA,
        "subject_request_id": callbacks.subject_request_id,
        "urls": json.dumps([asdict(one) for one in callbacks.urls]),
        "version": callbacks.version,
    }


def _callbacks(item: Item) -> Callbacks:
    urls = tuple(Callback(**one) for one in json.loads(item["urls"]))
    return Callbacks(item["sk"], item["subject_request_id"], urls, item["version"])
