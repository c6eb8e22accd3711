"""The one place where clients of AWS are made: once per process, on first use, with time-outs and retries.

They are botocore's: what boto3 puts around them, resources and transfers, nobody here uses, and it is long to import.
"""

import json
from base64 import b64encode
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from botocore.config import Config
    from botocore.session import Session
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_events import EventBridgeClient
    from types_boto3_kinesis import KinesisClient
    from types_boto3_s3 import S3Client
    from types_boto3_secretsmanager import SecretsManagerClient
    from types_boto3_sqs import SQSClient


_WRITTEN_HERE = ("dynamodb.BatchExecuteStatement", "kinesis.PutRecords")
"""The hot calls whose requests are JSON as they are given, save for bytes: botocore's own writer walks each value, a
fifth of what storing an event costs (measured).
"""


@cache
def _client(service: str, region: str | None = None) -> Any:
    client = _made(service, region_name=region)
    for operation in (one for one in _WRITTEN_HERE if one.startswith(f"{service}.")):
        # Named, so that each is heard once where tests hand out the same client again.
        client.meta.events.register(f"provide-client-params.{operation}", _keep_params, unique_id=f"keep {operation}")
        client.meta.events.register(f"before-call.{operation}", _write_body, unique_id=f"write {operation}")
    return client


@cache
def _session() -> "Session":
    from botocore.session import get_session

    return get_session()


def _made(service: str, **more: Any) -> Any:
    return _session().create_client(service, config=_config(service), **more)


def _keep_params(params: Mapping[str, Any], context: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Nothing is left for botocore to write."""
    context["written_here"] = params
    return {}


def _write_body(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    given = context["written_here"]
    params["body"] = json.dumps(given, separators=(",", ":"), default=lambda data: b64encode(data).decode()).encode()


def _config(service: str) -> "Config":
    from botocore.config import Config

    return Config(
        # Four tries end well within collect_events' 29 s, so that a client hears 503 and not the gateway's time-out.
        retries={"mode": "standard", "max_attempts": 4},
        connect_timeout=1,
        read_timeout=5,
        # Neither is needed for a correct request, and together they halve the cost of a batch (measured).
        parameter_validation=False,
        user_agent="jogakbo",
        # Addresses of objects that are signed otherwise are refused where the object lies under a KMS key.
        signature_version="s3v4" if service == "s3" else None,
    )


def dynamodb() -> "DynamoDBClient":
    client: DynamoDBClient = _client("dynamodb")
    return client


def kinesis() -> "KinesisClient":
    client: KinesisClient = _client("kinesis")
    return client


def s3() -> "S3Client":
    client: S3Client = _client("s3")
    return client


def sqs() -> "SQSClient":
    client: SQSClient = _client("sqs")
    return client


def events() -> "EventBridgeClient":
    client: EventBridgeClient = _client("events")
    return client


def secrets() -> "SecretsManagerClient":
    client: SecretsManagerClient = _client("secretsmanager")
    return client


def glue() -> Any:
    return _client("glue")


def step_functions() -> Any:
    return _client("stepfunctions")


def client_in(service: str, region: str) -> Any:
    """Of a region that may be another."""
    return _client(service, region)


def sts() -> Any:
    return _client("sts")


def events_as(credentials: Mapping[str, str], region: str) -> "EventBridgeClient":
    """With the credentials that STS gave, kept by whoever asks: they end."""
    client: EventBridgeClient = _made(
        "events",
        region_name=region,
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
    )
    return client


def forget_clients() -> None:
    """Drop every cached client, for tests that change the endpoint or the mock."""
    _client.cache_clear()
    _session.cache_clear()
