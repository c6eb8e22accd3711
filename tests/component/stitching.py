"""Drives stitch_identities over moto: events into the table, their stream records and messages into the handler."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import boto3
import pytest

from functions.stitch_identities.handler import handler
from functions.stitch_identities.settings import doors
from shared.aws.dynamo import to_attributes
from shared.domain.events import Event
from shared.domain.identifiers import Identifier
from shared.domain.profiles import Profile
from shared.stores.event_store import to_item
from shared.stores.tables import EVENTS
from tests.conftest import Deployment
from tests.people import NOW as STORED
from tests.people import hashed


@pytest.fixture
def a_warm_function(aws: Deployment, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The handler's own settings, and a clock that stands where the test events were stored."""
    doors.cache_clear()
    clock = type("Clock", (datetime,), {"now": classmethod(lambda cls, tz=None: STORED + timedelta(minutes=1))})
    monkeypatch.setattr("functions.stitch_identities.people.datetime", clock)
    monkeypatch.setattr("shared.people.rebuilding.datetime", clock)
    yield
    doors.cache_clear()


def stored(aws: Deployment, *events: Event) -> list[dict[str, Any]]:
    """Put events into the table and give their stream records."""
    records = []
    for number, event in enumerate(events):
        image = to_attributes(to_item(event, 36_500))
        boto3.client("dynamodb").put_item(TableName=aws.table(EVENTS), Item=image)
        records.append(
            {
                "eventID": str(number),
                "eventName": "INSERT",
                "eventSource": "aws:dynamodb",
                "dynamodb": {"NewImage": image, "SequenceNumber": f"{number:021d}"},
            }
        )
    return records


def stitched(*records: dict[str, Any]) -> list[str]:
    answer = handler({"Records": list(records)}, None)
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def queued(*bodies: str) -> list[str]:
    return stitched(*({"eventSource": "aws:sqs", "messageId": f"m{n}", "body": body} for n, body in enumerate(bodies)))


def waiting(aws: Deployment) -> list[str]:
    messages = boto3.client("sqs").receive_message(QueueUrl=aws.stitch_retries_url, MaxNumberOfMessages=10)
    return [message["Body"] for message in messages.get("Messages", [])]


def who(namespace: str, value: str) -> Profile:
    """The live profile that owns an identifier now."""
    store = doors().profiles
    one = hashed(Identifier(namespace, value)).hash
    profile = store.people_of([one]).owner_of(one, "9999")
    assert profile is not None
    return profile
