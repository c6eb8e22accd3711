"""What the door to counts promises: each record is added once, in whatever parts and however often it comes."""

import random

import pytest

from shared.aws import clients
from shared.domain.outcomes import Tally
from shared.stores.count_store import CountContentionError, CountStore
from shared.stores.tables import LEDGER
from tests.conftest import Deployment
from tests.faults import Failing
from tests.pipeline import FIRST_SEQUENCE, counts, items

WHERE = ("src_web", "2026-11-21T09", "shardId-000000000000")
ONE = Tally(received=1, stored=1)


@pytest.fixture
def store(aws: Deployment, monkeypatch: pytest.MonkeyPatch) -> CountStore:
    monkeypatch.setattr("shared.aws.batching.time.sleep", lambda _: None)
    return CountStore(aws.table(LEDGER))


def test_ends_add_up_to_received(aws: Deployment, store: CountStore) -> None:
    store.add(*WHERE, {1: Tally(6, 3, 2, 1, notes={"quarantined:no_identifier:userId": 1}), 2: Tally(1, 1)})
    (item,) = items(aws, LEDGER)
    assert (item["pk"], item["sk"]) == ("C#src_web", "2026-11-21T09#shardId-000000000000")
    ((hour, shard, counted),) = store.of_source("src_web", "2026-11-21T00", "2026-11-21T09")
    assert (hour, shard) == ("2026-11-21T09", "shardId-000000000000")
    assert counted.totals == Tally(7, 4, 2, 1, notes={"quarantined:no_identifier:userId": 1})
    assert counted.totals.received == counted.totals.ended
    assert list(store.of_source("src_web", "2026-11-21T10", "2026-11-22T09")) == []
    assert counts(aws) == {"received": 7, "stored": 4, "duplicate": 2, "quarantined": 1}


def test_sequence_numbers_are_compared_as_integers(aws: Deployment, store: CountStore) -> None:
    for sequence in (9, 10, 9, FIRST_SEQUENCE, FIRST_SEQUENCE + 1, FIRST_SEQUENCE):
        store.add(*WHERE, {sequence: ONE})
    assert counts(aws)["stored"] == 4


def test_a_parked_record_is_added_by_its_retry_alone_and_once(aws: Deployment, store: CountStore) -> None:
    store.add(*WHERE, {1: ONE, 3: ONE}, parked=[2])
    assert counts(aws)["received"] == 2
    store.settle(*WHERE, {1: ONE})
    assert counts(aws)["received"] == 2
    for _ in range(2):
        store.settle(*WHERE, {2: ONE})
    store.add(*WHERE, {2: ONE})
    assert counts(aws)["received"] == 3


def test_a_parked_record_that_comes_again_is_added_then(aws: Deployment, store: CountStore) -> None:
    store.add(*WHERE, {}, parked=[1])
    store.add(*WHERE, {}, parked=[1])
    store.add(*WHERE, {1: ONE})
    store.settle(*WHERE, {1: ONE})
    assert counts(aws)["received"] == 1


def test_a_retry_of_a_record_that_nobody_parked_adds_nothing(aws: Deployment, store: CountStore) -> None:
    store.settle(*WHERE, {1: ONE})
    assert counts(aws)["received"] == 0


@pytest.mark.parametrize("seed", range(20))
def test_any_order_of_batches_halves_and_retries_adds_each_record_once(
    aws: Deployment, store: CountStore, seed: int
) -> None:
    chance = random.Random(seed)
    ends = {sequence: [chance.randrange(3) for _ in range(3)] for sequence in range(12)}
    tallies = {sequence: Tally(sum(ended), *ended) for sequence, ended in ends.items()}
    known = 0
    while known < 12:
        start, end = chance.randint(0, known), min(12, known + chance.randint(0, 4))
        part = range(start, end)
        parked = [sequence for sequence in part if chance.random() < 0.3]
        store.add(*WHERE, {s: tallies[s] for s in part if s not in parked}, parked)
        known = max(known, end)
        store.settle(*WHERE, {s: tallies[s] for s in range(known) if chance.random() < 0.1})
    for _ in range(2):
        store.settle(*WHERE, tallies)
    assert counts(aws)["received"] == sum(tally.received for tally in tallies.values())


def test_a_count_that_changed_since_it_was_read_is_read_again(
    aws: Deployment, store: CountStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.add(*WHERE, {1: ONE}, parked=[2])
    settling = Failing(
        clients.dynamodb(), "put_item", times=1, before=lambda: CountStore(store.table).settle(*WHERE, {2: ONE})
    )
    monkeypatch.setattr("shared.stores.count_store.dynamodb", lambda: settling)
    store.add(*WHERE, {3: ONE})
    assert counts(aws)["received"] == 3


def test_a_count_that_always_changes_is_an_error(store: CountStore, monkeypatch: pytest.MonkeyPatch) -> None:
    conflict = clients.dynamodb().exceptions.ConditionalCheckFailedException({"Error": {}}, "PutItem")
    failing = Failing(clients.dynamodb(), "put_item", conflict)
    monkeypatch.setattr("shared.stores.count_store.dynamodb", lambda: failing)
    with pytest.raises(CountContentionError):
        store.add(*WHERE, {1: ONE})
