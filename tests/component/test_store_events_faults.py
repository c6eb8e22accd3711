"""store_events through faults: killed, throttled, bisected, delivered again. Nothing is lost, nothing counts twice."""

from collections.abc import Callable
from typing import Any

import boto3
import pytest

from functions.store_events import verdicts
from shared.aws import clients
from shared.contracts.queues import StoreRetry
from shared.domain.validation import validate
from shared.stores.keys import LAG
from shared.stores.tables import EVENTS, LEDGER, QUARANTINE
from tests.conftest import Deployment
from tests.faults import Failing, client_error
from tests.pipeline import counts, items, kinesis_records, record_bytes, retried, seed_source, stored, stored_ids, track

Records = list[dict[str, Any]]
Meddle = Callable[[list[Any], Any], list[Any]]


@pytest.fixture(autouse=True)
def source(aws: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    seed_source(aws)
    monkeypatch.setattr("shared.aws.batching.time.sleep", lambda _: None)
    monkeypatch.setattr("functions.store_events.streaming._RETRY_DELAY_SECONDS", 0)


class Inserting:
    """Stands before DynamoDB: `meddle` gets the statements of each insert, and gives the answers."""

    def __init__(self, meddle: Meddle) -> None:
        self._client, self._meddle = clients.dynamodb(), meddle

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def batch_execute_statement(self, Statements: list[Any]) -> Any:  # noqa: N803
        return {"Responses": self._meddle(Statements, self._client)}


@pytest.fixture
def meddle(monkeypatch: pytest.MonkeyPatch) -> Callable[[Meddle], None]:
    def install(function: Meddle) -> None:
        client = Inserting(function)
        monkeypatch.setattr("shared.aws.inserts.dynamodb", lambda: client)

    return install


def insert(statements: list[Any], client: Any) -> list[Any]:
    return list(client.batch_execute_statement(Statements=statements)["Responses"]) if statements else []


def answering(code: str, message_id: str, times: int) -> Meddle:
    """Answer so to the inserts of one messageId, so many times; the others of the same call go through."""
    left = [times]

    def function(statements: list[Any], client: Any) -> list[Any]:
        hit = [left[0] > 0 and {"S": message_id} in one["Parameters"] for one in statements]
        left[0] -= any(hit)
        through = iter(insert([one for one, is_hit in zip(statements, hit, strict=True) if not is_hit], client))
        return [{"Error": {"Code": code, "Message": code}} if is_hit else next(through) for is_hit in hit]

    return function


def deliver(records: Records) -> list[str]:
    """What Lambda does with a batch, with bisection and partial responses; the sequence numbers that end in S3."""
    try:
        failed = stored(records)
    except Exception:
        if len(records) == 1:
            return [records[0]["kinesis"]["sequenceNumber"]]
        half = len(records) // 2
        return deliver(records[:half]) + deliver(records[half:])
    numbers = [record["kinesis"]["sequenceNumber"] for record in records]
    return deliver(records[numbers.index(min(failed, key=int)) :]) if failed else []


def ends(received: int, stored: int = 0, duplicate: int = 0, quarantined: int = 0) -> dict[str, int]:
    return {"received": received, "stored": stored, "duplicate": duplicate, "quarantined": quarantined}


def some_records() -> Records:
    """Five records: eight events, of them two duplicates and one refused."""
    return kinesis_records(
        record_bytes(track("m1"), track("m2")),
        record_bytes(track("m2")),
        record_bytes(track("m3"), "nonsense"),
        record_bytes(track("m4")),
        record_bytes(track("m1"), track("m5")),
    )


ALL = ends(8, stored=5, duplicate=2, quarantined=1)


def everything(aws: Deployment) -> list[Any]:
    """Save how far behind the worker is: that is of the clock."""
    found = [items(aws, table) for table in (EVENTS, QUARANTINE, LEDGER)]
    return [[item for item in of_table if item["pk"] != LAG] for of_table in found]


def test_a_batch_killed_after_half_of_its_inserts_is_stored_and_counted_once(
    aws: Deployment, meddle: Callable[[Meddle], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(statements: list[Any], client: Any) -> list[Any]:
        insert(statements[: len(statements) // 2], client)
        raise KeyboardInterrupt

    records = some_records()
    meddle(killed)
    with pytest.raises(KeyboardInterrupt):
        stored(records)
    assert len(items(aws, EVENTS)) == 2
    assert counts(aws) == ends(0)
    meddle(insert)
    assert deliver(records) == []
    assert stored_ids(aws) == ["m1", "m2", "m3", "m4", "m5"]
    assert counts(aws) == ALL


def test_halves_of_a_batch_that_was_counted_already_add_nothing(aws: Deployment) -> None:
    records = some_records()
    stored(records)
    before = everything(aws)
    for part in (records[:2], records[2:], records[1:4], records):
        stored(part)
    assert everything(aws) == before
    assert counts(aws) == ALL


def test_a_batch_that_grew_when_it_came_again_adds_what_is_new(aws: Deployment) -> None:
    records = some_records()
    for length in (1, 3, 2, 5):
        stored(records[:length])
    assert counts(aws) == ALL


def test_a_throttled_insert_is_driven_again(aws: Deployment, meddle: Callable[[Meddle], None]) -> None:
    meddle(answering("ThrottlingError", "m2", 2))
    stored(some_records())
    assert retried(aws) == []
    assert counts(aws) == ALL


def test_a_call_that_is_throttled_whole_is_driven_again(aws: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    failing = Failing(clients.dynamodb(), "batch_execute_statement", client_error("ThrottlingException"), times=2)
    monkeypatch.setattr("shared.aws.inserts.dynamodb", lambda: failing)
    stored(some_records())
    assert failing.calls == 4  # the last one is quarantine's
    assert counts(aws) == ALL


def test_what_stays_throttled_waits_in_the_retry_queue_and_its_neighbours_go_on(
    aws: Deployment, meddle: Callable[[Meddle], None]
) -> None:
    meddle(answering("ThrottlingError", "m3", 4))
    assert stored(some_records()) == []
    assert stored_ids(aws) == ["m1", "m2", "m4", "m5"]
    assert counts(aws) == ends(8, stored=4, duplicate=2)
    assert retried(aws) == []
    assert stored_ids(aws) == ["m1", "m2", "m3", "m4", "m5"]
    assert counts(aws) == ALL


def test_a_retry_message_holds_no_event(aws: Deployment, meddle: Callable[[Meddle], None]) -> None:
    meddle(answering("ThrottlingError", "m3", 4))
    stored(some_records())
    (message,) = boto3.client("sqs").receive_message(QueueUrl=aws.store_retries_url)["Messages"]
    assert StoreRetry.model_validate_json(message["Body"]).indexes == (2,)
    assert "u1" not in message["Body"]


def test_a_retry_that_is_throttled_again_comes_again(aws: Deployment, meddle: Callable[[Meddle], None]) -> None:
    meddle(answering("ThrottlingError", "m3", 8))
    stored(some_records())
    assert len(retried(aws)) == 1
    assert counts(aws) == ends(8, stored=4, duplicate=2)
    boto3.client("sqs").purge_queue(QueueUrl=aws.store_retries_url)


def test_a_retry_delivered_twice_counts_once(aws: Deployment, meddle: Callable[[Meddle], None]) -> None:
    meddle(answering("ThrottlingError", "m3", 4))
    stored(some_records())
    (message,) = boto3.client("sqs").receive_message(QueueUrl=aws.store_retries_url)["Messages"]
    for _ in range(3):
        stored([{"eventSource": "aws:sqs", "messageId": "1", "body": message["Body"]}])
    assert counts(aws) == ALL


def test_a_batch_killed_before_it_handed_over_counts_once_however_it_comes_again(
    aws: Deployment, meddle: Callable[[Meddle], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    records = some_records()
    meddle(answering("ThrottlingError", "m3", 4))
    failing = Failing(clients.sqs(), "send_message_batch", KeyboardInterrupt())
    monkeypatch.setattr("shared.aws.queues.sqs", lambda: failing)
    with pytest.raises(KeyboardInterrupt):
        stored(records)
    monkeypatch.setattr("shared.aws.queues.sqs", clients.sqs)
    deliver(records[:2])
    deliver(records[2:])
    assert retried(aws) == []
    assert counts(aws) == ALL


def test_a_record_that_came_again_while_its_retry_waited_counts_once(
    aws: Deployment, meddle: Callable[[Meddle], None]
) -> None:
    meddle(answering("ThrottlingError", "m3", 4))
    stored(some_records())
    stored(some_records())
    assert retried(aws) == []
    assert counts(aws) == ALL


def test_a_batch_whose_count_failed_counts_when_it_comes_again(
    aws: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing = Failing(clients.dynamodb(), "put_item", client_error("InternalServerError"))
    monkeypatch.setattr("shared.aws.dynamo.dynamodb", lambda: failing)
    with pytest.raises(Exception, match="InternalServerError"):
        stored(some_records())
    monkeypatch.setattr("shared.aws.dynamo.dynamodb", clients.dynamodb)
    assert deliver(some_records()) == []
    assert counts(aws) == ALL


def test_a_poison_record_ends_alone_in_s3_and_the_others_are_stored(
    aws: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    def poisoned(element: Any, *rest: Any) -> Any:
        if isinstance(element, dict) and element["messageId"] == "m4":
            raise RuntimeError("a bug that only this event meets")
        return validate(element, *rest)

    monkeypatch.setattr(verdicts, "validate", poisoned)
    records = some_records()
    poison = records[3]["kinesis"]["sequenceNumber"]
    assert stored(records) == [poison]
    assert counts(aws) == ends(5, stored=3, duplicate=1, quarantined=1)
    assert deliver(records) == [poison]
    assert stored_ids(aws) == ["m1", "m2", "m3", "m5"]
    assert counts(aws) == ends(7, stored=4, duplicate=2, quarantined=1)


def test_an_item_that_dynamodb_refuses_ends_alone_in_s3(aws: Deployment, meddle: Callable[[Meddle], None]) -> None:
    meddle(answering("ValidationError", "m3", 1_000))
    records = some_records()
    assert deliver(records) == [records[2]["kinesis"]["sequenceNumber"]]
    assert counts(aws) == ends(6, stored=4, duplicate=2)


def test_a_batch_comes_again_whole_while_dynamodb_is_down(aws: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    failing = Failing(clients.dynamodb(), "batch_execute_statement", ConnectionError("no route"))
    monkeypatch.setattr("shared.aws.inserts.dynamodb", lambda: failing)
    with pytest.raises(ConnectionError):
        stored(some_records())
    assert everything(aws) == [[], [], []]
    monkeypatch.setattr("shared.aws.inserts.dynamodb", clients.dynamodb)
    assert deliver(some_records()) == []
    assert counts(aws) == ALL


class Halving:
    """Stands before DynamoDB: batch puts and reads take the first half and leave the rest unprocessed."""

    def __init__(self) -> None:
        self._client = clients.dynamodb()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def batch_write_item(self, RequestItems: dict[str, list[Any]]) -> Any:  # noqa: N803
        ((table, puts),) = RequestItems.items()
        taken = max(1, len(puts) // 2)
        self._client.batch_write_item(RequestItems={table: puts[:taken]})
        return {"UnprocessedItems": {table: puts[taken:]} if puts[taken:] else {}}

    def batch_get_item(self, RequestItems: dict[str, Any]) -> Any:  # noqa: N803
        ((table, request),) = RequestItems.items()
        keys = request["Keys"]
        taken = max(1, len(keys) // 2)
        answer = self._client.batch_get_item(RequestItems={table: {**request, "Keys": keys[:taken]}})
        left = {table: {**request, "Keys": keys[taken:]}} if keys[taken:] else {}
        return {"Responses": answer["Responses"], "UnprocessedKeys": left}


def test_unprocessed_items_and_keys_are_driven_again(aws: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    halving = Halving()
    monkeypatch.setattr("shared.aws.dynamo.dynamodb", lambda: halving)
    records = kinesis_records(record_bytes(*(track(f"m{number}") for number in range(9)), *(["nonsense"] * 9)))
    stored(records)
    stored([*records, *kinesis_records(record_bytes(*(track(f"m{number}") for number in range(9))), first=1)])
    assert len(items(aws, QUARANTINE)) == 9
    assert counts(aws) == ends(27, stored=9, duplicate=9, quarantined=9)


def test_a_redrive_sends_what_is_stored_on_to_stitching_and_counts_nothing(aws: Deployment) -> None:
    stored([*some_records(), *kinesis_records(b"\xff no record", first=5)])
    before = everything(aws)
    (found,) = boto3.client("s3").list_objects_v2(Bucket=aws.bucket, Prefix="log/")["Contents"]
    message = StoreRetry(object=found["Key"], republish_from="2026-11-20T00:00:00.000Z")
    assert stored([{"eventSource": "aws:sqs", "messageId": "1", "body": message.model_dump_json()}]) == []
    (sent,) = boto3.client("sqs").receive_message(QueueUrl=aws.stitch_retries_url)["Messages"]
    assert all(item["sk"] in sent["Body"] for item in items(aws, EVENTS))
    assert "2026-11-20T00:00:00.000Z" in sent["Body"]
    assert everything(aws) == before


def test_a_message_that_cannot_be_read_fails_alone(aws: Deployment, meddle: Callable[[Meddle], None]) -> None:
    meddle(answering("ThrottlingError", "m3", 4))
    stored(some_records())
    (message,) = boto3.client("sqs").receive_message(QueueUrl=aws.store_retries_url)["Messages"]
    bodies = ("not JSON", message["Body"], StoreRetry(object="log/not/there").model_dump_json())
    records = [{"eventSource": "aws:sqs", "messageId": str(n), "body": body} for n, body in enumerate(bodies)]
    assert stored(records) == ["0", "2"]
    assert counts(aws) == ALL
