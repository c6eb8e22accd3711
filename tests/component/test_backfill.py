"""Backfills over moto: a segment goes live, is edited and ends; everybody is looked at, and written who it changes."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from functions.manage_catalogue.handler import handler as manage_catalogue
from functions.run_jobs import backfill
from functions.run_jobs import settings as running
from functions.stitch_identities import settings as stitching
from shared.domain.segments.definition import Amount, Filter, OfEvents, Segment
from shared.stores import kept_declarations
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.profile_store import ProfileStore
from shared.stores.tables import CATALOGUE
from tests.conftest import Deployment
from tests.jobs import Operator, carry_on, messages, on_the_command_line, run, sliced
from tests.pipeline import track
from tests.sleeping import instead_of_sleep
from tests.way import Killed, Way

ORDER = "Order Completed"
SHOES = OfEvents(ORDER, Amount("gte", 1), where=(Filter("properties.category", "text", "eq", "shoes"),))
BUYERS = Segment("buyers", "Buyers of shoes", SHOES, state="live")
TWICE = replace(BUYERS, where=replace(SHOES, count=Amount("gte", 2)))


@pytest.fixture
def way(aws: Deployment, monkeypatch: pytest.MonkeyPatch) -> Iterator[Way]:
    """u0 to u2 bought shoes so often, u3 bought a hat; before anybody asked for it."""
    monkeypatch.setattr(backfill, "SETTLED", timedelta(0))
    monkeypatch.setattr(kept_declarations, "FRESH", 0.0)
    made = Way(aws)
    made.collect(*(bought(f"m{n}{m}", n) for n in range(3) for m in range(n)), bought("m3", 3, "hats"))
    made.drain()
    made.facts()
    yield made
    made.close()


@pytest.fixture
def operator(aws: Deployment) -> Operator:
    return Operator(aws)


def bought(message_id: str, user: int, category: str = "shoes") -> dict[str, Any]:
    return track(message_id, event=ORDER, userId=f"u{user}", properties={"category": category})


def put(aws: Deployment, segment: Segment) -> None:
    """As it is a minute later, when everybody goes by it."""
    catalogue = CatalogueStore(aws.table(CATALOGUE))
    before = catalogue.find(Segment, segment.id)
    catalogue.put(replace(segment, version=before.version if before else 0))
    for doors in (stitching.doors, running.doors):
        doors.cache_clear()


def crossings(way: Way) -> list[tuple[str, str]]:
    """Facts of membership since they were asked for last."""
    way.publish(way.new_changes())
    users = {profile.id: held.value for profile in way.everybody() for held in profile.identifiers.values()}
    told = [one for one in way.facts() if one["data"].get("segment") == "buyers"]
    assert all(one["metadata"]["cause"] in ("rebuild", "live") for one in told)
    return sorted((one["type"].removeprefix("Segment "), users[one["data"]["profile_id"]]) for one in told)


def members(way: Way) -> set[str]:
    return {held.value for one in way.everybody() if "buyers" in one.segments for held in one.identifiers.values()}


def test_a_segment_that_is_not_there_is_not_backfilled(aws: Deployment, operator: Operator) -> None:
    status, problem = operator.ask("POST", "/v1/jobs", {"kind": "backfill", "segment": "buyers"})
    assert (status, problem["code"], problem["field"]) == (404, "segment_not_found", "segment")
    assert messages(aws) == []


def test_a_segment_enters_changes_and_loses_its_people_and_nobody_else_is_written(
    aws: Deployment, way: Way, operator: Operator
) -> None:
    put(aws, replace(BUYERS, state="draft"))
    assert operator.ran("backfill", segment="buyers", publish=True)["counts"] == {"pages": 4, "looked_at": 3}
    put(aws, replace(BUYERS, split={"shown": 1, "held_out": 1}))
    job = operator.ran("backfill", segment="buyers", publish=True)
    assert job["counts"] == {"pages": 4, "looked_at": 3, "people": 3, "written": 3}
    assert crossings(way) == [("Entered", "u1"), ("Entered", "u2")]
    before = {one.id: one for one in way.everybody()}
    again = operator.ran("backfill", segment="buyers", publish=True)
    assert again["counts"] == {"pages": 4, "looked_at": 3}

    arms = {one.id: one.changes["segment:buyers"].value for one in before.values() if "buyers" in one.segments}
    put(aws, replace(TWICE, split={"shown": 1, "held_out": 1}))
    assert operator.ran("backfill", segment="buyers", publish=True)["counts"]["written"] == 1
    assert crossings(way) == [("Exited", "u1")]
    stayed = {one.id: one.changes["segment:buyers"].value for one in way.everybody() if "buyers" in one.segments}
    assert stayed.items() <= arms.items()

    put(aws, replace(TWICE, state="paused"))
    assert operator.ran("backfill", segment="buyers", publish=True)["counts"] == {"pages": 4, "looked_at": 3}
    put(aws, replace(TWICE, state="archived"))
    assert operator.ran("backfill", segment="buyers", publish=True)["counts"]["written"] == 1
    assert crossings(way) == [("Exited", "u2")]
    assert members(way) == set()


def test_a_backfill_that_dies_anywhere_ends_as_a_whole_rebuild_would_and_tells_each_change_once(
    aws: Deployment, way: Way, operator: Operator
) -> None:
    wanted = {"Entered": {"u1", "u2"}, "now": {"u1", "u2"}}
    put(aws, BUYERS)
    for place in range(0, 200, 3):
        job_id = operator.start("backfill", segment="buyers", publish=True)
        kills, way.killer.left, way.killer.after = way.killer.kills, place, bool(place % 2)
        while records := messages(aws):
            try:
                sliced(records)
            except Killed:
                sliced(records)
        way.killer.left = 1_000_000
        assert operator.job(job_id)["state"] == "done"
        assert members(way) == wanted["now"]
        told = crossings(way)
        assert {user for what, user in told if what == "Entered"} == wanted["Entered"]
        assert len(told) == len(set(told))
        if way.killer.kills == kills:
            break
        is_live = place % 2 == 0
        put(aws, replace(BUYERS, state="archived") if is_live else BUYERS)
        wanted = {"Entered": set(), "now": set()} if is_live else {"Entered": {"u1", "u2"}, "now": {"u1", "u2"}}
    assert way.killer.kills >= 5
    put(aws, BUYERS)
    operator.ran("backfill", segment="buyers", publish=True)
    crossings(way)
    states = {one.id: one.state for one in way.everybody()}
    operator.ran("rebuild", all=True, publish=True)
    assert crossings(way) == []
    assert {one.id: one.state for one in way.everybody()} == states


def test_events_that_come_meanwhile_count_once(
    aws: Deployment, way: Way, operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(aws, TWICE)
    put_one, raced = ProfileStore.put, []

    def overtaken(self: ProfileStore, *arguments: Any) -> None:
        if arguments[3].cause == "rebuild" and len(raced) < 3:
            number = len(raced)
            raced.append(number)
            way.collect(bought(f"r{number}", number))
            way.store(way.new_kinesis())
            way.stitch(way.new_inserts())
        put_one(self, *arguments)

    monkeypatch.setattr(ProfileStore, "put", overtaken)
    operator.ran("backfill", segment="buyers", publish=True)
    monkeypatch.setattr(ProfileStore, "put", put_one)
    way.drain()
    assert crossings(way) == [("Entered", "u1"), ("Entered", "u2")]
    assert members(way) == {"u1", "u2"}
    assert operator.ran("verify", all=True)["counts"].get("differ") is None
    assert json.dumps(sorted(one.state.event_count for one in way.everybody())) == "[1, 1, 2, 3]"


def test_a_backfill_waits_until_every_writer_goes_by_what_was_published(
    aws: Deployment, way: Way, operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    naps: list[float] = []

    def nap(seconds: float) -> None:
        naps.append(seconds)
        monkeypatch.setattr(backfill, "SETTLED", timedelta(0))

    monkeypatch.setattr(backfill, "SETTLED", timedelta(minutes=1))
    instead_of_sleep(monkeypatch, backfill, nap)
    put(aws, BUYERS)
    assert operator.ran("backfill", segment="buyers")["state"] == "done"
    assert naps[0] == 5
    assert members(way) == {"u1", "u2"}


def test_a_backfill_is_under_way_once_for_a_definition_and_why_says_that_it_has_yet_to_end(
    aws: Deployment, way: Way, operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_the_command_line(aws, monkeypatch, manage_catalogue)
    put(aws, BUYERS)
    asked = partial(operator.start, "backfill", segment="buyers")
    first = asked(publish=True)
    assert asked(publish=True, rate=7) == first
    assert f"job {first} has yet to end" in run("segment", "why", "buyers", "user_id:u2").output
    assert asked() != first, "a silent one is another"
    put(aws, TWICE)
    second = asked(publish=True)
    assert second != first
    carry_on(aws)
    assert "has yet to end" not in run("segment", "why", "buyers", "user_id:u2").output
    assert asked(publish=True) != second


def test_publish_and_archive_say_what_they_do_and_wait_for_their_job(
    aws: Deployment, way: Way, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_the_command_line(aws, monkeypatch, manage_catalogue)
    put(aws, replace(BUYERS, state="draft"))
    assert "write units" in run("segment", "publish", "buyers", "--estimate").output
    told = run("segment", "publish", "buyers", "--rate", "1000").output
    assert "Segment buyers is live, version 2." in told
    assert "3 looked_at, 4 pages, 3 people, 3 written" in told
    assert crossings(way) == [("Entered", "u1"), ("Entered", "u2")]
    why = run("segment", "why", "buyers", "user_id:u2").output
    assert "is in buyers (live) since" in why
    assert "yes: number of Order Completed whose properties.category is shoes is at least 1; it is 2" in why
    assert "buyers" in run("segment", "list").output
    assert "paused" in run("segment", "pause", "buyers").output
    running.doors.cache_clear()
    assert "for good?" in run("segment", "archive", "buyers").output  # nobody answers
    assert "2 written" in run("segment", "archive", "buyers", "--silent", "--rate", "1000", "--yes").output
    assert (crossings(way), members(way)) == ([], set())
