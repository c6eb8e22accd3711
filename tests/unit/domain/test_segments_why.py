"""Why somebody is in a segment: each condition with what it came to, until when, and what would change it."""

import hashlib
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.computing import DECLARED, declarations
from shared.domain.identifiers import Identifier
from shared.domain.profiles import Profile
from shared.domain.segments.memberships import conditions_of, segments_of
from shared.domain.segments.saying import NOTHING
from shared.domain.segments.why import Explaining, Reason, explained
from shared.domain.segments.windows import NEVER, moment
from shared.domain.state import ProfileState
from shared.domain.tallies import MOST_NAMES
from shared.domain.times import to_text
from shared.domain.told import person_of
from shared.domain.traits import Trait
from tests.people import START
from tests.unit.domain.test_segments import CART, CART_LEFT, ORDER, did, person, segment

KOREAN = {"trait": "country", "type": "text", "operator": "eq", "value": "KR"}
THRICE = {"event": ORDER, "count": {"operator": "gte", "value": 3}, "window": {"last": "P1M", "align": "calendar"}}


def reason(where: Mapping[str, Any], *events: Any, traits: Mapping[str, Any] | None = None, **more: Any) -> Reason:
    one = segment(where, **more)
    profile = person(one, *events)
    held = {name: Trait(value, to_text(START), "m", "k", "s") for name, value in (traits or {}).items()}
    state = ProfileState(**{**{f: getattr(profile.state, f) for f in profile.state.__slots__}, "traits": held})
    asked = Profile("p1", state=state, identifiers=profile.identifiers)
    return explained(one, Explaining(one.zone, declarations((), conditions_of([one]))), person_of(asked, {}, START))


def test_it_says_what_is_missing_and_until_when() -> None:
    found = reason({"op": "and", "of": [THRICE, KOREAN]}, did(ORDER, 0), did(ORDER, -0.5), traits={"country": "JP"})
    orders, country = found.of
    assert (found.says, found.truth, [one.pointer for one in found.of]) == (
        "all of",
        False,
        ["/where/of/0", "/where/of/1"],
    )
    assert orders.says == "number of Order Completed in the last P1M of the calendar is at least 3"
    assert (orders.truth, orders.value) == (False, 1)
    assert orders.changed_by == "2 more Order Completed before 2026-12-01T00:00:00.000Z"
    assert (country.says, country.value, country.changed_by) == ("country is KR", "JP", "country would have to be KR")


def test_what_is_unknown_says_why() -> None:
    assert reason(KOREAN).unknown == "missing"
    assert reason(KOREAN, traits={"country": 82}).unknown == "no_text"
    of_nothing = {"computed": "nobody", "type": "number", "operator": "gt", "value": 1}
    assert reason(of_nothing).unknown == "undeclared"
    names = [f"Event {number}" for number in range(MOST_NAMES + 1)]
    last = max(names, key=lambda name: hashlib.sha256(name.encode()).digest())
    hidden = reason({"event": last}, *(did(name, 0) for name in names))
    assert (hidden.unknown, hidden.truth, hidden.changed_by) == ("among_others", None, NOTHING)
    draft = segment(THRICE, state="draft")
    who = person_of(person(draft, did(ORDER, 0)), {}, START)
    assert explained(draft, Explaining("UTC", DECLARED), who).unknown == "not_kept"


@pytest.mark.parametrize(
    ("where", "truth", "changed_by"),
    [
        ({"event": ORDER}, True, "nothing any more"),
        ({"event": CART}, False, "1 more Product Added"),
        ({"event": ORDER, "count": {"operator": "lte", "value": 2}}, True, "2 more Order Completed"),
        ({"event": ORDER, "count": {"operator": "eq", "value": 1}}, True, "1 more Order Completed"),
        ({"event": ORDER, "count": {"operator": "lt", "value": 1}, "window": {"last": "P7D"}}, False,
         "fewer of them would have to count"),
        ({"event": ORDER, "sum": {"operator": "gt", "value": 50}, "property": "properties.total"}, False,
         "over 20.0000 more of properties.total by Order Completed"),
        ({"event": ORDER, "where": [{"property": "total", "type": "number", "operator": "gt", "value": 40}]}, False,
         "1 more Order Completed whose total is above 40"),
        ({"identifier": "email", "present": True}, False, "identifier email would have to be known"),
        ({"consent": "advertising"}, False, "consent to advertising would have to be granted"),
        ({"segment": "vip", "member": False}, True, "segment vip would have to be entered"),
        ({"seen": "last", "window": {"last": "P7D"}}, True, "nothing any more"),
        ({"trait": "plan", "type": "text", "operator": "missing"}, True, "plan would have to be known"),
        ({"sequence": [{"event": CART}, {"event": ORDER}]}, False, "these events, in this order"),
    ],
)  # fmt: skip
def test_it_says_what_would_change_it(where: Mapping[str, Any], truth: bool, changed_by: str) -> None:
    found = reason(where, did(ORDER, 0, total=30))
    assert (found.truth, found.changed_by) == (truth, changed_by)


def test_a_cart_is_told_with_the_time_it_is_waited_for() -> None:
    where = {"sequence": [{"event": CART}], "not_then": {"event": ORDER, "within": "PT30M"}, "window": {"last": "P7D"}}
    found = reason(where, did(CART, 0))
    assert found.says == "Product Added, then no Order Completed within PT30M in the last P7D"
    assert (found.truth, found.changed_by) == (False, f"no Order Completed before {to_text(moment(found.until))}")
    assert CART_LEFT.where == segment(where).where


def test_who_is_anonymous_is_told_that_this_keeps_them_out() -> None:
    one = segment({"event": ORDER}, include_anonymous=False)
    visitor = Profile("p1", state=person(one, did(ORDER, 0)).state, identifiers={"h": Identifier("device_id", "d")})
    found = explained(one, Explaining("UTC", DECLARED), person_of(visitor, {}, START))
    assert (found.truth, [of.truth for of in found.of]) == (False, [False, True])
    assert found.of[0].changed_by == "one of email, phone, user_id would have to be known"


_LEAF = st.one_of(
    st.builds(
        lambda operator, value, days: {
            "event": ORDER,
            "count": {"operator": operator, "value": value},
            "window": {"last": f"P{days}D"} if days else {},
        },
        st.sampled_from(("eq", "ne", "lt", "lte", "gt", "gte")), st.integers(1, 4), st.integers(0, 9),
    ),
    st.sampled_from((KOREAN, {"identifier": "user_id"}, {"seen": "first", "window": {"last": "P3D"}})),
)  # fmt: skip
_TREE = st.recursive(
    _LEAF,
    lambda inner: st.builds(lambda op, of: {"op": op, "of": of[: 1 if op == "not" else 4]},
                            st.sampled_from(("and", "or", "not")), st.lists(inner, min_size=1, max_size=4)),
    max_leaves=6,
)  # fmt: skip


@settings(deadline=None)
@given(_TREE, st.lists(st.integers(-8, 0), max_size=5), st.sampled_from((None, "KR", "JP", 3)))
def test_the_tree_comes_to_what_decides_and_counts_say_how_many_more(
    where: Mapping[str, Any], days: list[int], country: Any
) -> None:
    events = [did(ORDER, day, number=place) for place, day in enumerate(days)]
    traits = {"country": country} if country else {}
    found = reason(where, *events, traits=traits)
    one = segment(where)
    profile = person(one, *events)
    held = {name: Trait(value, to_text(START), "m", "k", "s") for name, value in traits.items()}
    state = ProfileState(**{**{f: getattr(profile.state, f) for f in profile.state.__slots__}, "traits": held})
    who = person_of(Profile("p1", state=state, identifiers=profile.identifiers), {}, START)
    live = segments_of([one]).of(who, ())
    assert (found.truth is True) == ("s" in live.segments)
    assert found.until <= live.until
    for leaf in [found, *found.of]:
        more, _, rest = leaf.changed_by.partition(" more Order Completed")
        if rest != leaf.changed_by and more.isdigit() and not leaf.of:
            fresh = [did(ORDER, 0, number=f"new{place}") for place in range(int(more))]
            part = where if leaf is found else where["of"][int(leaf.pointer.rsplit("/", 1)[1])]
            assert reason(part, *events, *fresh, traits=traits).truth is not leaf.truth
            assert int(more) == 1 or reason(part, *events, *fresh[1:], traits=traits).truth is leaf.truth


def test_nothing_is_due_where_nothing_leaves() -> None:
    assert reason({"event": ORDER}, did(ORDER, 0)).until == NEVER
