"""What the growth part counts by itself: bytes of writes, and what one person's batches come to."""

from bench.growing.people import event
from bench.growing.segments import microseconds
from bench.growing.world import bytes_of

ITEM = {"pk": {"S": "P#1"}, "sk": {"S": "P"}}
KEY_BYTES = len("pkP#1skP")


def test_bytes_are_those_of_items_that_are_written_alone_or_in_a_transaction() -> None:
    put = {"TableName": "t", "Item": {**ITEM, "v": {"S": "four"}}}
    update = {"TableName": "t", "Key": ITEM, "UpdateExpression": "SET a = :a"}
    update["ExpressionAttributeValues"] = {":a": {"S": "xy"}}
    assert bytes_of(put) == KEY_BYTES + len("vfour")
    assert bytes_of(update) == KEY_BYTES + len(":axy")
    assert bytes_of({"TransactItems": [{"Put": put}, {"Update": update}]}) == bytes_of(put) + bytes_of(update)


def test_what_reads_or_only_checks_writes_no_bytes() -> None:
    assert bytes_of({"RequestItems": {"t": {"Keys": [ITEM]}}}) == 0
    assert bytes_of({"TransactItems": [{"ConditionCheck": {"TableName": "t", "Key": ITEM}}]}) == 0


def test_the_same_event_is_the_same_in_every_run_and_another_one_has_another_id() -> None:
    who = {"userId": "u1"}
    assert event(who, 3, 1.5) == event(who, 3, 1.5)
    assert event(who, 3, 1.5).message_id != event(who, 4, 1.5).message_id


def test_everybody_is_asked_before_the_clock_runs() -> None:
    asked: list[int] = []
    assert microseconds(asked.append, 0.0) > 0
    assert asked[:200] == [*range(200)]
