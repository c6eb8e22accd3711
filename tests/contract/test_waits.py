"""What the door to what waits promises: whoever stands is behind, and who is idle never is, in any order of notes."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.domain.times import to_text
from shared.stores.tables import LEDGER
from shared.stores.waits import EVERY, Waits
from tests.contract.conftest import Dynamo
from tests.faults import Failing, client_error

START = datetime(2026, 11, 21, tzinfo=UTC)


def at(seconds: float) -> str:
    return to_text(START + timedelta(seconds=seconds))


def later(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def test_what_was_handed_on_waits_until_its_reader_has_reached_it(dynamo: Dynamo) -> None:
    table = dynamo.table(LEDGER)
    door, store, stitch = Waits(table), Waits(table), Waits(table)
    assert door.unreached(later(0)) == timedelta()
    door.handed("store_events", at(0))
    door.handed("store_events", at(20))  # within half a minute of the other, and so not marked
    assert door.unreached(later(400)) == timedelta(seconds=400)
    store.handed("stitch_identities", at(1))
    store.reached("store_events", at(20))
    assert door.unreached(later(400)) == timedelta(seconds=399)
    stitch.reached("stitch_identities", at(1))
    Waits(table).reached("stitch_identities", at(-900))  # another worker, of a shard that is further behind
    assert door.unreached(later(90_000)) == timedelta()
    door.handed("store_events", at(90_000))
    assert door.unreached(later(90_001)) == timedelta(seconds=1)


def test_what_is_parked_waits_until_it_is_taken(dynamo: Dynamo) -> None:
    waits = Waits(dynamo.table(LEDGER))
    waits.parked(["one", "two"], at(0))
    waits.parked(["three"], at(60))
    assert waits.on_queues(later(100)) == timedelta(seconds=100)
    for body in ("one", "two", "two"):
        waits.taken(body, at(0))
    assert waits.on_queues(later(100)) == timedelta(seconds=40)
    waits.taken("three", at(60))
    assert waits.on_queues(later(100)) == timedelta()
    assert dynamo.items(LEDGER) == []


def test_what_cannot_be_marked_is_marked_by_the_next(dynamo: Dynamo, monkeypatch: pytest.MonkeyPatch) -> None:
    waits = Waits(dynamo.table(LEDGER))
    with monkeypatch.context() as patch:
        patch.setattr("shared.stores.waits.count", lambda _: None)
        failing = Failing(dynamo.client, "put_item", client_error("ThrottlingException"))
        patch.setattr("shared.stores.waits.dynamodb", lambda: failing)
        waits.handed("store_events", at(0))
    assert waits.unreached(later(9)) == timedelta()
    waits.handed("store_events", at(1))
    assert waits.unreached(later(9)) == timedelta(seconds=8)


_STEPS = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2), st.integers(0, 40)), min_size=1, max_size=25)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=_STEPS)
def test_whatever_the_order_of_workers_nothing_waits_once_all_is_read_and_what_is_not_read_waits(
    dynamo: Dynamo, steps: list[tuple[int, int, int]]
) -> None:
    """Three doors hand on, and three workers read a shard each."""
    if dynamo.name != "fake":
        return
    table = dynamo.table(LEDGER)
    dynamo.client.delete_item(TableName=table, Key={"pk": {"S": "waits"}, "sk": {"S": "reached#store_events"}})
    doors, workers = [Waits(table) for _ in range(3)], [Waits(table) for _ in range(3)]
    clock, read = _begun(dynamo), 0.0
    for door, worker, seconds in steps:
        clock += seconds
        doors[door].handed("store_events", at(clock))
        workers[worker].reached("store_events", at(clock))
        read = clock
    assert doors[0].unreached(later(read + 7_000)) == timedelta()
    beyond = read + 2 * EVERY.total_seconds()
    doors[0].handed("store_events", at(beyond))
    assert doors[1].unreached(later(beyond + 600)) == timedelta(seconds=600)
    workers[0].reached("store_events", at(beyond))
    assert doors[1].unreached(later(beyond + 600)) == timedelta()


def _begun(dynamo: Dynamo) -> float:
    """Each example some hours behind what the one before it left."""
    dynamo_begun.append(len(dynamo_begun) * 10_000.0)
    return dynamo_begun[-1]


dynamo_begun: list[float] = []
