"""With IAM enforcement a function may do what its role allows, as AWS names the actions, and nothing else."""

import json
from typing import Any

import pytest

from tests.contract.emulator.support import Emulator, Template, function, role, table, until

CALLER = """
    import json, boto3
    def handler(event, context):
        client = boto3.client(event["service"])
        try:
            getattr(client, event["call"])(**event["arguments"])
        except client.exceptions.ClientError as error:
            return error.response["Error"]["Code"]
        return "done"
"""
BUCKET = "encrypted-transport"


def allow(action: str, resource: str) -> Template:
    return {"Effect": "Allow", "Action": action, "Resource": resource}


@pytest.fixture(scope="module")
def caller(emulator_with_iam: Emulator) -> Emulator:
    deny_plain = {
        "Effect": "Deny",
        "Principal": {"AWS": "*"},
        "Action": "s3:*",
        "Resource": f"arn:aws:s3:::{BUCKET}/*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    table_arn = "arn:aws:dynamodb:us-east-1:000000000000:table/inserted"
    emulator_with_iam.deploy(
        {
            "Role": role(
                allow("dynamodb:PartiQLInsert", table_arn),
                allow("s3:PutObject", f"arn:aws:s3:::{BUCKET}/*"),
                allow("sqs:SendMessage", "arn:aws:sqs:us-east-1:000000000000:sent-to"),
                allow("secretsmanager:GetSecretValue", "arn:aws:secretsmanager:us-east-1:000000000000:secret:own-*"),
            ),
            "Caller": function(CALLER, FunctionName="caller"),
            "Table": table(TableName="inserted"),
            "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "sent-to"}},
            "Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": BUCKET}},
            "Policy": {
                "Type": "AWS::S3::BucketPolicy",
                "Properties": {
                    "Bucket": {"Ref": "Bucket"},
                    "PolicyDocument": {"Version": "2012-10-17", "Statement": [deny_plain]},
                },
            },
        }
    )
    return emulator_with_iam


def call(emulator: Emulator, service: str, method: str, **arguments: Any) -> str:
    event = {"service": service, "call": method, "arguments": arguments}
    answer = emulator.client("lambda").invoke(FunctionName="caller", Payload=json.dumps(event).encode())
    return str(json.loads(answer["Payload"].read()))


def statement(text: str) -> dict[str, Any]:
    return {"Statements": [{"Statement": text}]}


def test_a_partiql_insert_needs_the_action_of_that_name(caller: Emulator) -> None:
    insert = statement("INSERT INTO inserted VALUE {'pk': 'one'}")
    assert call(caller, "dynamodb", "batch_execute_statement", **insert) == "done"


@pytest.mark.parametrize("text", ["DELETE FROM inserted WHERE pk='one'", "SELECT * FROM inserted WHERE pk='one'"])
def test_other_partiql_statements_are_refused(caller: Emulator, text: str) -> None:
    assert call(caller, "dynamodb", "batch_execute_statement", **statement(text)) == "AccessDeniedException"


def test_a_policy_that_asks_for_encrypted_transport_lets_the_role_in(caller: Emulator) -> None:
    assert call(caller, "s3", "put_object", Bucket=BUCKET, Key="k", Body="b") == "done"


def test_a_batch_of_messages_needs_the_action_of_a_single_one(caller: Emulator) -> None:
    queue = caller.client("sqs").get_queue_url(QueueName="sent-to")["QueueUrl"]
    entries = [{"Id": "1", "MessageBody": "one"}]
    assert call(caller, "sqs", "send_message_batch", QueueUrl=queue, Entries=entries) == "done"
    received = [{"Id": "1", "ReceiptHandle": "any"}]
    assert call(caller, "sqs", "delete_message_batch", QueueUrl=queue, Entries=received) == "AccessDenied"


def test_what_no_grant_names_is_refused(caller: Emulator) -> None:
    assert call(caller, "s3", "get_object", Bucket=BUCKET, Key="k") == "AccessDenied"
    assert call(caller, "dynamodb", "scan", TableName="inserted") == "AccessDeniedException"


def test_a_batch_that_was_given_up_is_left_with_the_role_of_the_function(emulator_with_iam: Emulator) -> None:
    def poisoned(name: str, *grants: Template) -> Template:
        failing = "def handler(event, context):\n    raise ValueError"
        destination = {"OnFailure": {"Destination": f"arn:aws:s3:::{name}"}}
        return {
            "Role": role(*grants),
            "Function": function(failing),
            "Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": name}},
            "Stream": {"Type": "AWS::Kinesis::Stream", "Properties": {"Name": name, "ShardCount": 1}},
            "Mapping": {
                "Type": "AWS::Lambda::EventSourceMapping",
                "Properties": {
                    "FunctionName": {"Ref": "Function"},
                    "EventSourceArn": {"Fn::GetAtt": ["Stream", "Arn"]},
                    "StartingPosition": "TRIM_HORIZON",
                    "MaximumRetryAttempts": 0,
                    "DestinationConfig": destination,
                },
            },
        }

    emulator_with_iam.deploy(poisoned("refused"))
    emulator_with_iam.deploy(poisoned("granted", allow("s3:PutObject", "arn:aws:s3:::granted/*")))
    for name in ("refused", "granted"):
        emulator_with_iam.client("kinesis").put_record(StreamName=name, Data=b"{}", PartitionKey="one")
    until(lambda: emulator_with_iam.client("s3").list_objects_v2(Bucket="granted").get("Contents"))
    assert "Contents" not in emulator_with_iam.client("s3").list_objects_v2(Bucket="refused")
