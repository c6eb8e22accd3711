"""Who is written only by events, merges and looks at their marks is told at every instant what is so then."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import reduce
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn
from pydantic import TypeAdapter

from shared.domain.computed_attributes import ComputedAttribute
from shared.domain.computing import declarations
from shared.domain.events import Event
from shared.domain.identifiers import Identifier
from shared.domain.profiles import Profile, merged, sealed
from shared.domain.purposes import Purpose, purposes_of
from shared.domain.rebuilding import is_told
from shared.domain.segments.definition import Segment
from shared.domain.segments.memberships import conditions_of, segments_of
from shared.domain.state import ProfileState, fold
from shared.domain.times import from_text, months_later
from shared.domain.told import Telling, told_of
from tests.people import START, make_event

MS = timedelta(milliseconds=1)
CART, ORDER = "Product Added", "Order Completed"
ADS = purposes_of([
    Purpose("ads", {}, signals=("ads",), valid_months=2),
    Purpose("calls", {}, signals=("ads",), reconfirm_months=1),
])  # fmt: skip

WHERE: dict[str, Any] = {
    "twice_in_three_days": {"event": ORDER, "count": {"operator": "gte", "value": 2}, "window": {"last": "P3D"}},
    "once_exactly": {"event": ORDER, "count": {"operator": "eq", "value": 1}, "window": {"last": "PT36H"}},
    "lapsed": {"op": "not", "of": [{"event": ORDER, "window": {"last": "P5D"}}]},
    "today_in_seoul": {"event": CART, "window": {"last": "P1D", "align": "calendar"}},
    "abandoned": {
        "sequence": [{"event": CART}],
        "not_then": {"event": ORDER, "within": "PT30M"},
        "window": {"last": "P2D"},
    },
    "new": {"seen": "first", "window": {"last": "P7D"}},
    "may_be_told": {"consent": "ads", "state": "granted"},
    "lapsed_and_new": {"op": "and", "of": [{"segment": "lapsed", "member": True}, {"segment": "new", "member": True}]},
    "worth_it": {
        "event": ORDER,
        "sum": {"operator": "gte", "value": 15},
        "property": "total",
        "window": {"last": "P2D", "align": "calendar"},
    },
    "buys_often": {"computed": "orders", "type": "number", "operator": "gte", "value": 2},
    "long_ago": {"computed": "since", "type": "number", "operator": "between", "value": [3, 5]},
    "one_of_three": {
        "op": "or",
        "of": [
            {"event": CART, "window": {"last": "PT12H"}},
            {
                "op": "and",
                "of": [{"event": ORDER, "window": {"last": "P6D"}}, {"segment": "abandoned", "member": False}],
            },
            {"trait": "plan", "type": "text", "operator": "eq", "value": "pro"},
        ],
    },
}
SEGMENTS = [
    TypeAdapter(Segment).validate_python(
        {"id": name, "name": name, "where": where, "state": "live", "zone": "Asia/Seoul", "include_anonymous": True}
    )
    for name, where in WHERE.items()
]
COMPUTED = [ComputedAttribute("orders", "count", ORDER, window_days=3), ComputedAttribute("since", "days_since", CART)]
DECLARED = declarations(COMPUTED, conditions_of(SEGMENTS))
TELLING = Telling(ADS, segments_of(SEGMENTS, DECLARED))
SPANS = [timedelta(hours=h) for h in (0.5, 12, 24, 36, 48, 72, 120, 144, 168)]


@dataclass
class World:
    """People as they are stored, and the marks of the ledger."""

    people: dict[str, Profile] = field(default_factory=dict)
    marks: set[tuple[str, str]] = field(default_factory=set)
    looks: int = 0

    def write(self, profile: Profile, now: datetime) -> None:
        written = sealed(profile, now, TELLING)
        self.marks |= {(moment, written.id) for moment in written.due if moment not in profile.due}
        self.people[profile.id] = written

    def live(self, profile_id: str) -> Profile:
        profile = self.people[profile_id]
        return self.live(profile.merged_into) if profile.merged_into else profile

    def pass_to(self, end: datetime) -> None:
        """Each mark is swept, and looked at right at its moment."""
        while due := sorted(mark for mark in self.marks if from_text(mark[0]) <= end):
            self.marks.remove(due[0])
            self.looks += 1
            now, profile = from_text(due[0][0]), self.live(due[0][1])
            if not is_told(profile, TELLING, now):
                self.write(profile, now)


@st.composite
def histories(draw: DrawFn) -> list[tuple[datetime, Event | None]]:
    """Events in the order in which they come, late, future-dated and on time; None is the moment of a merge."""
    minutes = st.integers(0, 14 * 24 * 60)
    found: list[tuple[datetime, Event | None]] = []
    for number in range(draw(st.integers(1, 8))):
        happened = draw(minutes)
        late = draw(st.sampled_from([-4, 0, 0, 0, 30, 3 * 24 * 60]))
        body = {
            "type": "track",
            "event": draw(st.sampled_from([CART, ORDER, ORDER])),
            "userId": draw(st.sampled_from(["u1", "u2"])),
            "properties": {"total": draw(st.integers(5, 20))},
            "context": draw(st.sampled_from([{}, {"consent": {"categoryPreferences": {"ads": True}}}])),
        }
        event = make_event(body, happened / 1440, f"m{number}")
        found.append((START + timedelta(minutes=happened + late), event))
    if draw(st.booleans()):
        found.append((START + timedelta(minutes=draw(minutes)), None))
    return sorted(found, key=lambda one: one[0])


def expected(events: Iterable[Event], now: datetime) -> dict[str, str]:
    """The segments and consents by all that is known by then, asked anew."""
    state = reduce(lambda state, event: fold(state, event, (), DECLARED), events, ProfileState())
    facts = told_of(Profile("p", state=state, declared=DECLARED.digest), TELLING, now).facts
    return {
        fact: value for fact, value in facts.items() if fact.startswith(("segment:", "consent:")) and value != "out"
    }


def told(profile: Profile) -> dict[str, str]:
    facts = {fact: change.value for fact, change in profile.changes.items()}
    return {
        fact: value for fact, value in facts.items() if fact.startswith(("segment:", "consent:")) and value != "out"
    }


@settings(max_examples=60, deadline=None)
@given(histories(), st.lists(st.integers(0, 60 * 24 * 60), max_size=5))
def test_what_is_told_is_so_at_every_instant(history: list[tuple[datetime, Event | None]], minutes: list[int]) -> None:
    world, known = World(), dict[str, list[Event]]()
    for user in ("u1", "u2"):
        known[user] = []
    edges = {from_text(event.time) + span for _, event in history if event for span in SPANS}
    edges |= {months_later(from_text(event.time), months) for _, event in history if event for months in (1, 2)}
    edges |= {
        START + timedelta(hours=hour + 24 * day) for day in range(25) for hour in (0, 15)
    }  # midnights, in Seoul too
    instants = {START + timedelta(minutes=one) for one in minutes}.union(*((e - MS, e, e + MS) for e in edges))
    steps = [(at, 1, what) for at, what in history] + [(at, 2, None) for at in instants]
    for at, kind, event in sorted(steps, key=lambda step: step[:2]):
        world.pass_to(at)
        if kind == 1:
            _happens(world, known, event, at)
        for user, events in known.items():
            if events:
                assert told(world.live(user)) == expected(events, at), (user, at)


def _happens(world: World, known: dict[str, list[Event]], event: Event | None, now: datetime) -> None:
    if event is None:
        if all(known.values()):
            one, other = merged(world.live("u1"), world.live("u2"))
            world.write(one, now)
            world.write(other, now)
            known["u1"] = known["u2"] = known["u1"] + known["u2"]
        return
    user = event.body["userId"]
    known[user].append(event)
    profile = world.live(user) if user in world.people else Profile(user, declared=DECLARED.digest)
    person = {"h": Identifier("user_id", user)}
    world.write(replace(profile, identifiers=person, state=fold(profile.state, event, (), DECLARED)), now)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 30 * 24 * 60), min_size=1, max_size=30))
def test_nobody_is_marked_more_than_once_for_what_only_comes_later(minutes: list[int]) -> None:
    world, profile = World(), Profile("u1", declared=DECLARED.digest)
    for number, at in enumerate(sorted(minutes)):
        event = make_event({"event": ORDER, "userId": "u1"}, at / 1440, f"m{number}")
        world.pass_to(START + timedelta(minutes=at))
        profile = world.people.get("u1", profile)
        world.write(replace(profile, state=fold(profile.state, event, (), DECLARED)), START + timedelta(minutes=at))
        assert len(world.marks) == len(world.people["u1"].due) <= 4
    world.pass_to(START + timedelta(days=400))
    assert world.marks == set()
