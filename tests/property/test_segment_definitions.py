"""Whatever a document says: it is refused with its place, or it is a segment that can be asked of anybody."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.computing import declarations
from shared.domain.configuration import document_of, read
from shared.domain.events import Event
from shared.domain.segments.definition import OfIdentifier, Segment
from shared.domain.segments.memberships import conditions_of, segments_of
from shared.domain.segments.sizes import bytes_of_all
from shared.domain.segments.trees import definition_hash
from shared.domain.segments.windows import milliseconds
from shared.domain.state import ProfileState, fold
from shared.domain.told import Telling, told_of
from shared.lake.segments.dialects import ATHENA, DUCKDB
from shared.lake.segments.sql import compiled
from tests.people import NOW, make_event
from tests.unit.domain.test_segments import did, person

PLAIN = st.sampled_from(
    [0, 1, -1, 0.5, 3.0, 10**40, True, False, "", "a", "5", "2026-11-01", "9999-12-31T23:59:59Z", None]
)
VALUE = PLAIN | st.lists(PLAIN, max_size=3)
OPERATOR = st.sampled_from(
    ["eq", "ne", "in", "not_in", "lt", "gte", "between", "contains", "starts_with", "exists", "x"]
)
TYPE = st.sampled_from(["text", "number", "boolean", "time", "list", "date"])
LAST = st.sampled_from(
    ["", "P1D", "P1M", "P2W", "PT30M", "P1Y", "P10Y", "P3650D", "P1Y2M", "P0D", "30", "P9999D", "PT9999999S"]
)
ALIGN = st.sampled_from(["rolling", "calendar"])
MOMENT = st.sampled_from(
    ["", "2026-11-01T00:00:00Z", "2026-12-01T00:00:00+09:00", "2026-11-01", "soon", "0001-01-01T00:00:00+14:00"]
)
PATH = st.sampled_from(
    ["amount", "properties.total", "properties.id", "time", "channel", "total", "", "properties", "location.city"]
)
NAME = st.sampled_from(["Order Completed", "Product Added", "", "$page", " "])
SOUND_WINDOWS = st.sampled_from(
    [{"last": "P7D"}, {"last": "P1M", "align": "calendar"}, {"since": "2026-11-01T00:00:00Z"}, {}]
)
ENDS = {"last": LAST, "align": ALIGN, "since": MOMENT, "until": MOMENT}
WINDOW = SOUND_WINDOWS | st.fixed_dictionaries({}, optional=ENDS)
SOUND_COUNTS = st.sampled_from([{"operator": "gte", "value": 2}, {"operator": "eq", "value": 0}])
SUM = {"event": "Order Completed", "sum": {"operator": "gte", "value": 5}, "property": "amount", "currency": "KRW"}
WAIT = {
    "sequence": [{"event": "Order Completed"}],
    "not_then": {"event": "", "within": "PT30M"},
    "window": {"last": "P9D"},
}
SOUND: list[dict[str, Any]] = [
    {"type": "number", "operator": "gte", "value": 15},
    {"type": "number", "operator": "between", "value": [1, 99.5]},
    {"type": "text", "operator": "in", "value": ["Seoul", "3"]},
    {"type": "text", "operator": "exists"},
    {"type": "time", "operator": "lt", "value": "2026-11-20"},
    {"type": "list", "operator": "contains", "value": "x"},
    {"type": "boolean", "operator": "eq", "value": True},
]


def made(required: dict[str, Any], **optional: Any) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(required, optional=optional)


def compared(name: str, names: st.SearchStrategy[str]) -> st.SearchStrategy[dict[str, Any]]:
    any_at_all = made({"type": TYPE, "operator": OPERATOR}, value=VALUE)
    return st.builds(lambda said, asked: {name: said, **asked}, names, st.sampled_from(SOUND) | any_at_all)


FILTERS = st.lists(compared("property", PATH), max_size=2)
AMOUNT = made({"operator": st.sampled_from(["eq", "ne", "lt", "gte", "gt"]), "value": PLAIN | st.integers(0, 120)})
STEP = made({"event": NAME}, where=FILTERS, within=LAST)
LEAF = st.one_of(
    compared("trait", st.sampled_from(["city", "a.b", "x", ""])),
    compared("computed", st.sampled_from(["monetary", "recency", "last_order", "none", "A b"])),
    made({"identifier": st.sampled_from(["email", "user_id", "X Y"])}, present=st.booleans()),
    made(
        {"event": NAME},
        count=AMOUNT, sum=AMOUNT, property=PATH, currency=st.sampled_from(["", "KRW", "won"]),
        where=FILTERS, window=WINDOW,
    ),
    made({"event": NAME}, count=SOUND_COUNTS, window=SOUND_WINDOWS),
    st.sampled_from([SUM, WAIT]),
    made({"sequence": st.lists(STEP, max_size=3)}, not_then=STEP, same=PATH, window=WINDOW),
    made({"consent": st.sampled_from(["ads", ""])}, state=st.sampled_from(["granted", "unknown", "maybe"])),
    made({"segment": st.sampled_from(["other", "s"])}, member=st.booleans()),
    made({"seen": st.sampled_from(["first", "last", "never"]), "window": WINDOW}),
)  # fmt: skip
WHERE = st.recursive(
    LEAF,
    lambda inner: made({"op": st.sampled_from(["and", "or", "not", "xor"]), "of": st.lists(inner, max_size=2)}),
    max_leaves=3,
)
OTHER = Segment("other", "Other", OfIdentifier("email"), state="live")
ZONES = st.sampled_from(["UTC", "Asia/Seoul", "America/New_York", "Pacific/Apia", "Mars/Olympus"])


def lived() -> list[Event]:
    traits = {"city": "Seoul", "a": {"b": [1, "x", True, None]}, "x": 5}
    said = make_event({"type": "identify", "userId": "u1", "traits": traits}, 0, "identify")
    orders = [did("Order Completed", day, total=day * 10, currency="KRW", id=str(day)) for day in (0, 3, 19.9)]
    return [said, *orders, did("Product Added", 19, id="3")]


@settings(max_examples=150, deadline=None)
@given(WHERE, ZONES)
def test_a_document_is_refused_with_its_places_or_can_be_asked(where: Any, zone: str) -> None:
    found = read("segment", "s", {"name": "S", "where": where, "zone": zone, "state": "live"})
    if isinstance(found, list):
        assert all(flaw.pointer.startswith(("/where", "/zone")) and flaw.message and flaw.fix for flaw in found)
        assert all(stands(flaw.pointer, where) for flaw in found if flaw.pointer.startswith("/where"))
        return
    assert isinstance(found, Segment)
    assert read("segment", "s", document_of(found)) == found
    assert definition_hash(found)
    assert bytes_of_all([found]) < 50_000
    assert all(compiled(found, [found, OTHER], milliseconds(NOW), dialect) for dialect in (DUCKDB, ATHENA))
    declared = declarations((), conditions_of([found]))
    state = ProfileState()
    for event in lived():
        state = fold(state, event, (), declared)
    for profile in (person(found), person(found, *lived())):
        assert told_of(profile, Telling(segments=segments_of([found])), NOW).until > 0


def stands(pointer: str, where: Any) -> bool:
    """Whether it leads somewhere in the document, or to what is missing at the end of the way."""
    one: Any = where
    steps = pointer.split("/")[2:]
    for place, step in enumerate(steps):
        if isinstance(one, list) and step.isdigit() and int(step) < len(one):
            one = one[int(step)]
        elif isinstance(one, dict) and step in one:
            one = one[step]
        else:
            return isinstance(one, dict) and place >= len(steps) - 2
    return True
