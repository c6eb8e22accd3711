"""Segments where an answer is easily wrong: numbers that aren't whole, ends together, clocks that are fast."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from functools import reduce
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain import aggregates
from shared.domain.computed_attributes import ComputedAttribute
from shared.domain.computing import declarations
from shared.domain.events import Event
from shared.domain.identifiers import Identifier
from shared.domain.profiles import Profile, sealed
from shared.domain.segments.asking import noon_of
from shared.domain.segments.comparing import comparison
from shared.domain.segments.definition import Comparison, Segment
from shared.domain.segments.memberships import Segments, segments_of
from shared.domain.segments.sequences import chains
from shared.domain.segments.windows import NEVER, milliseconds
from shared.domain.state import ProfileState, fold
from shared.domain.told import Telling, told_of
from tests.people import START, make_event
from tests.unit.domain.test_segments import CART, CART_LEFT, MINUTE, ORDER, changes_after, did, is_in, person, segment


def counting(operator: str, value: Any, **window: str) -> Segment:
    return segment({"event": ORDER, "count": {"operator": operator, "value": value}, "window": window})


@pytest.mark.parametrize(("operator", "number", "holds"), [("gte", 1, False), ("gte", 2, True), ("lt", 2, False)])
def test_a_number_that_is_not_whole_is_compared_as_it_is(operator: str, number: int, holds: bool) -> None:
    orders = [did(ORDER, -hour / 24) for hour in range(number)]
    assert is_in(counting(operator, 1.5, last="P7D"), *orders) is holds


def test_what_leaves_together_changes_the_answer_once() -> None:
    both = did(ORDER, 0.1), did(ORDER, 0.2)
    never_one, one = (counting(operator, 1, last="P1D", align="calendar") for operator in ("ne", "gte"))
    assert told_of(person(never_one, *both), Telling(segments=segments_of([never_one])), START).until == NEVER
    assert changes_after(one, *both) == 1


def test_one_event_between_fixed_ends_is_not_hidden_by_a_later_one() -> None:
    fixed = counting("gte", 1, last="P30D", until="2026-11-02T00:00:00Z")
    assert is_in(fixed, did(ORDER, 0.5), did(ORDER, 2), days=3)


def test_a_purchase_by_a_fast_clock_ends_an_abandoned_cart_as_soon_as_it_is_known() -> None:
    now = 40 * MINUTE
    assert is_in(CART_LEFT, did(CART, 0), days=now)
    assert not is_in(CART_LEFT, did(CART, 0), did(ORDER, now + 4 * MINUTE), days=now)


@pytest.mark.parametrize(("value", "wanted", "holds"), [([True], 1, False), ([1], True, False), ([1.0], 1, True)])
def test_true_in_a_list_is_not_1(value: list[Any], wanted: Any, holds: bool) -> None:
    assert comparison(Comparison("list", "contains", wanted))(value) is holds


def test_time_wakes_nobody_for_what_another_condition_decides() -> None:
    bought, carted = ({"event": name, "window": {"last": last}} for name, last in ((ORDER, "P3D"), (CART, "P1D")))
    missing = {"trait": "plan", "type": "text", "operator": "missing"}
    events = [did(ORDER, 0), did(CART, 0)]

    def until(op: str, *of: Any) -> int:
        one = segment({"op": op, "of": of})
        return told_of(person(one, *events), Telling(segments=segments_of([one])), START).until

    days = [milliseconds(START + timedelta(days=days)) for days in (1, 3)]
    assert [until("and", bought, carted), until("or", bought, carted)] == days
    assert until("or", bought, missing) == until("and", bought, {"op": "not", "of": [missing]}) == NEVER
    assert until("and", bought, missing) == until("or", bought, {"op": "not", "of": [missing]}) == days[1]


def test_time_wakes_nobody_for_whom_a_value_has_decided() -> None:
    seen = {"seen": "last", "window": {"last": "P3D"}}
    lives = {"trait": "country", "type": "text", "operator": "eq", "value": "KR"}
    many = [segment({"op": op, "of": [seen, lives]}, id=op) for op in ("and", "or")]

    def until(ready: Segments, *events: Event) -> int:
        return told_of(person(many[0], *events), Telling(segments=ready), START).until

    here = make_event({"type": "identify", "userId": "u1", "traits": {"country": "KR"}}, 0, "i1")
    both, neither = segments_of(many[:1]), segments_of(many[1:])
    end = milliseconds(START + timedelta(days=3))
    assert [until(both, did(ORDER, 0)), until(both, did(ORDER, 0), here)] == [NEVER, end]
    assert [until(neither, did(ORDER, 0), here), until(neither, did(ORDER, 0))] == [NEVER, end]


def test_a_year_of_days_is_gone_through_once_for_hundreds_of_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each asked for each day what all days add up to: seconds, for one write."""
    spent = ComputedAttribute("spent", "sum", ORDER, "properties.total", window_days=365)
    more = {"event": ORDER, "window": {"last": "P900D"}}
    steps = [{"computed": "spent", "type": "number", "operator": "gte", "value": 18 * n + 18} for n in range(200)]
    tiers = [segment({"op": "and", "of": [one, more]} if n % 2 else one, id=f"tier{n}") for n, one in enumerate(steps)]
    declared = declarations([spent])
    state = reduce(
        lambda state, day: fold(state, did(ORDER, day, total=10), (), declared), range(-364, 1), ProfileState()
    )
    added: list[str] = []
    both = {**aggregates._BOTH, "sum": lambda one, other: added.append(one) or str(Decimal(one) + Decimal(other))}
    monkeypatch.setattr(aggregates, "_BOTH", both)
    who = Profile("p1", state=state, identifiers={"h": Identifier("user_id", "u1")}, declared=declared.digest)
    found = told_of(who, Telling(segments=segments_of(tiers, declared)), START)
    assert found.facts.keys() == {"created", *(f"segment:tier{n}" for n in range(200))}
    assert found.until == milliseconds(START + timedelta(days=6))
    assert len(added) < 4 * 365


@given(
    st.lists(st.lists(st.integers(0, 30), max_size=8).map(sorted), min_size=1, max_size=4),
    st.lists(st.sampled_from((2, 7, NEVER)), min_size=4, max_size=4),
)
def test_of_all_chains_to_an_event_the_one_that_begins_latest_counts(
    times: list[list[int]], withins: list[int]
) -> None:
    def ways(step: int, last: int) -> Iterator[int]:
        """Where the chains begin that reach this step at `last`."""
        if not step:
            yield last
            return
        for before in times[step - 1]:
            if last - withins[step] <= before < last:
                yield from ways(step - 1, before)

    wanted = [(max(begins), last) for last in times[-1] if (begins := [*ways(len(times) - 1, last)])]
    assert [tuple(one) for one in chains(times, withins[: len(times)])] == wanted


def test_a_day_is_looked_up_in_its_zone_once_however_many_segments_ask() -> None:
    spent = {"event": ORDER, "property": "properties.total", "window": {"last": "P90D", "align": "calendar"}}
    tiers = [
        segment({**spent, "sum": {"operator": "gte", "value": 100 * n}}, id=f"tier{n}", zone="Asia/Seoul")
        for n in range(1, 31)
    ]
    who = person(tiers[0], *(did(ORDER, -day, total=9) for day in range(60)))
    noon_of.cache_clear()
    found = told_of(who, Telling(segments=segments_of(tiers)), START)
    assert found.facts.keys() == {"created", *(f"segment:tier{n}" for n in range(1, 6))}
    assert noon_of.cache_info().misses == 60


@pytest.mark.parametrize(("tags", "wanted"), [([1], ["either", "one", "one_alone"]), ([True], ["either", "yes"])])
def test_conditions_on_true_and_on_1_are_two(tags: list[Any], wanted: list[str]) -> None:
    """Python takes them for equal, and so for one."""
    yes, one = ({"trait": "tags", "type": "list", "operator": "contains", "value": value} for value in (True, 1))
    wheres = {
        "yes": yes,
        "one": one,
        "either": {"op": "or", "of": [yes, one]},
        "both": {"op": "and", "of": [one, yes]},
        "one_alone": {"op": "and", "of": [one, {"op": "not", "of": [yes]}]},
    }
    known = segments_of([segment(where, id=name) for name, where in wheres.items()])
    who = person(segment(yes), make_event({"type": "identify", "userId": "u1", "traits": {"tags": tags}}, 0, "i1"))
    assert sealed(who, START, Telling(segments=known)).segments == sorted(wanted)
