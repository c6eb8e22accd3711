"""Shows that a deployment works from end to end: one marked person goes in, and is heard of on the bus."""

import json
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import boto3
import httpx
from ulid import ULID

from cli.deployment import Deployment, DeploymentError
from shared.contracts.bus import SOURCE
from shared.domain.sources import Source, WriteKey

PATIENCE_SECONDS = 180.0
_AGAIN_SECONDS = 15.0
_WAIT_SECONDS = 2

Send = Callable[[str, str], None]
"""Sends an event of the user `marker` with a trait of the given name."""


def smoke(deployed: Deployment, send: Send, patience: float = PATIENCE_SECONDS) -> float:
    """Seconds from an accepted event to its fact on the bus. DeploymentError where none is heard.

    A new rule takes effect late on AWS, so the event is sent again, each time with another trait, until one is heard.
    """
    marker = f"smoke_{str(ULID()).lower()}"
    with _listening(deployed.bus, marker) as queue_url:
        sent: dict[str, float] = {}
        started = time.monotonic()
        while time.monotonic() - started < patience:
            if not sent or time.monotonic() - max(sent.values()) > _AGAIN_SECONDS:
                trait = f"{marker}_{len(sent)}"
                send(marker, trait)
                sent[trait] = time.monotonic()
            heard = [sent[trait] for fact in _facts(queue_url) for trait in fact["data"]["traits"] if trait in sent]
            if heard:
                return time.monotonic() - max(heard)
    raise DeploymentError(
        f"Nothing was heard of {marker} within {patience:.0f} s. Remedy: look at the alarms, then the dashboard's lags."
    )


@contextmanager
def temporary_write_key(deployed: Deployment) -> Iterator[str]:
    """A write key of the first live source, gone afterwards."""
    source = next((s for s in deployed.catalogue.list(Source) if s.state == "live"), None)
    if source is None:
        raise DeploymentError(f"There is no source yet. Remedy: jogakbo init --stage {deployed.stage}")
    write_key = f"wk_{secrets.token_urlsafe(24)}"
    deployed.catalogue.put_write_key(write_key, WriteKey(source.id))
    try:
        yield write_key
    finally:
        deployed.catalogue.delete_write_key(write_key)


def sender(collect_url: str, write_key: str) -> Send:
    """Sends through the Collect API as an SDK does."""

    def send(marker: str, trait: str) -> None:
        answer = httpx.post(
            f"{collect_url}/v1/identify",
            auth=(write_key, ""),
            json={"type": "identify", "userId": marker, "messageId": trait, "traits": {trait: True}},
            timeout=15,
        )
        if answer.status_code != 200:
            raise DeploymentError(f"{collect_url} answered {answer.status_code}: {answer.text[:200]}")

    return send


@contextmanager
def _listening(bus: str, name: str) -> Iterator[str]:
    """A queue that a rule of its own fills with `Traits Changed`; both are gone afterwards."""
    sqs, events = boto3.client("sqs"), boto3.client("events")
    with ExitStack() as undo:
        queue_url = sqs.create_queue(QueueName=name)["QueueUrl"]
        undo.callback(sqs.delete_queue, QueueUrl=queue_url)
        attributes = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn"])["Attributes"]
        queue_arn = attributes["QueueArn"]
        pattern = {"source": [SOURCE], "detail-type": ["Traits Changed"]}
        rule = events.put_rule(Name=name, EventBusName=bus, EventPattern=json.dumps(pattern))["RuleArn"]
        undo.callback(events.delete_rule, Name=name, EventBusName=bus)
        sqs.set_queue_attributes(QueueUrl=queue_url, Attributes={"Policy": json.dumps(_policy(queue_arn, rule))})
        put = events.put_targets(Rule=name, EventBusName=bus, Targets=[{"Id": "queue", "Arn": queue_arn}])
        undo.callback(events.remove_targets, Rule=name, EventBusName=bus, Ids=["queue"])
        if put["FailedEntryCount"]:
            raise DeploymentError(f"The bus refused a rule for this check: {put['FailedEntries'][0]['ErrorCode']}")
        yield queue_url


def _policy(queue_arn: str, rule_arn: str) -> dict[str, Any]:
    allowed = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue_arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": rule_arn}},
    }
    return {"Version": "2012-10-17", "Statement": [allowed]}


def _facts(queue_url: str) -> list[dict[str, Any]]:
    """The next facts, waited for a little and taken off the queue."""
    sqs = boto3.client("sqs")
    answer = sqs.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10, WaitTimeSeconds=_WAIT_SECONDS)
    messages = answer.get("Messages", [])
    for message in messages:
        sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"])
    return [json.loads(message["Body"])["detail"] for message in messages]
