"""What the door to refusals promises: the latest time of each signal stays, however many are said at once."""

from datetime import UTC, datetime, timedelta

from shared.stores.refusal_store import KEPT, RefusalStore
from shared.stores.tables import PROFILES
from tests.contract.conftest import Dynamo

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
EARLY, LATE, LATEST = (f"2026-11-{day}T09:00:00.000Z" for day in (19, 20, 21))
MANY = [f"google.광고 #{number}:x" for number in range(60)]


def test_of_each_signal_the_latest_refusal_stays_in_any_order(dynamo: Dynamo) -> None:
    store = RefusalStore(dynamo.table(PROFILES))
    store.put({"one": dict.fromkeys(MANY, LATE), "two": {"sms": LATE}}, NOW)
    store.put({"one": dict.fromkeys(MANY[::2], EARLY) | dict.fromkeys(MANY[1::2], LATEST)}, NOW)
    store.put({"two": {"sms": LATE, "mail": EARLY}}, NOW)
    store.put({}, NOW)
    told = dict.fromkeys(MANY[::2], LATE) | dict.fromkeys(MANY[1::2], LATEST)
    assert store.find(["one", "two", "nobody"]) == {"one": told, "two": {"sms": LATE, "mail": EARLY}}
    assert {item["sk"] for item in dynamo.items(PROFILES) if item["pk"] in ("I#one", "I#two")} == {"N"}


def test_a_refusal_is_kept_from_when_it_was_said_last(dynamo: Dynamo) -> None:
    store = RefusalStore(dynamo.table(PROFILES))
    for days, at in ((0, EARLY), (3, LATE)):
        store.put({"three": {"sms": at}}, NOW + timedelta(days=days))
    (item,) = (item for item in dynamo.items(PROFILES) if item["pk"] == "I#three")
    assert item["ttl"] == int((NOW + timedelta(days=3) + KEPT).timestamp())
