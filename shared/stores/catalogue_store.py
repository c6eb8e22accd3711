"""The door to the catalogue table. Write keys and tokens go in and are looked up as hashes, never as themselves."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from shared.aws.clients import dynamodb
from shared.aws.dynamo import Item, get_item, query, to_attributes
from shared.domain.api_tokens import ApiToken, Scope
from shared.domain.sources import WriteKey
from shared.stores.catalogue_items import SCHEMA, Kind, of_item, put_of
from shared.stores.keys import secret_hash

if TYPE_CHECKING:
    from shared.domain.catalogue import Configured

OUTBOUND = "outbound"
_WRITE_KEY, _API_TOKEN = "write_key", "api_token"


class VersionConflictError(Exception):
    """Somebody else changed the item since it was read."""


@dataclass(frozen=True, slots=True)
class CatalogueStore:
    """`table` is the deployed name of the catalogue table. The methods without a noun take any of KINDS."""

    table: str

    def find(self, kind: type[Kind], item_id: str, *, consistent: bool = False) -> Kind | None:
        item = get_item(self.table, kind.KIND, item_id, consistent=consistent)
        return of_item(kind, item) if item else None

    def list(self, kind: type[Kind], after: str = "") -> Iterator[Kind]:
        """All of a kind by id, or those after an id."""
        items = query(self.table, kind.KIND, first=after, consistent=True)
        return (of_item(kind, item) for item in items if item["sk"] != after)

    def put(self, configured: "Configured") -> None:
        """Write the next version. VersionConflictError where `version` isn't the stored one (0: none is stored)."""
        try:
            dynamodb().put_item(**put_of(self.table, configured))
        except dynamodb().exceptions.ConditionalCheckFailedException as error:
            kind = configured.KIND
            raise VersionConflictError(f"{kind} {configured.id} isn't at version {configured.version}") from error

    def delete(self, kind: "type[Configured]", item_id: str) -> None:
        self._delete(kind.KIND, item_id)

    def find_write_key(self, write_key: str) -> WriteKey | None:
        item = get_item(self.table, _WRITE_KEY, secret_hash(write_key))
        return _write_key(item) if item else None

    def write_keys_of(self, source_id: str) -> Iterator[tuple[str, WriteKey]]:
        """Hash and key of all that the source has or had."""
        for item in query(self.table, _WRITE_KEY, consistent=True):
            if item["source_id"] == source_id:
                yield item["sk"], _write_key(item)

    def put_write_key(self, write_key: str, key: WriteKey) -> None:
        dynamodb().put_item(TableName=self.table, Item=to_attributes(write_key_item(secret_hash(write_key), key)))

    def delete_write_key(self, write_key: str) -> None:
        self._delete(_WRITE_KEY, secret_hash(write_key))

    def find_api_token(self, token: str) -> ApiToken | None:
        item = get_item(self.table, _API_TOKEN, secret_hash(token))
        return _api_token(item) if item else None

    def api_tokens(self) -> Iterator[tuple[str, ApiToken]]:
        """Hash and token of all, expired ones too."""
        for item in query(self.table, _API_TOKEN, consistent=True):
            yield item["sk"], _api_token(item)

    def put_api_token(self, token: str, granted: ApiToken) -> None:
        dynamodb().put_item(TableName=self.table, Item=to_attributes(api_token_item(secret_hash(token), granted)))

    def is_outbound_held(self) -> bool:
        """Whether nothing may leave, to any destination."""
        return any(item["held"] for item in query(self.table, OUTBOUND, consistent=True))

    def put_outbound(self, held: bool) -> None:
        item = {"pk": OUTBOUND, "sk": OUTBOUND, "v": SCHEMA, "held": held}
        dynamodb().put_item(TableName=self.table, Item=to_attributes(item))

    def _delete(self, pk: str, sk: str) -> None:
        dynamodb().delete_item(TableName=self.table, Key=to_attributes({"pk": pk, "sk": sk}))


def write_key_item(hashed: str, key: WriteKey) -> Item:
    fields = {"source_id": key.source_id, "state": key.state, "created_at": key.created_at}
    return {"pk": _WRITE_KEY, "sk": hashed, "v": SCHEMA, **fields}


def api_token_item(hashed: str, granted: ApiToken) -> Item:
    fields = {"name": granted.name, "scopes": json.dumps(granted.scopes), "expires_at": granted.expires_at}
    bound = {"purposes": granted.purposes, "controllers": granted.controllers}
    fields |= {name: json.dumps(ids, ensure_ascii=False) for name, ids in bound.items() if ids}
    return {"pk": _API_TOKEN, "sk": hashed, "v": SCHEMA, **fields}


def _api_token(item: Item) -> ApiToken:
    scopes = cast(tuple[Scope, ...], tuple(json.loads(item["scopes"])))
    purposes, controllers = (tuple(json.loads(item.get(name, "[]"))) for name in ("purposes", "controllers"))
    return ApiToken(item["name"], scopes, item["expires_at"], purposes, controllers)


def _write_key(item: Item) -> WriteKey:
    return WriteKey(item["source_id"], item["state"], item["created_at"])
