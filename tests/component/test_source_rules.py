"""Mappings and tracking plans of a source at work in store_events: order, cache, counts, and events that come again."""

import json
from typing import Any

import pytest

from shared.domain.mapping import Mapping
from shared.domain.purposes import Purpose
from shared.domain.sources import Source
from shared.domain.tracking_plans import TrackingPlan
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.count_store import CountContentionError, CountStore
from shared.stores.tables import CATALOGUE, EVENTS, QUARANTINE
from tests.conftest import Deployment, forget_everything
from tests.pipeline import (
    SOURCE,
    configured,
    counts,
    items,
    kinesis_records,
    notes,
    quarantined_bodies,
    record_bytes,
    refusals,
    seed_source,
    stored,
    stored_ids,
    track,
)

RULES = (
    {"op": "rename", "from": "customer", "to": "userId"},
    {"op": "rename", "from": "date", "to": "timestamp"},
    {"op": "rename", "from": "amount", "to": "properties.total"},
    {"op": "cast", "field": "properties.total", "as": "number"},
    {"op": "default", "field": "type", "value": "track"},
    {"op": "default", "field": "event", "value": "Order Completed"},
)
ORDER = {"type": "object", "properties": {"total": {"type": "number", "maximum": 100}}}


def row(message_id: str = "r1", **fields: Any) -> dict[str, Any]:
    return {"messageId": message_id, "customer": 17, "date": "2026-11-20", "amount": "12.50", **fields}


def seed(aws: Deployment, *, rules: Any = None, plan: TrackingPlan | None = None) -> None:
    seed_source(aws)
    catalogue = CatalogueStore(aws.table(CATALOGUE))
    if rules is not None:
        catalogue.put(Mapping("orders", "Orders", rules))
    if plan is not None:
        catalogue.put(plan)
    named = {"mapping": "orders" if rules is not None else "", "tracking_plan": plan.id if plan else ""}
    configured(aws, Source, SOURCE, **named)


def plan(unplanned: Any = "report", invalid: Any = "report", **events: Any) -> TrackingPlan:
    return TrackingPlan("shop", "Shop", {"Order Completed": ORDER, **events}, unplanned, invalid)


def test_a_row_is_stored_as_its_mapping_says_and_what_it_does_not_know_is_kept_and_counted(aws: Deployment) -> None:
    seed(aws, rules=RULES)
    assert stored(kinesis_records(record_bytes(row(colour="red")))) == []
    (item,) = items(aws, EVENTS)
    assert (item["name"], item["time"]) == ("Order Completed", "2026-11-20T00:00:00.000Z")
    assert json.loads(item["identifiers"])[0][:2] == ["user_id", "17"]
    assert json.loads(item["event"])["properties"] == {"total": 12.5, "colour": "red"}
    assert notes(aws) == {"unmapped:colour": 1}


def test_a_failed_cast_is_quarantined_as_it_came_and_its_neighbours_go_on(aws: Deployment) -> None:
    seed(aws, rules=RULES)
    stored(kinesis_records(record_bytes(row("bad", amount="twelve"), row("good"))))
    assert stored_ids(aws) == ["good"]
    assert refusals(aws) == [("cast_failed", "properties.total")]
    assert json.loads(quarantined_bodies(aws)[0]) == row("bad", amount="twelve")
    assert notes(aws) == {"quarantined:cast_failed:properties.total": 1}


def test_a_column_that_was_masked_never_becomes_an_id(aws: Deployment) -> None:
    seed(aws, rules=RULES)
    rows = [row("r1", customer="900101-1234567"), row("r2", customer="4111111111111111"), row("r3")]
    stored(kinesis_records(record_bytes(*rows)))
    assert stored_ids(aws) == ["r3"]
    assert refusals(aws) == [("forbidden_number", "userId"), ("forbidden_number", "userId")]


def test_a_line_that_is_no_row_is_quarantined_with_its_place(aws: Deployment) -> None:
    seed(aws, rules=RULES)
    line = {
        "unreadable": {"reason": "ragged", "text": "1,2,3"},
        "messageId": "row-1",
        "context": {"file": {"name": "orders.csv", "line": 7}},
    }
    stored(kinesis_records(record_bytes(line, row())))
    assert refusals(aws) == [("unreadable_row", "line 7 of orders.csv")]
    assert "ragged" in items(aws, QUARANTINE)[0]["fix"]
    assert notes(aws) == {"quarantined:unreadable_row": 1}


def test_a_plan_reports_what_it_does_not_know_and_what_is_wrong(aws: Deployment) -> None:
    seed(aws, plan=plan())
    stored(kinesis_records(record_bytes(track("m1"), track("m2", event="Order Completed", properties={"total": 101}))))
    assert stored_ids(aws) == ["m1", "m2"]
    assert notes(aws) == {"unplanned:Tea Bought": 1, "invalid:Order Completed:total": 1}


def test_a_plan_quarantines_what_it_does_not_know_and_what_is_wrong(aws: Deployment) -> None:
    seed(aws, plan=plan("quarantine", "quarantine"))
    bad = track("m2", event="Order Completed", properties={"total": 101})
    stored(kinesis_records(record_bytes(track("m1"), bad, track("m3", event="Order Completed"))))
    assert stored_ids(aws) == ["m3"]
    assert refusals(aws) == [("invalid_event", "properties.total"), ("unplanned_event", "event")]
    assert "101" not in "".join(item["fix"] for item in items(aws, QUARANTINE))


def test_the_plan_sees_what_the_mapping_made(aws: Deployment) -> None:
    seed(aws, rules=RULES, plan=plan("quarantine", "quarantine"))
    stored(kinesis_records(record_bytes(row("r1"), row("r2", amount="101"))))
    assert stored_ids(aws) == ["r1"]
    assert json.loads(quarantined_bodies(aws)[0]) == row("r2", amount="101")


@pytest.mark.parametrize(
    ("named", "reason"),
    [({"mapping": "gone"}, "mapping_missing"), ({"tracking_plan": "gone"}, "tracking_plan_missing")],
)
def test_without_the_rules_it_names_a_sources_events_wait_in_quarantine(
    aws: Deployment, named: dict[str, str], reason: str
) -> None:
    seed_source(aws)
    configured(aws, Source, SOURCE, **named)
    stored(kinesis_records(record_bytes(track())))
    assert refusals(aws) == [(reason, None)]
    assert notes(aws) == {f"quarantined:{reason}": 1}


@pytest.mark.parametrize(
    ("seeded", "reason"),
    [
        ({"rules": ({"op": "upper", "field": "a"},)}, "mapping_broken"),
        ({"plan": plan(Broken={"type": "strin"})}, "tracking_plan_broken"),
    ],
)
def test_with_rules_that_can_not_work_they_wait_too(aws: Deployment, seeded: Any, reason: str) -> None:
    seed(aws, **seeded)
    stored(kinesis_records(record_bytes(track())))
    assert refusals(aws) == [(reason, None)]


def test_a_changed_plan_and_mapping_are_felt_after_a_minute(aws: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr("shared.stores.kept.time.monotonic", lambda: now[0])
    seed(aws, rules=(), plan=plan())
    stored(kinesis_records(record_bytes(track("m1"))))
    configured(aws, TrackingPlan, "shop", unplanned="quarantine")
    configured(aws, Mapping, "orders", rules=({"op": "default", "field": "properties.seen", "value": True},))
    now[0] += 59
    stored(kinesis_records(record_bytes(track("m2")), first=1))
    assert stored_ids(aws) == ["m1", "m2"]
    now[0] += 2
    stored(kinesis_records(record_bytes(track("m3"), track("m4", event="Order Completed")), first=2))
    assert stored_ids(aws) == ["m1", "m2", "m4"]
    assert refusals(aws) == [("unplanned_event", "event")]
    assert [json.loads(item["event"]).get("properties") for item in items(aws, EVENTS)] == [None, None, {"seen": True}]


def test_a_plan_that_was_deleted_and_made_anew_is_felt_too(aws: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr("shared.stores.kept.time.monotonic", lambda: now[0])
    seed(aws, plan=plan())
    stored(kinesis_records(record_bytes(track("m1", event="Order Completed"))))
    catalogue = CatalogueStore(aws.table(CATALOGUE))
    catalogue.delete(TrackingPlan, "shop")
    catalogue.put(TrackingPlan("shop", "Another", {}, unplanned="quarantine"))
    now[0] += 61
    stored(kinesis_records(record_bytes(track("m2", event="Order Completed")), first=1))
    assert refusals(aws) == [("unplanned_event", "event")]


def test_a_record_and_a_retry_that_come_after_a_change_of_the_mapping_change_nothing(aws: Deployment) -> None:
    seed(aws, rules=RULES)
    records = kinesis_records(record_bytes(row(colour="red")))
    stored(records)
    before = items(aws, EVENTS)
    configured(aws, Mapping, "orders", rules=(*RULES, {"op": "rename", "from": "colour", "to": "properties.color"}))
    forget_everything()
    assert stored(records) == []
    assert counts(aws) == {"received": 1, "stored": 1, "duplicate": 0, "quarantined": 0}
    stored(kinesis_records(record_bytes(row(colour="red")), first=1))
    assert counts(aws) == {"received": 2, "stored": 1, "duplicate": 1, "quarantined": 0}
    assert items(aws, EVENTS) == before
    assert notes(aws) == {"unmapped:colour": 1}


def test_notes_are_counted_once_where_the_count_failed_at_first(
    aws: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    seed(aws, rules=RULES)
    records = kinesis_records(record_bytes(row(colour="red"), row("bad", amount="twelve")))
    with monkeypatch.context() as broken:
        broken.setattr(CountStore, "add", failing)
        with pytest.raises(CountContentionError):
            stored(records)
    assert notes(aws) == {}
    stored(records)
    stored(records)
    assert notes(aws) == {"unmapped:colour": 1, "quarantined:cast_failed:properties.total": 1}


def failing(*args: Any) -> None:
    raise CountContentionError


def test_a_mapping_that_changes_who_stores_a_retry_again(aws: Deployment) -> None:
    """The limit that docs/tracking-plans.md states: the key of an event is made of who and when."""
    seed(aws, rules=RULES)
    stored(kinesis_records(record_bytes(row(member="m-9"))))
    changed = ({"op": "rename", "from": "member", "to": "userId"}, *RULES[1:])
    configured(aws, Mapping, "orders", rules=changed)
    forget_everything()
    stored(kinesis_records(record_bytes(row(member="m-9")), first=1))
    assert stored_ids(aws) == ["r1", "r1"]


def test_consent_that_cannot_be_relied_on_is_stored_and_told_in_the_health_of_its_source(aws: Deployment) -> None:
    seed_source(aws)
    CatalogueStore(aws.table(CATALOGUE)).put(Purpose("ads", {"en": "Ads"}))
    consent = {"tcf": {"tcString": "CQ"}, "categoryPreferences": {"ads": True, "mail": True}}
    stored(kinesis_records(record_bytes(track("m1", context={"consent": consent}))))
    assert stored_ids(aws) == ["m1"]
    assert notes(aws) == {"tcf:cut_short": 1, "unknown_purpose:mail": 1}


def test_a_country_that_is_none_is_told_in_the_health_of_its_source_and_named_nowhere(aws: Deployment) -> None:
    seed_source(aws)
    said = {"traits": {"country": "South Korea"}, "context": {"location": {"country": "대한민국"}}}
    stored(kinesis_records(record_bytes(track("m1", type="identify", **said))))
    assert notes(aws) == {"unknown_country:traits.country": 1, "unknown_country:context.location.country": 1}
