"""The door to the catalogue table. Write keys and tokens go in and are looked up as hashes, never as themselves."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

from shared.aws.clients import dynamodb
from shared.aws.dynamo import Item, get_item, query, to_attributes
from shared.domain.catalogue import ApiToken, Destination, Scope, Source, WriteKey
from shared.stores.keys import secret_hash

SCHEMA = 1
_SOURCE, _WRITE_KEY, _API_TOKEN, _DESTINATION = "source", "write_key", "api_token", "destination"


class VersionConflictError(Exception):
    """Somebody else changed the item since it was read."""


_SOURCE_FIELDS = ("name", "kind", "state", "retention_days", "owner", "events_per_second", "truncates_ip")


@dataclass(frozen=True, slots=True)
class CatalogueStore:
    """`table` is the deployed name of the catalogue table."""

    table: str

    def find_source(self, source_id: str) -> Source | None:
        item = get_item(self.table, _SOURCE, source_id)
        return _source(item) if item else None

    def list_sources(self) -> Iterator[Source]:
        yield from map(_source, query(self.table, _SOURCE))

    def put_source(self, source: Source) -> None:
        """Write the next version. VersionConflictError where `source.version` isn't the stored one."""
        fields = {name: getattr(source, name) for name in _SOURCE_FIELDS}
        origins = {"allowed_origins": json.dumps(source.allowed_origins)}
        self._put(_SOURCE, source.id, fields | origins, source.version)

    def find_write_key(self, write_key: str) -> WriteKey | None:
        item = get_item(self.table, _WRITE_KEY, secret_hash(write_key))
        return WriteKey(item["source_id"], item["state"]) if item else None

    def put_write_key(self, write_key: str, key: WriteKey) -> None:
        self._put(_WRITE_KEY, secret_hash(write_key), {"source_id": key.source_id, "state": key.state})

    def delete_write_key(self, write_key: str) -> None:
        self._delete(_WRITE_KEY, secret_hash(write_key))

    def find_api_token(self, token: str) -> ApiToken | None:
        item = get_item(self.table, _API_TOKEN, secret_hash(token))
        if not item:
            return None
        return ApiToken(item["name"], cast(tuple[Scope, ...], _texts(item["scopes"])), item["expires_at"])

    def put_api_token(self, token: str, granted: ApiToken) -> None:
        fields = {"name": granted.name, "scopes": json.dumps(granted.scopes), "expires_at": granted.expires_at}
        self._put(_API_TOKEN, secret_hash(token), fields)

    def find_destination(self, destination_id: str) -> Destination | None:
        item = get_item(self.table, _DESTINATION, destination_id)
        return _destination(item) if item else None

    def list_destinations(self) -> Iterator[Destination]:
        yield from map(_destination, query(self.table, _DESTINATION))

    def put_destination(self, destination: Destination) -> None:
        """Write the next version. VersionConflictError where `destination.version` isn't the stored one."""
        plain = {name: getattr(destination, name) for name in ("name", "kind", "url", "secret_name", "state")}
        fields = {"traits": destination.traits, "identifiers": destination.identifiers}
        lists = {"detail_types": destination.detail_types, "purposes": destination.purposes, "fields": fields}
        self._put(
            _DESTINATION,
            destination.id,
            plain | {name: json.dumps(value) for name, value in lists.items()},
            destination.version,
        )

    def delete_destination(self, destination_id: str) -> None:
        self._delete(_DESTINATION, destination_id)

    def _delete(self, pk: str, sk: str) -> None:
        dynamodb().delete_item(TableName=self.table, Key=to_attributes({"pk": pk, "sk": sk}))

    def _put(self, pk: str, sk: str, fields: dict[str, Any], version: int | None = None) -> None:
        """Put the item; with `version` only if that is the stored one (0: none is stored)."""
        item: Item = {"pk": pk, "sk": sk, "v": SCHEMA, **fields}
        if version is None:
            dynamodb().put_item(TableName=self.table, Item=to_attributes(item))
            return
        item["version"] = version + 1
        try:
            dynamodb().put_item(
                TableName=self.table,
                Item=to_attributes(item),
                ConditionExpression="version = :read" if version else "attribute_not_exists(pk) OR version = :read",
                ExpressionAttributeValues=to_attributes({":read": version}),
            )
        except dynamodb().exceptions.ConditionalCheckFailedException as error:
            raise VersionConflictError(f"{pk} {sk} isn't at version {version}") from error


def _texts(text: str) -> tuple[str, ...]:
    return tuple(json.loads(text))


def _source(item: Item) -> Source:
    fields = {name: item[name] for name in (*_SOURCE_FIELDS, "version")}
    return Source(item["sk"], **fields, allowed_origins=_texts(item["allowed_origins"]))


def _destination(item: Item) -> Destination:
    fields = json.loads(item["fields"])
    return Destination(
        id=item["sk"],
        name=item["name"],
        kind=item["kind"],
        url=item["url"],
        detail_types=_texts(item["detail_types"]),
        purposes=_texts(item["purposes"]),
        traits=tuple(fields["traits"]),
        identifiers=tuple(fields["identifiers"]),
        secret_name=item["secret_name"],
        state=item["state"],
        version=item["version"],
    )
