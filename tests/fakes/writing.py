"""How the fake writes: one item or a whole transaction, on condition; and inserts by PartiQL."""

import re
from collections.abc import Iterable, Sequence

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
    return capacity(request, lambda: _twice([name for name, _ in targets], map(_units, before, after)))


def _units(before: Item | None, after: Item | None) -> int:
    return write_units(size_of(before or {}), size_of(after or {}))


def _twice(names: Sequence[str], units: Iterable[int]) -> dict[str, float]:
    """By table; a transaction takes two for one."""
    found: dict[str, float] = {}
    for name, number in zip(names, units, strict=True):
        found[name] = found.get(name, 0) + 2 * number
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
    for (table, key), (_, kind, action) in zip(keys, actions, strict=True):
        _store(table_of(tables, table), key, _after(kind, action, None))
    return {"UnprocessedItems": {}}


def execute(tables: Tables, request: Request) -> Answer:
    return {"Responses": [_insert(tables, **statement) for statement in request["Statements"]]}


def _insert(tables: Tables, Statement: str, Parameters: Sequence[Typed]) -> Answer:  # noqa: N803
    match = _INSERT.fullmatch(Statement)
    if match is None:
        raise NotImplementedError(Statement)
    item = dict(zip(re.findall(r"'(\w+)': \?", match[2]), Parameters, strict=True))
    request = {"TableName": match[1], "Item": item, "ConditionExpression": "attribute_not_exists(pk)"}
    try:
        _write_one(tables, "Put", request)
    except RefusedError as refused:
        code, text = refused.code.removesuffix("Exception"), refused.text
        if code == "ConditionalCheckFailed":
            code, text = "DuplicateItem", "Duplicate primary key exists in table"
        return {
            "TableName": match[1],
            "Error": {"Code": code.replace("Validation", "ValidationError"), "Message": text},
        }
    return {"TableName": match[1]}


def _target(kind: str, action: Request) -> Key:
    return key_of(action["Item"] if kind == "Put" else action["Key"])


def _store(table: dict[Key, Item], key: Key, item: Item | None) -> None:
    if item is None:
        table.pop(key, None)
    else:
        table[key] = item
