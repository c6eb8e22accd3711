"""A function's own client and botocore's: asked the same, they answer and refuse the same."""

from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from shared.aws import clients
from shared.aws.lean import LeanClient
from shared.stores.tables import EVENTS, PROFILES
from tests.conftest import BUCKET, BUS, STREAM, Deployment

Ask = Callable[[Any], Any]
ITEM = {
    "pk": {"S": "p"},
    "sk": {"S": "1"},
    "b": {"B": b"\0\xff"},
    "B": {"S": "차"},
    "BS": {"BS": [b"1"]},
    "m": {"M": {"B": {"B": b""}}},
}
SECOND = {**ITEM, "sk": {"S": "2"}}
KEY = {"pk": {"S": "p"}, "sk": {"S": "1"}}
OF_ERRORS = ("Item", "CancellationReasons")
PLAIN: dict[str, Any] = {}
UNDER_A_KEY = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "k", "BucketKeyEnabled": True}
ABSENT = {"ConditionExpression": "attribute_not_exists(pk)"}


def told(ask: Ask, client: Any) -> Any:
    """The answer, or what the error says and its fields."""
    try:
        answer = ask(client)
    except ClientError as error:
        return str(error), {name: error.response.get(name) for name in OF_ERRORS}
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


def both(service: str, *asks: Ask) -> list[Any]:
    """What both say to each."""
    ours, theirs = clients._client(service), boto3.client(service)  # type: ignore[call-overload]
    assert isinstance(ours, LeanClient)
    found = [(told(ask, ours), told(ask, theirs)) for ask in asks]
    for mine, other in found:
        assert mine == other
    return [mine for mine, _ in found]


def test_dynamodb_answers_the_same(aws: Deployment) -> None:
    table = aws.table(EVENTS)
    of = {"TableName": table}
    put = {"Put": {**of, "Item": ITEM}}
    page = {**of, "KeyConditionExpression": "pk = :p", "ExpressionAttributeValues": {":p": {"S": "p"}}, "Limit": 1}
    change = {"UpdateExpression": "SET b = :b", "ExpressionAttributeValues": {":b": {"B": b"new"}}}
    answers = both(
        "dynamodb",
        lambda client: client.put_item(**of, Item=ITEM),
        lambda client: client.get_item(**of, Key=KEY, ConsistentRead=True),
        lambda client: client.get_item(**of, Key={**KEY, "sk": {"S": "none"}}),
        lambda client: client.batch_write_item(RequestItems={table: [{"PutRequest": {"Item": SECOND}}]}),
        lambda client: client.batch_get_item(RequestItems={table: {"Keys": [KEY]}}),
        lambda client: client.query(**page),
        lambda client: client.scan(**of, Segment=0, TotalSegments=1),
        lambda client: client.update_item(**of, Key=KEY, **change, ReturnValues="ALL_NEW"),
        lambda client: client.transact_write_items(TransactItems=[put]),
        lambda client: client.delete_item(**of, Key=KEY, ReturnValues="ALL_OLD") and client.put_item(**of, Item=ITEM),
    )  # fmt: skip
    assert answers[1]["Item"] == ITEM
    assert answers[5]["LastEvaluatedKey"] == KEY
    assert answers[7]["Attributes"]["b"] == {"B": b"new"}


def test_dynamodb_refuses_the_same(aws: Deployment) -> None:
    of = {"TableName": aws.table(PROFILES)}
    clients.dynamodb().put_item(**of, Item=ITEM)  # type: ignore[arg-type]
    seen = "ReturnValuesOnConditionCheckFailure"
    put = {"Put": {**of, "Item": ITEM, **ABSENT, seen: "ALL_OLD"}}
    there, cancelled, missing, invalid = both(
        "dynamodb",
        lambda client: client.put_item(**of, Item=ITEM, **ABSENT, **{seen: "ALL_OLD"}),
        lambda client: client.transact_write_items(TransactItems=[put]),
        lambda client: client.get_item(TableName="none", Key=KEY),
        lambda client: client.update_item(**of, Key=KEY, UpdateExpression="SET"),
    )
    assert there[1]["Item"] == ITEM
    assert cancelled[1]["CancellationReasons"][0]["Code"] == "ConditionalCheckFailed"
    assert "ResourceNotFoundException" in missing[0]
    assert "ValidationException" in invalid[0]
    with pytest.raises(clients.dynamodb().exceptions.ConditionalCheckFailedException):
        clients.dynamodb().put_item(**of, Item=ITEM, **ABSENT)  # type: ignore[arg-type]


def test_queues_streams_buses_and_secrets_answer_the_same(aws: Deployment) -> None:
    url = aws.deliveries_url
    some = {"Id": "1", "MessageBody": "차", "DelaySeconds": 0}
    sent, _, url_of, missing = both(
        "sqs",
        lambda client: client.send_message_batch(QueueUrl=url, Entries=[some]) and {},
        lambda client: client.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"]),
        lambda client: client.get_queue_url(QueueName=url.rpartition("/")[2], QueueOwnerAWSAccountId="123456789012"),
        lambda client: client.send_message(QueueUrl=f"{url}-none", MessageBody="1"),
    )
    assert (sent, url_of["QueueUrl"]) == ({}, url)
    assert "AWS.SimpleQueueService.NonExistentQueue" in missing[0]

    record = {"PartitionKey": "k", "Data": b"\0\xff"}
    put, lost = both(
        "kinesis",
        lambda client: {**client.put_records(StreamName=STREAM, Records=[record]), "Records": []},
        lambda client: client.put_records(StreamName="none", Records=[record]),
    )
    assert put["FailedRecordCount"] == 0
    assert "ResourceNotFoundException" in lost[0]
    stream = boto3.client("kinesis")
    shard = stream.get_shard_iterator(
        StreamName=STREAM, ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON"
    )
    assert [one["Data"] for one in stream.get_records(ShardIterator=shard["ShardIterator"])["Records"]] == [
        b"\0\xff"
    ] * 2

    entry = {"EventBusName": BUS, "Source": "s", "DetailType": "t", "Detail": "{}"}
    (bus,) = both("events", lambda client: {"Failed": client.put_events(Entries=[entry])["FailedEntryCount"]})
    assert bus["Failed"] == 0

    secret, none = both(
        "secretsmanager",
        lambda client: client.get_secret_value(SecretId="jogakbo/test/suppression-keys"),
        lambda client: client.get_secret_value(SecretId="none"),
    )
    assert secret["CreatedDate"].tzinfo
    assert "ResourceNotFoundException" in none[0]


def test_a_secret_is_made_changed_and_deleted(aws: Deployment) -> None:
    secrets = clients.secrets()
    made = secrets.create_secret(Name="new", SecretString="1")
    changed = secrets.put_secret_value(SecretId="new", SecretString="2")
    assert made["VersionId"] != changed["VersionId"]
    assert boto3.client("secretsmanager").get_secret_value(SecretId="new")["SecretString"] == "2"
    secrets.delete_secret(SecretId="new", ForceDeleteWithoutRecovery=True)
    with pytest.raises(secrets.exceptions.ResourceNotFoundException):
        secrets.get_secret_value(SecretId="new")


def test_objects_are_put_as_botocore_puts_them(aws: Deployment) -> None:
    ours, theirs = clients.s3(), boto3.client("s3")
    for place, more in enumerate((PLAIN, UNDER_A_KEY)):
        tags = []
        for whose, client in (("ours", ours), ("theirs", theirs)):
            at = {"Bucket": BUCKET, "Key": f"{whose}/a b+차/{place}"}
            tags.append(client.put_object(**at, Body=b"\0\xff", **more)["ETag"])  # type: ignore[arg-type]
            found = theirs.get_object(**at)
            assert found["Body"].read() == b"\0\xff"
            assert found.get("SSEKMSKeyId") == more.get("SSEKMSKeyId")
            assert found.get("BucketKeyEnabled") == more.get("BucketKeyEnabled")
        assert tags[0] == tags[1]
    with pytest.raises(ClientError, match="PreconditionFailed"):
        ours.put_object(Bucket=BUCKET, Key="ours/a b+차/0", Body=b"", IfNoneMatch="*")
    with pytest.raises(ClientError, match="NoSuchBucket"):
        ours.put_object(Bucket="none", Key="k", Body=b"")
    assert ours.get_object(Bucket=BUCKET, Key="ours/a b+차/0")["Body"].read() == b"\0\xff"
