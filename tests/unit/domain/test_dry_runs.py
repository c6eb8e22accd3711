"""A dry run says what would have become of elements, by reason and with ids, and says no value."""

from typing import Any

import pytest

from shared.domain.dry_runs import MOST_EXAMPLES, dry_run
from shared.domain.mapping import Mapping
from shared.domain.tracking_plans import TrackingPlan

MAPPING = Mapping(
    "orders",
    "Orders",
    (
        {"op": "rename", "from": "customer", "to": "userId"},
        {"op": "rename", "from": "amount", "to": "properties.total"},
        {"op": "cast", "field": "properties.total", "as": "number"},
        {"op": "default", "field": "type", "value": "track"},
        {"op": "default", "field": "event", "value": "Order Completed"},
    ),
)
PLAN = TrackingPlan(
    "shop", "Shop", {"Order Completed": {"properties": {"total": {"maximum": 100}}}}, "quarantine", "report"
)


def row(message_id: str, **fields: Any) -> dict[str, Any]:
    return {"messageId": message_id, "customer": "secret-customer", "amount": "12.5", **fields}


def test_a_dry_run_counts_by_outcome_and_reason() -> None:
    elements = [
        row("good"),
        row("large", amount="2999"),
        row("strange", colour="secret-colour"),
        row("broken", amount="secret-amount"),
        row("nobody", customer=None),
        row("other", event="Order Done"),
        "text",
    ]
    report = dry_run(elements, MAPPING, PLAN)
    assert report.outcomes == {"stored": 3, "quarantined": 4}
    assert report.notes == {
        "invalid:Order Completed:total": 1,
        "unmapped:colour": 1,
        "quarantined:cast_failed:properties.total": 1,
        "quarantined:no_identifier:userId": 1,
        "quarantined:unplanned_event:event": 1,
        "quarantined:not_an_object": 1,
    }
    assert report.examples["quarantined:cast_failed:properties.total"] == ["broken"]
    assert "secret" not in repr(report)


def test_a_few_examples_are_enough() -> None:
    report = dry_run((row(f"m{number}", colour=1) for number in range(50)), MAPPING, None)
    assert report.notes["unmapped:colour"] == 50
    assert report.examples["unmapped:colour"] == [f"m{number}" for number in range(MOST_EXAMPLES)]


def test_without_a_mapping_and_a_plan_elements_are_validated() -> None:
    assert dry_run([row("m1")], None, None).notes == {"quarantined:unknown_type:type": 1}


def test_a_plan_that_is_broken_is_told() -> None:
    with pytest.raises(ValueError):
        dry_run([], None, TrackingPlan("p", "P", {"A": {"type": "strin"}}))
