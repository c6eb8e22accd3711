"""Two workers on the same people: whatever one does between any two calls of the other, nothing is lost or doubled."""

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest

from functions.stitch_identities.settings import doors
from shared.aws import dynamo
from shared.stores import profile_store
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
    """A DynamoDB client before whose `place`-th call another worker runs, once."""

    def __init__(self, place: int, other: Callable[[], Any]) -> None:
        self._client, self._left, self._other = boto3.client("dynamodb"), place, other

    def __getattr__(self, name: str) -> Any:
        self._left -= 1
        if self._left == 0:
            self._other()
        return getattr(self._client, name)


def interleaved(monkeypatch: pytest.MonkeyPatch, place: int, other: Callable[[], Any], one: Callable[[], Any]) -> None:
    """Run `one` with `other` before its `place`-th call to DynamoDB."""
    between = Between(place, other)
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
    interleaved(monkeypatch, place, lambda: stitched(bob), lambda: stitched(later))
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
        def batch_get_item(self, **_: Any) -> Any:
            raise client_error("ProvisionedThroughputExceededException")

    with monkeypatch.context() as patch:
        patch.setattr(dynamo, "dynamodb", Throttled)
        assert stitched(*records) == []
    (parked,) = waiting(aws)
    assert queued(parked) == []
    assert who("user_id", "alice").state.event_count == who("user_id", "bob").state.event_count == 1
