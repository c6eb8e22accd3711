"""Erasing somebody while others write beside it, where a call has little time, and out of what was folded long ago."""

import json
from collections.abc import Sequence
from typing import Any

import boto3
import pytest

from functions.carry_out_requests import others
from functions.carry_out_requests.handler import StepFailedError
from functions.carry_out_requests.handler import handler as carry_out_requests
from shared.aws.dynamo import Item, Key, Segment, put_items, to_attributes, to_python
from shared.domain.baselines import Baseline, BaselineKey
from shared.domain.computed_attributes import ComputedAttribute
from shared.domain.identifiers import Identifier
from shared.domain.suppression import SETTLED
from shared.stores import quarantine_store
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.keys import identifier_hash
from shared.stores.profile_store import ProfileStore
from shared.stores.raw_items import RawItems
from shared.stores.tables import CATALOGUE, LEDGER, PROFILES
from tests.conftest import SECRET, Deployment
from tests.erasures import asked, carried_out, erased, naming, receipt, request, shared_tablet
from tests.jobs import Minutes
from tests.pipeline import track
from tests.privacy import stopper
from tests.way import Way


@pytest.fixture
def way(aws: Deployment) -> Any:
    made = Way(aws)
    yield made
    made.close()


def hash_of(namespace: str, value: str) -> str:
    return identifier_hash(SECRET, Identifier(namespace, value))


def until(way: Way, step: str, request_id: str = "r1") -> None:
    """Carry a request on until this step is done, and no further."""
    while step not in request(way.aws, request_id).done:
        carry_out_requests({"request_id": request_id, "waited": SETTLED.total_seconds()}, Minutes(1))


def test_a_refusal_that_is_said_while_somebody_is_erased_goes_with_them(way: Way) -> None:
    way.collect(track("j1", userId="jane"))
    way.drain()
    asked(way.aws, ("user_id", "jane"))
    until(way, "identifiers")
    refused = {"consent": {"categoryPreferences": {"Advertising": False}}}
    way.collect(track("j2", event="Segment Consent Preference Updated", userId="jane", context=refused))
    assert naming(way.aws, hash_of("user_id", "jane"))
    carried_out()
    assert request(way.aws).state == "completed", request(way.aws).reason
    assert naming(way.aws, hash_of("user_id", "jane")) == []


def test_an_erasure_ends_though_no_call_has_time_for_more_than_a_page_of_quarantine_or_a_person(
    way: Way, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quarantine_store, "scan_page", one_at_a_time)
    shared_tablet(way)
    way.collect(
        *({"type": "track", "messageId": f"q{n}", "userId": user} for n in range(3) for user in ("jane", "kim"))
    )
    way.drain()
    asked(way.aws, ("user_id", "jane"))
    calls = 0
    while carry_out_requests({"request_id": "r1", "waited": SETTLED.total_seconds()}, Minutes(1))["again"]:
        calls += 1
        assert calls < 60, request(way.aws).done
    assert request(way.aws).state == "completed", request(way.aws).reason
    assert (receipt(way.aws)["found"]["quarantine"], naming(way.aws, "jane")) == (3, [])


def one_at_a_time(table: str, segment: Segment, names: Sequence[str]) -> tuple[list[Item], Key | None, int]:
    start: Any = {}
    if segment.after:
        start = {"ExclusiveStartKey": to_attributes(dict(zip(("pk", "sk"), segment.after, strict=True)))}
    page = boto3.client("dynamodb").scan(TableName=table, Limit=1, **start)
    last = page.get("LastEvaluatedKey")
    return [*map(to_python, page["Items"])], (last["pk"]["S"], last["sk"]["S"]) if last else None, 1


def test_two_whom_one_event_names_leave_it_both_though_they_are_erased_at_once(way: Way) -> None:
    way.collect(
        track("j1", type="identify", userId="jane", traits={"email": "jane@x.example"}),
        track("b1", type="identify", userId="bob", traits={"phone": "010-1234-5678"}),
    )
    way.drain()
    both = {"email": "jane@x.example", "phone": "010-1234-5678"}
    way.collect(track("k1", type="identify", userId="kim", traits=both))
    way.drain()
    for request_id, user in (("r1", "jane"), ("r2", "bob")):
        until(way, "keep", asked(way.aws, ("user_id", user), request_id=request_id))

    def slowly(*args: Any, **more: Any) -> Any:
        patch.undo()
        found = others.batch_get(*args, **more)
        carried_out("r1")
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(others, "batch_get", slowly)
        with pytest.raises(StepFailedError, match="ContentionError"):
            carried_out("r2")
    carried_out("r2")
    assert [request(way.aws, one).state for one in ("r1", "r2")] == ["completed", "completed"]
    assert naming(way.aws, "jane", "821012345678", "1234-5678") == []


def test_a_device_that_gets_another_period_while_its_former_user_is_erased_keeps_it(way: Way) -> None:
    shared_tablet(way)
    until(way, "groups", asked(way.aws, ("user_id", "jane")))
    read, tablet = RawItems.get, hash_of("anonymous_id", "tablet")

    def late(raw: RawItems, keys: Any) -> Any:
        patch.undo()
        (key,) = keys
        item = read(raw, keys)[key]
        periods = [*json.loads(item["periods"]), ["lee", "2026-11-22T00:00:00.000Z", f"moved#{tablet}"]]
        put_items(raw.table, [{**item, "periods": json.dumps(periods), "decisions": item["decisions"] + 1}])
        return read(raw, keys)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RawItems, "get", late)
        carried_out()
    store = ProfileStore(way.aws.table(PROFILES))
    assert store.ownerships([tablet])[tablet].periods[-1].profile_id == "lee"


def test_what_expired_events_said_of_somebody_goes_out_of_others_and_the_rest_stays(way: Way) -> None:
    for declared in (("of", "last", "$identify", "traits.type"), ("seen", "count", "$identify")):
        CatalogueStore(way.aws.table(CATALOGUE)).put(ComputedAttribute(*declared))
    way.collect(track("j1", type="identify", userId="jane", traits={"email": "jane@x.example"}))
    way.drain()
    said = {"type": "jane@x.example", "email": "jane@x.example", "city": "Busan"}
    way.collect(track("k1", type="identify", userId="kim", traits=said))
    way.drain()
    person = way.person("user_id", "kim")
    assert person
    assert "jane@x.example" in str(person.state.computed)
    stopper(way.aws).stop(person.id, "request r0")
    store = ProfileStore(way.aws.table(PROFILES), way.aws.table(LEDGER))
    store.put_baseline(None, Baseline(BaselineKey(hash_of("user_id", "kim"), ""), 1, person.state))
    erased(way.aws, ("user_id", "jane"))
    assert naming(way.aws, "jane") == []
    after = way.person("user_id", "kim")
    assert after
    assert {*after.state.traits} == {"city"}
    gone = {part[0] for part in person.state.computed.values()} - {part[0] for part in after.state.computed.values()}
    assert gone == {"last"}
