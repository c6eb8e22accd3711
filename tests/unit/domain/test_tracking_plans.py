"""Events as a plan has them or not; what is wrong is said without a value; a plan's own contradictions are told."""

from typing import Any

import pytest

from shared.domain.plan_checks import MOST_FAULTS, Checker, Fault, Verdict
from shared.domain.plan_problems import problems
from shared.domain.tracking_plans import Policy, TrackingPlan
from shared.domain.validation import Refusal

ORDER = {
    "type": "object",
    "properties": {
        "total": {"type": "number", "minimum": 0},
        "currency": {"enum": ["KRW", "USD"]},
        "email": {"type": "string", "format": "email"},
        "code": {"type": "string", "pattern": "^(a+)+$"},
        "products": {"type": "array", "items": {"type": "object", "properties": {"sku": {"type": "string"}}}},
    },
    "required": ["total"],
    "additionalProperties": False,
}


def plan(unplanned: Policy = "report", invalid: Policy = "report", **events: Any) -> TrackingPlan:
    named = {name.replace("_", " "): schema for name, schema in events.items()}
    return TrackingPlan("shop", "Shop", {"Order Completed": ORDER, **named}, unplanned, invalid)


def order(**properties: Any) -> dict[str, Any]:
    return {"type": "track", "event": "Order Completed", "properties": properties}


def test_an_event_as_planned_is_valid() -> None:
    assert Checker(plan()).check(order(total=12.5, currency="KRW")) == Verdict("valid", "Order Completed")
    assert Checker(plan()).decide(order(total=0)) == ()


@pytest.mark.parametrize(
    ("properties", "fault"),
    [
        ({}, Fault("properties.total", "is missing")),
        ({"total": "secret"}, Fault("properties.total", 'it is not of type "number"')),
        ({"total": -1}, Fault("properties.total", "it is less than the minimum of 0")),
        ({"total": 1, "colour": "secret"}, Fault("properties.colour", "is not in the plan")),
        ({"total": 1, "email": "secret"}, Fault("properties.email", 'it is not a "email"')),
        ({"total": 1, "currency": "secret"}, Fault("properties.currency", 'it is not one of "KRW" or "USD"')),
        ({"total": 1, "code": "a" * 40 + "secret"}, Fault("properties.code", 'it does not match "^(a+)+$"')),
        (
            {"total": 1, "products": [{"sku": "a"}, {"sku": 777}]},
            Fault("properties.products.1.sku", 'it is not of type "string"'),
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_field_and_without_its_value(properties: dict[str, Any], fault: Fault) -> None:
    verdict = Checker(plan()).check(order(**properties))
    assert verdict == Verdict("invalid", "Order Completed", (fault,))


def test_a_name_that_is_not_allowed_is_not_said_either() -> None:
    checker = Checker(plan(Seen={"propertyNames": {"maxLength": 3}}))
    verdict = checker.check({"type": "track", "event": "Seen", "properties": {"mina@example.com": 1}})
    assert verdict.faults == (Fault("properties", "has a name that the plan does not allow"),)


def test_an_event_has_so_many_faults_at_most() -> None:
    verdict = Checker(plan()).check(order(total=1, **{f"x{number}": 1 for number in range(50)}))
    assert len(verdict.faults) == MOST_FAULTS


def test_traits_are_checked_where_they_stand() -> None:
    checker = Checker(plan(**{"$identify": {"properties": {"age": {"type": "integer"}}}}))
    assert checker.check({"type": "identify", "traits": {"age": 5}}).kind == "valid"
    assert checker.check({"type": "identify", "traits": {"age": "x"}}).faults[0].field == "traits.age"
    beside = checker.check({"type": "identify", "context": {"traits": {"age": "x"}}})
    assert beside.faults[0].field == "context.traits.age"


def test_only_track_events_can_be_unplanned() -> None:
    checker = Checker(plan(unplanned="quarantine"))
    for kind in ("identify", "page", "screen", "group", "alias"):
        assert checker.check({"type": kind}).kind == "valid"
    assert checker.check({"type": "track", "event": "Order Done"}).kind == "unplanned"


def test_a_track_event_called_like_a_type_is_not_taken_for_it() -> None:
    checker = Checker(plan(**{"$page": {"required": ["url"]}}))
    assert checker.check({"type": "track", "event": "$page"}) == Verdict("unplanned", "$$page")
    assert checker.check({"type": "page"}).kind == "invalid"


def test_a_plan_allows_reports_or_quarantines_the_unplanned() -> None:
    done = {"type": "track", "event": "Order Done"}
    assert Checker(plan(unplanned="allow")).decide(done) == ()
    assert Checker(plan(unplanned="report")).decide(done) == ("unplanned:Order Done",)
    refusal = Checker(plan(unplanned="quarantine")).decide(done)
    assert isinstance(refusal, Refusal)
    assert (refusal.reason, refusal.field) == ("unplanned_event", "event")


def test_a_plan_allows_reports_or_quarantines_the_invalid() -> None:
    bad = order(products=[{"sku": 1}, {"sku": 2}])
    assert Checker(plan(invalid="allow")).decide(bad) == ()
    notes = Checker(plan(invalid="report")).decide(bad)
    assert not isinstance(notes, Refusal)
    assert set(notes) == {"invalid:Order Completed:products.sku", "invalid:Order Completed:total"}
    refusal = Checker(plan(invalid="quarantine")).decide(bad)
    assert isinstance(refusal, Refusal)
    assert refusal.reason == "invalid_event"
    assert refusal.field
    assert "2 more" in refusal.fix


def one(schema: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {"a": schema}}


@pytest.mark.parametrize(
    ("schema", "pointer"),
    [
        ("text", ""),
        ({"$schema": "http://json-schema.org/draft-07/schema#"}, "/$schema"),
        (one({"type": "strin"}), "/properties/a/type"),
        (one({"format": "nonsense"}), "/properties/a/format"),
        (one({"pattern": "(?=a)b"}), "/properties/a/pattern"),
        (one({"$ref": "https://example.com/x.json"}), "/properties/a/$ref"),
        (one({"$ref": "file:///etc/hosts"}), "/properties/a/$ref"),
        (one({"$ref": "#/$defs/nowhere"}), ""),
        (one({"type": "integer", "minimum": 5, "maximum": 3}), "/properties/a"),
        (one({"minimum": 5, "maximum": 3}), "/properties/a"),
        (one({"minLength": 5, "maxLength": 3}), "/properties/a"),
        (one({"type": ["array", "null"], "minItems": 5, "maxItems": 3}), "/properties/a"),
        (one({"type": "integer", "exclusiveMinimum": 3, "exclusiveMaximum": 4}), "/properties/a"),
        (one({"type": "integer", "enum": ["a"]}), "/properties/a"),
        (one({"type": "integer", "enum": [1, "a"]}), "/properties/a/enum/1"),
        (one({"const": "a", "type": "integer"}), "/properties/a"),
        (one({"const": 3, "maximum": 2}), "/properties/a"),
        ({"properties": {"a": False}, "required": ["a"]}, ""),
        ({"properties": {"b": {}}, "required": ["a"], "additionalProperties": False}, ""),
        ({"type": "string"}, ""),
        ({"properties": {"a/b": {"items": one({"minimum": 2, "maximum": 1})}}}, "/properties/a~1b/items/properties/a"),
        ({"$defs": {"x": {"minimum": 2, "maximum": 1}}}, "/$defs/x"),
    ],
)
def test_a_plan_that_can_not_work_says_where(schema: Any, pointer: str) -> None:
    (problem,) = problems(plan(Order_Done=schema))
    assert (problem.event, problem.pointer) == ("Order Done", pointer)
    assert problem.message
    assert problem.fix


def test_the_words_that_contradict_each_other_are_named() -> None:
    (problem,) = problems(plan(Seen=one({"type": "integer", "minimum": 5, "maximum": 3, "title": "Age"})))
    assert problem.text.startswith("Seen#/properties/a: Nothing can satisfy minimum and maximum.")


def test_an_alias_can_not_be_planned() -> None:
    assert [problem.event for problem in problems(plan(**{"$alias": {}}))] == ["$alias"]


@pytest.mark.parametrize(
    "schema",
    [
        ORDER,
        True,
        False,
        {},
        {"$schema": "https://json-schema.org/draft/2020-12/schema", "properties": {"a": False}},
        one({"type": ["string", "null"], "maxLength": 5, "minimum": 3}),
        {"properties": {"a": {"$ref": "#/$defs/x"}, "$ref": {}}, "$defs": {"x": {"type": "number"}}},
        {"if": {"required": ["a"]}, "then": {"required": ["b"]}, "else": {"properties": {"b": False}}},
        {"oneOf": [{"required": ["a"]}, {"required": ["b"]}]},
    ],
)
def test_a_sound_plan_has_no_problem(schema: Any) -> None:
    assert problems(plan(Seen=schema)) == ()
    assert Checker(plan(Seen=schema))
