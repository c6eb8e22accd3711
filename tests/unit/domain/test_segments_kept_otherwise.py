"""What is told of whom others folded: nothing of segments that ask for what may not have been kept of them."""

from dataclasses import replace
from functools import reduce
from typing import Any

import pytest

from shared.domain.computed_attributes import ComputedAttribute
from shared.domain.computing import declarations
from shared.domain.events import Event
from shared.domain.identifiers import Identifier
from shared.domain.profiles import Profile, sealed
from shared.domain.segments.definition import Segment
from shared.domain.segments.memberships import conditions_of, segments_of
from shared.domain.state import ProfileState, fold
from shared.domain.tallies import MOST_NAMES, OTHER
from shared.domain.told import Telling
from tests.people import START
from tests.unit.domain.test_segments import CART, ORDER, did, segment

SHOES = {"event": ORDER, "where": [{"property": "properties.kind", "type": "text", "operator": "eq", "value": "shoes"}]}
HATS = {"event": ORDER, "where": [{"property": "properties.kind", "type": "text", "operator": "eq", "value": "hats"}]}
BOUGHT, NOT_BOUGHT = segment(SHOES), segment({**SHOES, "count": {"operator": "eq", "value": 0}})
DID = did(ORDER, 0, kind="shoes")


def by(segments: list[Segment], *events: Event, attributes: Any = ()) -> Profile:
    """Folded by what these segments ask for, and told of them."""
    conditions, attributes = conditions_of(segments), list(attributes)
    declared = declarations(attributes, conditions)
    state = reduce(lambda state, event: fold(state, event, (), declared), events, ProfileState())
    one = Profile("p1", state=state, identifiers={"h": Identifier("user_id", "u1")}, declared=declared.digest)
    return tell(one, segments, attributes)


def tell(one: Profile, segments: list[Segment], attributes: Any = ()) -> Profile:
    ready = segments_of(segments, declarations(attributes, conditions_of(segments)))
    return sealed(one, START, Telling(segments=ready))


def test_nobody_enters_by_what_was_not_kept_of_them_yet() -> None:
    assert tell(by([], DID), [NOT_BOUGHT]).changes.keys() == by([], DID).changes.keys()
    assert tell(by([], did(CART, 0)), [NOT_BOUGHT]).segments == ["s"], "who never ordered lacks nothing"
    assert by([NOT_BOUGHT], DID).segments == []


def test_nobody_leaves_by_an_edit_whose_parts_are_yet_to_come() -> None:
    member, edited = by([BOUGHT], DID, did(ORDER, -1, kind="hats")), segment(HATS)
    assert member.segments == ["s"]
    again = tell(member, [edited])
    assert again.changes == member.changes
    assert by([edited], DID).segments == []


def test_what_asks_for_such_a_segment_waits_with_it_and_others_do_not() -> None:
    visitors = segment({"event": CART}, id="carts")
    without = segment({"op": "not", "of": [{"segment": "s"}]}, id="without")
    told = tell(by([], DID, did(CART, 0)), [BOUGHT, without, visitors])
    assert told.segments == ["carts"]


def test_a_process_that_still_goes_by_the_old_segments_lets_nobody_leave_whom_the_new_ones_rebuilt() -> None:
    """What the old ones ask for has been dropped."""
    member = replace(by([segment(HATS)], DID), changes=by([BOUGHT], DID).changes)
    assert tell(member, [BOUGHT]).segments == ["s"]


def test_a_computed_attribute_that_was_just_declared_is_asked_of_nobody_it_was_not_kept_for() -> None:
    carts = ComputedAttribute("carts", "count", CART)
    none = segment({"computed": "carts", "type": "number", "operator": "eq", "value": 0})
    assert tell(by([], did(CART, 0)), [none], [carts]).segments == []
    assert tell(by([], did(ORDER, 0)), [none], [carts]).segments == ["s"]
    assert by([none], did(ORDER, 0), attributes=[carts]).segments == ["s"]


@pytest.mark.parametrize("where", [SHOES, {**SHOES, "event": ""}])
def test_events_whose_name_is_not_kept_may_have_been_any(where: dict[str, Any]) -> None:
    busy = by([], did(CART, 0))
    busy = replace(busy, state=replace(busy.state, events={OTHER: busy.state.events[CART]}))
    waits = segment({**where, "count": {"operator": "eq", "value": 0}})
    assert tell(busy, [waits]).segments == []


@pytest.mark.parametrize("more", [{}, {"window": {"last": "P7D"}}, {"count": {"operator": "eq", "value": 0}}])
def test_whether_somebody_of_too_many_events_did_one_that_counts_among_others_is_unknown(more: dict[str, Any]) -> None:
    events = [did(f"Event {number}", 0) for number in range(MOST_NAMES + 9)]
    busy = by([], *events)
    counted = next(event.name for event in events if event.name in busy.state.events)
    among_others = next(event.name for event in events if event.name not in busy.state.events)
    for name, is_known in ((counted, True), (among_others, False)):
        asks = segment({"event": name, **more}, id="asks")
        denies = segment({"op": "not", "of": [{"event": name, **more}]}, id="denies")
        assert bool(tell(busy, [asks, denies]).segments) is is_known
