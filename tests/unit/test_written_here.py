"""Hot calls go over the wire as botocore itself would write them, though we write their bodies."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSRequest, AWSResponse

from shared.aws import clients

INSERT = {"Statement": "INSERT INTO \"t\" VALUE {'pk': ?, 'sk': ?, 'counted': ?, 'held': ?, 'm': ?, 'n': ?}"}
VALUES = [{"S": "차"}, {"S": ""}, {"B": b"\x00\xff"}, {"BOOL": True}, {"M": {"b": {"B": b"12"}}}, {"N": "1"}]
CALLS: list[tuple[str, str, dict[str, Any]]] = [
    ("dynamodb", "batch_execute_statement", {"Statements": [{**INSERT, "Parameters": VALUES}]}),
    ("kinesis", "put_records", {"StreamName": "s", "Records": [{"PartitionKey": "k", "Data": b"\x28\xb5"}] * 2}),
]


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    clients.forget_clients()
    yield
    clients.forget_clients()


def sent(client: Any, operation: str, asked: dict[str, Any]) -> AWSRequest:
    """The request of a call that is answered before it leaves."""
    requests: list[AWSRequest] = []

    def answer(request: AWSRequest, **_: Any) -> AWSResponse:
        requests.append(request)
        response = AWSResponse(request.url, 200, {}, None)
        response._content = b"{}"
        return response

    client.meta.events.register("before-send", answer)
    getattr(client, operation)(**asked)
    return requests[0]


@pytest.mark.parametrize(("service", "operation", "asked"), CALLS)
def test_a_hot_call_is_written_as_botocore_writes_it(service: str, operation: str, asked: dict[str, Any]) -> None:
    ours = sent(clients._client(service), operation, asked)
    theirs = sent(boto3.client(service), operation, asked)  # type: ignore[call-overload]
    assert json.loads(ours.body) == json.loads(theirs.body)
    assert ours.url == theirs.url
    for name in ("X-Amz-Target", "Content-Type"):
        assert ours.headers[name] == theirs.headers[name]
    assert int(ours.headers["Content-Length"]) == len(ours.body)


def test_other_calls_are_botocores_own() -> None:
    asked = {"TableName": "t", "Item": {"pk": {"S": "차"}, "b": {"B": b"\x00"}}}
    ours = sent(clients.dynamodb(), "put_item", asked)
    assert ours.body == sent(boto3.client("dynamodb"), "put_item", asked).body
