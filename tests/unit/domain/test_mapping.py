"""Rules make events of rows and payloads; what no rule knows is kept; a mapping's own mistakes are told."""

from typing import Any

import pytest

from shared.domain.mapping import Mapped, Mapping, apply, problems
from shared.domain.validation import Refusal


def mapped(element: Any, *rules: dict[str, Any]) -> Mapped:
    result = apply(Mapping("orders", "Orders", rules), element)
    assert isinstance(result, Mapped), result
    return result


def rename(old: str, new: str, **more: Any) -> dict[str, Any]:
    return {"op": "rename", "from": old, "to": new, **more}


def cast(field: str, kind: str, **more: Any) -> dict[str, Any]:
    return {"op": "cast", "field": field, "as": kind, **more}


def default(field: str, value: Any, **more: Any) -> dict[str, Any]:
    return {"op": "default", "field": field, "value": value, **more}


def drop(field: str) -> dict[str, Any]:
    return {"op": "drop", "field": field}


def test_a_row_becomes_an_event() -> None:
    row = {"messageId": "m1", "customer_id": "17", "date": "19970101", "cds": "2", "amount": "29.33", "note": "a gift"}
    result = mapped(
        row,
        rename("customer_id", "userId"),
        rename("date", "timestamp"),
        cast("timestamp", "time", format="%Y%m%d", zone="Asia/Seoul"),
        rename("amount", "properties.total"),
        cast("properties.total", "number"),
        cast("cds", "integer"),
        default("type", "track"),
        default("event", "Order Completed"),
    )
    assert result.element == {
        "messageId": "m1",
        "type": "track",
        "event": "Order Completed",
        "userId": "17",
        "timestamp": "1996-12-31T15:00:00.000Z",
        "properties": {"total": 29.33, "cds": 2, "note": "a gift"},
    }
    assert result.unmapped == ("note",)
    assert row["customer_id"] == "17"


def test_rules_of_other_events_do_not_hold() -> None:
    rule = default("properties.currency", "KRW", events=["Order Completed"])
    order, view = {"type": "track", "event": "Order Completed"}, {"type": "track", "event": "Product Viewed"}
    assert mapped(order, rule).element == {**order, "properties": {"currency": "KRW"}}
    assert mapped(view, rule).element == view
    assert mapped({"type": "page"}, default("name", "?", events=["$page"])).element["name"] == "?"


def test_rules_run_in_order() -> None:
    rules = (rename("b", "properties.old"), rename("a", "b"), drop("properties.old"))
    assert mapped({"a": 1, "b": 2}, *rules[:2]).element == {"properties": {"old": 2, "b": 1}}


@pytest.mark.parametrize(
    ("element", "rule", "after"),
    [
        ({"customer": {"id": 5}}, rename("customer.id", "userId"), {"userId": 5}),
        ({"customer": {"id": 5, "age": 3}}, rename("customer.id", "userId"), None),
        ({"user.id": 5}, rename("user.id", "userId"), {"userId": 5}),
        ({"a": 5, "userId": ""}, rename("a", "userId"), {"userId": 5}),
        ({"a": 5, "userId": None}, rename("a", "userId"), {"userId": 5}),
        ({"a": None}, rename("a", "userId"), {"properties": {"a": None}}),
        ({"a": 1, "properties": []}, rename("a", "properties.a"), {"properties": {"a": 1}}),
        ({"name": "x"}, rename("name", "name.first"), {"name": {"first": "x"}}),
        ({"userId": "u", "event": "x"}, drop("event"), {"userId": "u"}),
        ({"userId": "u"}, drop("traits.a.b"), {"userId": "u"}),
        ({"userId": "u"}, default("userId", "v"), {"userId": "u"}),
        ({"userId": " "}, default("userId", "v"), {"userId": "v"}),
        ({"traits": {"a": "  "}}, cast("traits.a", "number"), {}),
    ],
)
def test_one_rule(element: dict[str, Any], rule: dict[str, Any], after: dict[str, Any] | None) -> None:
    expected = after if after is not None else {"userId": 5, "properties": {"customer": {"age": 3}}}
    assert mapped(element, rule).element == expected


def test_a_value_that_stands_already_stays_and_the_other_is_told() -> None:
    result = mapped({"customer": "a", "userId": "b"}, rename("customer", "userId"))
    assert result == Mapped({"userId": "b", "properties": {"customer": "a"}}, ("customer",))


def test_a_name_that_is_no_map_is_not_overwritten() -> None:
    result = mapped({"a": 1, "context": "text"}, rename("a", "context.app"))
    assert result == Mapped({"context": "text", "properties": {"a": 1}}, ("a",))


def test_an_unmapped_name_that_is_a_property_already_is_kept_under_another() -> None:
    result = mapped({"colour": "red", "unmapped_colour": 1, "properties": {"colour": "blue"}})
    assert result.element["properties"] == {"colour": "blue", "unmapped_colour": "red", "unmapped_unmapped_colour": 1}
    assert result.unmapped == ("colour", "unmapped_colour")


def test_properties_that_are_no_map_are_left_for_validation_to_refuse() -> None:
    assert mapped({"colour": "red", "properties": "text"}).element == {"colour": "red", "properties": "text"}


@pytest.mark.parametrize(
    ("value", "rule", "result"),
    [
        (12, cast("userId", "text"), "12"),
        (12.0, cast("userId", "text"), "12"),
        (True, cast("userId", "text"), "true"),
        ("12", cast("userId", "integer"), 12),
        ("12.0", cast("userId", "integer"), 12),
        ("-1e2", cast("userId", "integer"), -100),
        (12.0, cast("userId", "integer"), 12),
        ("9" * 30, cast("userId", "integer"), int("9" * 30)),
        (" 12.50 ", cast("userId", "number"), 12.5),
        ("12", cast("userId", "number"), 12),
        ("1,234,567.5", cast("userId", "number", format="1,234.5"), 1234567.5),
        ("-1.234,5", cast("userId", "number", format="1.234,5"), -1234.5),
        ("12000", cast("userId", "integer", format="1,234.5"), 12000),
        (12.5, cast("userId", "number", format="1.234,5"), 12.5),
        ("YES", cast("userId", "boolean"), True),
        (0, cast("userId", "boolean"), False),
        ("2026-11-21T18:30:00+09:00", cast("userId", "time"), "2026-11-21T09:30:00.000Z"),
        ("2026-11-21 18:30", cast("userId", "time", zone="Asia/Seoul"), "2026-11-21T09:30:00.000Z"),
        ("21.11.2026", cast("userId", "time", format="%d.%m.%Y"), "2026-11-21T00:00:00.000Z"),
        (1795253400, cast("userId", "time", format="epoch_seconds"), "2026-11-21T09:30:00.000Z"),
        ("1795253400250", cast("userId", "time", format="epoch_milliseconds"), "2026-11-21T09:30:00.250Z"),
    ],
)
def test_a_value_is_cast(value: Any, rule: dict[str, Any], result: Any) -> None:
    cast_value = mapped({"userId": value}, rule).element["userId"]
    assert (cast_value, type(cast_value)) == (result, type(result))


@pytest.mark.parametrize(
    ("value", "rule"),
    [
        ({}, cast("properties.a", "text")),
        ("12.5", cast("properties.a", "integer")),
        ("1,234", cast("properties.a", "integer")),
        (True, cast("properties.a", "integer")),
        ("1_000", cast("properties.a", "number")),
        ("12,34", cast("properties.a", "number", format="1,234.5")),
        ("1.5", cast("properties.a", "number", format="1.234,5")),
        ("1e999", cast("properties.a", "number")),
        ("NaN", cast("properties.a", "number")),
        ("12 EUR", cast("properties.a", "number")),
        ("maybe", cast("properties.a", "boolean")),
        ("yesterday", cast("properties.a", "time")),
        (1e300, cast("properties.a", "time", format="epoch_seconds")),
        ("0001-01-01T00:00:00+09:00", cast("properties.a", "time")),
        ("2026-13-01", cast("properties.a", "time", format="%Y-%m-%d")),
    ],
)
def test_a_failed_cast_is_a_refusal_that_names_the_field_and_not_the_value(value: Any, rule: dict[str, Any]) -> None:
    refusal = apply(Mapping("m", "M", (rule,)), {"properties": {"a": value}})
    assert isinstance(refusal, Refusal)
    assert (refusal.reason, refusal.field) == ("cast_failed", "properties.a")
    assert str(value) not in refusal.fix


@pytest.mark.parametrize(
    ("rules", "number"),
    [
        (["text"], 1),
        ([{"op": "upper", "field": "a"}], 1),
        ([{"op": ["rename"]}], 1),
        ([drop("a"), {"op": "rename", "from": "a"}], 2),
        ([rename("a", "b", extra=1)], 1),
        ([rename("a", "")], 1),
        ([rename("a..b", "c")], 1),
        ([rename("a", 5)], 1),  # type: ignore[arg-type]
        ([default(".".join("a" * 1_000), 1)], 1),
        ([drop("messageId")], 1),
        ([cast("a", "decimal")], 1),
        ([cast("a", "number", zone="UTC")], 1),
        ([cast("a", "number", format="%Y")], 1),
        ([cast("a", "text", format="1,234.5")], 1),
        ([cast("a", "number", format=["1,234.5"])], 1),
        ([cast("a", ["number"])], 1),
        ([cast("a", "time", format="%H:%M")], 1),
        ([cast("a", "time", format="%Q")], 1),
        ([cast("a", "time", zone="Korea/Busan")], 1),
        ([cast("a", "time", zone="../etc/passwd")], 1),
        ([default("a", 1, events="Order Completed")], 1),
        ([rename("a", "c"), rename("b", "c")], 2),
        ([rename("a", "c.d"), drop("c")], 1),
        ([drop("a"), rename("a", "c")], 2),
        ([rename("a", "a")], 1),
    ],
)
def test_a_mapping_that_can_not_work_says_which_rule_and_what_mends_it(rules: list[Any], number: int) -> None:
    mapping = Mapping("m", "M", tuple(rules))
    assert [problem.rule for problem in problems(mapping)] == [number]
    assert problems(mapping)[0].fix
    refusal = apply(mapping, {"userId": "u"})
    assert isinstance(refusal, Refusal)
    assert refusal.reason == "mapping_broken"


@pytest.mark.parametrize(
    "rules",
    [
        [rename("a", "c", events=["A"]), rename("b", "c", events=["B"])],
        [drop("c"), rename("a", "c")],
        [cast("a", "time", format="%Y-%m-%dT%H:%M:%S%z")],
        [],
    ],
)
def test_a_sound_mapping_has_no_problem(rules: list[Any]) -> None:
    assert problems(Mapping("m", "M", tuple(rules))) == ()


@pytest.mark.parametrize("value", [0, "", [], False])
def test_properties_that_are_no_map_stay_what_they_are(value: Any) -> None:
    assert mapped({"properties": value, "colour": "red"}).element["properties"] == value
