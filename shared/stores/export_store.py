"""The door to exports: two files of a request in the bucket, and the links by which they can be fetched for a while."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from shared.aws.clients import dynamodb
from shared.aws.dynamo import get_item, to_attributes
from shared.aws.objects import delete_objects, list_objects, presigned, put_file
from shared.domain.times import from_text, to_text
from shared.stores.keys import EXPORTS, secret_hash
from shared.stores.lifecycles import EXPORTS as PREFIX
from shared.stores.tables import TTL_ATTRIBUTE

SCHEMA = 1
LINK_DAYS = timedelta(days=7)
_FETCHED_WITHIN = 300
"""Seconds for which the address of the object itself is good."""


@dataclass(frozen=True, slots=True)
class Link:
    """Made for a request by whom, and good until when. Its token is kept as a hash alone."""

    request_id: str
    made_by: str
    expires_at: str


@dataclass(frozen=True, slots=True)
class ExportStore:
    """`table` is the deployed name of the privacy table."""

    bucket: str
    table: str

    def put(self, request_id: str, files: Iterable[Path]) -> None:
        """Writing them again replaces them."""
        for file in files:
            put_file(self.bucket, f"{PREFIX}{request_id}/{file.name}", file)

    def names(self, request_id: str) -> list[str]:
        """Of the files that are there still."""
        prefix = f"{PREFIX}{request_id}/"
        return [listed.key.removeprefix(prefix) for listed in list_objects(self.bucket, prefix)]

    def delete(self, request_id: str) -> None:
        delete_objects(self.bucket, [f"{PREFIX}{request_id}/{name}" for name in self.names(request_id)])

    def address(self, request_id: str, name: str) -> str:
        """Where the file can be fetched within a few minutes."""
        return presigned(self.bucket, f"{PREFIX}{request_id}/{name}", _FETCHED_WITHIN)

    def add_link(self, token: str, request_id: str, made_by: str, now: datetime) -> Link:
        link = Link(request_id, made_by, to_text(now + LINK_DAYS))
        item = {
            "pk": EXPORTS,
            "sk": secret_hash(token),
            "v": SCHEMA,
            "request_id": link.request_id,
            "made_by": link.made_by,
            "expires_at": link.expires_at,
            TTL_ATTRIBUTE: int(from_text(link.expires_at).timestamp()),
        }
        dynamodb().put_item(TableName=self.table, Item=to_attributes(item))
        return link

    def find_link(self, token: str, now: datetime) -> Link | None:
        """None for one that nobody made, and for one that has expired."""
        item = get_item(self.table, EXPORTS, secret_hash(token))
        if item is None or item["expires_at"] <= to_text(now):
            return None
        return Link(item["request_id"], item["made_by"], item["expires_at"])
