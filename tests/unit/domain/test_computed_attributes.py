"""Computed attributes: what ships, what declarations mean, what they may not say, and what a change of one asks for."""

from datetime import timedelta
from decimal import Decimal
from functools import reduce
from typing import Any

import pytest

from shared.domain.aggregates import Computed
from shared.domain.computed_attributes import SHIPPED, ComputedAttribute
from shared.domain.computing import DECLARED, Declarations, declarations, values
from shared.domain.configuration import read
from shared.domain.events import Event
from shared.domain.flaws import Flaw
from shared.domain.state import ProfileState, fold
from tests.people import NOW, Cdp, make_event


def bought(total: Any, day: float, currency: str = "KRW", **more: Any) -> Event:
    properties = {"total": total, "currency": currency, **more}
    return make_event({"event": "Order Completed", "userId": "u1", "properties": properties}, day, f"m{day}")


def computed(*events: Event, declared: Declarations = DECLARED, days_later: int = 0) -> dict[str, Computed]:
    state = reduce(lambda state, event: fold(state, event, (), declared), events, ProfileState())
    return values(state.computed, declared, NOW + timedelta(days=days_later))


def of(function: Any, path: str = "", **more: Any) -> Declarations:
    return declarations([ComputedAttribute("own", function, property=path, **more)])


def test_recency_frequency_and_monetary_value_ship() -> None:
    found = computed(bought(10_000, 3), bought("20000.5", 17), bought(99, 18, "USD"), bought(None, 12))
    assert found["recency"].value == 2
    assert found["frequency"].value == 4
    assert found["monetary"].value == Decimal("30000.5")
    assert found["average_order"].value == Decimal("15000.25")
    assert found["last_order"].value == "2026-11-19T00:00:00.000Z"


def test_who_did_nothing_has_counted_nothing() -> None:
    found = computed()
    assert {name: one.value for name, one in found.items()} == {
        "recency": None,
        "frequency": 0,
        "monetary": Decimal(0),
        "average_order": None,
        "last_order": None,
        "preferred_channel": None,
        "days_since_contact": None,
    }


def test_the_preferred_channel_is_that_of_most_events() -> None:
    channels = ["web", "iOS", "app", "call"]
    events = [make_event({"event": "Seen", "userId": "u1", "channel": c}, n, f"m{n}") for n, c in enumerate(channels)]
    assert computed(*events)["preferred_channel"] == Computed("mobile")


def test_days_without_a_contact_are_counted() -> None:
    assert computed(make_event({"event": "Contact Logged", "userId": "u1"}, 5))["days_since_contact"].value == 15


def test_a_late_event_counts_in_the_time_it_happened() -> None:
    declared = of("sum", "properties.total", window_days=5)
    new, late, too_late = bought(1, 20), bought(10, 16.5), bought(100, 15.9)
    for order in ([new, late, too_late], [too_late, late, new], [late, new, too_late]):
        assert computed(*order, declared=declared)["own"].value == 11
        assert computed(*order, declared=declared, days_later=1)["own"].value == 1
        assert computed(*order, declared=declared, days_later=5)["own"].value == 0


def test_only_events_that_meet_every_condition_count() -> None:
    shoes = [bought(1, 1, category="shoes", sale=True), bought(2, 2, category="shoes", sale=1), bought(4, 3)]
    declared = of("sum", "amount", currency="KRW", where={"properties.category": "shoes", "properties.sale": True})
    assert computed(*shoes, declared=declared)["own"].value == 1
    assert computed(*shoes, declared=of("count", where={"channel": "web"}))["own"].value == 0


def test_a_currency_keeps_the_numbers_of_others_out() -> None:
    orders = [bought(5, 1), bought(7, 2, "usd"), bought(9, 3, "")]
    assert computed(*orders, declared=of("max", "properties.total", currency="KRW"))["own"].value == 5
    assert computed(*orders, declared=of("max", "properties.total"))["own"].value == 9


@pytest.mark.parametrize("value", ["x" * 300, ["a"], {"a": 1}])
def test_a_value_that_cannot_be_kept_is_left_out_and_said(value: Any) -> None:
    orders = [bought(1, 1, word="short"), bought(1, 2, word=value), bought(1, 3)]
    for function in ("first", "last", "most_frequent"):
        assert computed(*orders, declared=of(function, "properties.word"))["own"] == Computed("short", True)
    assert computed(*orders, declared=of("unique", "properties.word"))["own"] == Computed(1, True)
    assert computed(*orders, declared=of("count", "properties.word"))["own"] == Computed(2)


def test_what_is_no_number_is_left_out_of_a_sum_and_said() -> None:
    assert computed(bought("many", 1), bought(3, 2), declared=of("sum", "properties.total"))["own"] == Computed(
        Decimal(3), True
    )


@pytest.mark.parametrize("many", [99, 100, 101, 1_000, 5_000])
def test_of_many_different_values_there_is_an_exact_number_and_then_an_estimate(many: int) -> None:
    words = [make_event({"event": "Seen", "userId": "u1", "properties": {"word": n}}, 1, f"m{n}") for n in range(many)]
    found = computed(*words, *words[:50], declared=of("unique", "properties.word"))["own"]
    assert found.approximate == (many > 100)
    assert found.value == many if many <= 100 else abs(found.value - many) < 0.25 * many


def test_a_declaration_of_the_same_id_replaces_one_that_ships_and_may_turn_it_off() -> None:
    items = [ComputedAttribute("frequency", "count", "Seen"), ComputedAttribute("monetary", "count", state="disabled")]
    found = computed(bought(5, 1), declared=declarations(items))
    assert found["frequency"].value == 0
    assert "monetary" not in found
    assert found.keys() < {one.id for one in SHIPPED}


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({"function": "sum"}, "property"),
        ({"function": "sum", "property": "total"}, "property"),
        ({"function": "sum", "property": "properties"}, "property"),
        ({"function": "sum", "property": "properties..total"}, "property"),
        ({"function": "sum", "property": "amount"}, "currency"),
        ({"function": "sum", "property": "amount", "currency": "won"}, "currency"),
        ({"function": "count", "window_days": 367}, "window_days"),
        ({"function": "count", "window_days": -1}, "window_days"),
        ({"function": "first", "property": "properties.a", "window_days": 366}, "window_days"),
        ({"function": "most_frequent", "property": "properties.a", "window_days": 366}, "window_days"),
        ({"function": "count", "where": {"total": 1}}, "where.total"),
        ({"function": "count", "where": {f"properties.a{n}": 1 for n in range(6)}}, "where"),
        ({"function": "count", "event": "e" * 201}, "event"),
        ({"function": "median"}, "function"),
    ],
)
def test_what_could_not_be_computed_is_refused_with_its_field(document: dict[str, Any], field: str) -> None:
    found = read("computed_attribute", "own", document)
    assert isinstance(found, list)
    assert [flaw.field for flaw in found] == [field]
    assert all(isinstance(flaw, Flaw) and flaw.fix for flaw in found)


def test_a_changed_declaration_asks_for_a_rebuild_which_counts_what_came_before() -> None:
    old, new = of("count"), of("count", event="Order Completed")
    cdp = Cdp(declared=old).take([bought(1, 1), make_event({"event": "Seen", "userId": "u1"}, 2)])
    assert not cdp.people.stale
    cdp.declared = new
    (person,) = cdp.take([bought(2, 3)]).live
    assert cdp.people.stale == {person.id}
    assert person.declared not in (old.digest, new.digest)
    mended = cdp.rebuild(person)
    assert mended.declared == new.digest
    assert values(mended.state.computed, new, NOW)["own"].value == 2
    assert mended == Cdp(declared=new).take(cdp.stored.values()).live[0]


def test_a_rebuild_is_asked_for_once_and_again_by_a_repeat_as_whoever_asked_may_have_died() -> None:
    cdp = Cdp(declared=of("count")).take([bought(1, 1)])
    cdp.declared = of("count", event="Order Completed")
    (person,) = cdp.take([bought(2, 2)]).live
    cdp.people.stale.clear()
    cdp.take([bought(3, 3)])
    assert not cdp.people.stale
    cdp.take([bought(2, 2)])
    assert cdp.people.stale == {person.id}


def test_two_people_who_were_folded_by_different_declarations_are_folded_again_once_they_are_one() -> None:
    cdp = Cdp().take([bought(1, 1)])
    cdp.declared = of("count")
    cdp.take([make_event({"anonymousId": "a1", "event": "Seen"}, 2)])
    assert not cdp.people.stale
    cdp.take([make_event({"anonymousId": "a1", "userId": "u1", "event": "Seen"}, 3)])
    (person,) = cdp.live
    assert cdp.people.stale == {person.id}
    assert values(cdp.rebuild(person).state.computed, cdp.declared, NOW)["own"].value == 3
