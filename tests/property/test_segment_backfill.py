"""A backfill ends as a whole rebuild would, though it leaves alone who did nothing that a segment asks for."""

from collections.abc import Mapping
from dataclasses import replace
from functools import reduce
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.computing import DECLARED, Declarations, declarations
from shared.domain.events import Event
from shared.domain.identifiers import Identifier
from shared.domain.profiles import Profile, asked_for, sealed
from shared.domain.segments.backfilling import is_concerned, lacks
from shared.domain.segments.memberships import conditions_of, segments_of
from shared.domain.state import ProfileState, fold
from shared.domain.told import ASKED, Telling
from tests.people import START
from tests.unit.domain.test_segments import CART, ORDER, did, segment

SHOES = [{"property": "properties.category", "type": "text", "operator": "eq", "value": "shoes"}]
WHERE = st.sampled_from(
    (
        {"event": ORDER, "where": SHOES},
        {"event": ORDER, "where": SHOES, "count": {"operator": "lte", "value": 1}},
        {"event": ORDER, "count": {"operator": "gte", "value": 2}, "window": {"last": "P5D"}},
        {"event": "", "where": SHOES, "count": {"operator": "eq", "value": 2}},
        {"sequence": [{"event": CART}], "not_then": {"event": ORDER, "within": "P1D"}, "window": {"last": "P9D"}},
        {"op": "not", "of": [{"event": CART, "window": {"last": "P3D", "align": "calendar"}}]},
        {"event": ORDER},
    )
)
DID = st.lists(
    st.builds(
        lambda name, day, category, number: did(name, day / 4, category=category, number=number),
        st.sampled_from((CART, ORDER, "Product Viewed")),
        st.integers(-30, 0),
        st.sampled_from(("shoes", "hats")),
        st.integers(0, 99),
    ),
    max_size=8,
)


def folded(events: list[Event], declared: Declarations, start: ProfileState | None = None) -> ProfileState:
    return reduce(lambda state, event: fold(state, event, (), declared), events, start or ProfileState())


@settings(deadline=None)
@given(WHERE, DID, DID, st.booleans())
def test_a_backfill_ends_as_a_whole_rebuild(
    where: Mapping[str, Any], before: list[Event], after: list[Event], was_met: bool
) -> None:
    one = segment(where)
    declared, telling = declarations((), conditions_of([one])), Telling(segments=segments_of([one]))
    events = {event.key: event for event in [*before, *(after if was_met else [])]}
    known = {event.key for event in before}
    old = Profile("p", state=folded([e for e in events.values() if e.key in known], DECLARED), declared=DECLARED.digest,
                  identifiers={"h": Identifier("user_id", "u")})  # fmt: skip
    stored = sealed(old, START)
    if was_met:  # by live events that came once the segment was there: the rebuild that they ask for is on its way
        met = replace(stored, state=folded([e for e in events.values() if e.key not in known], declared, stored.state))
        stored = sealed(asked_for(met, declared), START, telling)
        assert stored.segments == [] or declared.digest == DECLARED.digest
    whole = replace(stored, state=folded([*events.values()], declared), declared=declared.digest)
    wanted = sealed(whole, START, telling).segments
    looked = whole if lacks(stored, one.id, telling) else stored
    ended = sealed(looked, START, telling) if is_concerned(stored, one.id, telling, START) else stored
    assert ended.segments == wanted or looked.declared.startswith(ASKED)
