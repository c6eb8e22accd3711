"""DynamoDB items in and out: attribute values, batch reads with unprocessed keys driven again, whole queries."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from shared.aws.batching import chunks, drive
from shared.aws.clients import dynamodb

Item = dict[str, Any]
"""An item as Python values: str, int, bool, bytes, sets of bytes, and maps of these."""

Key = tuple[str, str]
"""(pk, sk) of an item."""

_MOST_KEYS = 100
_MOST_PUTS = 25


def attribute(value: object) -> dict[str, Any]:
    """A Python value as DynamoDB's attribute value. TypeError for what no item of ours holds, floats among it."""
    match value:
        case bool():
            return {"BOOL": value}
        case str():
            return {"S": value}
        case int():
            return {"N": str(value)}
        case bytes():
            return {"B": value}
        case frozenset():
            return {"BS": sorted(value)}
        case Mapping():
            return {"M": {name: attribute(inner) for name, inner in value.items()}}
    raise TypeError(f"no attribute value for {type(value).__name__}")


def value_of(typed: Mapping[str, Any]) -> Any:
    """The Python value of an attribute value."""
    ((kind, value),) = typed.items()
    if kind in ("S", "BOOL", "B"):
        return value
    if kind == "N":
        return int(value)
    if kind == "BS":
        return frozenset(value)
    if kind == "M":
        return to_python(value)
    raise TypeError(f"no item of ours holds a {kind}")


def to_attributes(item: Mapping[str, object]) -> dict[str, Any]:
    """An item for DynamoDB. None stands for an absent attribute."""
    return {name: attribute(value) for name, value in item.items() if value is not None}


def to_python(attributes: Mapping[str, Any]) -> Item:
    """An item or key from DynamoDB."""
    return {name: value_of(typed) for name, typed in attributes.items()}


def get_item(table: str, pk: str, sk: str, *, consistent: bool = False) -> Item | None:
    """The item, or None."""
    key = {"pk": {"S": pk}, "sk": {"S": sk}}
    found = dynamodb().get_item(TableName=table, Key=key, ConsistentRead=consistent).get("Item")
    return to_python(found) if found else None


def batch_get(
    table: str, keys: Iterable[tuple[str, str]], *, consistent: bool = False, names: Sequence[str] = ()
) -> dict[tuple[str, str], Item]:
    """The items that exist, by (pk, sk); with `names` only those attributes, beside the key."""
    shape: dict[str, Any] = {"ConsistentRead": consistent, **_projection(names)}
    found: dict[tuple[str, str], Item] = {}

    def attempt(left: Sequence[tuple[str, str]]) -> tuple[list[tuple[str, str]], list[str]]:
        typed = [{"pk": {"S": pk}, "sk": {"S": sk}} for pk, sk in left]
        request: Any = {table: {"Keys": typed, **shape}}
        answer = dynamodb().batch_get_item(RequestItems=request)
        items = [to_python(item) for item in answer.get("Responses", {}).get(table, [])]
        found.update(((item["pk"], item["sk"]), item) for item in items)
        unprocessed: list[Any] = list(answer.get("UnprocessedKeys", {}).get(table, {"Keys": []})["Keys"])
        return [(key["pk"]["S"], key["sk"]["S"]) for key in unprocessed], ["unprocessed"]

    for chunk in chunks(dict.fromkeys(keys), _MOST_KEYS):
        drive("batch_get_item", chunk, attempt)
    return found


def put_items(table: str, items: Iterable[Mapping[str, object]]) -> None:
    """Put every item, over what may be there; keys must not repeat. StillFailingError where some could not be put."""

    def attempt(left: Sequence[Any]) -> tuple[list[Any], list[str]]:
        answer = dynamodb().batch_write_item(RequestItems={table: left})
        return list(answer.get("UnprocessedItems", {}).get(table, [])), ["unprocessed"]

    for chunk in chunks([{"PutRequest": {"Item": to_attributes(item)}} for item in items], _MOST_PUTS):
        drive("batch_write_item", chunk, attempt)


def put_at_version(table: str, item: Mapping[str, object], read: int) -> bool:
    """Put an item if what is there still has the `version` that was read, 0: if nothing is there. False where not."""
    known: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(pk)"}
    if read:
        known = {"ConditionExpression": "version = :read", "ExpressionAttributeValues": to_attributes({":read": read})}
    try:
        dynamodb().put_item(TableName=table, Item=to_attributes(item), **known)
    except dynamodb().exceptions.ConditionalCheckFailedException:
        return False
    return True


def delete_items(table: str, keys: Iterable[Key]) -> None:
    """Delete these; those that aren't there are no error. StillFailingError where some could not be deleted."""

    def attempt(left: Sequence[Any]) -> tuple[list[Any], list[str]]:
        answer = dynamodb().batch_write_item(RequestItems={table: left})
        return list(answer.get("UnprocessedItems", {}).get(table, [])), ["unprocessed"]

    typed = ({"DeleteRequest": {"Key": to_attributes({"pk": pk, "sk": sk})}} for pk, sk in dict.fromkeys(keys))
    for chunk in chunks(typed, _MOST_PUTS):
        drive("batch_write_item", chunk, attempt)


def query(
    table: str,
    pk: str,
    *,
    prefix: str = "",
    first: str = "",
    last: str = "",
    forward: bool = True,
    consistent: bool = False,
    page_size: int | None = None,
    names: Sequence[str] = (),
) -> Iterator[Item]:
    """Every item under `pk` in key order, page after page as the caller goes on; by `prefix`, or `first` to `last`;
    with `names` only those attributes, beside the key.
    """
    condition, values = "pk = :pk", {":pk": {"S": pk}}
    if prefix:
        condition, values[":prefix"] = f"{condition} AND begins_with(sk, :prefix)", {"S": prefix}
    elif first and last:
        condition += " AND sk BETWEEN :first AND :last"
        values |= {":first": {"S": first}, ":last": {"S": last}}
    elif first or last:
        condition += " AND sk >= :bound" if first else " AND sk <= :bound"
        values[":bound"] = {"S": first or last}
    asked: dict[str, Any] = {
        "TableName": table,
        "KeyConditionExpression": condition,
        "ExpressionAttributeValues": values,
        "ScanIndexForward": forward,
        "ConsistentRead": consistent,
        **_projection(names),
    }
    if page_size:
        asked["Limit"] = page_size
    while True:
        page = dynamodb().query(**asked)
        yield from map(to_python, page["Items"])
        if "LastEvaluatedKey" not in page:
            return
        asked["ExclusiveStartKey"] = page["LastEvaluatedKey"]


class Segment(NamedTuple):
    """One of `of` parts of a table, read from behind the key `after` on."""

    number: int = 0
    of: int = 1
    after: Key | Sequence[str] | None = None


def scan_page(
    table: str,
    segment: Segment,
    names: Sequence[str],
    where: str = "",
    values: Mapping[str, object] | None = None,
    *,
    whole: bool = False,
) -> tuple[list[Item], Key | None, int]:
    """What a megabyte of a table holds of those items for which `where` (aliases as #name) is true, `whole` or what
    `names` says of them; the key to go on behind, None at the end; and how many items were read for it.
    """
    aliases = {f"#{name}": name for name in ("pk", "sk", *names)}
    more: dict[str, Any] = {}
    if segment.after:
        more["ExclusiveStartKey"] = to_attributes(dict(zip(("pk", "sk"), segment.after, strict=True)))
    if where:
        more |= {"FilterExpression": where, "ExpressionAttributeValues": to_attributes(values or {})}
    if whole:
        aliases = {alias: name for alias, name in aliases.items() if alias in where}
    else:
        more["ProjectionExpression"] = ",".join(aliases)
    page = dynamodb().scan(
        TableName=table,
        Segment=segment.number,
        TotalSegments=segment.of,
        ExpressionAttributeNames=aliases,
        **more,
    )
    last = page.get("LastEvaluatedKey")
    after = (last["pk"]["S"], last["sk"]["S"]) if last else None
    return [to_python(item) for item in page["Items"]], after, page["ScannedCount"]


def table_size(table: str) -> tuple[int, int]:
    """About how many items a table has and their bytes: DynamoDB counts every six hours or so."""
    found = dynamodb().describe_table(TableName=table)["Table"]
    return found["ItemCount"], found["TableSizeBytes"]


def _projection(names: Sequence[str]) -> dict[str, Any]:
    """Aliased, since many a plain word is reserved."""
    aliases = {f"#{place}": name for place, name in enumerate(dict.fromkeys(("pk", "sk", *names)))}
    return {"ProjectionExpression": ",".join(aliases), "ExpressionAttributeNames": aliases} if names else {}
