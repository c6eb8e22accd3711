"""Segments at the ends of the calendar: a clock of the year 1 breaks nobody's fold, nor does a limit of ages."""

from datetime import UTC, datetime

import pytest

from shared.domain.profiles import sealed
from shared.domain.segments.definition import Window
from shared.domain.segments.memberships import segments_of
from shared.domain.segments.windows import leaving, milliseconds
from shared.domain.told import Telling
from tests.people import START
from tests.unit.domain.test_segments import CART, ORDER, did, is_in, person, segment

YEAR_1 = (datetime(1, 1, 1, tzinfo=UTC) - START).days
ZONES = ("America/Sao_Paulo", "Pacific/Kiritimati", "UTC")


@pytest.mark.parametrize("zone", ZONES)
def test_an_event_of_the_year_one_is_kept_by_day_and_lies_in_no_window(zone: str) -> None:
    window = {"last": "P1M", "align": "calendar"}
    many = segment({"event": ORDER, "count": {"operator": "gte", "value": 150}, "window": window}, zone=zone)
    new = segment({"op": "not", "of": [{"seen": "first", "window": window}]}, zone=zone)
    one = segment({"event": ORDER, "window": window}, zone=zone)
    old = did(ORDER, YEAR_1)
    assert [is_in(one_of, old, did(CART, 0)) for one_of in (many, new, one)] == [False, True, False]


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("last", ["P10D", "P2W", "P3M", "P9Y"])
def test_what_leaves_a_calendars_window_never_does_so_before_what_is_older(zone: str, last: str) -> None:
    leaves = leaving(Window(last, "calendar"), zone)
    days = ["0001-01-01", "0001-12-31", "0002-01-01", "0002-01-02", "1969-12-31", "2026-02-28", "9999-12-31"]
    times = [milliseconds(f"{day}T{hour}Z") for day in days for hour in ("00:00:00.000", "23:59:59.999")]
    ends = [leaves(ms) for ms in times]
    assert ends == sorted(ends)
    assert all(ms < end for ms, end in zip(times[:-2], ends, strict=False))


@pytest.mark.parametrize("days", [4_000_000, 10**9, 10**18, 1e300])
def test_an_age_that_nobody_reaches_is_no_moment_to_come_back_at(days: float) -> None:
    young = segment({"computed": "recency", "type": "number", "operator": "lt", "value": days})
    written = sealed(person(young, did(ORDER, 0)), START, Telling(segments=segments_of([young])))
    assert (written.segments, written.due) == (["s"], ())
