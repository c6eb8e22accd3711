"""Random definitions of segments and random people, so small that they often meet."""

from typing import Any

from hypothesis import strategies as st
from pydantic import TypeAdapter

from shared.domain.segments.definition import Segment

_READ = TypeAdapter(Segment)
NAMES = ("Viewed", "Added", "Ordered")
TRAITS = ("city", "age", "is_vip", "address.city", "tags", "born")
WORDS = ("Seoul", "Busan", "", "Seo")
NUMBERS = (0, 1, 1.5, 18, -1)
DURATIONS = ("PT1H", "P1D", "P2D")


def _value(of: st.SearchStrategy[Any], operator: str) -> st.SearchStrategy[Any]:
    if operator in ("exists", "missing"):
        return st.none()
    if operator == "between":
        return st.lists(of, min_size=2, max_size=2).map(sorted)
    return st.lists(of, min_size=1, max_size=3) if operator in ("in", "not_in") else of


def _test(kind: str, of: st.SearchStrategy[Any], operators: tuple[str, ...]) -> st.SearchStrategy[dict[str, Any]]:
    return st.sampled_from(operators).flatmap(
        lambda operator: st.fixed_dictionaries(
            {"type": st.just(kind), "operator": st.just(operator), "value": _value(of, operator)}
        )
    )


words, numbers = st.sampled_from(WORDS), st.sampled_from(NUMBERS)
times = st.sampled_from(("2026-11-01", "2026-11-02T09:00:00+09:00"))
tests_of_values = st.one_of(
    _test("text", words, ("eq", "ne", "in", "not_in", "contains", "starts_with", "ends_with", "exists", "missing")),
    _test("number", numbers, ("eq", "ne", "in", "not_in", "lt", "lte", "gt", "gte", "between", "exists")),
    _test("boolean", st.booleans(), ("eq", "ne")),
    _test("time", times, ("lt", "gte", "between")),
    _test("list", words, ("contains", "exists")),
)
windows = st.one_of(
    st.just({}),
    st.builds(lambda last: {"last": last}, st.sampled_from(DURATIONS)),
    st.builds(lambda last: {"last": last, "align": "calendar"}, st.sampled_from(("P1D", "P3D", "P1W", "P1M"))),
    st.just({"since": "2026-11-01T12:00:00Z", "until": "2026-11-03"}),
)
where = st.lists(
    st.builds(lambda test: {"property": "properties.n", **test}, _test("number", numbers, ("eq", "gte", "lt"))),
    max_size=1,
)
counts = st.fixed_dictionaries(
    {"operator": st.sampled_from(("eq", "ne", "lt", "lte", "gt", "gte")), "value": st.integers(0, 3)}
)


def _events(name: str, filters: list[Any], count: Any, window: Any) -> dict[str, Any]:
    return {"event": name, "where": filters, "count": count, "window": window}


def _sum(name: str, amount: Any, window: Any) -> dict[str, Any]:
    calendar = {**window, "align": "calendar"} if window.get("last", "PT")[:2] != "PT" else {}
    return {"event": name, "sum": amount, "property": "properties.n", "window": calendar}


def _sequence(steps: list[Any], not_then: Any, same: str, window: Any) -> dict[str, Any]:
    found: dict[str, Any] = {"sequence": [{**steps[0], "within": ""}, *steps[1:]], "same": same, "window": window}
    return found | ({"not_then": not_then} if not_then else {})


names = st.sampled_from((*NAMES, ""))
steps = st.fixed_dictionaries({"event": names, "where": where, "within": st.sampled_from(("", "PT2H", "P1D"))})
not_thens = st.none() | st.fixed_dictionaries(
    {"event": names, "within": st.sampled_from(("", "PT30M", "P1D")), "late_ends": st.booleans()}
)
leaves = st.one_of(
    st.builds(lambda trait, test: {"trait": trait, **test}, st.sampled_from(TRAITS), tests_of_values),
    st.builds(
        lambda of, is_there: {"identifier": of, "present": is_there},
        st.sampled_from(("user_id", "email")),
        st.booleans(),
    ),
    st.builds(_events, names, where, st.none() | counts, windows),
    st.builds(_sum, names, counts, windows),
    st.builds(
        _sequence, st.lists(steps, min_size=1, max_size=3), not_thens, st.sampled_from(("", "properties.n")), windows
    ),
    st.builds(lambda state: {"consent": "ads", "state": state}, st.sampled_from(("granted", "refused", "unknown"))),
    st.builds(lambda seen, window: {"seen": seen, "window": window}, st.sampled_from(("first", "last")), windows),
)


def groups(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    several = st.builds(
        lambda op, of: {"op": op, "of": of}, st.sampled_from(("and", "or")), st.lists(inner, min_size=1, max_size=3)
    )
    return several | inner.map(lambda one: {"op": "not", "of": [one]})


conditions = st.recursive(leaves, groups, max_leaves=5)
zones = st.sampled_from(("UTC", "Asia/Seoul", "America/New_York"))


def segment(segment_id: str, document: dict[str, Any], zone: str = "UTC", **more: Any) -> Segment:
    return _READ.validate_python(
        {"id": segment_id, "name": segment_id, "where": document, "zone": zone, "state": "live", **more}
    )


def _each(documents: list[tuple[dict[str, Any], str, bool]]) -> list[Segment]:
    """The last of them asks for the first, too."""
    asks = {"op": "or", "of": [{"segment": "s0", "member": False}, documents[-1][0]]}
    found = [segment(f"s{n}", d, zone, include_anonymous=known) for n, (d, zone, known) in enumerate(documents)]
    return [*found, segment("asks", asks)]


segments = st.lists(st.tuples(conditions, zones, st.booleans()), min_size=1, max_size=6).map(_each)
values = st.one_of(words, numbers, st.booleans(), times, st.lists(words, max_size=2), st.none())
traits = st.dictionaries(st.sampled_from(("city", "age", "is_vip", "tags", "born")), values)
addresses = st.none() | st.builds(lambda city: {"address": {"city": city}}, values)
happenings = st.lists(
    st.tuples(st.sampled_from(NAMES), st.integers(-200, 4), st.none() | numbers | st.just("x")), max_size=8
)
"""Of each event the name, hours before or after a moment, and a property."""
