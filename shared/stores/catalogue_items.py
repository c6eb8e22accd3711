"""Catalogue items to and from their stored form: the id is the sort key, the version stands apart, the rest is JSON."""

import json
from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from shared.aws.dynamo import Item, to_attributes
from shared.domain.catalogue import KINDS, Configured

SCHEMA = 1
Kind = TypeVar("Kind", bound=Configured)


def partition(kind: type[Any]) -> str:
    return next(name for name, known in KINDS.items() if known is kind)


def to_item(configured: Configured) -> Item:
    """The item of the next version."""
    fields = asdict(configured)
    del fields["id"], fields["version"]
    return {
        "pk": partition(type(configured)),
        "sk": configured.id,
        "v": SCHEMA,
        "version": configured.version + 1,
        "body": json.dumps(fields, ensure_ascii=False, sort_keys=True),
    }


def put_of(table: str, configured: Configured) -> dict[str, Any]:
    """The put of the next version, on condition that `version` is the stored one (0: none is stored)."""
    version = configured.version
    return {
        "TableName": table,
        "Item": to_attributes(to_item(configured)),
        "ConditionExpression": "version = :read" if version else "attribute_not_exists(pk) OR version = :read",
        "ExpressionAttributeValues": to_attributes({":read": version}),
    }


def of_item(kind: type[Kind], item: Item) -> Kind:
    """The inverse. Fields that a newer version of ours wrote are left out."""
    made: Kind = _made(kind, {**json.loads(item["body"]), "id": item["sk"], "version": item["version"]})
    return made


def _made(hint: Any, value: Any) -> Any:
    """JSON as the type that `hint` says: dataclasses, tuples of them, mappings, and what may be None."""
    origin = get_origin(hint)
    if is_dataclass(hint):
        kind: Any = hint
        hints = _hints(kind)
        return kind(**{name: _made(hints[name], inner) for name, inner in value.items() if name in hints})
    if origin is tuple:
        return tuple(_made(get_args(hint)[0], inner) for inner in value)
    if origin is Mapping:
        return {name: _made(get_args(hint)[1], inner) for name, inner in value.items()}
    if origin in (Union, UnionType) and value is not None:
        return _made(next(option for option in get_args(hint) if option is not NoneType), value)
    return value


@cache
def _hints(kind: Any) -> Mapping[str, Any]:
    return get_type_hints(kind)
