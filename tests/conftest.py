"""Fixtures that tests of every kind share. `aws` is a whole deployment in moto, in process and without a socket."""

import os
import re
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from botocore.client import BaseClient
from moto import mock_aws
from moto.dynamodb.exceptions import ConditionalCheckFailed
from moto.dynamodb.models import DynamoDBBackend

from shared.aws.clients import forget_clients
from shared.aws.secrets import forget_secrets
from shared.stores.tables import TABLES, TTL_ATTRIBUTE, Table
from tests.glue import FakeGlue

PREFIX = "jogakbo-test"
REGION = "eu-west-1"
SECRET = "an identifier key that only tests know"
BUCKET = f"{PREFIX}-log"
STREAM = f"{PREFIX}-events"
BUS = f"{PREFIX}-bus"
QUEUES = {name: f"{PREFIX}-{name}" for name in ("store-retries", "stitch-retries", "deliveries", "imports")}


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
def one_call_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """moto loses updates between threads, and breaks off where one reads what another changes."""
    real, lock = BaseClient._make_api_call, threading.RLock()

    def call(self: BaseClient, *args: Any, **kwargs: Any) -> Any:
        with lock:
            return real(self, *args, **kwargs)

    monkeypatch.setattr(BaseClient, "_make_api_call", call)


@pytest.fixture
def glue(monkeypatch: pytest.MonkeyPatch) -> FakeGlue:
    """Stands for Glue wherever a client is made."""
    fake, make = FakeGlue(), boto3.client
    monkeypatch.setattr(boto3, "client", lambda service, **more: fake if service == "glue" else make(service, **more))
    return fake


@pytest.fixture
def aws(
    partiql_inserts: None, one_call_at_a_time: None, glue: FakeGlue, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Deployment]:
    """Tables, stream, bucket, queues, bus and secret, all empty, and the environment of every function."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
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
        _create_table(dynamodb, table)
    boto3.client("kinesis").create_stream(StreamName=STREAM, ShardCount=1)
    boto3.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    boto3.client("events").create_event_bus(Name=BUS)
    boto3.client("secretsmanager").create_secret(Name=f"{PREFIX}-identifier-key", SecretString=SECRET)
    sqs = boto3.client("sqs")
    urls = {name: sqs.create_queue(QueueName=full)["QueueUrl"] for name, full in QUEUES.items()}
    return Deployment(BUCKET, STREAM, BUS, *(urls[name] for name in QUEUES))


def _create_table(dynamodb: Any, table: Table) -> None:
    name = f"{PREFIX}-{table.name}"
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
        "DELIVERIES_QUEUE_URL": deployment.deliveries_url,
        "IMPORTS_QUEUE_URL": deployment.imports_url,
        "BUS_NAME": deployment.bus,
        "LAKE_DATABASE": "jogakbo_test",
        "IDENTIFIER_KEY_SECRET": f"{PREFIX}-identifier-key",
        "QUARANTINE_KEY": f"arn:aws:kms:{REGION}:123456789012:key/quarantine",
        "POWERTOOLS_SERVICE_NAME": "test",
        "POWERTOOLS_METRICS_NAMESPACE": "Jogakbo",
        "POWERTOOLS_LOG_LEVEL": "INFO",
        "POWERTOOLS_METRICS_FUNCTION_NAME": "test",
    }
