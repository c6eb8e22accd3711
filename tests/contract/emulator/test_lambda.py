"""Functions of the emulator: warm ones are quick, and queues retry single messages."""

import json
import time

from local.emulator import __main__ as launcher
from tests.contract.emulator.support import Emulator, function, role, until

SILENT = """
    def handler(event, context):
        return {}
"""
PICKY = """
    def handler(event, context):
        failed = [record["messageId"] for record in event["Records"] if record["body"] == "bad"]
        return {"batchItemFailures": [{"itemIdentifier": found} for found in failed]}
"""


def test_a_warm_silent_function_answers_without_waiting_for_a_log_line(emulator: Emulator) -> None:
    emulator.deploy({"Role": role(), "Silent": function(SILENT, FunctionName="silent")})
    client = emulator.client("lambda")
    client.invoke(FunctionName="silent", Payload=b"{}")
    seconds = []
    for _ in range(10):
        started = time.perf_counter()
        client.invoke(FunctionName="silent", Payload=b"{}")
        seconds.append(time.perf_counter() - started)
    assert min(seconds) < 0.05  # unpatched, each waits 50 ms for a log line


def test_a_queue_mapping_keeps_the_messages_that_the_function_names(emulator: Emulator) -> None:
    resources = {
        "Role": role(),
        "Picky": function(PICKY),
        "Dead": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "dead"}},
        "Queue": {
            "Type": "AWS::SQS::Queue",
            "Properties": {
                "QueueName": "work",
                "VisibilityTimeout": 1,
                "RedrivePolicy": {"deadLetterTargetArn": {"Fn::GetAtt": ["Dead", "Arn"]}, "maxReceiveCount": 2},
            },
        },
        "Mapping": {
            "Type": "AWS::Lambda::EventSourceMapping",
            "Properties": {
                "FunctionName": {"Ref": "Picky"},
                "EventSourceArn": {"Fn::GetAtt": ["Queue", "Arn"]},
                "FunctionResponseTypes": ["ReportBatchItemFailures"],
            },
        },
    }
    urls = emulator.deploy(resources, outputs={"Queue": {"Ref": "Queue"}, "Dead": {"Ref": "Dead"}})
    sqs = emulator.client("sqs")
    for body in ("good", "bad", "good"):
        sqs.send_message(QueueUrl=urls["Queue"], MessageBody=body)
    dead = until(lambda: sqs.receive_message(QueueUrl=urls["Dead"], MaxNumberOfMessages=10).get("Messages"))
    assert [message["Body"] for message in dead] == ["bad"]
    count = sqs.get_queue_attributes(QueueUrl=urls["Queue"], AttributeNames=["All"])["Attributes"]
    assert count["ApproximateNumberOfMessages"] == "0"


def test_another_version_of_ministack_is_refused_in_one_line() -> None:
    refusal = launcher.refusal("1.5.34")
    assert refusal is not None
    assert "1.5.33" in refusal
    assert "\n" not in refusal
    assert launcher.refusal(launcher.SUPPORTED) is None


def test_no_setting_of_whoever_starts_the_emulator_reaches_a_function(emulator: Emulator) -> None:
    code = """
    import os
    def handler(event, context):
        return dict(os.environ)
    """
    emulator.deploy({"Role": role(), "Env": function(code, FunctionName="env")})
    answer = emulator.client("lambda").invoke(FunctionName="env", Payload=b"{}")
    environment = json.loads(answer["Payload"].read())
    assert environment["AWS_ENDPOINT_URL"] == emulator.endpoint_url
    assert "PYTHONPATH" not in environment
    assert "AWS_PROFILE" not in environment
