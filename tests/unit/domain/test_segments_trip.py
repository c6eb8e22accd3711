"""What trips people about segments: zones, ends, lateness, absence, merges, ties, order and edits."""

from datetime import UTC, datetime, timedelta
from functools import reduce
from itertools import permutations
from typing import Any

import pytest

from shared.domain.computing import declarations
from shared.domain.events import Event
from shared.domain.facts import Image, facts
from shared.domain.identifiers import Identifier
from shared.domain.profiles import Profile, merged, sealed
from shared.domain.segments.definition import Segment, Window
from shared.domain.segments.memberships import conditions_of, segments_of
from shared.domain.segments.trees import definition_hash
from shared.domain.segments.windows import leaving, milliseconds, moment
from shared.domain.state import ProfileState, fold
from shared.domain.times import from_text, to_text
from shared.domain.told import Telling
from tests.people import START, Cdp, make_event
from tests.unit.domain.test_segments import CART, ORDER, changes_after, did, is_in, person, segment

SEOUL, NEW_YORK, CAIRO = "Asia/Seoul", "America/New_York", "Africa/Cairo"
MS = 1 / 86_400_000
BOUGHT = {"event": ORDER}


def bought(last: str, align: str = "rolling", **more: Any) -> Segment:
    return segment({**BOUGHT, "window": {"last": last, "align": align}}, **more)


def never(last: str) -> dict[str, Any]:
    return {"op": "not", "of": [{**BOUGHT, "window": {"last": last}}]}


def leaves(happened: str, last: str, zone: str, align: Any = "calendar") -> str:
    return to_text(moment(leaving(Window(last, align), zone)(milliseconds(from_text(happened)))))


@pytest.mark.parametrize(
    ("happened", "last", "zone", "gone"),
    [
        ("2026-11-01T04:30:00Z", "P1D", "UTC", "2026-11-02T00:00:00.000Z"),
        ("2026-11-01T04:30:00Z", "P1D", SEOUL, "2026-11-01T15:00:00.000Z"),
        ("2026-11-01T15:00:00Z", "P1D", SEOUL, "2026-11-02T15:00:00.000Z"),
        ("2026-11-01T04:30:00Z", "P1D", NEW_YORK, "2026-11-02T05:00:00.000Z"),  # a day of 25 hours
        ("2027-03-14T05:30:00Z", "P1D", NEW_YORK, "2027-03-15T04:00:00.000Z"),  # a day of 23
        ("2026-04-23T12:00:00Z", "P1D", CAIRO, "2026-04-23T22:00:00.000Z"),  # the next day begins at one o'clock
        ("2026-10-29T20:30:00Z", "P1D", CAIRO, "2026-10-29T22:00:00.000Z"),  # eleven o'clock comes twice
        ("2026-10-31T12:00:00Z", "P1D", "America/Havana", "2026-11-01T04:00:00.000Z"),  # midnight comes twice
        ("2026-11-01T05:30:00Z", "P1D", "America/Havana", "2026-11-02T05:00:00.000Z"),
        ("2026-10-20T12:00:00Z", "P2W", NEW_YORK, "2026-11-02T05:00:00.000Z"),  # weeks begin on Monday
        ("2026-01-31T12:00:00Z", "P1M", "UTC", "2026-02-01T00:00:00.000Z"),
        ("2026-01-31T12:00:00Z", "P2M", "UTC", "2026-03-01T00:00:00.000Z"),
        ("2024-02-29T12:00:00Z", "P1Y", "UTC", "2025-01-01T00:00:00.000Z"),
    ],
)
def test_a_day_is_that_of_the_segments_zone_however_long_it_is(happened: str, last: str, zone: str, gone: str) -> None:
    assert leaves(happened, last, zone) == gone


def test_a_rolling_day_is_24_hours_and_a_calendar_day_ends_at_midnight() -> None:
    evening = did(ORDER, 14 / 24)  # 23:00 in Seoul
    assert changes_after(bought("P1D"), evening) == pytest.approx(38 / 24)
    assert changes_after(bought("P1D", "calendar", zone=SEOUL), evening) == pytest.approx(15 / 24)
    assert leaves("2026-11-01T04:30:00Z", "P1D", NEW_YORK, "rolling") == "2026-11-02T04:30:00.000Z"


def test_ends_are_half_open_the_first_instant_is_in_and_the_last_is_not() -> None:
    fixed = segment({**BOUGHT, "window": {"since": "2026-11-02T00:00:00Z", "until": "2026-11-03T00:00:00Z"}})
    assert [is_in(fixed, did(ORDER, day), days=5) for day in (1 - MS, 1, 2 - MS, 2)] == [False, True, True, False]
    rolling = bought("P1D")
    assert [is_in(rolling, did(ORDER, 0), days=day) for day in (1 - MS, 1)] == [True, False]


def test_a_late_purchase_enters_by_its_own_time_and_undoes_that_nothing_was_bought() -> None:
    late = did(ORDER, -20)
    assert is_in(bought("P30D"), late)
    assert changes_after(bought("P30D"), late) == 10
    assert not is_in(bought("P7D"), late)
    lapsed = segment(never("P30D"))
    assert is_in(lapsed, did(CART, -20))
    assert not is_in(lapsed, did(CART, -20), late)


def test_a_person_who_leaves_with_no_event_is_due_at_that_moment() -> None:
    one = bought("P30D")
    profile = sealed(person(one, did(ORDER, -20)), START, Telling(segments=segments_of([one])))
    assert to_text(START + timedelta(days=10)) in profile.due


def test_who_is_brand_new_never_bought_unless_it_is_asked_for_how_long_they_are_known() -> None:
    assert is_in(segment(never("P7D")), did(CART, 0))
    new = {"seen": "first", "window": {"last": "P7D"}}
    known = segment({"op": "and", "of": [never("P7D"), {"op": "not", "of": [new]}]})
    assert not is_in(known, did(CART, 0))
    assert changes_after(known, did(CART, 0)) == 7
    assert is_in(known, did(CART, 0), days=7)


def with_traits(**traits: Any) -> Event:
    return make_event({"type": "identify", "userId": "u1", "traits": traits}, 0, f"identify{traits}")


@pytest.mark.parametrize(
    ("traits", "is_so", "is_not", "exists", "missing"),
    [
        ({"vip": True}, True, False, True, False),
        ({"vip": False}, False, True, True, False),
        ({"vip": None}, False, False, False, True),
        ({}, False, False, False, True),
        ({"vip": "false"}, False, False, True, False),
    ],
)
def test_false_is_known_and_null_missing_and_another_type_are_not(
    traits: dict[str, Any], is_so: bool, is_not: bool, exists: bool, missing: bool
) -> None:
    vip = {"trait": "vip", "type": "boolean"}
    asked = {**vip, "operator": "eq", "value": True}
    wheres = [asked, {"op": "not", "of": [asked]}, {**vip, "operator": "exists"}, {**vip, "operator": "missing"}]
    events = (did(CART, 0), with_traits(**traits))
    assert [is_in(segment(where), *events) for where in wheres] == [is_so, is_not, exists, missing]
    unknown = {"op": "not", "of": [{"op": "not", "of": [asked]}]}
    assert is_in(segment(unknown), *events) is is_so
    assert is_in(segment({"op": "or", "of": [asked, {"op": "not", "of": [asked]}]}), *events) is (is_so or is_not)


TWICE = segment({**BOUGHT, "count": {"operator": "gte", "value": 2}, "window": {"last": "P30D"}}, id="twice")


def of(profile_id: str, *events: Event, telling: Telling) -> Profile:
    declared = declarations((), conditions_of([TWICE, ONCE]))
    state = reduce(lambda state, event: fold(state, event, (), declared), events, ProfileState())
    held, folded_by = {profile_id: Identifier("user_id", "u1")}, declared.digest
    return sealed(Profile(profile_id, state=state, identifiers=held, declared=folded_by), START, telling)


ONCE = bought("P30D", id="once")
TELLING = Telling(segments=segments_of([TWICE, ONCE]))


def told(before: Profile, after: Profile) -> list[tuple[str, Any]]:
    images = [Image(one.id, one.version, one.is_merged, one.changes) for one in (before, after)]
    return [(f.detail_type, f.data["segment"]) for f in facts(*images) if "segment" in f.data]


def test_a_merge_counts_both_sides_once_and_says_one_fact_of_the_union() -> None:
    left, right = (of(name, did(ORDER, -day), telling=TELLING) for name, day in (("p1", 1), ("p2", 2)))
    assert (left.segments, right.segments) == (["once"], ["once"])
    united, tombstone = merged(left, right)
    after = sealed(united, START, TELLING)
    assert after.segments == ["once", "twice"]
    assert told(left, after) == [("Segment Entered", "twice")]
    assert told(right, sealed(tombstone, START, TELLING)) == []
    without = segment({"op": "not", "of": [{"segment": "once"}]}, id="without")
    telling = Telling(segments=segments_of([without, ONCE]))
    buyer, visitor = of("p1", did(ORDER, -1), telling=telling), of("p2", did(CART, -1), telling=telling)
    for winner, loser in ((buyer, visitor), (visitor, buyer)):
        after = sealed(merged(winner, loser)[0], START, telling)
        assert after.segments == ["once"]
    assert told(visitor, after) in (
        [("Segment Entered", "once"), ("Segment Exited", "without")],
        [("Segment Exited", "without"), ("Segment Entered", "once")],
    )


def test_an_event_that_comes_again_counts_once_before_and_after_a_merge() -> None:
    order = make_event({"event": ORDER, "anonymousId": "a1"}, -1, "order")
    login = make_event({"type": "identify", "userId": "u1", "anonymousId": "a1"}, 0, "login")
    cdp = Cdp(declared=declarations((), conditions_of([TWICE, ONCE])))
    cdp.take([order, order, make_event({"event": CART, "userId": "u1"}, -1, "cart"), login, order, login])
    (one,) = cdp.live
    assert cdp.merges == 1
    assert sealed(one, START, TELLING).segments == ["once"]
    cdp.take([make_event({"event": ORDER, "userId": "u1"}, -1, "another")])
    assert sealed(cdp.live[0], START, TELLING).segments == ["once", "twice"]


def test_steps_at_one_instant_follow_each_other_in_no_order() -> None:
    chain = segment({"sequence": [{"event": CART}, {"event": ORDER}]})
    assert not is_in(chain, did(CART, 1), did(ORDER, 1), days=2)
    assert not is_in(chain, did(ORDER, 1), did(CART, 1), days=2)
    assert is_in(chain, did(CART, 1), did(ORDER, 1), did(ORDER, 1 + MS), days=2)


def test_of_two_values_at_one_instant_the_same_one_holds_in_any_order() -> None:
    said = [make_event({"type": "identify", "userId": "u1", "traits": {"city": c}}, 0, c) for c in ("Seoul", "Busan")]
    lives = segment({"trait": "city", "type": "text", "operator": "eq", "value": "Seoul"})
    assert [is_in(lives, *order) for order in permutations(said)] == [True, True]


def test_segments_that_ask_for_others_are_decided_behind_them_in_the_same_write() -> None:
    first = segment({"op": "not", "of": [{"segment": "b"}]}, id="a")
    second = segment({"segment": "c"}, id="b")
    third = bought("P30D", id="c")
    for order in permutations([first, second, third]):
        telling = Telling(segments=segments_of(order))
        declared = declarations((), conditions_of(order))
        state = fold(ProfileState(), did(ORDER, 0), (), declared)
        buyer = Profile("p", state=state, identifiers={"h": Identifier("user_id", "u1")})
        assert sealed(buyer, START, telling).segments == ["b", "c"]
        assert sealed(Profile("p"), START, telling).segments == ["a"]


def test_an_edit_moves_those_alone_whom_old_and_new_tell_apart() -> None:
    old, new = bought("P30D"), bought("P7D")
    stays, goes = (sealed(person(old, did(ORDER, -day)), START, telling_of(old)) for day in (1, 20))
    after = [sealed(one, START, telling_of(new)) for one in (stays, goes)]
    assert told(stays, after[0]) == []
    assert told(goes, after[1]) == [("Segment Exited", "s")]
    assert after[0].changes["segment:s"] == stays.changes["segment:s"]
    same = segment({**BOUGHT, "window": {"last": "P30D"}}, name="Renamed", owner="crm", version=7)
    assert definition_hash(old) == definition_hash(same) != definition_hash(new)


def telling_of(one: Segment) -> Telling:
    return Telling(segments=segments_of([one]))


def test_an_event_of_a_fast_clock_counts_at_once_and_as_long_as_its_own_time_says() -> None:
    ahead = did(ORDER, 5 / 1440)  # no event is later than five minutes after its receipt
    assert is_in(bought("P1D"), ahead)
    assert changes_after(bought("P1D"), ahead) == pytest.approx(1 + 5 / 1440)
    assert is_in(segment({"sequence": [{"event": ORDER}], "window": {"last": "P1D"}}), ahead)
    assert datetime(2026, 11, 1, tzinfo=UTC) == START


def test_definitions_that_select_the_same_people_have_the_same_hash() -> None:
    city, order = {"trait": "city", "type": "text", "operator": "eq", "value": "Seoul"}, {**BOUGHT}
    one = segment({"op": "and", "of": [city, order]})
    assert definition_hash(one) == definition_hash(segment({"op": "and", "of": [order, city]}, state="draft"))
    others = [
        segment({"op": "or", "of": [city, order]}),
        segment({"op": "and", "of": [city, {**BOUGHT, "window": {"last": "P1D"}}]}),
        segment({"op": "and", "of": [city, order]}, zone=SEOUL),
        segment({"op": "and", "of": [city, order]}, include_anonymous=False),
        segment({"op": "and", "of": [city, order]}, split={"a": 1, "b": 1}),
    ]
    assert len({definition_hash(other) for other in (one, *others)}) == 6
