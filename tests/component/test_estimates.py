"""Estimates of jobs: they do nothing, and say no less than what the job asks of DynamoDB."""

import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from typing import Any

import pytest

from shared.aws.dynamo import put_items
from shared.domain.estimates import estimate as estimated
from shared.domain.estimates import of_people
from shared.domain.events import Event
from shared.domain.profiles import Profile
from shared.domain.stitching import stitch
from shared.people.rebuilding import Rebuilder, Rebuilding
from shared.people.verifying import Verifier
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.event_store import EventStore, to_item
from shared.stores.identity_log import IdentityLog
from shared.stores.kept_declarations import KeptDeclarations
from shared.stores.keys import identifier_hash
from shared.stores.profile_items import profile_item
from shared.stores.profile_store import ProfileStore, WriteReason
from shared.stores.raw_items import RawItems
from shared.stores.tables import CATALOGUE, EVENTS, LEDGER, PROFILES
from tests.conftest import Deployment
from tests.counting import counted_dynamo
from tests.jobs import Operator, messages
from tests.people import NOW, SECRET, make_event
from tests.pipeline import items, track
from tests.way import Way


@pytest.fixture
def operator(aws: Deployment) -> Iterator[Operator]:
    """Two people with three events each; one has two identifiers."""
    way = Way(aws)
    for batch in range(3):
        way.collect(track(f"a{batch}", userId="u1", anonymousId="d1"), track(f"b{batch}", userId="u2"))
        way.drain()
    yield Operator(aws)
    way.close()


def estimate(operator: Operator, kind: str, **body: Any) -> dict[str, Any]:
    status, found = operator.ask("POST", "/v1/jobs", {"kind": kind, "estimate": True, **body})
    assert status == 200, found
    return found


def kept(operator: Operator) -> list[Any]:
    """All that is kept of people, save who looked at it."""
    found = [*items(operator.aws, LEDGER), *items(operator.aws, PROFILES)]
    return [item for item in found if not item["pk"].startswith("A#")]


def test_an_estimate_of_named_people_is_exact_about_who_they_are_and_does_nothing(operator: Operator) -> None:
    before = kept(operator)
    found = estimate(operator, "rebuild", profiles=["user_id:u1", "anonymous_id:d1", "user_id:u2"], rate=1)
    assert (found["people"], found["events"], found["is_exact"], found["seconds"]) == (2, 6, True, 2)
    assert kept(operator) == before
    assert messages(operator.aws) == []
    assert operator.get("/v1/jobs")["jobs"] == []


def test_an_estimate_of_all_or_of_events_is_of_what_the_tables_hold(operator: Operator) -> None:
    people = len(items(operator.aws, PROFILES)) // 2
    for whom in ({"all": True}, {"source": "web"}, {"from": "2026-11-21"}):
        found = estimate(operator, "verify", **whom, rate=1)
        assert (found["people"], found["events"]) == (people, len(items(operator.aws, EVENTS)))
        assert (found["is_exact"], found["seconds"]) == (False, people)


def test_a_verify_writes_only_whom_it_is_about_and_its_price_is_that_of_its_units(operator: Operator) -> None:
    verify, rebuild = (estimate(operator, kind, all=True) for kind in ("verify", "rebuild"))
    assert verify["write_units"] == verify["people"] < rebuild["write_units"]
    for one in (verify, rebuild):
        dollars = (one["read_units"] * 0.125 + one["write_units"] * 0.625) / 1_000_000
        assert one["dollars"] == pytest.approx(dollars, abs=0.000001)
        assert one["prices"].endswith("2026-11")


def test_nobody_is_estimated_for_who_may_not_start_a_job_or_names_nobody(operator: Operator) -> None:
    body = {"kind": "verify", "estimate": True}
    assert Operator(operator.aws, ("identities:read",)).ask("POST", "/v1/jobs", {**body, "all": True})[0] == 403
    assert operator.ask("POST", "/v1/jobs", {**body, "profiles": ["user_id:nobody"]})[0] == 404
    assert operator.ask("POST", "/v1/jobs", body)[0] == 400


PEOPLE = ProfileStore(PROFILES.name, LEDGER.name)
STORED = EventStore(EVENTS.name)
REBUILDER = Rebuilder(STORED, PEOPLE, KeptDeclarations(CatalogueStore(CATALOGUE.name)))
VERIFIER = Verifier(
    PEOPLE, RawItems(PROFILES.name), IdentityLog(LEDGER.name), REBUILDER, lambda one: identifier_hash(SECRET, one)
)


def person_of(*events: Event) -> Profile:
    """Stitched from these, and then spoiled."""
    ids = count()
    for event in events:
        put_items(EVENTS.name, [to_item(event, 36_500)])
        before = PEOPLE.people_of([identifier.hash for identifier in event.identifiers])
        after = before.copy()
        change = stitch(after, event, lambda: f"p{next(ids)}", NOW)
        assert change is not None
        PEOPLE.put(before, after, change, WriteReason(), NOW)
    (found,) = (one for one in map(PEOPLE.profile, after.profiles) if one and not one.is_merged)
    put_items(PROFILES.name, [profile_item(replace(found, was_split=True), "live", None, None)])
    return found


@pytest.mark.parametrize(("devices", "number"), [(0, 1), (1, 10), (4, 30), (1, 300)])
def test_mending_a_person_asks_no_more_of_dynamodb_than_was_estimated(
    monkeypatch: pytest.MonkeyPatch, devices: int, number: int
) -> None:
    dynamo = counted_dynamo(monkeypatch)
    anonymous = [{"anonymousId": f"d{n % devices}"} if devices else {} for n in range(number)]
    events = [make_event({"userId": "u1", **ids}, n / 100, f"m{n}") for n, ids in enumerate(anonymous)]
    person = person_of(*events)
    size = sum(map(len, (json.dumps(to_item(event, 1)) for event in events))) / number
    expected = estimated(of_people([person], size), 1, is_writing=True)
    with dynamo.counted() as cost:
        assert VERIFIER.mend(person.id, WriteReason("rebuild")) == Rebuilding.WRITTEN
    assert cost.read_units <= expected.read_units <= 2 * cost.read_units
    noted = 1
    assert noted + cost.write_units <= expected.write_units <= 2 * (noted + cost.write_units)
