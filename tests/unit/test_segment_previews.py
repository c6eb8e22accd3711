"""What a segment would be: its size, whom it takes in and lets go, and how much of other segments it has."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.domain.segments.definition import Group, OfEvents, OfSegment, OfTrait, Segment, Window
from shared.lake.columns import EVENT_COLUMNS, EVENTS, MERGE_COLUMNS, MERGES, PROFILE_COLUMNS, PROFILES
from shared.lake.scratch import Scratch, scratch
from shared.lake.segments.dialects import NotInSqlError, quoted
from shared.lake.segments.dry_running import Crossing, OfDay, Rules, dry_run
from shared.lake.segments.previewing import NoSnapshotError, Overlap, members, preview
from shared.lake.segments.sql import compiled
from tests.segment_lake import Population, lay_out

SEOUL = Segment("seoul", "In Seoul", OfTrait("city", "text", "eq", "Seoul"))


@pytest.fixture
def lake() -> Iterator[Scratch]:
    with scratch() as space:
        lay_out(space, Population({}, ()))
        yield space


def people(space: Scratch, *rows: dict[str, Any]) -> None:
    whole = {"snapshot_at": "2026-11-21T00:00:00.000Z", "events": 1, "bytes": 1500, "namespaces": [], "segments": []}
    space.load("snapshots", PROFILE_COLUMNS, [{**whole, **row} for row in rows])


def citizen(profile_id: str, city: str = "Seoul", **more: Any) -> dict[str, Any]:
    return {"profile_id": profile_id, "traits": f'{{"city": "{city}"}}', **more}


def test_it_counts_who_comes_and_goes_what_writing_them_costs_and_who_is_in_others(lake: Scratch) -> None:
    people(
        lake,
        citizen("p1", segments=["seoul", "vip"], bytes=9000),
        citizen("p2", segments=["vip"], bytes=2049),
        citizen("p3", bytes=100),
        citizen("p4", "Busan", segments=["seoul", "vip", "gone"]),
        citizen("p5", "Busan"),
        citizen("was-merged"),
    )
    lake.load(MERGES, MERGE_COLUMNS, [{"loser": "was-merged", "winner": "p1"}])
    others = [Segment("vip", "", SEOUL.where, state="live"), Segment("gone", "", SEOUL.where, state="archived")]
    told = preview(lake.database, SEOUL, others, sample=2)
    assert (told.as_of, told.people, told.size) == ("2026-11-21T00:00:00.000Z", 5, 3)
    assert (told.entering, told.leaving, told.write_units) == (2, 1, 3 + 1 + 2)
    assert told.overlaps == (Overlap("vip", 3, 2),)
    assert len(told.sample) == 2
    assert list(members(lake.database, SEOUL, others)) == ["p1", "p2", "p3"]


def test_a_dry_run_leaves_alone_who_is_not_in_the_snapshot(lake: Scratch) -> None:
    times = dict.fromkeys(("time", "received_at", "stored_at"), "2026-11-20T00:00:00.000Z")
    bought = {**times, "type": "track", "name": "Bought", "pk": "A#1", "sk": "s", "message_id": "m"}
    lake.load(EVENTS, EVENT_COLUMNS, [{**bought, "profile_id": one} for one in ("p1", "stopped")])
    segment = Segment("s", "", OfEvents("Bought"))
    month = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)
    with pytest.raises(NoSnapshotError):
        dry_run(lake.database, segment, [], Rules(), *month)
    people(lake, citizen("p1"))
    told = dry_run(lake.database, segment, [], Rules(), *month)
    assert (told.everybody, told.crossings) == (1, [Crossing("p1", "2026-11-20T00:00:00.000Z", True)])
    assert told.by_day == {"2026-11-20": OfDay(1, 0, 1)}


def test_without_a_snapshot_it_says_what_to_do(lake: Scratch) -> None:
    with pytest.raises(NoSnapshotError, match="jogakbo lake snapshot"):
        preview(lake.database, SEOUL, [])


def test_what_segments_ask_for_over_and_over_is_asked_once(lake: Scratch) -> None:
    people(lake, citizen("p1"), citizen("p2", "Busan"), {"profile_id": "p3", "traits": "{}"})
    found = [Segment("s0", "", SEOUL.where, state="live")]
    for n in range(12):
        both = OfSegment(f"s{n}"), Group("or", (OfSegment(f"s{n}"), OfTrait("city", "text", "eq", "Seoul")))
        found.append(Segment(f"s{n + 1}", "", Group("and", both), state="live"))
    assert len(compiled(found[-1], found, 0)) < 10_000
    assert list(members(lake.database, found[-1], found)) == ["p1"]
    assert list(members(lake.database, Segment("others", "", OfSegment("s12", member=False)), found)) == ["p2", "p3"]


@pytest.mark.parametrize("name", ["O'Brien", '"', "\\", "'; DROP TABLE snapshots; --", "한글", "$.a", "?", "{}"])
def test_no_name_and_no_value_is_taken_for_sql(lake: Scratch, name: str) -> None:
    people(lake, {"profile_id": "p1", "traits": '{"x": 1}'}, citizen("p2"))
    for where in (OfTrait(name, "text", "ne", name), OfTrait("city", "text", "contains", name)):
        assert list(members(lake.database, Segment("s", "", where), [])) == []
    done = OfEvents(name, window=Window("P1D"))
    assert list(members(lake.database, Segment(name, "", done), [])) == []
    assert lake.rows(f"SELECT {quoted(name)}") == [(name,)]
    assert lake.rows(f"SELECT count(*) FROM {PROFILES}") == [(2,)]


@pytest.mark.parametrize("path", ["*", "a..b"])
def test_a_path_that_sql_would_read_otherwise_is_refused(lake: Scratch, path: str) -> None:
    people(lake, citizen("p1"))
    with pytest.raises(NotInSqlError):
        preview(lake.database, Segment("s", "", OfTrait(path, "text", "exists")), [])
