"""People are split, merges undone and devices contested: what the lake had written before is whose it is today."""

from pathlib import Path
from typing import Any

import pytest
from ulid import ULID

from functions.build_lake.handler import handler as build_lake
from shared.contracts.queues import JobSlice
from shared.domain.jobs import Job
from shared.domain.profiles import Profile
from shared.domain.times import to_text
from shared.lake.erasing import erase
from shared.lake.files import MERGES_FILE, MOVES_FILE
from shared.stores.job_store import JobStore
from shared.stores.profile_store import ProfileStore
from shared.stores.tables import LEDGER, PROFILES
from tests.component.test_build_lake import ELEVEN, NINE, TEN, Clock
from tests.component.test_build_lake import clock as clock
from tests.component.test_build_lake import way as way
from tests.component.test_cli import outputs as outputs
from tests.component.test_cli_lake import asked
from tests.conftest import Deployment
from tests.jobs import carry_on, sliced
from tests.lake import build, compact, files_of, ids, store
from tests.pipeline import track
from tests.way import Way

DEVICES = ("a1", "a2", "a3")


@pytest.fixture(autouse=True)
def here(outputs: dict[str, str], clock: type[Clock], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A folder for the copy of the lake, and one clock for all."""
    monkeypatch.setattr("typer.get_app_dir", lambda name: str(tmp_path / name))
    for module in ("shared.people.splitting", "shared.people.undoing", "functions.run_jobs.split"):
        monkeypatch.setattr(f"{module}.datetime", Clock)


def at(clock: type[Clock], hour: str, minute: int = 15) -> None:
    clock.set(f"{hour}:{minute}:00")


def seen_by(device: str, mark: str, **more: Any) -> dict[str, Any]:
    return track(f"{device}-{mark}", userId=None, anonymousId=device, **more)


def with_address(device: str) -> dict[str, Any]:
    return {"type": "identify", "anonymousId": device, "traits": {"email": "e@example.com"}, "messageId": f"{device}-e"}


@pytest.fixture
def one(way: Way, clock: type[Clock]) -> Way:
    """Three devices that became one person by an address; an hour of the lake before it, and one after."""
    store(way, *(seen_by(device, "1") for device in DEVICES))
    build(NINE)
    at(clock, TEN)
    for device in DEVICES:
        store(way, with_address(device))
    at(clock, TEN, 30)
    store(way, *(seen_by(device, "2") for device in DEVICES))
    build(TEN)
    assert len(by_the_lake()) == 1
    at(clock, ELEVEN)
    return way


def by_the_lake() -> dict[str, int]:
    rows = asked("SELECT profile_id, count(*) AS n FROM events GROUP BY 1")
    assert asked("SELECT count(DISTINCT profile_id) AS people FROM events") == [{"people": len(rows)}]
    return {row["profile_id"]: row["n"] for row in rows}


def by_devices() -> dict[str, str]:
    """Whose the events are that name nobody but a device."""
    rows = asked("SELECT DISTINCT anonymous_id AS device, profile_id AS id FROM events WHERE type = 'track'")
    assert len(rows) == len(DEVICES)
    return {row["device"]: row["id"] for row in rows}


def by_profiles(way: Way) -> dict[str, int]:
    return {person.id: person.state.event_count for person in way.everybody()}


def owner_of(way: Way, device: str) -> Profile:
    found = way.person("anonymous_id", device)
    assert found
    return found


def ran(aws: Deployment, kind: str, **params: Any) -> Job:
    jobs, now = JobStore(aws.table(LEDGER)), Clock.now()
    job = jobs.put(Job(str(ULID()), kind, "operations", to_text(now), {"rate": 1_000, **params}), now)
    assert sliced([{"messageId": "1", "body": JobSlice(job_id=job.id).model_dump_json()}]) == []
    carry_on(aws)
    found = jobs.find(job.id)
    assert found
    assert found.state == "done", found.reason
    return found


def split(way: Way, *parts: tuple[str, ...]) -> None:
    whole = owner_of(way, parts[0][0])
    leaving = [[h for h, i in whole.identifiers.items() if i.value in part] for part in parts]
    ran(way.aws, "split", profile_id=whole.id, parts=leaving)


def test_rows_of_before_a_split_are_whose_they_are_after_it(one: Way) -> None:
    split(one, ("a2",))
    assert len(by_profiles(one)) == 2
    build(ELEVEN)
    assert by_the_lake() == by_profiles(one)
    assert by_devices() == {device: owner_of(one, device).id for device in DEVICES}


def test_an_undone_merge_leads_to_the_person_it_became(one: Way) -> None:
    losers = {row["loser"] for row in asked("SELECT loser FROM merges")}
    for loser in sorted(losers):
        ran(one.aws, "undo", cause={"merged": loser})
    assert len(by_profiles(one)) == 3
    build(ELEVEN)
    assert by_the_lake() == by_profiles(one)
    winners = {row["loser"]: row["winner"] for row in asked("SELECT loser, winner FROM merges")}
    assert winners == {**ProfileStore(one.aws.table(PROFILES)).live_ids(losers)}


def test_who_was_split_and_merged_and_split_again_is_who_they_are(one: Way, clock: type[Clock]) -> None:
    split(one, ("a2", "a3"))
    build(ELEVEN)
    leaver = owner_of(one, "a2")
    at(clock, "2026-11-24T09")
    store(one, *(track(f"u9-{device}", userId="u9", anonymousId=device) for device in ("b1", "b2", "b3", "a2")))
    build("2026-11-24T09")
    assert owner_of(one, "a2").id != leaver.id
    assert by_the_lake() == by_profiles(one)
    at(clock, "2026-11-26T09")
    split(one, ("a3",))
    build("2026-11-26T09")
    assert len(by_profiles(one)) == 3
    assert by_the_lake() == by_profiles(one)


def test_the_maps_made_again_from_the_logs_are_the_same(one: Way, clock: type[Clock]) -> None:
    split(one, ("a2",))
    build(ELEVEN)
    at(clock, "2026-11-24T09")
    loser = asked("SELECT loser FROM merges")[0]["loser"]
    ran(one.aws, "undo", cause={"merged": loser})
    build("2026-11-24T09")
    maps = [asked("SELECT * FROM merges ORDER BY 1"), asked("SELECT * FROM moves ORDER BY pk, since")]
    files_of(one.aws).forget([MERGES_FILE, MOVES_FILE])
    told = build_lake({"merges_from": "2026-11-21"}, None)
    assert told == {"merges": len(maps[0]), "moves": len(maps[1])}
    assert [asked("SELECT * FROM merges ORDER BY 1"), asked("SELECT * FROM moves ORDER BY pk, since")] == maps
    assert by_the_lake() == by_profiles(one)


def test_events_of_a_contested_device_are_whose_they_are_by_their_time(way: Way, clock: type[Clock]) -> None:
    """The lake reads an hour before stitching does: it can't know yet that the device is contested."""
    store(way, track("m1", userId="u1", anonymousId="a1"), track("m2", userId="u2"))
    at(clock, NINE, 40)
    way.collect(track("m3", userId=None, anonymousId="a1", timestamp="2026-11-21T09:40:00Z"))
    way.store(way.new_kinesis())
    build(NINE)
    later = way.new_inserts()
    at(clock, TEN)
    store(way, track("m4", userId="u2", anonymousId="a1", timestamp="2026-11-21T09:35:00Z"))
    way.stitch(later)
    build(TEN)
    u1, device = way.person("user_id", "u1"), owner_of(way, "a1")
    assert u1
    assert device.id != u1.id
    assert asked("SELECT profile_id AS id, profile_id_then AS was FROM events WHERE message_id = 'm3'") == [
        {"id": device.id, "was": u1.id}
    ]
    assert by_the_lake() == by_profiles(way)


def test_an_erasure_of_who_was_left_spares_who_was_split_from_them(one: Way, clock: type[Clock]) -> None:
    split(one, ("a2",))
    build(ELEVEN)
    leaver = owner_of(one, "a2")
    at(clock, ELEVEN, 50)
    erase(files_of(one.aws), [], [owner_of(one, "a1").id], to_text(clock.now()))
    assert by_the_lake() == {leaver.id: 2}
    at(clock, "2026-11-22T03", 40)
    compact()
    assert ids(one.aws) == ["a2-1", "a2-2"]


def test_an_erased_persons_moves_go_with_the_next_build(one: Way, clock: type[Clock]) -> None:
    split(one, ("a2",))
    build(ELEVEN)
    leaver = owner_of(one, "a2")
    at(clock, ELEVEN, 50)
    told = erase(files_of(one.aws), [], [leaver.id], to_text(clock.now()))
    assert told.rows == 2
    assert len(by_the_lake()) == 1
    at(clock, "2026-11-21T12")
    build(ELEVEN)
    assert asked(f"SELECT count(*) AS n FROM moves WHERE profile_id = '{leaver.id}'") == [{"n": 0}]
    assert ids(one.aws) == ["a1-1", "a1-2", "a1-e", "a2-e", "a3-1", "a3-2", "a3-e"]
