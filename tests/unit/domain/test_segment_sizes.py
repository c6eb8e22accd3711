"""What conditions take on a profile: never more than they are reckoned to, when a segment is saved."""

from datetime import timedelta
from functools import reduce
from typing import Any

import pytest

from shared.domain.computing import declarations
from shared.domain.events import Event
from shared.domain.segments.memberships import conditions_of
from shared.domain.segments.sizes import bytes_of_all
from shared.domain.state import ProfileState, fold, to_json, unite
from tests.people import make_event
from tests.unit.domain.test_segments import segment

FILTER = [{"property": "properties.total", "type": "number", "operator": "gte", "value": 1}]
TIMES = {"event": "A", "where": FILTER, "count": {"operator": "gte", "value": 100}, "window": {"last": "P30D"}}
STEPS = {"sequence": [{"event": "A"}] * 3, "same": "properties.id"}
SUM = {
    "event": "A",
    "sum": {"operator": "gte", "value": 1},
    "property": "properties.total",
    "window": {"last": "P1Y", "align": "calendar"},
}
COUNT = {"event": "A", "where": FILTER, "count": {"operator": "gte", "value": 500}, "window": SUM["window"]}


def busy(number: int) -> list[Event]:
    """Events of far more days than any window has."""
    total, days = 123_456_789_012.3456, timedelta(hours=20) / timedelta(days=1)
    body: dict[str, Any] = {"event": "A", "userId": "u1"}
    return [
        make_event({**body, "properties": {"total": total, "id": str(place)}}, place * days, f"m{place}")
        for place in range(number)
    ]


EVENTS = busy(600)


@pytest.mark.parametrize(
    ("where", "most"),
    [(TIMES, 1440), (STEPS, 1590), (SUM, 16_870), (COUNT, 7520)],
    ids=["times", "steps", "sum", "count"],
)
def test_a_condition_takes_no_more_than_it_is_reckoned_to_take(where: dict[str, Any], most: int) -> None:
    one = segment(where)
    declared = declarations((), conditions_of([one]))
    kept = {condition.key for condition in conditions_of([one])}
    state = reduce(unite, (fold(ProfileState(), event, (), declared) for event in EVENTS))
    without = {key: part for key, part in state.computed.items() if key not in kept}
    bare = ProfileState(**{**{f: getattr(state, f) for f in ProfileState.__slots__}, "computed": without})  # type: ignore[attr-defined]
    taken, reckoned = len(to_json(state)) - len(to_json(bare)), bytes_of_all([one])
    assert taken <= reckoned == most
    assert taken > reckoned / 3
