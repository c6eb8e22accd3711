"""Drives manage_people and run_jobs by hand: requests as API Gateway sends them, messages as SQS brings them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
from typer.testing import CliRunner, Result
from ulid import ULID

from cli import access, commands_jobs
from cli.main import app
from cli.provision import add_token
from functions.manage_people.handler import handler as manage_people
from functions.read_profiles.handler import handler as read_profiles
from functions.run_jobs.handler import handler as run_jobs
from shared.domain.api_tokens import SCOPES, Scope
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.tables import CATALOGUE
from tests.conftest import Deployment
from tests.http_api import answer_by
from tests.sleeping import instead_of_sleep

SAMPLE: dict[str, Any] = json.loads(Path("events/triggers/manage_people.json").read_text())


Handler = Callable[[dict[str, Any], Any], dict[str, Any]]


class Minutes:
    """A context of Lambda that has time enough for so many looks at it."""

    def __init__(self, looks: int = 1_000) -> None:
        self.looks = looks

    def get_remaining_time_in_millis(self) -> int:
        self.looks -= 1
        return 300_000 if self.looks >= 0 else 0


class Operator:
    """Somebody with an API token named `operations`."""

    def __init__(self, aws: Deployment, scopes: tuple[Scope, ...] = SCOPES) -> None:
        self.aws = aws
        self.token = add_token(CatalogueStore(aws.table(CATALOGUE)), "operations", scopes, 1)

    def ask(self, method: str, path: str, body: Any = None, **query: str) -> tuple[int, dict[str, Any]]:
        http = {**SAMPLE["requestContext"]["http"], "method": method, "path": path}
        asked = {
            **SAMPLE,
            "rawPath": path,
            "headers": {"authorization": f"Bearer {self.token}", "content-type": "application/json"},
            "queryStringParameters": query or None,
            "requestContext": {**SAMPLE["requestContext"], "http": http, "requestId": str(ULID())},
            "body": None if body is None else json.dumps(body),
        }
        reply = manage_people(asked, None)
        return reply["statusCode"], json.loads(reply["body"])

    def get(self, path: str, **query: str) -> dict[str, Any]:
        status, body = self.ask("GET", path, **query)
        assert status == 200, body
        return body

    def start(self, kind: str, **body: Any) -> str:
        """A new job's id; at once, and as fast as it may be."""
        status, job = self.ask("POST", "/v1/jobs", {"kind": kind, "rate": 1_000, **body})
        assert status == 202, job
        return str(job["id"])

    def job(self, job_id: str) -> dict[str, Any]:
        return self.get(f"/v1/jobs/{job_id}")

    def ran(self, kind: str, **body: Any) -> dict[str, Any]:
        """A job that was started and carried to its end."""
        job_id = self.start(kind, **body)
        carry_on(self.aws)
        return self.job(job_id)


def messages(aws: Deployment) -> list[dict[str, Any]]:
    """What waits in the jobs queue, taken for good, as records of its trigger."""
    sqs, found = boto3.client("sqs"), []
    while got := sqs.receive_message(QueueUrl=aws.jobs_url, MaxNumberOfMessages=10).get("Messages"):
        for message in got:
            sqs.delete_message(QueueUrl=aws.jobs_url, ReceiptHandle=message["ReceiptHandle"])
            found.append({"eventSource": "aws:sqs", "messageId": message["MessageId"], "body": message["Body"]})
    return found


def sliced(records: list[dict[str, Any]], context: Minutes | None = None) -> list[str]:
    """Slices of jobs; the ids of the messages that come again."""
    answer = run_jobs({"Records": records}, context or Minutes())
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def carry_on(aws: Deployment, context: Minutes | None = None) -> int:
    """Every message until none waits; how many there were."""
    number = 0
    while records := messages(aws):
        number += len(records)
        assert sliced(records, context) == []
    return number


def on_the_command_line(aws: Deployment, monkeypatch: pytest.MonkeyPatch, catalogue: Handler | None = None) -> Operator:
    """Whose commands are answered by the real functions, and whose jobs are done while a command waits."""
    operator = Operator(aws)
    monkeypatch.setenv("JOGAKBO_API_URL", "https://api.example.com")
    monkeypatch.setenv("JOGAKBO_API_TOKEN", operator.token)
    monkeypatch.setattr(access.console, "width", 400)

    def answer(event: dict[str, Any], context: Any) -> dict[str, Any]:
        if event["rawPath"].endswith(("/members", "/sizes")) or "/previews/" in event["rawPath"]:
            return read_profiles(event, context)
        if catalogue and event["rawPath"].startswith("/v1/segments"):
            return catalogue(event, context)
        return (manage_people if _is_of_people(event) else read_profiles)(event, context)

    answer_by(monkeypatch, answer)
    instead_of_sleep(monkeypatch, commands_jobs, lambda _: carry_on(aws))
    return operator


def _is_of_people(event: dict[str, Any]) -> bool:
    return not event["rawPath"].startswith("/v1/profiles") or event["requestContext"]["http"]["method"] == "POST"


def run(*arguments: str) -> Result:
    """`jogakbo` with these arguments."""
    return CliRunner().invoke(app, arguments)
