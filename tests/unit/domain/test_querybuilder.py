"""Queries of react-querybuilder: where its own exports let one mean everybody, or two things, it is refused here."""

from typing import Any

import pytest

from shared.domain.segments.comparing import comparison
from shared.domain.segments.definition import EVER, Amount, Condition, Filter, Group, OfEvents, OfTrait
from shared.domain.segments.querybuilder import condition_of
from shared.domain.segments.querybuilder_export import query_of
from tests.unit.domain.test_segments import segment

FIELDS = [
    {"name": "age", "label": "Age", "inputType": "number"},
    {"label": "About", "options": [{"name": "city", "label": "City"}, {"name": "born", "inputType": "date"}]},
    {"name": "isDev", "label": "A developer", "valueEditorType": "checkbox"},
    {"name": "address.city", "label": "City"},
    {"name": "tags", "label": "Tags", "datatype": "list"},
    {
        "name": "event.Order Completed",
        "label": "Orders",
        "subproperties": {"fields": [{"name": "properties.total", "inputType": "number"}]},
    },
]
CITY = {"field": "city", "operator": "=", "value": "Seoul"}


def query(*rules: Any, **more: Any) -> dict[str, Any]:
    return {"combinator": "and", "rules": list(rules), **more}


def read(*rules: Any, fields: Any = FIELDS, **more: Any) -> Condition:
    found = condition_of(query(*rules, **more), fields)
    assert not isinstance(found, list), found
    return found


def refused(*rules: Any, fields: Any = FIELDS, **more: Any) -> list[str]:
    found = condition_of(query(*rules, **more), fields)
    assert isinstance(found, list), found
    return [one.pointer for one in found]


def rule(name: str, operator: str, value: Any = None, **more: Any) -> dict[str, Any]:
    return {"field": name, "operator": operator, "value": value, **more}


def orders(mode: str, *rules: Any, **more: Any) -> dict[str, Any]:
    return rule("event.Order Completed", "=", query(*rules), match={"mode": mode, **more})


def test_an_empty_group_is_never_everybody() -> None:
    assert refused() == ["/rules"]
    assert refused(CITY, query()) == ["/rules/1/rules"]
    assert condition_of({}, FIELDS) != []
    assert condition_of(None, FIELDS) != []


def test_an_empty_list_of_values_is_neither_everybody_nor_nobody() -> None:
    for empty in ("", [], " , "):
        assert refused(rule("city", "in", empty)) == ["/rules/0/value"]
        assert refused(rule("city", "notIn", empty)) == ["/rules/0/value"]


def test_a_group_that_is_turned_round_stays_so() -> None:
    assert read(CITY, **{"not": True}) == Group("not", (OfTrait("city", "text", "eq", "Seoul"),))
    both = read(CITY, rule("age", "<", 30), **{"not": True})
    assert isinstance(both, Group)
    assert (both.op, [one.op for one in both.of if isinstance(one, Group)]) == ("not", ["and"])


def test_null_is_missing_and_not_present() -> None:
    assert read(rule("city", "null")) == OfTrait("city", "text", "missing")
    assert read(rule("city", "notNull")) == OfTrait("city", "text", "exists")


def test_values_are_of_the_type_that_the_field_declares_however_an_editor_writes_them() -> None:
    assert read(rule("age", "between", "18,30")) == OfTrait("age", "number", "between", (18, 30))
    assert read(rule("age", ">", "10")) == OfTrait("age", "number", "gt", 10)
    assert read(rule("age", "=", "1.5")) == OfTrait("age", "number", "eq", 1.5)
    assert read(rule("isDev", "=", "true")) == OfTrait("isDev", "boolean", "eq", True)
    assert read(rule("city", "in", r"Seoul, a\,b")) == OfTrait("city", "text", "in", ("Seoul", "a,b"))
    assert read(rule("city", "=", "10")) == OfTrait("city", "text", "eq", "10")
    assert read(rule("born", "<", "2000-01-01")) == OfTrait("born", "time", "lt", "2000-01-01")
    assert read(rule("tags", "contains", "vip")) == OfTrait("tags", "list", "contains", "vip")
    assert refused(rule("age", ">", "ten")) == ["/rules/0/value"]
    assert refused(rule("age", "between", "18,thirty")) == ["/rules/0/value/1"]
    assert refused(rule("city", ">", "10")) == ["/rules/0/operator"]
    assert refused(rule("nobody", "=", "x")) == ["/rules/0/field"]


def test_without_fields_nothing_is_guessed_of_text() -> None:
    assert read(rule("age", ">", 10), fields=None) == OfTrait("age", "number", "gt", 10)
    assert refused(rule("age", ">", "10"), fields=None) == ["/rules/0/operator"]
    assert refused(rule("age", "between", "18,30"), fields=None) == ["/rules/0/operator"]


def test_elements_of_a_list_are_counted_of_events_alone() -> None:
    dear = rule("properties.total", ">=", "50000")
    wanted = (Filter("properties.total", "number", "gte", 50000),)
    assert read(orders("atLeast", dear, threshold=2)) == OfEvents("Order Completed", Amount("gte", 2), where=wanted)
    assert read(orders("some")) == OfEvents("Order Completed")
    assert read(orders("none", dear)) == OfEvents("Order Completed", Amount("eq", 0), where=wanted)
    assert refused(orders("all", dear)) == ["/rules/0/match"]
    assert refused(orders("atLeast", dear, threshold=0.5)) == ["/rules/0/match/threshold"]
    assert refused(orders("atLeast", dear, threshold=0)) == ["/rules/0/match/threshold"]
    assert refused(rule("tags", "=", query(CITY), match={"mode": "atLeast", "threshold": 2})) == ["/rules/0/match"]
    assert refused(orders("some", rule("total", ">=", 1))) == ["/rules/0/value/rules/0/field"]
    assert refused(orders("some", {**dear, "value": "x"})) == ["/rules/0/value/rules/0/value"]
    assert refused(orders("some", rule("properties.total", "notBetween", "1,2"))) == ["/rules/0/value/rules/0/operator"]


def test_a_field_is_not_compared_with_a_field() -> None:
    assert refused(rule("city", "=", "address.city", valueSource="field")) == ["/rules/0/valueSource"]


@pytest.mark.parametrize("value", ["a.b*(", "100%", "a_b", "it's"])
def test_a_part_of_a_text_is_that_text_and_no_pattern(value: str) -> None:
    found = read(rule("city", "contains", value))
    assert isinstance(found, OfTrait)
    contains = comparison(found)
    assert [contains(text) for text in (f"x{value}y", "axb", "")] == [True, False, False]
    assert read(rule("city", "doesNotContain", value)) == Group("not", (found,))


def test_a_dotted_field_is_one_trait() -> None:
    assert read(rule("address.city", "=", "Seoul")) == OfTrait("address.city", "text", "eq", "Seoul")
    assert read(rule("trait.computed.x", "=", 1), fields=None) == OfTrait("computed.x", "number", "eq", 1)


@pytest.mark.parametrize(
    ("pointer", "one"),
    [
        ("/combinator", query(CITY, CITY, combinator="xor")),
        ("/rules/1", query(CITY, "or", CITY)),
        ("/rules/0/operator", query(rule("city", "matches", ".*"))),
        ("/rules/0/muted", query({**CITY, "muted": True})),
        ("/rules/0/collation", query({**CITY, "collation": "ci"})),
        ("/rules/0", query({"field": 5})),
        ("/rules/0/value", query(rule("consent.ads", "=", "maybe"))),
        ("/rules/0/operator", query(rule("consent.ads", ">", "granted"))),
        ("/rules/0/value", query(rule("segment.vip", "=", "perhaps"))),
        ("/rules/0/field", query(rule("segment.No Id", "=", True))),
        ("/rules/0/operator", query(rule("identifier.email", "=", "a@example.com"))),
    ],
)
def test_what_cannot_be_said_is_refused_at_its_place(pointer: str, one: Any) -> None:
    found = condition_of(one, FIELDS)
    assert isinstance(found, list)
    assert pointer in [flaw.pointer for flaw in found]


def test_ten_thousand_rules_and_any_depth_are_refused_before_they_are_read() -> None:
    deep: Any = CITY
    for _ in range(5000):
        deep = query(deep)
    assert refused(deep) == ["/rules/0" * 6]
    assert refused(*[CITY] * 10_000) == [""]


@pytest.mark.parametrize(
    ("pointer", "where"),
    [
        ("/window", {"event": "A", "window": {"last": "P7D"}}),
        ("/sum", {"event": "A", "sum": {"operator": "gte", "value": 1}, "property": "properties.total"}),
        ("/count/operator", {"event": "A", "count": {"operator": "lt", "value": 3}}),
        ("/sequence", {"sequence": [{"event": "A"}]}),
        ("/seen", {"seen": "first", "window": {"last": "P7D"}}),
        (
            "/of/1/type",
            {
                "op": "or",
                "of": [
                    {"trait": "a", "type": "text", "operator": "exists"},
                    {"trait": "a", "type": "number", "operator": "exists"},
                ],
            },
        ),
    ],
)
def test_what_react_querybuilder_cannot_say_is_refused_at_its_place(pointer: str, where: dict[str, Any]) -> None:
    found = query_of(segment(where).where)
    assert isinstance(found, list)
    assert [flaw.pointer for flaw in found] == [pointer]
    assert segment({"event": "A"}).where.window == EVER  # type: ignore[union-attr]
