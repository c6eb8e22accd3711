"""Fixtures that tests of every kind share. `aws` is a whole deployment in moto, in process and without a socket."""

import copy
import os
import re
import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSPreparedRequest
from botocore.client import BaseClient
from botocore.compat import HTTPHeaders
from moto import mock_aws
from moto.core.models import botocore_stubber
from moto.core.serialize import ResponseSerializer
from moto.dynamodb.comparisons import get_filter_expression
from moto.dynamodb.exceptions import ConditionalCheckFailed
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.table import Table as MotoTable

from shared.aws import clients
from shared.aws.clients import forget_clients
from shared.aws.role import BOTOCORES
from shared.aws.secrets import forget_secrets
from shared.aws.sending import Answer, Host
from shared.stores.tables import TABLES, TTL_ATTRIBUTE, Table
from tests.glue import FakeGlue
from tests.step_functions import FakeStepFunctions

PREFIX = "jogakbo-test"
REGION = "eu-west-1"
SECRET = "an identifier key that only tests know"
RECEIPT_KEY = "a receipt key that only tests know"
SUPPRESSION_KEYS = '{"current": "1", "1": "a suppression key that only tests know"}'
BUCKET = f"{PREFIX}-log"
STREAM = f"{PREFIX}-events"
_KINDS = frozenset({"S", "N", "B", "BOOL", "M"})
BUS = f"{PREFIX}-bus"
_QUEUE_NAMES = ("store-retries", "stitch-retries", "deliveries", "imports", "jobs", "reevaluations", "previews")
QUEUES = {name: f"{PREFIX}-{name}" for name in _QUEUE_NAMES}


@dataclass(frozen=True)
class Deployment:
    """What the functions' settings name, for a test to look into."""

    bucket: str
    stream: str
    bus: str
    store_retries_url: str
    stitch_retries_url: str
    deliveries_url: str
    imports_url: str
    jobs_url: str
    reevaluations_url: str
    previews_url: str

    def table(self, table: Table) -> str:
        return f"{PREFIX}-{table.name}"


@pytest.fixture
def partiql_inserts(monkeypatch: pytest.MonkeyPatch) -> None:
    """moto's PartiQL parser can't take a `?` in an INSERT. This puts each item on condition that it isn't there, and
    says DuplicateItem otherwise, as DynamoDB and the local cloud do.
    """

    def execute(self: DynamoDBBackend, statements: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [_insert(self, **statement) for statement in statements]

    monkeypatch.setattr(DynamoDBBackend, "batch_execute_statement", execute)


def _insert(backend: DynamoDBBackend, Statement: str, Parameters: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
    match = re.fullmatch(r'INSERT INTO "([^"]+)" VALUE \{(.+)\}', Statement)
    assert match, Statement
    item = dict(zip(re.findall(r"'(\w+)': \?", match[2]), Parameters, strict=True))
    try:
        backend.put_item(match[1], item, condition_expression="attribute_not_exists(pk)")
    except ConditionalCheckFailed:
        return {"TableName": match[1], "Error": {"Code": "DuplicateItem", "Message": "Duplicate primary key exists"}}
    return {"TableName": match[1]}


@pytest.fixture
def transactions_without_backups(monkeypatch: pytest.MonkeyPatch) -> None:
    """moto copies a whole table before each write of a transaction, to have it back. Where every condition holds, which
    is looked at first, nothing has to come back.
    """
    real = DynamoDBBackend.transact_write_items

    def transact(self: DynamoDBBackend, transact_items: list[dict[str, Any]]) -> None:
        operations = [operation for item in transact_items for operation in item.values()]
        with pytest.MonkeyPatch.context() as patch:
            if all(_holds(self, operation) for operation in operations):
                patch.setattr("moto.dynamodb.models.copy", _NoBackups)
            real(self, transact_items)

    monkeypatch.setattr(DynamoDBBackend, "transact_write_items", transact)


class _NoBackups:
    @staticmethod
    def deepcopy(value: Any) -> Any:
        return value if isinstance(value, MotoTable) else copy.deepcopy(value)


def _holds(backend: DynamoDBBackend, operation: dict[str, Any]) -> bool:
    if "ConditionExpression" not in operation:
        return True
    there = operation.get("Key") or {name: operation["Item"][name] for name in ("pk", "sk")}
    names, values = operation.get("ExpressionAttributeNames"), operation.get("ExpressionAttributeValues")
    condition = get_filter_expression(operation["ConditionExpression"], names, values)
    return bool(condition.expr(backend.get_item(operation["TableName"], there)))


@pytest.fixture
def attribute_values_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """moto looks for each kind of attribute value under four names: half of the time of its every answer."""
    real = ResponseSerializer.get_value

    def get_value(self: Any, value: Any, key: str, shape: Any) -> Any:
        if isinstance(value, dict) and len(value) == 1 and _KINDS.issuperset(value):
            return value.get(key)
        return real(self, value, key, shape)

    monkeypatch.setattr(ResponseSerializer, "get_value", get_value)


@pytest.fixture
def one_call_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """moto loses updates between threads, and breaks off where one reads what another changes. What lean clients send
    it takes without a socket.
    """
    real, lock = BaseClient._make_api_call, threading.RLock()

    def call(self: BaseClient, *args: Any, **kwargs: Any) -> Any:
        with lock:
            return real(self, *args, **kwargs)

    def send(self: Host, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        request = AWSPreparedRequest(method, f"https://{self.name}{path}", headers, body, False)
        with lock:
            status, said, answer = botocore_stubber.process_request(request)
        found = HTTPHeaders.from_dict({name: str(value) for name, value in said.items()})
        return Answer(status, found, answer.encode() if isinstance(answer, str) else answer)

    monkeypatch.setattr(BaseClient, "_make_api_call", call)
    monkeypatch.setattr(Host, "send", send)


@pytest.fixture
def clients_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Making a client takes longer than most tests do, and in moto one is as good as another."""
    make = boto3.client

    def client(service: str, **more: Any) -> BaseClient:
        if more.keys() - {"config"}:
            return make(service, **more)
        options = getattr(more.get("config"), "_user_provided_options", {})
        key = service, repr(sorted(options.items()))
        if key not in _CLIENTS:
            _CLIENTS[key] = make(service, **more)
        return _CLIENTS[key]

    monkeypatch.setattr(boto3, "client", client)
    monkeypatch.setattr(clients, "_made", lambda service, **more: boto3.client(service, **_known(service, more)))


def _known(service: str, more: dict[str, Any]) -> dict[str, Any]:
    return {"config": clients._config(service), **{name: value for name, value in more.items() if value is not None}}


_CLIENTS: dict[tuple[str, str], BaseClient] = {}


@pytest.fixture
def glue(clients_made_once: None, monkeypatch: pytest.MonkeyPatch) -> FakeGlue:
    """Stands for Glue wherever a client is made."""
    fake, make = FakeGlue(), boto3.client
    monkeypatch.setattr(boto3, "client", lambda service, **more: fake if service == "glue" else make(service, **more))
    return fake


@pytest.fixture
def step_functions(glue: FakeGlue, monkeypatch: pytest.MonkeyPatch) -> FakeStepFunctions:
    """Stands for Step Functions wherever a client is made."""
    fake, make = FakeStepFunctions(), boto3.client
    monkeypatch.setattr(boto3, "client", lambda of, **more: fake if of == "stepfunctions" else make(of, **more))
    return fake


@pytest.fixture
def aws(
    partiql_inserts: None,
    transactions_without_backups: None,
    attribute_values_as_they_are: None,
    one_call_at_a_time: None,
    step_functions: FakeStepFunctions,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Deployment]:
    """Tables, stream, bucket, queues, bus and secret, all empty, and the environment of every function."""
    for name in [name for name in os.environ if name.startswith("AWS_") or name in BOTOCORES]:
        monkeypatch.delenv(name)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "function")
    forget_everything()
    with mock_aws():
        deployment = _deploy()
        for name, value in _settings(deployment).items():
            monkeypatch.setenv(name, value)
        yield deployment
    forget_everything()


def forget_everything() -> None:
    """Drop what a warm process keeps between invocations."""
    forget_clients()
    forget_secrets()
    for name, module in list(sys.modules.items()):
        if name.startswith("functions."):
            for made_once in vars(module).values():
                getattr(made_once, "cache_clear", lambda: None)()


def _deploy() -> Deployment:
    dynamodb = boto3.client("dynamodb")
    for table in TABLES:
        create_table(dynamodb, f"{PREFIX}-{table.name}", table)
    boto3.client("kinesis").create_stream(StreamName=STREAM, ShardCount=1)
    boto3.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    boto3.client("events").create_event_bus(Name=BUS)
    boto3.client("secretsmanager").create_secret(Name="jogakbo/test/suppression-keys", SecretString=SUPPRESSION_KEYS)
    for name, text in (
        ("identifier-key", SECRET),
        ("receipt-key", RECEIPT_KEY),
    ):
        boto3.client("secretsmanager").create_secret(Name=f"{PREFIX}-{name}", SecretString=text)
    sqs = boto3.client("sqs")
    urls = {name: sqs.create_queue(QueueName=full)["QueueUrl"] for name, full in QUEUES.items()}
    return Deployment(BUCKET, STREAM, BUS, *(urls[name] for name in QUEUES))


def create_table(dynamodb: Any, name: str, table: Table) -> None:
    dynamodb.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in ("pk", "sk")],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": table.stream}
        if table.stream
        else {"StreamEnabled": False},
    )
    if table.ttl:
        dynamodb.update_time_to_live(
            TableName=name, TimeToLiveSpecification={"Enabled": True, "AttributeName": TTL_ATTRIBUTE}
        )


def _settings(deployment: Deployment) -> dict[str, str]:
    return {
        "STAGE": "test",
        **{table.setting: f"{PREFIX}-{table.name}" for table in TABLES},
        "EVENTS_STREAM": deployment.stream,
        "LOG_BUCKET": deployment.bucket,
        "STORE_RETRIES_QUEUE_URL": deployment.store_retries_url,
        "STITCH_RETRIES_QUEUE_URL": deployment.stitch_retries_url,
        "MOST_BEHIND_SECONDS": "300",
        "WATCHED_MAPPINGS": "mapping-store,mapping-stitch",
        "WATCHED_QUEUES": f"{deployment.store_retries_url},{deployment.stitch_retries_url}",
        "DELIVERIES_QUEUE_URL": deployment.deliveries_url,
        "IMPORTS_QUEUE_URL": deployment.imports_url,
        "JOBS_QUEUE_URL": deployment.jobs_url,
        "REEVALUATIONS_QUEUE_URL": deployment.reevaluations_url,
        "PREVIEWS_QUEUE_URL": deployment.previews_url,
        "BUS_NAME": deployment.bus,
        "BULK_ABOVE": "10000",
        "REQUESTS_STATE_MACHINE": f"arn:aws:states:{REGION}:123456789012:stateMachine:{PREFIX}-requests",
        "OPENDSR_SECRET": "jogakbo/test/opendsr/certificate",
        "LAKE_DATABASE": "jogakbo_test",
        "IDENTIFIER_KEY_SECRET": f"{PREFIX}-identifier-key",
        "SUPPRESSION_KEYS_SECRET": "jogakbo/test/suppression-keys",
        "RECEIPT_KEY_SECRET": f"{PREFIX}-receipt-key",
        "QUARANTINE_KEY": f"arn:aws:kms:{REGION}:123456789012:key/quarantine",
        "POWERTOOLS_SERVICE_NAME": "test",
        "POWERTOOLS_METRICS_NAMESPACE": "Jogakbo",
        "POWERTOOLS_LOG_LEVEL": "INFO",
        "POWERTOOLS_METRICS_FUNCTION_NAME": "test",
    }
