"""What the door to counts promises: each record is added once, in whatever parts and however often it comes."""

import random

import pytest

from shared.aws import clients
from shared.domain.counting import CountedRecord
from shared.domain.outcomes import Tally
from shared.stores.count_store import MOST_RANGES, CountContentionError, CountStore
from shared.stores.tables import LEDGER
from tests.contract.conftest import Dynamo
from tests.faults import Failing
from tests.pipeline import FIRST_SEQUENCE

WHERE = ("src_web", "2026-11-21T09", "shardId-000000000000")
ONE = Tally(received=1, stored=1)
APART = 2**91
"""About as far apart as sequence numbers of Kinesis are."""


@pytest.fixture
def store(dynamo: Dynamo, monkeypatch: pytest.MonkeyPatch) -> CountStore:
    monkeypatch.setattr("shared.aws.batching.time.sleep", lambda _: None)
    return CountStore(dynamo.table(LEDGER))


def counts(dynamo: Dynamo) -> dict[str, int]:
    found = [item for item in dynamo.items(LEDGER) if item["pk"].startswith("C#")]
    return {name: sum(item[name] for item in found) for name in ("received", "stored", "duplicate", "quarantined")}


def run(first: int, last: int | None = None, waiting: tuple[int, ...] = ()) -> list[CountedRecord]:
    """Records by their place in the shard."""
    places = range(first, (last or first) + 1)
    return [CountedRecord(FIRST_SEQUENCE + place * APART, ONE, place not in waiting) for place in places]


def test_ends_and_notes_add_up(dynamo: Dynamo, store: CountStore) -> None:
    one, other = Tally(6, 3, 2, 1, notes={"quarantined:too_deep": 1}), Tally(1, 1, notes={"unmapped:colour": 1})
    store.add(*WHERE, [CountedRecord(1, one), CountedRecord(2, other)])
    (item,) = dynamo.items(LEDGER)
    assert (item["pk"], item["sk"]) == ("C#src_web", "2026-11-21T09#shardId-000000000000")
    ((hour, shard, found),) = store.of_source("src_web", "2026-11-21T00", "2026-11-21T09")
    assert (hour, shard, found.totals) == (*WHERE[1:], one + other)
    assert list(store.of_source("src_web", "2026-11-21T10", "2026-11-22T09")) == []


def test_a_record_that_waits_is_received_and_ends_once(dynamo: Dynamo, store: CountStore) -> None:
    store.add(*WHERE, run(1, 3, waiting=(2,)))
    assert (counts(dynamo)["received"], counts(dynamo)["stored"]) == (3, 2)
    for _ in range(2):
        store.add(*WHERE, run(2))
    assert (counts(dynamo)["received"], counts(dynamo)["stored"]) == (3, 3)


def test_a_record_left_out_of_a_run_is_added_when_it_comes(dynamo: Dynamo, store: CountStore) -> None:
    store.add(*WHERE, run(1, 3), run(5, 7))
    store.add(*WHERE, run(8, 9))
    for _ in range(2):
        store.add(*WHERE, run(4))
    assert counts(dynamo)["received"] == 9


def test_ranges_beyond_the_most_lie_apart_and_are_heeded_all_the_same(dynamo: Dynamo, store: CountStore) -> None:
    batches = [run(place, place + 1) for place in range(0, 9 * MOST_RANGES, 3)]  # each third record was given up
    for batch in batches:
        store.add(*WHERE, batch)
    (item,) = (item for item in dynamo.items(LEDGER) if item["pk"].startswith("C#"))
    assert len(item["counted"]) < 700
    assert sum(item["pk"].startswith("N#") for item in dynamo.items(LEDGER)) > 1
    received = counts(dynamo)["received"]
    for batch in reversed(batches):
        store.add(*WHERE, batch)
    assert counts(dynamo)["received"] == received
    store.add(*WHERE, run(0, 9 * MOST_RANGES))
    assert counts(dynamo)["received"] == 9 * MOST_RANGES + 1
    assert len(store.counted(*WHERE).spans) == 1


def test_a_throttled_day_of_whole_batches_takes_few_bytes(dynamo: Dynamo, store: CountStore) -> None:
    for start in range(0, 4_000, 400):
        store.add(*WHERE, run(start, start + 399, waiting=tuple(range(start, start + 400))))
    (item,) = dynamo.items(LEDGER)
    assert item["received"] == 4_000
    assert len(item["pending"]) < 400


@pytest.mark.parametrize("seed", range(4))
def test_any_order_of_batches_halves_and_retries_adds_each_record_once(
    dynamo: Dynamo, store: CountStore, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.stores.count_store.MOST_RANGES", 2)
    chance = random.Random(seed)
    for _ in range(12):
        start = chance.randint(0, 11)
        end = min(11, start + chance.randint(0, 4))
        store.add(*WHERE, run(start, end, waiting=tuple(p for p in range(12) if chance.random() < 0.3)))
    for start in (0, 4, 2, 8, 0):
        store.add(*WHERE, run(start, start + 3))
    store.add(*WHERE, run(0, 11))
    assert counts(dynamo) == {"received": 12, "stored": 12, "duplicate": 0, "quarantined": 0}


def test_a_count_that_changed_since_it_was_read_is_read_again(
    dynamo: Dynamo, store: CountStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.add(*WHERE, run(1, 2, waiting=(2,)))
    between = Failing(
        clients.dynamodb(), "put_item", times=1, before=lambda: CountStore(store.table).add(*WHERE, run(2))
    )
    through(between, monkeypatch)
    store.add(*WHERE, run(3))
    assert (counts(dynamo)["received"], counts(dynamo)["stored"]) == (3, 3)


def test_ranges_put_apart_by_a_write_that_failed_count_nothing(
    dynamo: Dynamo, store: CountStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place in range(0, 2 * MOST_RANGES, 2):
        store.add(*WHERE, run(place))
    before = counts(dynamo)["received"]
    failing = Failing(clients.dynamodb(), "put_item", times=2, error=None, before=lambda: fail(failing))
    with monkeypatch.context() as patch:
        through(failing, patch)
        with pytest.raises(RuntimeError):
            store.add(*WHERE, run(99))
    store.add(*WHERE, run(99))
    assert counts(dynamo)["received"] == before + 1


def through(client: Failing, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("shared.stores.count_store", "shared.aws.dynamo"):
        monkeypatch.setattr(f"{module}.dynamodb", lambda: client)


def fail(client: Failing) -> None:
    """The ranges are put; the count is not."""
    if client.calls == 2:
        raise RuntimeError


def test_a_count_that_always_changes_is_an_error(store: CountStore, monkeypatch: pytest.MonkeyPatch) -> None:
    conflict = clients.dynamodb().exceptions.ConditionalCheckFailedException({"Error": {}}, "PutItem")
    failing = Failing(clients.dynamodb(), "put_item", conflict)
    through(failing, monkeypatch)
    with pytest.raises(CountContentionError):
        store.add(*WHERE, run(1))
