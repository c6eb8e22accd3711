"""Two workers on the same people: whatever one does between any two calls of the other, nothing is lost or doubled."""

import json
from collections.abc import Callable
from random import Random
from typing import Any

import boto3
import pytest

from functions.stitch_identities.settings import doors
from shared.aws import dynamo
from shared.aws.dynamo import to_python
from shared.domain.events import Event
from shared.domain.profiles import Profile
from shared.stores import profile_store
from shared.stores.profile_items import to_profile
from shared.stores.tables import PROFILES
from tests.component.stitching import a_warm_function, queued, stitched, stored, waiting, who
from tests.conftest import Deployment
from tests.faults import client_error
from tests.people import make_event

__all__ = ["a_warm_function"]
pytestmark = pytest.mark.usefixtures("a_warm_function")

ALICE = make_event({"userId": "alice", "anonymousId": "d1", "event": "Signed In"}, 1)
BOB = make_event({"userId": "bob", "anonymousId": "d1", "event": "Signed In"}, 2)
LATER = make_event({"anonymousId": "d1", "event": "Product Viewed"}, 3)


class Between:
    """A DynamoDB client before whose `place`-th call another worker runs, once; it loses that share of its writes."""

    def __init__(self, place: int, other: Callable[[], Any], losing: float = 0, draw: Random | None = None) -> None:
        self._client, self._left, self._other = boto3.client("dynamodb"), place, other
        self._losing, self._draw = losing, draw or Random(0)

    def __getattr__(self, name: str) -> Any:
        self._left -= 1
        if self._left == 0:
            self._other()
        if name in ("put_item", "transact_write_items") and self._draw.random() < self._losing:
            return conflict
        return getattr(self._client, name)


def conflict(**_: Any) -> None:
    raise client_error("TransactionCanceledException", ("TransactionConflict",))


def interleaved(monkeypatch: pytest.MonkeyPatch, between: Between, one: Callable[[], Any]) -> None:
    """Run `one` through that client. What is declared is known by then: one thread reads it while all others wait, and
    another process wouldn't be among them.
    """
    doors().declared.segments()
    with monkeypatch.context() as patch:
        for module in (dynamo, profile_store):
            patch.setattr(module, "dynamodb", lambda: between)
        one()


def counted(aws: Deployment) -> int:
    """Events folded into the people that the identifiers of these tests lead to."""
    people = {p.id: p for p in (who("user_id", "alice"), who("user_id", "bob"), who("anonymous_id", "d1"))}
    return sum(person.state.event_count for person in people.values())


@pytest.mark.parametrize("place", range(1, 7))
def test_a_device_contested_while_another_worker_folds_its_event_keeps_every_event_with_its_owner(
    aws: Deployment, monkeypatch: pytest.MonkeyPatch, place: int
) -> None:
    (alice,), (bob,), (later,) = stored(aws, ALICE), stored(aws, BOB), stored(aws, LATER)
    stitched(alice)
    interleaved(monkeypatch, Between(place, lambda: stitched(bob)), lambda: stitched(later))
    stitched(bob)
    stitched(later)
    assert counted(aws) == 3
    people = (who("user_id", "alice"), who("user_id", "bob"), who("anonymous_id", "d1"))
    for person in filter(lambda one: one.version, people):
        queued(json.dumps({"kind": "rebuild", "profile_id": person.id}))
        assert doors().profiles.profile(person.id) == person


def test_events_after_a_contest_in_one_batch_wait_for_it_where_it_lost_a_race(
    aws: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    stitched(*stored(aws, ALICE))
    records = stored(aws, BOB, LATER)
    real, failed = boto3.client("dynamodb"), []

    def transact_once(**request: Any) -> Any:
        if not failed:
            failed.append(request)
            raise client_error("TransactionCanceledException", ("ConditionalCheckFailed",))
        return real.transact_write_items(**request)

    class Client:
        def __getattr__(self, name: str) -> Any:
            return transact_once if name == "transact_write_items" else getattr(real, name)

    client = Client()
    monkeypatch.setattr(profile_store, "dynamodb", lambda: client)
    assert stitched(*records) == []
    assert failed
    assert counted(aws) == 3
    assert stitched(*records) == []
    assert counted(aws) == 3


def test_a_read_that_is_throttled_waits_in_the_retry_queue_and_the_shard_goes_on(
    aws: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = stored(aws, ALICE, BOB)

    class Throttled:
        get_item = staticmethod(boto3.client("dynamodb").get_item)

        def batch_get_item(self, **_: Any) -> Any:
            raise client_error("ProvisionedThroughputExceededException")

    with monkeypatch.context() as patch:
        patch.setattr(dynamo, "dynamodb", Throttled)
        assert stitched(*records) == []
    (parked,) = waiting(aws)
    assert queued(parked) == []
    assert who("user_id", "alice").state.event_count == who("user_id", "bob").state.event_count == 1


def drawn_event(draw: Random, number: int) -> Event:
    """By one of three users, on one of four devices, with one of two addresses, some stored too long ago."""
    body: dict[str, Any] = {"event": "Seen", "anonymousId": draw.choice(["a1", "a2"])}
    if draw.random() < 0.5:
        body["userId"] = draw.choice(["u1", "u2", "u3"])
    if draw.random() < 0.3:
        body["traits"] = {"email": draw.choice(["x@example.com", "y@example.com"])}
    if draw.random() < 0.2:
        body["context"] = {"device": {"id": draw.choice(["d1", "d2"])}}
    return make_event(body, draw.randint(0, 20) / 4, f"m{number}", stored_days_ago=draw.choice([0, 0, 0, 0, 3]))


def everybody(aws: Deployment) -> list[Profile]:
    scanned = boto3.client("dynamodb").scan(TableName=aws.table(PROFILES))["Items"]
    people = [to_profile(to_python(item)) for item in scanned if item["sk"]["S"] == "P"]
    return [person for person in people if not person.is_merged]


def two_workers(aws: Deployment, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    draw = Random(seed)
    events = [drawn_event(draw, number) for number in range(14)]
    records = stored(aws, *events)
    ahead = list(records)
    while ahead:
        first, second = ahead[: (cut := draw.randint(1, 5))], ahead[cut : (end := cut + draw.randint(0, 4))]
        ahead = ahead[end:]
        second += [draw.choice(records)] if draw.random() < 0.3 else []

        def other(batch: list[Any] = second) -> None:
            if batch:
                stitched(*batch)
            if people := everybody(aws):
                queued(json.dumps({"kind": "rebuild", "profile_id": draw.choice(people).id}))

        interleaved(monkeypatch, Between(draw.randint(1, 8), other, 0.25, draw), lambda batch=first: stitched(*batch))  # type: ignore[misc]
        other()
    while parked := taken(aws):
        assert queued(*parked) == []
    check(aws, events)


def taken(aws: Deployment) -> list[str]:
    """Messages of the retry queue, taken for good."""
    bodies, sqs = [], boto3.client("sqs")
    while got := sqs.receive_message(QueueUrl=aws.stitch_retries_url, MaxNumberOfMessages=10).get("Messages"):
        bodies += [message["Body"] for message in got]
        for message in got:
            sqs.delete_message(QueueUrl=aws.stitch_retries_url, ReceiptHandle=message["ReceiptHandle"])
    return bodies


def check(aws: Deployment, events: list[Event]) -> None:
    """Every event is in exactly one person, the one who owns it, and a rebuild finds nothing to mend."""
    people, profiles = everybody(aws), doors().profiles
    assert sum(person.state.event_count for person in people) == len({event.key for event in events})
    known = profiles.people_of({identifier.hash for event in events for identifier in event.identifiers})
    owners = [known.owner_of(event.identifiers[0].hash, event.time) for event in events]
    assert {owner.id for owner in owners if owner} == {person.id for person in people}
    for person in people:
        queued(json.dumps({"kind": "rebuild", "profile_id": person.id}))
        assert profiles.profile(person.id) == person


@pytest.mark.parametrize("seed", range(6))
def test_two_workers_that_cross_each_other_fold_every_event_once(
    aws: Deployment, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    two_workers(aws, monkeypatch, seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 200))
def test_two_workers_that_cross_each_other_often_fold_every_event_once(
    aws: Deployment, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    two_workers(aws, monkeypatch, seed)
