"""Drives previews and dry runs of segments by hand: asked for, run by the real function, and asked how it went."""

import json
from pathlib import Path
from typing import Any

import boto3

from functions.preview_segments.handler import handler as preview_segments
from tests.component import managing
from tests.component.test_read_profiles import ask as read
from tests.conftest import Deployment

SAMPLE: dict[str, Any] = json.loads(Path("events/triggers/preview_segments.json").read_text())["Records"][0]
PATH = "/v1/segments/preview"


def messages(aws: Deployment) -> list[dict[str, Any]]:
    """What waits in the previews queue, taken for good, as records of its trigger."""
    sqs, found = boto3.client("sqs"), []
    while got := sqs.receive_message(QueueUrl=aws.previews_url, MaxNumberOfMessages=10).get("Messages"):
        for message in got:
            sqs.delete_message(QueueUrl=aws.previews_url, ReceiptHandle=message["ReceiptHandle"])
            found.append({**SAMPLE, "messageId": message["MessageId"], "body": message["Body"]})
    return found


def run_all(aws: Deployment) -> None:
    while records := messages(aws):
        assert preview_segments({"Records": records}, None) == {"batchItemFailures": []}


class Trier:
    """Somebody with one API token."""

    def __init__(self, aws: Deployment, token: str) -> None:
        self.aws, self.token = aws, token

    def post(self, body: Any, **query: str) -> managing.Reply:
        return managing.ask("POST", PATH, body, self.token, query)

    def asked(self, body: Any, **query: str) -> str:
        """Where the answer will be."""
        status, reply = self.post(body, **query)
        assert (status, reply["state"]) == (202, "queued"), reply
        return str(reply["url"])

    def tried(self, body: Any, **query: str) -> dict[str, Any]:
        """As it is told once it was run."""
        url = self.asked(body, **query)
        run_all(self.aws)
        return self.told(url)

    def told(self, url: str) -> dict[str, Any]:
        status, reply = read(url, token=self.token)
        assert status == 200, reply
        return reply
