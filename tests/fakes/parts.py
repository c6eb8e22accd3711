"""What every operation of the fake shares: tables and keys, how it refuses, and the capacity it counts."""

from collections.abc import Callable, Mapping, MutableMapping, Sequence
from typing import Any

from tests.fakes.expressions import Typed

Key = tuple[str, str]
Item = Mapping[str, Typed]
Tables = dict[str, MutableMapping[Key, Item]]
"""By name; each a map of items by (pk, sk)."""
Request = Mapping[str, Any]
Answer = dict[str, Any]


class RefusedError(Exception):
    """How one operation failed: the error's code, its text, and the item that a failed condition met."""

    def __init__(self, code: str, text: str, item: Item | None = None, reasons: Sequence[Answer] = ()) -> None:
        super().__init__(code, text)
        self.code, self.text, self.item, self.reasons = code, text, item, reasons


def invalid(text: str) -> RefusedError:
    return RefusedError("ValidationException", text)


def table_of(tables: Tables, name: str) -> MutableMapping[Key, Item]:
    if name not in tables:
        raise RefusedError("ResourceNotFoundException", "Cannot do operations on a non-existent table")
    return tables[name]


def key_of(item: Item) -> Key:
    """(pk, sk), and nothing empty or of another type."""
    for name in ("pk", "sk"):
        if item.get(name, {}).keys() != {"S"}:
            raise invalid("The provided key element does not match the schema")
        if not item[name]["S"]:
            text = "The AttributeValue for a key attribute cannot contain an empty string value"
            raise invalid(f"One or more parameter values are not valid. {text}. Key: {name}")
    return item["pk"]["S"], item["sk"]["S"]


def capacity(request: Request, units: Callable[[], Mapping[str, float]], whole: bool = True) -> Answer:
    """Where it is asked for; a list where a call may be about several tables."""
    if request.get("ReturnConsumedCapacity", "NONE") == "NONE":
        return {}
    consumed = [{"TableName": name, "CapacityUnits": float(number)} for name, number in units().items()]
    return {"ConsumedCapacity": consumed if whole else consumed[0]}
