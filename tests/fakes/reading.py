"""How the fake reads: items one by one and by batch, queries and scans page after page."""

import zlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from tests.fakes.expressions import holds, projected, terms_of
from tests.fakes.parts import Answer, Item, Request, Tables, capacity, invalid, key_of, table_of
from tests.fakes.sizes import read_units, size_of

_MOST_ANSWER = 16 * 1024 * 1024
_MOST_PAGE = 1024 * 1024


def get(tables: Tables, request: Request) -> Answer:
    item = table_of(tables, request["TableName"]).get(key_of(request["Key"]))
    consistent = request.get("ConsistentRead", False)
    units = read_units(size_of(item) if item else 0, consistent)
    answer: Answer = capacity(request, lambda: {request["TableName"]: units}, whole=False)
    if item is not None:
        answer["Item"] = projected(request.get("ProjectionExpression"), item, _terms(request, "ProjectionExpression"))
    return answer


def batch_get(tables: Tables, request: Request) -> Answer:
    """What doesn't fit into an answer of 16 MB comes back as unprocessed."""
    if sum(len(wanted["Keys"]) for wanted in request["RequestItems"].values()) > 100:
        raise invalid("Too many items requested for the BatchGetItem call")
    found: dict[str, list[Any]] = {}
    left: dict[str, Any] = {}
    units: dict[str, float] = {}
    total = 0
    for table, wanted in request["RequestItems"].items():
        if len({key_of(key) for key in wanted["Keys"]}) < len(wanted["Keys"]):
            raise invalid("Provided list of item keys contains duplicates")
        names = wanted.get("ProjectionExpression")
        terms = terms_of(wanted, names)
        for key in wanted["Keys"]:
            item = table_of(tables, table).get(key_of(key))
            total += size_of(item) if item else 0
            if total > _MOST_ANSWER:
                left.setdefault(table, {**wanted, "Keys": []})["Keys"].append(key)
                continue
            reading = read_units(size_of(item) if item else 0, wanted.get("ConsistentRead", False))
            units[table] = units.get(table, 0) + reading
            found.setdefault(table, []).extend([projected(names, item, terms)] if item else [])
    return {"Responses": found, "UnprocessedKeys": left, **capacity(request, lambda: units)}


def query(tables: Tables, request: Request) -> Answer:
    terms = _terms(request, "KeyConditionExpression", "FilterExpression", "ProjectionExpression")
    partitions = {value["S"] for value in request["ExpressionAttributeValues"].values() if "S" in value}
    found = [
        item
        for (pk, _), item in table_of(tables, request["TableName"]).items()
        if pk in partitions and holds(request["KeyConditionExpression"], item, terms)  # most are told by a look
    ]
    return _page(request, found, terms, key_of, backwards=not request.get("ScanIndexForward", True))


def scan(tables: Tables, request: Request) -> Answer:
    """In the order of the partition keys' hashes; a segment is a part of these."""
    terms = _terms(request, "FilterExpression", "ProjectionExpression")
    segment, of = request.get("Segment", 0), request.get("TotalSegments", 1)
    found = [item for item in table_of(tables, request["TableName"]).values() if _hash(item) % of == segment]
    return _page(request, found, terms, lambda item: (_hash(item), *key_of(item)))


def _hash(item: Item) -> int:
    return zlib.crc32(item["pk"]["S"].encode())


def _page(
    request: Request,
    found: Iterable[Item],
    terms: Mapping[str, Any],
    place: Callable[[Item], tuple[Any, ...]],
    backwards: bool = False,
) -> Answer:
    """From after the start key, in order of `place`, as many as the limit and a page of 1 MB allow."""
    items = sorted(found, key=place, reverse=backwards)
    if start := request.get("ExclusiveStartKey"):
        items = [item for item in items if (place(item) < place(start) if backwards else place(item) > place(start))]
    taken, size = 0, 0
    for item in items:
        taken, size = taken + 1, size + size_of(item)
        if taken == request.get("Limit") or size > _MOST_PAGE:
            break
    passing = [item for item in items[:taken] if holds(request.get("FilterExpression"), item, terms)]
    units = read_units(size, request.get("ConsistentRead", False))
    answer = {
        "Count": len(passing),
        "ScannedCount": taken,
        **capacity(request, lambda: {request["TableName"]: units}, whole=False),
    }
    if request.get("Select") != "COUNT":
        answer["Items"] = [projected(request.get("ProjectionExpression"), item, terms) for item in passing]
    if taken < len(items) or taken == request.get("Limit"):
        answer["LastEvaluatedKey"] = {name: items[taken - 1][name] for name in ("pk", "sk")}
    return answer


def _terms(request: Request, *names: str) -> Mapping[str, Any]:
    return terms_of(request, *(request.get(name) for name in names))
