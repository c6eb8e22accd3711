"""stitch_identities takes its samples as the services deliver them: the stream's inserts, and a message to retry."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest

from functions.stitch_identities.handler import handler
from functions.stitch_identities.settings import doors
from shared.domain.profiles import Profile
from shared.stores.tables import EVENTS
from tests.conftest import Deployment
from tests.segments import declare

SAMPLES = Path(__file__).resolve().parents[2] / "events" / "triggers"
FROM_STREAM = json.loads((SAMPLES / "stitch_identities.json").read_text())
FROM_QUEUE = json.loads((SAMPLES / "stitch_identities_retry.json").read_text())
IMAGES: list[dict[str, Any]] = [record["dynamodb"]["NewImage"] for record in FROM_STREAM["Records"]]
NEVER = {"ttl": {"N": "4102444800"}}


@pytest.fixture(autouse=True)
def a_minute_after_the_samples(aws: Deployment, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Two days later their events would be too old to be applied at once."""
    moment = datetime(2026, 11, 21, 9, 31, tzinfo=UTC)
    clock = type("Clock", (datetime,), {"now": classmethod(lambda cls, tz=None: moment)})
    monkeypatch.setattr("functions.stitch_identities.people.datetime", clock)
    doors.cache_clear()
    yield
    doors.cache_clear()


def put_events(aws: Deployment) -> None:
    for image in IMAGES:
        boto3.client("dynamodb").put_item(TableName=aws.table(EVENTS), Item=image | NEVER)


def shopper() -> Profile:
    """The one person that every identifier of the samples leads to."""
    hashes = {hashed for image in IMAGES for _, _, hashed in json.loads(image["identifiers"]["S"])}
    people = doors().profiles.people_of(hashes)
    owners = {owner.id: owner for hashed in hashes if (owner := people.owner_of(hashed, "9999"))}
    (only,) = owners.values()
    return only


def test_the_stream_sample_makes_one_person_of_a_visitor_who_signs_in(aws: Deployment) -> None:
    declare(aws)
    assert handler(FROM_STREAM, None) == {"batchItemFailures": []}
    person = shopper()
    assert {(held.namespace, held.value) for held in person.identifiers.values()} == {
        ("user_id", "u-20417"),
        ("email", "mina.seo@example.com"),
        ("phone", "+821023456789"),
        ("anonymous_id", "5f0c7c5e-2f6d-4a53-9a3a-6d1b7f0e4c21"),
    }
    assert {name: tally.total for name, tally in person.state.events.items()} == {
        "$page": 1,
        "$identify": 1,
        "Order Completed": 1,
    }
    assert person.segments == ["bought_once"]
    assert person.changes["consent:Advertising"].value == "refused"


def test_the_retry_sample_folds_the_events_it_points_to(aws: Deployment) -> None:
    put_events(aws)
    assert handler(FROM_QUEUE, None) == {"batchItemFailures": []}
    assert shopper().state.event_count == 3


def test_the_two_samples_together_count_each_event_once(aws: Deployment) -> None:
    put_events(aws)
    handler(FROM_STREAM, None)
    before = shopper()
    assert handler(FROM_QUEUE, None) == {"batchItemFailures": []}
    assert shopper() == before
