"""What the stores rely on of DynamoDB itself: conditions, updates, transactions, limits and how each is refused."""

from collections.abc import Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError

from shared.aws.dynamo import to_attributes, to_python
from shared.stores.tables import LEDGER, PROFILES
from tests.contract.conftest import Dynamo

Refusal = tuple[str, list[str]]
UNMET_CODE: Refusal = ("ConditionalCheckFailedException", [])


def put(dynamo: Dynamo, sk: str = "s", **fields: Any) -> dict[str, Any]:
    return {"TableName": dynamo.table(PROFILES), "Item": to_attributes({"pk": "p", "sk": sk, **fields})}


def on(dynamo: Dynamo, sk: str = "s", **more: Any) -> dict[str, Any]:
    return {"TableName": dynamo.table(PROFILES), "Key": to_attributes({"pk": "p", "sk": sk}), **more}


def refused(call: Any, **request: Any) -> Refusal:
    """The error's code, and those of a cancelled transaction's reasons."""
    with pytest.raises(ClientError) as raised:
        call(**request)
    reasons: list[Mapping[str, Any]] = raised.value.response.get("CancellationReasons", [])
    return raised.value.response["Error"]["Code"], [reason["Code"] for reason in reasons]


MET = (
    "attribute_exists(pk)",
    "attribute_not_exists(absent) AND n = :two",
    "n <= :two AND n >= :two",
    "absent <> :two",
    "t <> :two",
    "t < :text",
    "NOT (t = :text)",
    "begins_with(t, :start) AND contains(t, :middle)",
    "n BETWEEN :one AND :two",
    "b = :yes AND m = :map",
    "#n = :two",
)
UNMET = (
    "attribute_not_exists(pk)",
    "n < :two OR n > :two",
    "n <> :two",
    "absent = :two",
    "absent < :two",
    "t = :two",
    "NOT t = :text AND NOT n = :two",
    "n = :one OR n = :two AND t = :text",
    "begins_with(absent, :start)",
    "contains(absent, :start)",
    "t BETWEEN :text AND :text",
)


def conditional(dynamo: Dynamo, condition: str) -> dict[str, Any]:
    known = {":one": 1, ":two": 2, ":text": "b", ":start": "ab", ":middle": "bc", ":yes": True, ":map": {"x": 1}}
    values = {name: value for name, value in known.items() if name in condition}
    request = put(dynamo, n=2, t="abc", b=True, m={"x": 1}) | {"ConditionExpression": condition}
    more = {"ExpressionAttributeValues": to_attributes(values)} if values else {}
    return {**request, **more, **({"ExpressionAttributeNames": {"#n": "n"}} if "#n" in condition else {})}


def test_conditions_are_judged_as_written(dynamo: Dynamo) -> None:
    dynamo.client.put_item(**put(dynamo, n=2, t="abc", b=True, m={"x": 1}))
    for condition in MET:
        dynamo.client.put_item(**conditional(dynamo, condition))
    for condition in UNMET:
        assert refused(dynamo.client.put_item, **conditional(dynamo, condition)) == UNMET_CODE, condition


def test_values_of_two_types_have_no_order(dynamo: Dynamo) -> None:
    dynamo.cannot("moto", "breaks off where it compares two types")
    dynamo.client.put_item(**put(dynamo, t="abc"))
    assert refused(dynamo.client.put_item, **conditional(dynamo, "t < :two")) == UNMET_CODE


def test_an_update_sets_adds_and_removes_what_was_there_before_it(dynamo: Dynamo) -> None:
    dynamo.client.put_item(**put(dynamo, n=2, gone="x", kept="first"))
    values = to_attributes({":v": "new", ":one": 1})
    sets = "kept = if_not_exists(kept, :v), made = if_not_exists(made, :v), #m = n + :one"
    expression = f"SET {sets} REMOVE gone ADD n :one, k :one"
    answer = dynamo.client.update_item(
        **on(dynamo, UpdateExpression=expression, ExpressionAttributeValues=values),
        ExpressionAttributeNames={"#m": "more"},
        ReturnValues="ALL_NEW",
    )
    expected = {"pk": "p", "sk": "s", "n": 3, "k": 1, "kept": "first", "made": "new", "more": 3}
    assert to_python(answer["Attributes"]) == dynamo.items(PROFILES)[0] == expected


def test_an_update_makes_the_item_that_isnt_there(dynamo: Dynamo) -> None:
    values = to_attributes({":one": 1})
    dynamo.client.update_item(**on(dynamo, UpdateExpression="ADD n :one", ExpressionAttributeValues=values))
    assert dynamo.items(PROFILES) == [{"pk": "p", "sk": "s", "n": 1}]


def test_a_set_of_binaries_grows_by_those_that_arent_in_it(dynamo: Dynamo) -> None:
    for more in ({b"\x00\xff", b"ab"}, {b"ab", b"c"}, {b"c"}):
        values = to_attributes({":more": frozenset(more)})
        dynamo.client.update_item(**on(dynamo, UpdateExpression="ADD kept :more", ExpressionAttributeValues=values))
    assert dynamo.items(PROFILES) == [{"pk": "p", "sk": "s", "kept": frozenset({b"\x00\xff", b"ab", b"c"})}]


def test_a_failed_condition_shows_the_item_where_it_is_asked_for(dynamo: Dynamo) -> None:
    dynamo.client.put_item(**put(dynamo, n=2))
    request = put(dynamo, n=3) | {"ConditionExpression": "attribute_not_exists(pk)"}
    with pytest.raises(dynamo.client.exceptions.ConditionalCheckFailedException) as raised:
        dynamo.client.put_item(**request, ReturnValuesOnConditionCheckFailure="ALL_OLD")
    assert to_python(raised.value.response["Item"]) == {"pk": "p", "sk": "s", "n": 2}


def test_a_deleted_item_is_given_back_and_gone(dynamo: Dynamo) -> None:
    dynamo.client.put_item(**put(dynamo, n=2))
    request = on(dynamo, ConditionExpression="n = :n", ExpressionAttributeValues=to_attributes({":n": 1}))
    assert refused(dynamo.client.delete_item, **request) == ("ConditionalCheckFailedException", [])
    answer = dynamo.client.delete_item(**on(dynamo, ReturnValues="ALL_OLD"))
    assert to_python(answer["Attributes"])["n"] == 2
    assert "Attributes" not in dynamo.client.delete_item(**on(dynamo, ReturnValues="ALL_OLD"))
    assert dynamo.items(PROFILES) == []


def test_a_transaction_is_written_whole_or_not_at_all_and_says_for_each_action_why(dynamo: Dynamo) -> None:
    dynamo.client.put_item(**put(dynamo, "there", n=1))
    new, there = put(dynamo, "new"), put(dynamo, "there", n=2)
    absent = {"ConditionExpression": "attribute_not_exists(pk)"}
    other = {"TableName": dynamo.table(LEDGER), "Item": to_attributes({"pk": "l", "sk": "s"})}
    check = on(dynamo, "checked", **absent)
    actions = [{"Put": {**new, **absent}}, {"Put": {**there, **absent}}, {"ConditionCheck": check}, {"Put": other}]
    code, reasons = refused(dynamo.client.transact_write_items, TransactItems=actions)
    assert code == "TransactionCanceledException"
    assert reasons == ["None", "ConditionalCheckFailed", "None", "None"]
    assert (len(dynamo.items(PROFILES)), dynamo.items(LEDGER)) == (1, [])
    actions[1] = {"Delete": on(dynamo, "there")}
    dynamo.client.transact_write_items(TransactItems=actions)
    assert [item["sk"] for item in dynamo.items(PROFILES)] == ["new"]
    assert len(dynamo.items(LEDGER)) == 1


def test_a_transaction_has_at_most_a_hundred_actions_each_on_an_item_of_its_own(dynamo: Dynamo) -> None:
    transact = dynamo.client.transact_write_items
    actions = [{"Put": put(dynamo, f"{number:03}")} for number in range(101)]
    assert refused(transact, TransactItems=actions)[0] == "ValidationException"
    update = {"Update": on(dynamo, "000", UpdateExpression="REMOVE n")}
    assert refused(transact, TransactItems=[actions[0], update]) == ("ValidationException", [])
    transact(TransactItems=actions[:100])
    assert len(dynamo.items(PROFILES)) == 100


def test_an_item_over_400_kb_is_refused_alone_and_in_a_transaction(dynamo: Dynamo) -> None:
    dynamo.cannot("moto", "counts more bytes than DynamoDB does")
    free = 400 * 1024 - len("pkp") - len("sks") - len("t")
    dynamo.client.put_item(**put(dynamo, t="x" * free))
    large = put(dynamo, t="x" * (free + 1))
    assert refused(dynamo.client.put_item, **large)[0] == "ValidationException"
    assert refused(dynamo.client.transact_write_items, TransactItems=[{"Put": large}])[0] == "ValidationException"
    grown = on(dynamo, UpdateExpression="SET m = :m", ExpressionAttributeValues=to_attributes({":m": "more"}))
    assert refused(dynamo.client.update_item, **grown)[0] == "ValidationException"
    code, reasons = refused(dynamo.client.transact_write_items, TransactItems=[{"Update": grown}])
    assert (code, reasons) == ("TransactionCanceledException", ["ValidationError"])
    assert len(dynamo.items(PROFILES)[0]["t"]) == free


def test_an_empty_key_is_refused(dynamo: Dynamo) -> None:
    assert refused(dynamo.client.put_item, **put(dynamo, sk=""))[0] == "ValidationException"
    dynamo.cannot("moto", "reads by empty keys")
    request = {dynamo.table(PROFILES): {"Keys": [to_attributes({"pk": "p", "sk": ""})]}}
    assert refused(dynamo.client.batch_get_item, RequestItems=request)[0] == "ValidationException"


WRONG = (
    {"UpdateExpression": "SET pk = :v"},
    {"UpdateExpression": "SET a = :v, a = :v"},
    {"UpdateExpression": "SET a = b REMOVE c", "ExpressionAttributeValues": {}},
    {"UpdateExpression": "SET a = :v WHERE"},
    {"UpdateExpression": "SET a = :other"},
    {"UpdateExpression": "SET a = t + :v"},
    {"ConditionExpression": "unknown(n, :v)", "UpdateExpression": "SET a = :v"},
)
WRONG_YET_TAKEN_BY_MOTO = (
    {"UpdateExpression": "SET #a = :v"},
    {"ConditionExpression": "n = = :v", "UpdateExpression": "SET a = :v"},
)


def is_refused(dynamo: Dynamo, change: dict[str, Any]) -> bool:
    request = {"ExpressionAttributeValues": to_attributes({":v": 1}), **change}
    whole = {name: value for name, value in request.items() if value}
    return refused(dynamo.client.update_item, **on(dynamo, **whole))[0] == "ValidationException"


def test_an_expression_that_says_nothing_is_refused(dynamo: Dynamo) -> None:
    dynamo.client.put_item(**put(dynamo, t="x"))
    assert [change for change in WRONG if not is_refused(dynamo, change)] == []
    dynamo.cannot("moto", "takes a name that isn't defined, and breaks off at a condition it can't read")
    assert [change for change in WRONG_YET_TAKEN_BY_MOTO if not is_refused(dynamo, change)] == []


def test_a_value_that_no_expression_uses_is_refused(dynamo: Dynamo) -> None:
    dynamo.cannot("moto", "accepts values that nothing uses")
    request = put(dynamo) | {"ConditionExpression": "attribute_not_exists(pk)"}
    unused = {"ExpressionAttributeValues": to_attributes({":unused": 1})}
    assert refused(dynamo.client.put_item, **request, **unused)[0] == "ValidationException"


def test_a_batch_is_read_up_to_a_hundred_keys_each_once(dynamo: Dynamo) -> None:
    dynamo.client.put_item(**put(dynamo, "000", n=1, other=2))
    keys = [to_attributes({"pk": "p", "sk": f"{number:03}"}) for number in range(101)]
    table = dynamo.table(PROFILES)
    for wrong in (keys, [keys[0], keys[0]]):
        request = {table: {"Keys": wrong}}
        assert refused(dynamo.client.batch_get_item, RequestItems=request)[0] == "ValidationException"
    names = {"ProjectionExpression": "sk, #n", "ExpressionAttributeNames": {"#n": "n"}}
    answer = dynamo.client.batch_get_item(RequestItems={table: {"Keys": keys[:100], **names}})
    assert [to_python(item) for item in answer["Responses"][table]] == [{"sk": "000", "n": 1}]


def test_what_an_answer_cant_hold_comes_back_as_unprocessed(dynamo: Dynamo) -> None:
    for number in range(44):
        dynamo.client.put_item(**put(dynamo, f"{number:03}", t="x" * 390_000))
    table = dynamo.table(PROFILES)
    keys = [to_attributes({"pk": "p", "sk": f"{number:03}"}) for number in range(44)]
    answer = dynamo.client.batch_get_item(RequestItems={table: {"Keys": keys}})
    left = answer["UnprocessedKeys"][table]["Keys"]
    assert 0 < len(left) < 10
    assert len(answer["Responses"][table]) + len(left) == 44


@pytest.mark.parametrize("forward", [True, False])
def test_a_query_gives_page_after_page_in_order(dynamo: Dynamo, forward: bool) -> None:
    for number in range(30):
        dynamo.client.put_item(**put(dynamo, f"a{number:03}", n=number, t="x" * 100_000))
    dynamo.client.put_item(**put(dynamo, "b", n=1))
    values = to_attributes({":p": "p", ":a": "a"})
    pages = dynamo.client.get_paginator("query").paginate(
        TableName=dynamo.table(PROFILES),
        KeyConditionExpression="pk = :p AND begins_with(sk, :a)",
        ExpressionAttributeValues=values,
        ScanIndexForward=forward,
        PaginationConfig={"PageSize": 20},
    )
    found = [[int(item["n"]["N"]) for item in page["Items"]] for page in pages]
    assert [number for page in found for number in page] == list(range(30) if forward else range(29, -1, -1))
    assert len(found) > 2


def test_a_scan_in_segments_gives_every_item_once(dynamo: Dynamo) -> None:
    for number in range(40):
        item = to_attributes({"pk": f"p{number}", "sk": "s", "n": number})
        dynamo.client.put_item(TableName=dynamo.table(PROFILES), Item=item)
    scan = dynamo.client.get_paginator("scan").paginate
    wanted = {"FilterExpression": "n >= :ten", "ExpressionAttributeValues": to_attributes({":ten": 10})}
    found = [
        int(item["n"]["N"])
        for segment in range(4)
        for page in scan(
            TableName=dynamo.table(PROFILES),
            Segment=segment,
            TotalSegments=4,
            PaginationConfig={"PageSize": 3},
            **wanted,
        )
        for item in page["Items"]
    ]
    assert sorted(found) == list(range(10, 40))


def test_capacity_is_told_where_it_is_asked_for(dynamo: Dynamo) -> None:
    dynamo.cannot("moto", "counts capacity by no rule")
    total = {"ReturnConsumedCapacity": "TOTAL"}

    def units(answer: Any) -> float:
        told = answer["ConsumedCapacity"]
        return float(sum(one["CapacityUnits"] for one in (told if isinstance(told, list) else [told])))

    client, item = dynamo.client, put(dynamo, t="x" * 5_000)
    assert "ConsumedCapacity" not in client.put_item(**item)
    assert units(client.put_item(**item, **total)) == 5
    assert units(client.get_item(**on(dynamo), **total)) == 1
    assert units(client.get_item(**on(dynamo), ConsistentRead=True, **total)) == 2
    assert units(client.put_item(**put(dynamo), **total)) == 5
    writes = [{"PutRequest": {"Item": put(dynamo, sk, t="x" * 1_500)["Item"]}} for sk in ("f", "g")]
    assert units(client.batch_write_item(RequestItems={dynamo.table(PROFILES): writes}, **total)) == 4
    dynamo.cannot(
        "local", "counts neither items that aren't there nor inserts by PartiQL, nor a transaction's second unit"
    )
    statement = f"""INSERT INTO "{dynamo.table(PROFILES)}" VALUE {{'pk': ?, 'sk': ?, 't': ?}}"""
    inserts = [{"Statement": statement, "Parameters": [{"S": "p"}, {"S": sk}, {"S": "x" * 1_500}]} for sk in ("d", "e")]
    assert units(client.batch_execute_statement(Statements=inserts, **total)) == 4
    request = {dynamo.table(PROFILES): {"Keys": [on(dynamo)["Key"], on(dynamo, "none")["Key"]], "ConsistentRead": True}}
    assert units(client.batch_get_item(RequestItems=request, **total)) == 2
    assert units(client.transact_write_items(TransactItems=[{"Put": item}, {"Put": put(dynamo, "b")}], **total)) == 12


def test_inserts_by_partiql_say_for_each_item_whether_it_was_there(dynamo: Dynamo) -> None:
    statement = f"""INSERT INTO "{dynamo.table(PROFILES)}" VALUE {{'pk': ?, 'sk': ?, 'n': ?}}"""
    inserts = [{"Statement": statement, "Parameters": [{"S": "p"}, {"S": sk}, {"N": "1"}]} for sk in ("a", "b")]
    assert [one.get("Error") for one in dynamo.client.batch_execute_statement(Statements=inserts[:1])["Responses"]] == [
        None
    ]
    answers = dynamo.client.batch_execute_statement(Statements=inserts)["Responses"]
    assert [one.get("Error", {}).get("Code") for one in answers] == ["DuplicateItem", None]
    assert len(dynamo.items(PROFILES)) == 2


def test_a_table_that_isnt_there_is_an_error(dynamo: Dynamo) -> None:
    key = to_attributes({"pk": "p", "sk": "s"})
    assert refused(dynamo.client.get_item, TableName="no-table", Key=key)[0] == "ResourceNotFoundException"
