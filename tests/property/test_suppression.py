"""Whatever the order of suppressions, lifts and events, nothing of a suppressed anchor is stored or folded; and however
stitching runs beside an erasure, nothing is left that a second look doesn't find.
"""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.stitch_identities import people
from shared.domain.events import Event
from shared.domain.identifiers import Identifier
from shared.domain.suppression import HOLDS, screened
from tests.fakes.parts import Tables
from tests.interleaving.exploring import CALM, Exploration, Faults
from tests.interleaving.stitching import after, everybody, over, replaying, stand_still, stored
from tests.interleaving.suppressing import DOORS, SUPPRESSIONS, stitching, suppressing, take_away
from tests.interleaving.workers import Replay, Worker
from tests.people import make_event

JANE = make_event({"userId": "jane", "event": "Seen"}, 1)
MAIL = make_event({"event": "Seen", "traits": {"email": "jane@x.com"}}, 2)
BOTH = make_event({"userId": "jane", "traits": {"email": "jane@x.com"}, "event": "Seen"}, 3)
NAMED = BOTH.identifiers
LATER = [JANE, MAIL, BOTH]


@pytest.fixture
def replay(monkeypatch: pytest.MonkeyPatch) -> Replay:
    return replaying(monkeypatch)


@pytest.mark.parametrize("faults", [CALM, Faults(conflicts=1), Faults(crashes=1)], ids=["calm", "conflict", "crash"])
@pytest.mark.parametrize(
    ("before", "workers"),
    [
        ([], [stitching("first", BOTH)]),
        ([JANE, MAIL], [stitching("merge", BOTH)]),
        ([MAIL], [stitching("one", JANE), stitching("two", BOTH)]),
    ],
    ids=["somebody new", "a merge", "two at once"],
)
def test_what_a_stitching_beside_an_erasure_leaves_is_found_by_a_second_look(
    replay: Replay, before: Sequence[Event], workers: Sequence[Worker], faults: Faults
) -> None:
    tables = after(list(before), later=LATER) if before else stored(LATER)
    folded = 0
    for outcome in Exploration(replay, [suppressing("erase", NAMED), *workers], faults).outcomes(tables):
        folded += sum(profile.state.event_count for profile in everybody(outcome.tables)) > len(before)
        check_gone(outcome.tables, outcome.steps)
    assert folded, "some had looked before"


def check_gone(tables: Tables, steps: Sequence[str]) -> None:
    """Once it has settled: what is left is found, and nothing brings it back."""
    with over(tables):
        take_away([one.hash for one in NAMED])
        people.stitch_events(DOORS, LATER, "live")
    assert not [item for name in ("profiles", "events") for item in tables[name].values() if "jane" in str(item)], steps
    assert everybody(tables) == [], steps


AT = [f"2026-11-0{day}T00:00:00.000Z" for day in range(1, 9)]
WHO = ("jane", "joe", "kim")
suppress = st.tuples(st.just("suppress"), st.sampled_from(WHO), st.sampled_from(AT))
lift = st.tuples(st.just("lift"), st.sampled_from(WHO), st.sampled_from(AT))
arrive = st.tuples(st.just("arrive"), st.sampled_from(WHO), st.integers(0, 8))
stitched = st.tuples(st.just("stitch"), st.just(""), st.integers(0, 8))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(suppress, lift, arrive, arrive, stitched), min_size=4, max_size=25))
def test_no_order_of_suppressions_lifts_and_events_lets_anybody_in(steps: Sequence[tuple[str, str, object]]) -> None:
    """Events come late, repeated and in any order, and are stitched whenever; what is known of whom is kept beside."""
    until: dict[str, str] = {}
    begun: dict[str, str] = {}
    with pytest.MonkeyPatch.context() as patch, over(stored([])):
        stand_still(patch)
        waiting: dict[str, Event] = {}
        folded: set[str] = set()
        for what, who, value in steps:
            if what == "suppress":
                SUPPRESSIONS.put([_user(who)], str(value), "r1")
                if begun.get(who, "") < str(value):
                    begun[who], until[who] = str(value), HOLDS
            elif what == "lift":
                lifted = SUPPRESSIONS.lift([_user(who)], str(value))
                if until.get(who) == HOLDS and begun[who] < str(value):
                    assert lifted == {_user(who)}
                    until[who] = str(value)
            elif what == "arrive":
                event = make_event({"userId": who, "event": "Seen"}, float(str(value)), f"m{value}")
                known = screened(event, SUPPRESSIONS.look_up(i.identifier for i in event.identifiers))
                assert (known is None) == (event.time <= until.get(who, ""))
                if known:
                    DOORS.events.insert([known], {known.source_id: 36_500})
                    waiting[known.key] = known
            else:
                people.stitch_events(DOORS, list(waiting.values()), "live")
                for event in waiting.values():
                    is_out = event.time <= until.get(event.body["userId"], "")
                    assert is_out == (DOORS.events.get([(event.pk, event.sk)]) == [])
                    folded |= set() if is_out else {event.key}
                waiting.clear()
        found = DOORS.profiles.people_of({i.hash for who in WHO for i in _seen(who).identifiers})
        assert sum(profile.state.event_count for profile in found.profiles.values()) == len(folded)


def _seen(who: str) -> Event:
    return make_event({"userId": who, "event": "Seen"}, 1)


def _user(who: str) -> Identifier:
    return _seen(who).identifiers[0].identifier
