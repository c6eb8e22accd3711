"""What a segment's definition may not say: refused when it is saved, at its JSON pointer, with what mends it."""

import time
from typing import Any

import pytest

from shared.domain.catalogue import KINDS
from shared.domain.configuration import document_of, missing_references, read
from shared.domain.flaws import Flaw
from shared.domain.segments.beside import (
    MOST_BYTES_OF_ALL,
    MOST_LIVE,
    flaws_after,
    flaws_beside,
    flaws_unapproved,
)
from shared.domain.segments.declared import type_flaws
from shared.domain.segments.definition import Segment
from shared.domain.tracking_plans import TrackingPlan

ORDER = "Order Completed"
BASE: dict[str, Any] = {"name": "S", "state": "live"}
CITY: dict[str, Any] = {"trait": "city", "type": "text", "operator": "eq", "value": "Seoul"}


def judged(where: Any, **more: Any) -> Segment | list[Flaw]:
    found = read("segment", "s", {**BASE, "where": where, **more})
    assert isinstance(found, Segment | list)
    return found


def flaws(where: Any, **more: Any) -> list[Flaw]:
    found = judged(where, **more)
    assert isinstance(found, list), found
    return found


def segment(where: Any, item_id: str = "s", **more: Any) -> Segment:
    found = read("segment", item_id, {**BASE, "where": where, **more})
    assert isinstance(found, Segment), found
    return found


def trait(kind: str, operator: str, value: Any = None) -> dict[str, Any]:
    return {"trait": "x", "type": kind, "operator": operator} | ({} if value is None else {"value": value})


def event(**more: Any) -> dict[str, Any]:
    return {"event": ORDER, **more}


def count(operator: str, value: Any, **window: Any) -> dict[str, Any]:
    return event(count={"operator": operator, "value": value}, **({"window": window} if window else {}))


def total(**more: Any) -> dict[str, Any]:
    plain = {"sum": {"operator": "gte", "value": 1}, "property": "amount", "currency": "KRW"}
    return event(**{**plain, **more})


def steps(*given: Any, **more: Any) -> dict[str, Any]:
    return {"sequence": list(given or [{"event": "A"}]), **more}


def within(**window: Any) -> dict[str, Any]:
    return event(window=window)


WAITS = {"last": "P1D"}
MONTH = {"last": "P1M", "align": "calendar"}
REFUSED: list[tuple[str, Any]] = [
    ("/where", []),
    ("/where", {"of": [CITY]}),
    ("/where/of", {"op": "and", "of": []}),
    ("/where/of", {"op": "not", "of": []}),
    ("/where/of", {"op": "not", "of": [CITY, CITY]}),
    ("/where/of/1/of", {"op": "or", "of": [CITY, {"op": "and", "of": []}]}),
    ("/where/op", {"op": "xor", "of": [CITY]}),
    ("/where/of/1", {"op": "and", "of": [CITY, {"regex": ".*"}]}),
    ("/where/of/0/value", {"op": "and", "of": [trait("number", "gte", "5")]}),
    ("/where/surprise", {**CITY, "surprise": 1}),
    ("/where/a.b~1c", {**CITY, "a.b/c": 1}),
    ("/where/operator", trait("text", "matches", "(a+)+$")),  # there is no regex, so none can explode
    ("/where/operator", trait("text", "regex", "(a+)+$")),
    ("/where/operator", trait("text", "gt", "a")),
    ("/where/operator", trait("boolean", "in", [True])),
    ("/where/operator", trait("time", "eq", "2026-11-01")),
    ("/where/operator", trait("list", "eq", "a")),
    ("/where/type", trait("date", "lt", "2026-11-01")),
    ("/where/trait", {**CITY, "trait": " "}),
    ("/where/value", trait("text", "eq")),
    ("/where/value", trait("text", "eq", 5)),
    ("/where/value", trait("text", "eq", "x" * 501)),
    ("/where/value", trait("text", "contains", "")),
    ("/where/value", trait("text", "eq", ["a"])),
    ("/where/value", trait("text", "in", [])),
    ("/where/value", trait("text", "in", "Seoul")),
    ("/where/value", trait("text", "in", [str(n) for n in range(101)])),
    ("/where/value/1", trait("text", "in", ["a", 1])),
    ("/where/value", trait("text", "exists", "a")),
    ("/where/value", trait("number", "eq", "5")),
    ("/where/value", trait("number", "eq", True)),
    ("/where/value", trait("number", "between", [1])),
    ("/where/value", trait("number", "between", [1, 2, 3])),
    ("/where/value", trait("number", "between", [2, 1])),
    ("/where/value", trait("number", "between", "18,30")),
    ("/where/value", trait("time", "between", ["2026-11-02", "2026-11-01"])),
    ("/where/value", trait("time", "lt", "tomorrow")),
    ("/where/value", trait("boolean", "eq", "true")),
    ("/where/value", trait("list", "contains", {"a": 1})),
    ("/where/value", trait("list", "contains", 10**400)),
    ("/where/identifier", {"identifier": "E Mail"}),
    ("/where/state", {"consent": "advertising", "state": "yes"}),
    ("/where/segment", {"segment": "s"}),
    ("/where/segment", {"segment": ""}),
    ("/where/consent", {"consent": "Ads"}),
    ("/where/computed", {"computed": "a b", "type": "number", "operator": "exists"}),
    ("/where/event", {"event": " "}),
    ("/where/event", {"event": "x" * 201}),
    ("/where/where/0/property", event(where=[{"property": "total", "type": "number", "operator": "eq", "value": 1}])),
    ("/where/where/0/value", event(where=[{"property": "amount", "type": "number", "operator": "eq", "value": "1"}])),
    ("/where/where", event(where=[{"property": "amount", "type": "number", "operator": "exists"}] * 11)),
    ("/where/count/value", count("gte", "3")),
    ("/where/count/value", count("gte", True)),
    ("/where/count/value", count("gte", 1.5)),
    ("/where/count/value", count("gte", -1)),
    ("/where/count/value", count("gte", 0)),
    ("/where/count/value", count("gte", 10**400)),
    ("/where/count/value", count("gte", float("inf"))),
    ("/where/value", trait("number", "gte", 10**400)),
    ("/where/value", trait("number", "gte", float("nan"))),
    ("/where/sum/value", total(sum={"operator": "gte", "value": -(10**400)})),
    ("/where/count/value", count("lt", 0)),
    ("/where/count/value", count("gte", 101, last="P30D")),
    ("/where/count/value", count("gt", 100, last="P30D")),
    ("/where/count/operator", count("between", 1)),
    ("/where/sum", total(count={"operator": "gte", "value": 1})),
    ("/where/sum/value", event(sum={"operator": "gte", "value": "9"}, property="amount", currency="KRW")),
    ("/where/property", total(property="", currency="")),
    ("/where/property", total(property="total", currency="")),
    ("/where/property", event(property="amount")),
    ("/where/currency", total(currency="")),
    ("/where/currency", total(currency="won")),
    ("/where/currency", total(property="properties.total")),
    ("/where/currency", event(currency="KRW")),
    ("/where/window/align", total(window={"last": "P30D"})),
    ("/where/window/last", total(window={"last": "P3Y", "align": "calendar"})),
    ("/where/window/last", within(last="30 days")),
    ("/where/window/last", within(last="P0D")),
    ("/where/window/last", within(last="P３D")),
    ("/where/window/last", within(last="P1.5D")),
    ("/where/window/last", within(last="P1M")),
    ("/where/window/last", within(last="P1Y")),
    ("/where/window/last", within(last="P3651D")),
    ("/where/window/last", within(last="P11Y", align="calendar")),
    ("/where/window/last", within(last="P1M1D", align="calendar")),
    ("/where/window/last", within(last="PT12H", align="calendar")),
    ("/where/window/align", within(align="calendar")),
    ("/where/window/since", within(last="P1D", since="2026-11-01T00:00:00Z")),
    ("/where/window/until", within(last="P1D", until="2026-11-01T00:00:00Z")),
    ("/where/window/since", within(since="2026-11-01")),
    ("/where/window/until", within(until="2026-11-01T00:00:00")),
    ("/where/window/until", within(since="2026-11-02T00:00:00Z", until="2026-11-02T09:00:00+09:00")),
    ("/where/window", {"seen": "first", "window": {}}),
    ("/where/window", {"seen": "first"}),
    ("/where/sequence", {"sequence": []}),
    ("/where/sequence", steps(*[{"event": "A"}] * 6)),
    ("/where/sequence/0/within", steps({"event": "A", "within": "PT1H"})),
    ("/where/sequence/1/within", steps({"event": "A"}, {"event": "B", "within": "1h"})),
    ("/where/sequence/1/within", steps({"event": "A"}, {"event": "B", "within": "P1M"})),
    ("/where/sequence/1/where/0/property", steps({"event": "A"}, {"event": "B", "where": [trait_ := {
        "property": "price", "type": "number", "operator": "gt", "value": 1}]})),
    ("/where/same", steps(same="product_id")),
    ("/where/not_then/within", steps(not_then={"event": "B", "within": "P1D"}, window=WAITS)),
    ("/where/not_then/within", steps(not_then={"event": "B", "within": "P32D"}, window=MONTH)),
    ("/where/not_then/within", steps(not_then={"event": "B", "within": "soon"})),
    ("/where/not_then/late_ends", steps(not_then={"event": "B", "late_ends": False})),
    ("/where/not_then/where/0/property", steps(not_then={"event": "B", "where": [trait_]})),
]  # fmt: skip


@pytest.mark.parametrize(("pointer", "where"), REFUSED, ids=lambda one: str(one)[:80])
def test_a_condition_that_says_nothing_sound_is_refused_at_its_place(pointer: str, where: Any) -> None:
    found = flaws(where)
    assert [one.pointer for one in found] == [pointer]
    assert found[0].message.endswith((".", "?"))
    assert found[0].fix.endswith(".")


@pytest.mark.parametrize(
    ("pointer", "more"),
    [
        ("/name", {"name": " "}),
        ("/zone", {"zone": "Asia/Soul"}),
        ("/zone", {"zone": "../etc/passwd"}),
        ("/zone", {"zone": ""}),
        ("/description", {"description": "x" * 2001}),
        ("/owner", {"owner": "x" * 201}),
        ("/state", {"state": "on"}),
        ("/split", {"split": {"all": 1}}),
        ("/split/a:b", {"split": {"a:b": 1, "b": 1}}),
        ("/split/A.b", {"split": {"A.b": 1, "b": 1}}),
        ("/split/b", {"split": {"a": 1, "b": 0}}),
        ("/split/b", {"split": {"a": 1, "b": -1}}),
        ("/split/b", {"split": {"a": 1, "b": 0.5}}),
        ("/regex", {"regex": ".*"}),
    ],
)
def test_a_segment_is_refused_at_its_field(pointer: str, more: dict[str, Any]) -> None:
    assert [one.pointer for one in flaws(CITY, **more)] == [pointer]


def test_everything_that_is_wrong_is_said_at_once() -> None:
    found = flaws({"op": "and", "of": [within(last="P1M"), {"op": "not", "of": []}, count("lt", 0)]}, zone="Mars")
    assert [one.pointer for one in found] == [
        "/zone",
        "/where/of/0/window/last",
        "/where/of/1/of",
        "/where/of/2/count/value",
    ]


def test_ten_thousand_conditions_and_any_depth_are_refused_before_they_are_read() -> None:
    began = time.process_time()
    many = flaws({"op": "or", "of": [CITY] * 10_000})
    deep: Any = CITY
    for _ in range(5000):
        deep = {"op": "not", "of": [deep]}
    nested = flaws(deep)
    assert time.process_time() - began < 1
    assert [(one.pointer, one.message) for one in many] == [("/where", "These are 10000 conditions or more.")]
    assert [one.pointer for one in nested] == ["/where" + "/of/0" * 6]


def test_fifty_conditions_in_six_levels_are_a_segment() -> None:
    where: Any = {"op": "or", "of": [CITY] * 50}
    for _ in range(4):
        where = {"op": "and", "of": [where]}
    assert isinstance(judged(where), Segment)
    assert isinstance(judged({"op": "and", "of": [where]}), list)
    assert isinstance(judged({"op": "or", "of": [CITY] * 51}), list)


SOUND = [
    count("gte", 100, last="P30D"),
    count("gte", 5000, last="P1M", align="calendar"),
    count("eq", 0),
    count("gte", 3.0),
    total(window={"last": "P2Y", "align": "calendar"}),
    total(window={"since": "2026-11-01T00:00:00+09:00"}),
    trait("number", "between", [1, 1]),
    trait("time", "lt", "1990-05-05"),
    trait("text", "eq", ""),
    trait("list", "contains", 3),
    {"identifier": "loyalty_card"},
    steps({"event": "A"}, {"event": "", "within": "PT1H"}, same="properties.product_id", not_then={"event": "B"}),
]


@pytest.mark.parametrize("where", SOUND, ids=lambda one: str(one)[:80])
def test_what_is_sound_is_taken_and_written_as_it_was_read(where: Any) -> None:
    found = segment(where)
    assert read("segment", "s", document_of(found)) == found


def asks(*names: str) -> dict[str, Any]:
    return {"op": "or", "of": [{"segment": name} for name in names]}


def test_segments_that_ask_for_each_other_in_a_circle_are_refused_where_the_circle_begins() -> None:
    others = [segment(asks("c"), "b"), segment(asks("d", "s"), "c"), segment(CITY, "d")]
    found = list(flaws_beside(segment(asks("d", "b")), others))
    assert [(one.pointer, one.message) for one in found] == [
        ("/where/of/1/segment", "It would ask for itself: s, which asks for b, which asks for c, which asks for s.")
    ]
    assert list(flaws_beside(segment(asks("d", "b")), others[::2])) == []


def test_no_more_segments_and_no_more_bytes_are_live_than_a_profile_takes() -> None:
    live = [segment(CITY, f"s{number}") for number in range(MOST_LIVE)]
    assert [one.pointer for one in flaws_beside(segment(CITY), live)] == ["/state"]
    assert list(flaws_beside(segment(CITY, state="draft"), live)) == []
    heavy = [
        segment(event(count={"operator": "gte", "value": 100}, window={"last": f"P{day}D", "align": "calendar"},
                      where=[{"property": "amount", "type": "number", "operator": "gte", "value": day}]), f"s{day}")
        for day in range(1, 80)
    ]  # fmt: skip
    assert [one.pointer for one in flaws_beside(heavy[0], heavy[1:])] == ["/where"]
    assert MOST_BYTES_OF_ALL == 100_000
    assert list(flaws_beside(segment(CITY, "cheap"), heavy)) == []


@pytest.mark.parametrize(
    ("before", "after", "may"),
    [
        ("draft", "live", True),
        ("live", "paused", True),
        ("paused", "live", True),
        ("live", "archived", True),
        ("draft", "archived", True),
        ("live", "draft", False),
        ("draft", "paused", False),
        ("archived", "live", False),
        ("archived", "draft", False),
        ("archived", "archived", True),
    ],
)
def test_a_state_follows_another_only_where_members_history_stays_true(before: str, after: str, may: bool) -> None:
    found = list(flaws_after(segment(CITY, state=after), segment(CITY, state=before)))
    assert [one.pointer for one in found] == ([] if may else ["/state"])


def test_whoever_wrote_a_segment_cannot_approve_it_and_whoever_approves_it_changes_nothing() -> None:
    draft, live = segment(CITY, state="draft"), segment(CITY)
    assert list(flaws_unapproved(live, draft, "mina", "joon")) == []
    assert [one.pointer for one in flaws_unapproved(live, draft, "mina", "mina")] == ["/state"]
    other = segment({**CITY, "value": "Busan"})
    assert [one.pointer for one in flaws_unapproved(other, draft, "mina", "joon")] == ["/state"]
    assert [one.pointer for one in flaws_unapproved(live, None, "", "joon")] == ["/state"]
    assert list(flaws_unapproved(segment(CITY, name="Renamed"), live, "mina", "mina")) == []
    assert [one.pointer for one in flaws_unapproved(other, live, "mina", "joon")] == ["/state"]
    assert list(flaws_unapproved(segment(CITY, state="paused"), live, "mina", "mina")) == []


def test_what_a_segment_asks_for_has_to_be_there_and_live_itself_before_it_goes_live() -> None:
    where = {"op": "and", "of": [asks("vip"), {"consent": "ads"}, trait_of := {
        "computed": "monetary", "type": "number", "operator": "gte", "value": 1}]}  # fmt: skip
    nowhere = missing_references(segment(where), lambda kind, item_id: None)
    assert [one.pointer for one in nowhere] == ["/where/of/0/of/0/segment", "/where/of/1/consent"]
    off = missing_references(segment(where), lambda kind, item_id: "disabled" if kind != "segment" else "draft")
    assert [one.message for one in off] == [
        "The segment vip is draft.",
        "The purpose ads is disabled.",
        "The computed attribute monetary is disabled.",
    ]
    assert missing_references(segment(where, state="draft"), lambda kind, item_id: "draft") == []
    assert missing_references(segment(asks("vip")), lambda kind, item_id: "paused") == []
    unknown = segment({**trait_of, "computed": "mean"}, state="draft")
    assert [one.pointer for one in missing_references(unknown, lambda kind, item_id: None)] == ["/where/computed"]
    assert missing_references(segment(where, state="archived"), lambda kind, item_id: None) == []
    assert set(KINDS) >= {"segment", "purpose", "computed_attribute"}


PLAN = TrackingPlan(
    "shop",
    "Shop",
    {
        "$identify": {"properties": {
            "age": {"type": ["integer", "null"]},
            "address": {"properties": {"city": {"type": "string"}}},
        }},
        ORDER: {"properties": {"total": {"type": "number"}, "items": {"type": "array"}, "code": {}, "any": True}},
    },
)  # fmt: skip


def asked(name: str, kind: str, operator: str = "eq", value: Any = 1) -> dict[str, Any]:
    return {"property": f"properties.{name}", "type": kind, "operator": operator, "value": value}


@pytest.mark.parametrize(
    ("pointer", "where"),
    [
        ("/where/type", {**trait("text", "eq", "30"), "trait": "age"}),
        ("/where/type", {**trait("number", "eq", 5), "trait": "address.city"}),
        ("/where/type", {"computed": "frequency", "type": "text", "operator": "eq", "value": "5"}),
        ("/where/where/1/type", event(where=[asked("total", "number"), asked("total", "text", value="1")])),
        ("/where/where/0/type", event(where=[asked("items", "number")])),
        ("/where/sequence/0/where/0/type", steps({"event": ORDER, "where": [asked("total", "text", value="1")]})),
        (
            "/where/not_then/where/0/type",
            steps(not_then={"event": ORDER, "where": [asked("total", "boolean", value=True)]}),
        ),
        (None, {**trait("number", "eq", 30), "trait": "age"}),
        (None, {**trait("text", "exists"), "trait": "age"}),
        (None, {**trait("time", "lt", "2026-11-01"), "trait": "address.city"}),
        (None, {**trait("boolean", "eq", True), "trait": "vip"}),
        (None, {"computed": "preferred_channel", "type": "text", "operator": "eq", "value": "web"}),
        (None, event(where=[asked("code", "text", value="1"), asked("any", "number"), asked("other", "number")])),
        (None, {"event": "Other", "where": [asked("total", "text", value="1")]}),
    ],
)
def test_a_type_that_contradicts_what_is_declared_is_refused(pointer: str | None, where: dict[str, Any]) -> None:
    one = segment(where)
    assert [flaw.pointer for flaw in type_flaws(one, [PLAN], ())] == ([pointer] if pointer else [])
    anything: dict[str, Any] = {"age": {}, "address": {"properties": {"city": {}}}}
    till = TrackingPlan("till", "Till", {"$identify": {"properties": anything}})
    if pointer == "/where/type" and "trait" in where:
        assert list(type_flaws(one, [PLAN, till], ())) == []  # some source may send it so


def test_a_value_of_another_type_is_told_as_it_was_written() -> None:
    told = [one.message for one in flaws(trait("number", "gte", True))]
    assert told == ["true is no value of type number."]
