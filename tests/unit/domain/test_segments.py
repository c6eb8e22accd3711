"""Segments: who is in, and until when if nothing happens; each thing that trips people is a test."""

from collections.abc import Mapping
from datetime import timedelta
from functools import reduce
from typing import Any

from pydantic import TypeAdapter

from shared.domain.computing import declarations
from shared.domain.events import Event
from shared.domain.identifiers import Identifier
from shared.domain.profiles import Profile, sealed
from shared.domain.segments.definition import Segment
from shared.domain.segments.memberships import conditions_of, segments_of
from shared.domain.segments.windows import moment
from shared.domain.state import ProfileState, fold
from shared.domain.told import Telling, told_of
from tests.people import START, make_event

CART, ORDER = "Product Added", "Order Completed"
_READ = TypeAdapter(Segment)


def segment(where: Mapping[str, Any], **more: Any) -> Segment:
    return _READ.validate_python({"id": "s", "name": "S", "where": where, "state": "live", **more})


def did(name: str, day: float, **properties: Any) -> Event:
    return make_event({"event": name, "userId": "u1", "properties": properties}, day, f"{name}{day}{properties}")


def person(one: Segment, *events: Event) -> Profile:
    declared = declarations((), conditions_of([one]))
    state = reduce(lambda state, event: fold(state, event, (), declared), events, ProfileState())
    return Profile("p1", state=state, identifiers={"h": Identifier("user_id", "u1")}, declared=declared.digest)


def is_in(one: Segment, *events: Event, days: float = 0) -> bool:
    return "s" in told(one, person(one, *events), days)


def told(one: Segment, profile: Profile, days: float = 0) -> list[str]:
    telling = Telling(segments=segments_of([one]))
    return sealed(profile, START + timedelta(days=days), telling).segments


def changes_after(one: Segment, *events: Event) -> float:
    """Days from START on until time alone changes it."""
    until = told_of(person(one, *events), Telling(segments=segments_of([one])), START).until
    return (moment(until) - START) / timedelta(days=1)


THREE = segment({"event": ORDER, "count": {"operator": "gte", "value": 3}, "window": {"last": "P30D"}})


def test_a_person_leaves_when_the_event_that_made_enough_ages_out() -> None:
    orders = [did(ORDER, day) for day in (-20, -10, -1)]
    assert is_in(THREE, *orders)
    start = changes_after(THREE, *orders)
    assert is_in(THREE, *orders, days=start - 0.001)
    assert not is_in(THREE, *orders, days=start)


CART_LEFT = segment(
    {
        "sequence": [{"event": CART}],
        "not_then": {"event": ORDER, "within": "PT30M"},
        "window": {"last": "P7D"},
    }
)
MINUTE = 1 / 1440


def test_a_cart_is_abandoned_after_half_an_hour_and_left_when_the_purchase_comes() -> None:
    cart = did(CART, 0)
    start = changes_after(CART_LEFT, cart)
    assert not is_in(CART_LEFT, cart, days=start - 0.001)
    assert is_in(CART_LEFT, cart, days=start)
    late = did(ORDER, 45 * MINUTE)
    assert not is_in(CART_LEFT, cart, late, days=start + 1)
