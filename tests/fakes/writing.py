"""How the fake writes: one item or a whole transaction, on condition; and inserts by PartiQL."""

import re
from collections.abc import MutableMapping, Sequence
from functools import lru_cache

from tests.fakes.expressions import ExpressionError, Typed, holds, terms_of, updated
from tests.fakes.parts import Answer, Item, Key, RefusedError, Request, Tables, capacity, invalid, key_of, table_of
from tests.fakes.sizes import MOST_ITEM, size_of, write_units

_INSERT = re.compile(r'INSERT INTO "([^"]+)" VALUE \{(.+)\}')


def create(tables: Tables, request: Request) -> Answer:
    tables[request["TableName"]] = {}
    return {}


def expire(tables: Tables, request: Request) -> Answer:
    """A time to live may be set; nothing expires here, as in the days that DynamoDB may take."""
    table_of(tables, request["TableName"])
    return {}


def put(tables: Tables, request: Request) -> Answer:
    return _write_one(tables, "Put", request)


def update(tables: Tables, request: Request) -> Answer:
    return _write_one(tables, "Update", request)


def delete(tables: Tables, request: Request) -> Answer:
    return _write_one(tables, "Delete", request)


def _write_one(tables: Tables, action: str, request: Request) -> Answer:
    table = table_of(tables, request["TableName"])
    key = _target(action, request)
    before = table.get(key)
    after = _after(action, request, before)
    _store(table, key, after)
    answer = capacity(request, lambda: {request["TableName"]: _units(before, after)}, whole=False)
    wanted = {"ALL_OLD": before, "ALL_NEW": after}.get(request.get("ReturnValues", "NONE"))
    return {**answer, "Attributes": wanted} if wanted else answer


def transact(tables: Tables, request: Request) -> Answer:
    """All conditions are judged on what was there before, and then all is written, or nothing."""
    actions = [next(iter(one.items())) for one in request["TransactItems"]]
    if not 0 < len(actions) <= 100:
        raise invalid("Member must have length less than or equal to 100, and greater than or equal to 1")
    targets = [(action["TableName"], _target(kind, action)) for kind, action in actions]
    if len(set(targets)) < len(targets):
        raise invalid("Transaction request cannot include multiple operations on one item")
    before = [table_of(tables, name).get(key) for name, key in targets]
    judged = [_judged(kind, action, item) for (kind, action), item in zip(actions, before, strict=True)]
    reasons, after = [reason for reason, _ in judged], [item for _, item in judged]
    if any(reason["Code"] != "None" for reason in reasons):
        codes = ", ".join(reason["Code"] for reason in reasons)
        text = f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]"
        raise RefusedError("TransactionCanceledException", text, reasons=reasons)
    for (kind, _), (name, key), item in zip(actions, targets, after, strict=True):
        if kind != "ConditionCheck":
            _store(table_of(tables, name), key, item)
    twice = [2 * _units(one, other) for one, other in zip(before, after, strict=True)]
    return capacity(request, lambda: _by_table([name for name, _ in targets], twice))


def _units(before: Item | None, after: Item | None) -> int:
    return write_units(size_of(before or {}), size_of(after or {}))


def _by_table(names: Sequence[str], units: Sequence[int]) -> dict[str, float]:
    found: dict[str, float] = {}
    for name, number in zip(names, units, strict=True):
        found[name] = found.get(name, 0) + number
    return found


def _judged(kind: str, action: Request, before: Item | None) -> tuple[Answer, Item | None]:
    """A cancellation reason, and the item after the action."""
    try:
        return {"Code": "None"}, _after(kind, action, before)
    except ExpressionError as error:
        return {"Code": "ValidationError", "Message": str(error)}, None
    except RefusedError as refused:
        if kind == "Put" and refused.code == "ValidationException":
            raise  # seen without a look at what is there
        code = {"ConditionalCheckFailedException": "ConditionalCheckFailed"}.get(refused.code, "ValidationError")
        reason = {"Code": code, "Message": refused.text}
        return {**reason, "Item": refused.item} if refused.item is not None else reason, None


def _after(kind: str, action: Request, before: Item | None) -> Item | None:
    """The item as an action leaves it. RefusedError where its condition doesn't hold, or the item grows too large."""
    expressions = [action.get(name) for name in ("ConditionExpression", "UpdateExpression")]
    terms = terms_of(action, *expressions)
    if not holds(expressions[0], before or {}, terms):
        shown = before if action.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD" else None
        raise RefusedError("ConditionalCheckFailedException", "The conditional request failed", shown)
    if kind == "Delete":
        return None
    if kind == "ConditionCheck":
        return before
    after = action["Item"] if kind == "Put" else updated(action["UpdateExpression"], before or action["Key"], terms)
    if size_of(after) > MOST_ITEM:
        raise invalid("Item size has exceeded the maximum allowed size")
    return dict(after)


def batch_write(tables: Tables, request: Request) -> Answer:
    writes = [(table, one) for table, ones in request["RequestItems"].items() for one in ones]
    if not 0 < len(writes) <= 25:
        raise invalid("Too many items requested for the BatchWriteItem call")
    actions = [
        (table, "Put" if kind == "PutRequest" else "Delete", {"TableName": table, **action})
        for table, one in writes
        for kind, action in one.items()
    ]
    keys = [(table, _target(kind, action)) for table, kind, action in actions]
    if len(set(keys)) < len(keys):
        raise invalid("Provided list of item keys contains duplicates")
    units: list[int] = []
    for (table, key), (_, kind, action) in zip(keys, actions, strict=True):
        before, after = table_of(tables, table).get(key), _after(kind, action, None)
        _store(table_of(tables, table), key, after)
        units.append(_units(before, after))
    return {"UnprocessedItems": {}, **capacity(request, lambda: _by_table([table for table, _ in keys], units))}


def execute(tables: Tables, request: Request) -> Answer:
    """Whether an item was there already or not, its insert takes units."""
    ended = [_insert(tables, **statement) for statement in request["Statements"]]
    names = [answer["TableName"] for answer, _ in ended]
    units = [number for _, number in ended]
    return {"Responses": [answer for answer, _ in ended], **capacity(request, lambda: _by_table(names, units))}


def _insert(tables: Tables, Statement: str, Parameters: Sequence[Typed]) -> tuple[Answer, int]:  # noqa: N803
    """With the units that it took."""
    table, names = _read(Statement)
    item = dict(zip(names, Parameters, strict=True))
    request = {"TableName": table, "Item": item, "ConditionExpression": "attribute_not_exists(pk)"}
    before, units = None, 0
    try:
        before = table_of(tables, table).get(key_of(item))
        _write_one(tables, "Put", request)
    except RefusedError as refused:
        code, text = refused.code.removesuffix("Exception"), refused.text
        if code == "ConditionalCheckFailed":
            code, text = "DuplicateItem", "Duplicate primary key exists in table"
            units = _units(before, before)
        error = {"Code": code.replace("Validation", "ValidationError"), "Message": text}
        return {"TableName": table, "Error": error}, units
    return {"TableName": table}, _units(None, item)


@lru_cache(256)
def _read(statement: str) -> tuple[str, tuple[str, ...]]:
    """Table and attributes of an insert."""
    match = _INSERT.fullmatch(statement)
    if match is None:
        raise NotImplementedError(statement)
    return match[1], tuple(re.findall(r"'(\w+)': \?", match[2]))


def _target(kind: str, action: Request) -> Key:
    return key_of(action["Item"] if kind == "Put" else action["Key"])


def _store(table: MutableMapping[Key, Item], key: Key, item: Item | None) -> None:
    if item is None:
        table.pop(key, None)
    else:
        table[key] = item
