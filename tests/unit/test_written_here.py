"""Hot calls go over the wire as botocore itself would write them, though we write their bodies."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest, AWSResponse
from botocore.credentials import Credentials
from botocore.serialize import create_serializer
from botocore.session import get_session
from hypothesis import given
from hypothesis import strategies as st

from shared.aws import clients
from shared.aws.dynamo import attribute

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


SERIALIZER = create_serializer("json", include_validation=False)
MODELS = [
    get_session().get_service_model(one).operation_model(what)
    for one, what in (name.split(".") for name in clients._WRITTEN_HERE)
]
TEXTS = st.text(st.characters(exclude_categories=()))
VALUES_OF_ITEMS = st.recursive(
    TEXTS | st.integers() | st.booleans() | st.binary(),
    lambda inner: st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)


@given(st.lists(VALUES_OF_ITEMS, max_size=4), st.lists(st.tuples(TEXTS, st.binary()), max_size=3))
def test_whatever_an_item_or_a_record_holds_is_written_as_botocore_writes_it(
    values: list[object], records: list[tuple[str, bytes]]
) -> None:
    inserts = {"Statements": [{**INSERT, "Parameters": [attribute(value) for value in values]}]}
    put = {"StreamName": "s", "Records": [{"PartitionKey": key, "Data": data} for key, data in records]}
    for model, asked in zip(MODELS, (inserts, put), strict=True):
        ours: dict[str, Any] = {}
        clients._write_body(ours, {"written_here": asked})
        assert json.loads(ours["body"]) == json.loads(SERIALIZER.serialize_to_request(asked, model)["body"])


@pytest.mark.parametrize(("service", "operation", "asked"), CALLS)
def test_what_is_signed_and_sent_again_is_the_body_that_was_written(
    service: str, operation: str, asked: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda seconds: None)
    requests: list[AWSRequest] = []

    def busy_once(request: AWSRequest, **_: Any) -> AWSResponse:
        requests.append(request)
        response = AWSResponse(request.url, 200 if len(requests) > 1 else 500, {}, None)
        response._content = b"{}"
        return response

    client = clients._client(service)
    client.meta.events.register("before-send", busy_once)
    getattr(client, operation)(**asked)
    assert len(requests) == 2
    assert requests[0].body == requests[1].body
    for request in requests:
        assert header(request, "Authorization") == signed(service, request)


def header(request: AWSRequest, name: str) -> str:
    value = request.headers[name]
    return value.decode() if isinstance(value, bytes) else str(value)


def signed(service: str, was_sent: AWSRequest) -> str:
    """What botocore says for these headers and this body, at the time that they say."""
    before, _, _ = (told := header(was_sent, "Authorization")).partition("Signature=")
    names = told.partition("SignedHeaders=")[2].partition(",")[0].split(";")
    headers = {name: header(was_sent, name) for name in names if name != "host"}
    request = AWSRequest("POST", was_sent.url, headers, was_sent.body)
    request.context["timestamp"] = header(was_sent, "X-Amz-Date")
    signer = SigV4Auth(Credentials("test", "test"), service, "eu-west-1")
    text = signer.string_to_sign(request, signer.canonical_request(request))
    return f"{before}Signature={signer.signature(text, request)}"


def test_a_client_that_is_handed_out_again_writes_a_body_once(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[object] = []
    real = clients._write_body
    shared = boto3.client("kinesis", config=clients._config("kinesis"))
    monkeypatch.setattr(clients, "_made", lambda service, **more: shared)
    monkeypatch.setattr(clients, "_write_body", lambda params, **more: written.append(params) or real(params, **more))
    for _ in range(3):
        clients.forget_clients()
        clients.kinesis()
    sent(clients.kinesis(), "put_records", {"StreamName": "s", "Records": []})
    assert len(written) == 1


def test_the_endpoint_of_a_local_cloud_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    for service, operation, asked in CALLS:
        assert sent(clients._client(service), operation, asked).url == "http://127.0.0.1:9/"


def test_other_calls_are_botocores_own() -> None:
    asked = {"TableName": "t", "Item": {"pk": {"S": "차"}, "b": {"B": b"\x00"}}}
    ours = sent(clients.dynamodb(), "put_item", asked)
    assert ours.body == sent(boto3.client("dynamodb"), "put_item", asked).body
