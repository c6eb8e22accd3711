"""The one place where clients of AWS are made: once per process, on first use, with time-outs and retries.

In Lambda those of what is asked often are lean ones of ours (decision 0033). All others are botocore's: what boto3 puts
around them, resources and transfers, nobody here uses, and it is long to import.
"""

from collections.abc import Mapping
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING, Any

from shared.aws.lean import SERVICES, LeanClient
from shared.aws.lean_s3 import LeanS3
from shared.aws.role import region, role_keys
from shared.aws.sending import CONNECT_SECONDS, READ_SECONDS, TRIES

if TYPE_CHECKING:
    from botocore.config import Config
    from botocore.session import Session
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_events import EventBridgeClient
    from types_boto3_kinesis import KinesisClient
    from types_boto3_s3 import S3Client
    from types_boto3_secretsmanager import SecretsManagerClient
    from types_boto3_sqs import SQSClient

_making = Lock()


@cache
def _client(service: str) -> Any:
    keys = role_keys()
    if keys and service in SERVICES:
        return LeanClient(service, region(), keys)
    if keys and service == "s3":
        return LeanS3(region(), keys, lambda: _made(service))
    return _made(service)


@cache
def _session() -> "Session":
    from botocore.session import get_session

    return get_session()


def _made(service: str, **more: Any) -> Any:
    with _making:  # threads ask for several at once, and one session makes them all
        return _session().create_client(service, config=_config(service), **more)


def _config(service: str) -> "Config":
    from botocore.config import Config

    return Config(
        retries={"mode": "standard", "max_attempts": TRIES},
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
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


@cache
def client_in(service: str, region: str) -> Any:
    """Of a region that may be another, and for accounts that may be others: botocore knows the hosts of both."""
    return _made(service, region_name=region)


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
    client_in.cache_clear()
    _session.cache_clear()
