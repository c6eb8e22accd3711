"""Queues and streams of the company, wherever they lie: one message put, and why it couldn't be, as AWS says it."""

import threading
from functools import cache
from typing import Any

from botocore.exceptions import ClientError

from shared.aws.clients import client_in

_making = threading.Lock()


def send_message(region: str, account: str, queue: str, body: str, attributes: dict[str, str]) -> str:
    """AWS's code of an error, empty where it was taken."""
    values: Any = {name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()}
    try:
        url = _url(region, account, queue)
        _client("sqs", region).send_message(QueueUrl=url, MessageBody=body, MessageAttributes=values)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return ""


def put_record(region: str, arn: str, partition_key: str, body: str) -> str:
    """The same, of the stream with this ARN."""
    try:
        _client("kinesis", region).put_record(StreamARN=arn, PartitionKey=partition_key, Data=body.encode())
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return ""


@cache
def _url(region: str, account: str, queue: str) -> str:
    url: str = _client("sqs", region).get_queue_url(QueueName=queue, QueueOwnerAWSAccountId=account)["QueueUrl"]
    return url


def _client(service: str, region: str) -> Any:
    with _making:  # making a client isn't safe in threads, using it is
        return client_in(service, region)
