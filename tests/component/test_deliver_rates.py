"""deliver and a destination with a rate, over moto: what is over it comes again in its turn, and nothing is lost."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import Mock

import boto3
import pytest
from botocore.exceptions import ClientError

from functions.deliver import handler
from functions.deliver.backoff import MOST_RECEIVES
from functions.deliver.courier import OVER_RATE, Courier, Outcome
from shared.aws.queues import Delayed
from shared.stores import turn_store
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.delivery_store import Delivery, DeliveryStore
from shared.stores.tables import CATALOGUE, LEDGER
from tests.component.receiver import Receiver, receiving, status
from tests.component.test_deliver import FACT_ID, a_cold_function, deliver, destination, hidden, message, person
from tests.conftest import Deployment
from tests.faults import Failing, client_error

__all__ = ["a_cold_function", "hidden"]

START = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


class Queue:
    """The deliveries queue, and the clock by which its messages come."""

    def __init__(self) -> None:
        self.now = START
        self.messages: list[tuple[datetime, str]] = []

    def send(self, _: str, messages: list[Delayed]) -> None:
        assert all(1 <= one.seconds <= 900 for one in messages)
        self.messages += [(self.now + timedelta(seconds=one.seconds), one.body) for one in messages]

    def go_on(self, seconds: float) -> list[dict[str, Any]]:
        """The messages that come by then."""
        self.now += timedelta(seconds=seconds)
        due = [body for at, body in self.messages if at <= self.now]
        self.messages = [one for one in self.messages if one[0] > self.now]
        return [message("p") | {"body": body, "messageId": f"again-{place}"} for place, body in enumerate(due)]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch) -> Queue:
    made = Queue()
    clock = type("Clock", (datetime,), {"now": classmethod(lambda cls, tz: made.now)})
    for module in ("handler", "lining"):
        monkeypatch.setattr(f"functions.deliver.{module}.datetime", clock)
    monkeypatch.setattr(handler, "send_delayed", made.send)
    return made


def facts(profile_id: str, number: int) -> list[dict[str, Any]]:
    """Of one person, each later than the one before."""
    made = []
    for place in range(number):
        record = message(profile_id)
        body = json.loads(record["body"])
        body["detail"]["metadata"] |= {"id": fact_id(place), "sequence": place + 1}
        made.append(record | {"messageId": f"m{place}", "body": json.dumps(body)})
    return made


def received(record: dict[str, Any], times: int) -> dict[str, Any]:
    return record | {"attributes": {"ApproximateReceiveCount": str(times)}}


def fact_id(place: int) -> str:
    return f"{FACT_ID[:-2]}{place:02}"


def entries(aws: Deployment, number: int) -> list[Delivery | None]:
    return [DeliveryStore(aws.table(LEDGER)).find("crm", fact_id(place)) for place in range(number)]


def sequences(receiver: Receiver) -> list[int]:
    return [json.loads(got.body)["data"]["sequence"] for got in receiver.received]


def test_what_is_over_the_rate_comes_again_in_its_turn_as_no_try_and_nothing_is_lost(
    aws: Deployment, receiver: Receiver, queue: Queue, hidden: list[int]
) -> None:
    with receiving() as fast:
        destination(aws, receiver.url, facts_per_second=2)
        destination(aws, fast.url, "free")
        batch = facts(person(aws), 7)
        assert deliver(*batch) == []
        assert sorted(sequences(fast)) == [1, 2, 3, 4, 5, 6, 7]  # another destination doesn't wait for it
    assert len(receiver.received) == 2
    held = [one for one in entries(aws, 7) if one and one.status == "held"]
    assert {(one.reason, one.attempts, one.is_final) for one in held} == {("over_rate", 1, False)}
    assert sorted(str(one.until)[17:] for one in held) == ["01.000Z", "01.500Z", "02.000Z", "02.500Z", "03.000Z"]
    assert deliver(*batch) == []  # a repeat leaves alone what has a message of its own
    assert (len(receiver.received), len(queue.messages)) == (2, 5)
    early = queue.messages[-1][1]
    assert deliver(message("p") | {"body": early}) == []  # SQS can't hide it for longer than a quarter of an hour
    assert (len(receiver.received), len(queue.messages)) == (2, 6)
    went: Counter[datetime] = Counter()
    while queue.messages:
        seen = len(receiver.received)
        assert deliver(*queue.go_on(1)) == []
        went[queue.now] += len(receiver.received) - seen
    assert max(went.values()) == 2
    assert sorted(sequences(receiver)) == [1, 2, 3, 4, 5, 6, 7]  # each once, with the sequence that it had
    assert {(one.status, one.attempts) for one in entries(aws, 7) if one} == {("delivered", 1)}
    assert hidden == []


def test_where_dynamodb_is_busy_facts_wait_and_none_is_lost(
    aws: Deployment, receiver: Receiver, queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    destination(aws, receiver.url, facts_per_second=2)
    batch = facts(person(aws), 3)
    with monkeypatch.context() as patch:
        busy = Failing(turn_store.dynamodb(), "put_item", client_error("ThrottlingException"))
        patch.setattr(turn_store, "dynamodb", lambda: busy)
        assert deliver(*batch) == []
        assert 1 <= busy.calls <= 3
        assert (len(receiver.received), {(at - START).seconds > 4 for at, _ in queue.messages}) == (0, {True})
    assert deliver(*queue.go_on(10)) == []
    assert deliver(*queue.go_on(1)) == []
    assert sorted(sequences(receiver)) == [1, 2, 3]


def test_a_worker_that_dies_once_a_fact_is_in_line_leaves_it_there_to_go_once(
    aws: Deployment, receiver: Receiver, queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    destination(aws, receiver.url, facts_per_second=2)
    batch, record = facts(person(aws), 3), Courier.record

    def dying(courier: Courier, message: Any, destination: Any, outcome: Outcome) -> None:
        if outcome.reason == OVER_RATE:
            raise client_error("ThrottlingException")
        record(courier, message, destination, outcome)

    with monkeypatch.context() as patch:
        patch.setattr(Courier, "record", dying)
        with pytest.raises(ClientError):
            deliver(*batch)
    assert deliver(*batch) == []  # all of it comes again
    assert (len(receiver.received), len(queue.messages)) == (2, 2)
    while queue.messages:
        assert deliver(*queue.go_on(1)) == []
    assert sorted(sequences(receiver)) == [1, 2, 3]


def test_a_try_that_is_far_off_goes_round_for_its_destination_alone_until_then_and_tries_count_on(
    aws: Deployment, receiver: Receiver, queue: Queue, hidden: list[int]
) -> None:
    with receiving() as free:
        destination(aws, receiver.url)
        destination(aws, free.url, "free")
        receiver.replies += [status(500)] * 3
        [first] = facts(person(aws), 1)
        assert deliver(first) == deliver(received(first, 2)) == ["m0"]
        assert (len(hidden), queue.messages) == (2, [])
        assert deliver(received(first, 3)) == [], "SQS has room for only so many messages that are hidden"
        assert (len(hidden), len(queue.messages)) == (2, 1)
        assert deliver(*queue.go_on(900)) == []  # it goes round
        assert len(receiver.received) == 3
        while queue.messages:
            assert deliver(*queue.go_on(900)) == []
        assert (len(receiver.received), len(free.received)) == (4, 1)
    [ended] = entries(aws, 1)
    assert ended
    assert (ended.status, ended.attempts) == ("delivered", 4)
    assert timedelta(minutes=24) <= queue.now - START <= timedelta(minutes=45)


def test_after_the_tenth_try_it_goes_to_the_dead_letters_untried_and_driven_again_its_tries_begin_anew(
    aws: Deployment, receiver: Receiver, queue: Queue, hidden: list[int]
) -> None:
    destination(aws, receiver.url)
    receiver.replies += [status(500)] * 11
    [first] = facts(person(aws), 1)
    assert deliver(received(first, MOST_RECEIVES - 1)) == []
    last: list[dict[str, Any]] = []
    while not hidden:
        last = queue.go_on(900)
        deliver(*last)
    [ended] = entries(aws, 1)
    assert ended
    assert (ended.status, ended.attempts, len(receiver.received)) == ("failed", MOST_RECEIVES, 2)
    for times in range(2, MOST_RECEIVES + 1):
        assert deliver(received(last[0], times)) == ["again-0"]
    assert (len(receiver.received), set(hidden)) == (2, {0})
    queue.now += timedelta(days=2)
    assert deliver(received(last[0], 1)) == ["again-0"]
    assert 4 <= hidden[-1] <= 6
    assert len(receiver.received) == 3


def test_who_waits_for_a_turn_goes_round_as_one_message_whatever_breaks_beside_it(
    aws: Deployment, queue: Queue, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    destination(aws, receiver.url, facts_per_second=2)
    [first, other] = facts(person(aws), 2)
    early = {**json.loads(first["body"]), "destination_id": "crm", "turn": (START.timestamp() + 60), "rate": 2}
    waits = first | {"body": json.dumps(early)}
    busy = Mock(side_effect=client_error("ThrottlingException"))
    with monkeypatch.context() as patch:
        patch.setattr(handler, "count_flows", busy)
        with pytest.raises(ClientError):
            deliver(waits, other)
    assert queue.messages == [], "it comes again by itself"
    monkeypatch.setattr(handler, "is_outbound_held", busy)
    assert deliver(waits) == []
    assert len(queue.messages) == 1


def test_who_gets_nothing_takes_no_turn_and_a_try_that_failed_waits_for_one(
    aws: Deployment, receiver: Receiver, queue: Queue, hidden: list[int]
) -> None:
    limited = destination(aws, receiver.url, facts_per_second=1, state="paused")
    batch = facts(person(aws), 3)
    assert deliver(*batch) == []
    assert (queue.messages, [one and one.reason for one in entries(aws, 3)]) == ([], ["paused"] * 3)
    rate = {"pk": {"S": "rates"}, "sk": {"S": "crm"}}
    assert "Item" not in boto3.client("dynamodb").get_item(TableName=aws.table(LEDGER), Key=rate)
    CatalogueStore(aws.table(CATALOGUE)).put(replace(limited, state="live", version=1))
    handler.destinations.cache_clear()
    receiver.replies.append(status(429, Retry_After="30"))
    own = [one | {"body": json.dumps({**json.loads(one["body"]), "destination_id": "crm"})} for one in batch]
    assert deliver(own[0]) == ["m0"]
    assert hidden == [30]
    assert deliver(own[1]) == []
    assert (len(receiver.received), len(queue.messages)) == (1, 1)
    queue.now += timedelta(seconds=30)
    assert deliver(own[0] | {"attributes": {"ApproximateReceiveCount": "2"}}) == []
    assert deliver(*queue.go_on(0)) == []  # it waited, and finds no room
    assert (len(receiver.received), len(queue.messages)) == (2, 1)
    assert deliver(*queue.go_on(1)) == []
    assert len(receiver.received) == 3
    batch = facts(json.loads(batch[0]["body"])["detail"]["data"]["profile_id"], 9)[3:]
    assert deliver(*batch) == []
    CatalogueStore(aws.table(CATALOGUE)).put(replace(limited, state="live", facts_per_second=9, version=2))
    handler.destinations.cache_clear()
    assert len(queue.messages) == 6
    early, queue.messages = [body for _, body in queue.messages], []
    records = [message("p") | {"body": body, "messageId": f"early-{place}"} for place, body in enumerate(early)]
    assert deliver(*records) == []  # with another rate nobody waits for a turn by the old one
    assert (len(receiver.received), queue.messages) == (9, [])
