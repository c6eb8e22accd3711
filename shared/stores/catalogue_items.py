"""Catalogue items to and from their stored form: the id is the sort key, the version stands apart, the rest is JSON."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, TypeVar, Union, get_args, get_origin, get_type_hints

from shared.aws.dynamo import Item, to_attributes

if TYPE_CHECKING:
    from shared.domain.catalogue import Configured

SCHEMA = 1
Kind = TypeVar("Kind", bound="Configured")


def to_item(configured: "Configured") -> Item:
    """The item of the next version."""
    said = asdict(configured)
    del said["id"], said["version"]
    return {
        "pk": configured.KIND,
        "sk": configured.id,
        "v": SCHEMA,
        "version": configured.version + 1,
        "body": json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":")),
    }


def put_of(table: str, configured: "Configured") -> dict[str, Any]:
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
        return _made(_option(get_args(hint), value), value)
    return value


def _option(options: Sequence[Any], value: Any) -> Any:
    """Of several dataclasses that whose first field the value has; a list is a tuple; else the first."""
    for option in options:
        is_kind = is_dataclass(option) and isinstance(value, Mapping) and fields(option)[0].name in value
        if is_kind or (get_origin(option) is tuple and isinstance(value, list)):
            return option
    return next(option for option in options if option is not NoneType)


@cache
def _hints(kind: Any) -> Mapping[str, Any]:
    return get_type_hints(kind)
