"""What the doors to DynamoDB, SQS, Kinesis and S3 promise: nothing that failed in part is forgotten."""

from typing import Any

import boto3
import pytest

from shared.aws.batching import StillFailingError, chunks, drive
from shared.aws.clients import dynamodb
from shared.aws.dynamo import batch_get, get_item, put_items, query, to_attributes
from shared.aws.queues import send_messages
from shared.stores.tables import EVENTS
from tests.conftest import Deployment


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.aws.batching.time.sleep", lambda _: None)


def test_chunks_keep_order_count_and_bytes() -> None:
    assert list(chunks(range(5), 2)) == [[0, 1], [2, 3], [4]]
    assert list(chunks([3, 3, 9, 1, 1], 10, size=lambda size: size, bytes_most=6)) == [[3, 3], [9], [1, 1]]
    assert list(chunks([], 2)) == []


def test_what_fails_in_every_try_is_an_error() -> None:
    tried: list[list[int]] = []

    def attempt(left: Any) -> tuple[list[int], list[str]]:
        tried.append(list(left))
        return [2], ["Throttled"]

    with pytest.raises(StillFailingError, match="Throttled"):
        drive("put", [1, 2], attempt, tries=3)
    assert tried == [[1, 2], [2], [2]]


def test_values_come_back_as_they_went_in(aws: Deployment) -> None:
    item = {"pk": "a", "sk": "b", "n": 10**37, "yes": True, "bytes": b"\0", "map": {"deep": {"b": b"1"}}}
    dynamodb().put_item(TableName=aws.table(EVENTS), Item=to_attributes({**item, "absent": None}))
    assert get_item(aws.table(EVENTS), "a", "b") == item
    assert get_item(aws.table(EVENTS), "a", "c") is None


def test_floats_find_no_way_into_an_item() -> None:
    with pytest.raises(TypeError):
        to_attributes({"price": 1.5})


def test_whole_queries_and_batches_are_read(aws: Deployment) -> None:
    table = aws.table(EVENTS)
    put_items(table, [{"pk": "p", "sk": f"{n:03}", "n": n, "text": "x" * 20_000} for n in range(120)])
    assert [item["n"] for item in query(table, "p")] == list(range(120))
    assert [item["n"] for item in query(table, "p", first="010", last="012")] == [10, 11, 12]
    assert [item["n"] for item in query(table, "p", first="118")] == [118, 119]
    assert [item["n"] for item in query(table, "p", prefix="00", forward=False, page_size=3)] == list(range(9, -1, -1))
    found = batch_get(table, [("p", f"{n:03}") for n in range(119, 130)], names=("n",))
    assert found == {("p", "119"): {"pk": "p", "sk": "119", "n": 119}}
    assert len(batch_get(table, [("p", f"{n:03}") for n in range(120)] * 2)) == 120


class Losing:
    """Stands before SQS: the first call fails for its first entry."""

    def __init__(self) -> None:
        self._client, self._calls = boto3.client("sqs"), 0

    def send_message_batch(self, QueueUrl: str, Entries: list[Any]) -> Any:  # noqa: N803
        self._calls += 1
        lost, rest = (Entries[:1], Entries[1:]) if self._calls == 1 else ([], Entries)
        self._client.send_message_batch(QueueUrl=QueueUrl, Entries=rest)
        return {"Failed": [{"Id": entry["Id"], "Code": "InternalError"} for entry in lost]}


def test_messages_that_failed_are_sent_again(aws: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    losing = Losing()
    monkeypatch.setattr("shared.aws.queues.sqs", lambda: losing)
    send_messages(aws.deliveries_url, [f"{n} " + "x" * 30_000 for n in range(12)])
    sqs, got = boto3.client("sqs"), []
    while messages := sqs.receive_message(QueueUrl=aws.deliveries_url, MaxNumberOfMessages=10).get("Messages"):
        got += [int(message["Body"].split()[0]) for message in messages]
    assert sorted(got) == list(range(12))
