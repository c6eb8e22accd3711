"""Stored events become the lake: totals are equal however often, late or out of order anything comes or is built."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.build_lake import compacting, writing
from functions.build_lake.handler import handler as build_lake
from functions.build_lake.progress import HourGoneError
from shared.lake.erasing import erase
from shared.lake.files import LakeFiles, Partition
from shared.stores.tables import EVENTS
from tests.conftest import Deployment
from tests.glue import FakeGlue
from tests.lake import again, build, compact, files_of, ids, objects, seen, store
from tests.pipeline import items, seed_source, track
from tests.way import Killed, Way

NINE, TEN, ELEVEN = "2026-11-21T09", "2026-11-21T10", "2026-11-21T11"


class Clock(datetime):
    """Stands where a test puts it, for all functions on the way."""

    at = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)

    @classmethod
    def now(cls, tz: Any = None) -> datetime:
        return cls.at

    @classmethod
    def set(cls, text: str) -> None:
        cls.at = datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> type[Clock]:
    for module in ("store_events.streaming", "store_events.retrying", "stitch_identities.people", "build_lake.handler"):
        monkeypatch.setattr(f"functions.{module}.datetime", Clock)
    Clock.set("2026-11-21T09:30:00")
    return Clock


@pytest.fixture
def way(aws: Deployment, clock: type[Clock]) -> Iterator[Way]:
    made = Way(aws)
    yield made
    made.close()


def test_an_hours_events_are_in_the_lake_with_their_people(way: Way, aws: Deployment, glue: FakeGlue) -> None:
    bought = {"total": 12.5, "currency": "EUR", "comment": "Lovely"}
    store(way, track("m1", properties=bought), track("m2", userId="u2", event="Tea Seen"), {"type": "nonsense"})
    told = build(NINE)["hours"]
    assert told == [{"hour": NINE, "events": 2, "written": 2, "files": 1}]
    columns = "message_id, type, name, user_id, profile_id, amount::VARCHAR, currency, text, late, replayed, properties"
    first, second = seen(aws, columns, "message_id")
    person, other = way.person("user_id", "u1"), way.person("user_id", "u2")
    assert person
    assert other
    written = '{"total":12.5,"currency":"EUR","comment":"Lovely"}'
    assert first == ("m1", "track", "Tea Bought", "u1", person.id, "12.5000", "EUR", "Lovely", False, False, written)
    assert second[:5] == ("m2", "track", "Tea Seen", "u2", other.id)
    (item, _) = items(aws, EVENTS)
    assert (item["pk"], item["sk"]) in seen(aws, "pk, sk")
    location = f"s3://{aws.bucket}/lake/manifests/events/source=src_web/day=2026-11-21/"
    assert glue.partitions == {("src_web", "2026-11-21"): location}


def test_building_an_hour_again_changes_nothing(way: Way, aws: Deployment) -> None:
    store(way, track("m1"), track("m2"))
    build(NINE)
    before, manifests = seen(aws, "*"), list(files_of(aws).partitions())
    build(NINE)
    assert (seen(aws, "*"), list(files_of(aws).partitions())) == (before, manifests)


def test_a_record_that_comes_again_is_one_row(way: Way, aws: Deployment, clock: type[Clock]) -> None:
    records = store(way, track("m1"), track("m2"))
    again(records)
    build(NINE)
    assert ids(aws) == ["m1", "m2"]
    clock.set("2026-11-21T10:05:00")
    again([*records, *store(way, track("m3"))])
    build(TEN)
    build(NINE)
    assert ids(aws) == ["m1", "m2", "m3"]


@pytest.mark.parametrize("order", [(NINE, TEN, ELEVEN), (ELEVEN, TEN, NINE), (TEN, NINE, ELEVEN, NINE, TEN)])
def test_hours_may_be_built_in_any_order(way: Way, aws: Deployment, clock: type[Clock], order: tuple[str, ...]) -> None:
    records: list[dict[str, Any]] = []
    for number, hour in enumerate((NINE, TEN, ELEVEN)):
        clock.set(f"{hour}:15:00")
        again(records)
        records += store(way, track(f"m{number}"), track("late", timestamp="2026-11-19T01:00:00Z"))
    for hour in order:
        build(hour)
    assert ids(aws) == ["late", "m0", "m1", "m2"]


def test_an_event_stored_on_a_later_day_is_marked_late_and_lies_in_its_own_day(way: Way, aws: Deployment) -> None:
    store(way, track("m1"), track("m2", timestamp="2026-11-19T23:59:59.999Z"))
    build(NINE)
    assert seen(aws, "message_id, late") == [("m1", False), ("m2", True)]
    days = [partition.day for partition, _ in files_of(aws).partitions()]
    assert days == ["2026-11-19", "2026-11-21"]


def test_the_schedule_builds_every_closed_hour_once(way: Way, aws: Deployment, clock: type[Clock]) -> None:
    scheduled = {"source": "aws.events", "detail-type": "Scheduled Event"}
    assert build_lake(scheduled, None)["hours"] == []
    store(way, track("m1"))
    clock.set("2026-11-21T10:02:00")
    assert build_lake(scheduled, None)["hours"] == []  # an object of that hour may still be on its way
    clock.set("2026-11-21T12:10:00")
    assert [hour["hour"] for hour in build_lake(scheduled, None)["hours"]] == [NINE, TEN, ELEVEN]
    assert build_lake(scheduled, None)["hours"] == []
    assert ids(aws) == ["m1"]


def test_hours_left_when_time_runs_out_are_built_the_next_time(way: Way, aws: Deployment, clock: type[Clock]) -> None:
    class Context:
        left = 300_000

        def get_remaining_time_in_millis(self) -> int:
            self.left -= 50_000
            return self.left

    store(way, track("m1"))
    clock.set("2026-11-21T13:10:00")
    first = build_lake({"source": "aws.events"}, Context())
    assert ([hour["hour"] for hour in first["hours"]], first["left"]) == ([NINE], 3)
    assert build_lake({"source": "aws.events"}, None)["hours"][0]["hour"] == TEN


def test_an_hour_whose_objects_may_be_gone_is_not_built_again(way: Way, clock: type[Clock]) -> None:
    store(way, track("m1"))
    build(NINE)
    clock.set("2026-12-05T09:30:00")
    with pytest.raises(HourGoneError, match=NINE):
        build(NINE)


def test_a_day_becomes_one_file_and_again_when_it_changes(way: Way, aws: Deployment, clock: type[Clock]) -> None:
    for hour in (NINE, TEN):
        clock.set(f"{hour}:15:00")
        store(way, track(f"m-{hour}"))
        build(hour)
    assert compact() == 0  # today goes on
    clock.set("2026-11-22T03:40:00")
    assert compact() == 1
    day = Partition("src_web", "2026-11-21")
    (whole,) = files_of(aws).manifest(day).keys
    assert whole.rpartition("/")[2].startswith(f"until-{TEN}")
    store(way, track("late", timestamp="2026-11-21T08:00:00Z"))
    build("2026-11-22T03")
    build(TEN)
    assert ids(aws) == ["late", f"m-{NINE}", f"m-{TEN}"]
    assert compact() == 1
    assert len(files_of(aws).manifest(day).keys) == 1
    assert ids(aws) == ["late", f"m-{NINE}", f"m-{TEN}"]


def test_a_day_that_can_not_be_compacted_holds_up_no_other(
    way: Way, aws: Deployment, clock: type[Clock], monkeypatch: pytest.MonkeyPatch
) -> None:
    for hour in (NINE, TEN):
        clock.set(f"{hour}:15:00")
        store(way, track(f"a-{hour}", timestamp="2026-11-19T08:00:00Z"), track(f"b-{hour}"))
        build(hour)
    broken, whole = Partition("src_web", "2026-11-19"), compacting._compact

    def too_large(doors: Any, space: Any, partition: Partition, now: datetime) -> None:
        if partition == broken:
            raise MemoryError
        whole(doors, space, partition, now)

    monkeypatch.setattr(compacting, "_compact", too_large)
    clock.set("2026-11-22T03:40:00")
    with pytest.raises(MemoryError):
        compact()
    assert len(files_of(aws).manifest(Partition("src_web", "2026-11-21")).keys) == 1
    assert broken in files_of(aws).changed()


def test_replaced_files_stay_for_a_day_for_those_who_read_them(way: Way, aws: Deployment, clock: type[Clock]) -> None:
    for hour in (NINE, TEN):
        clock.set(f"{hour}:15:00")
        store(way, track(f"m-{hour}"))
        build(hour)
    clock.at = datetime.now(UTC).replace(year=datetime.now(UTC).year + 1)  # files are as old as the test
    files_of(aws)
    before = objects(aws, "lake/events/")
    clock.at = max(datetime.now(UTC), datetime(2026, 11, 22, tzinfo=UTC))
    compact()
    assert set(before) < set(objects(aws, "lake/events/"))
    assert objects(aws, "lake/changed/")
    clock.at = clock.at.replace(year=clock.at.year + 1)
    compact()
    assert objects(aws, "lake/events/") == [*files_of(aws).manifest(Partition("src_web", "2026-11-21")).keys]
    assert objects(aws, "lake/changed/") == []


def test_whom_stitching_had_yet_to_see_is_known_once_the_day_is_compacted(
    way: Way, aws: Deployment, clock: type[Clock]
) -> None:
    way.collect(track("m1"))
    way.store(way.new_kinesis())
    build(NINE)
    assert seen(aws, "profile_id") == [(None,)]
    way.stitch(way.new_inserts())
    clock.set("2026-11-21T10:30:00")
    store(way, track("m2"))
    build(TEN)
    clock.set("2026-11-22T03:40:00")
    compact()
    person = way.person("user_id", "u1")
    assert person
    assert seen(aws, "DISTINCT profile_id") == [(person.id,)]


def test_a_day_of_one_file_is_left_as_it_is_unless_somebody_became_known(
    way: Way, aws: Deployment, clock: type[Clock]
) -> None:
    way.collect(track("m1"), track("m2", timestamp="2026-11-19T01:00:00Z", userId="u2"))
    way.store(way.new_kinesis())
    build(NINE)
    known, unknown = Partition("src_web", "2026-11-21"), Partition("src_web", "2026-11-19")
    before = files_of(aws).manifest(unknown).keys
    way.stitch([record for record in way.new_inserts() if "u1" in str(record)])
    clock.set("2026-11-22T03:40:00")
    assert compact() == 2
    assert files_of(aws).manifest(unknown).keys == before
    assert "until-" in files_of(aws).manifest(known).keys[0]
    person = way.person("user_id", "u1")
    assert person
    assert seen(aws, "user_id, profile_id") == [("u1", person.id), ("u2", None)]


@pytest.mark.parametrize("after", [False, True])
def test_a_build_killed_between_any_two_calls_is_repaired_by_the_next(way: Way, aws: Deployment, after: bool) -> None:
    store(way, track("m1"), track("m2", userId="u2", timestamp="2026-11-19T01:00:00Z"))
    calls, kills = 0, -1
    while way.killer.kills > kills:
        kills, way.killer.left, way.killer.after = way.killer.kills, calls, after
        try:
            build(NINE)
        except Killed:
            calls += 1
        way.killer.left = 1_000_000
        assert ids(aws) in ([], ["m1"], ["m2"], ["m1", "m2"])
    assert kills > 10
    assert ids(aws) == ["m1", "m2"]


@pytest.mark.parametrize("after", [False, True])
def test_a_compaction_killed_between_any_two_calls_shows_every_event_once(
    way: Way, aws: Deployment, clock: type[Clock], after: bool
) -> None:
    for hour in (NINE, TEN):
        clock.set(f"{hour}:15:00")
        store(way, track(f"m-{hour}"))
        build(hour)
    clock.set("2026-11-22T03:40:00")
    calls, kills = 0, -1
    while way.killer.kills > kills:
        kills, way.killer.left, way.killer.after = way.killer.kills, calls, after
        try:
            compact()
        except Killed:
            calls += 1
        way.killer.left = 1_000_000
        assert ids(aws) == [f"m-{NINE}", f"m-{TEN}"]
    assert kills >= 5
    assert len(files_of(aws).manifest(Partition("src_web", "2026-11-21")).keys) == 1


def test_a_compaction_that_another_writer_overtakes_starts_again(
    way: Way, aws: Deployment, clock: type[Clock], monkeypatch: pytest.MonkeyPatch
) -> None:
    for hour in (NINE, TEN):
        clock.set(f"{hour}:15:00")
        store(way, track(f"m-{hour}"))
        build(hour)
    clock.set("2026-11-22T03:10:00")
    store(way, track("late", timestamp="2026-11-21T08:00:00Z"))
    real, overtaken = files_of(aws).__class__.replace, []

    def replace(self: Any, manifest: Any, keys: tuple[str, ...]) -> bool:
        if not overtaken and len(keys) == 1:
            overtaken.append(keys)
            build("2026-11-22T03")
        return real(self, manifest, keys)

    monkeypatch.setattr("shared.lake.files.LakeFiles.replace", replace)
    compact()
    assert overtaken
    assert ids(aws) == ["late", f"m-{NINE}", f"m-{TEN}"]


def test_two_sources_have_folders_of_their_own(way: Way, aws: Deployment) -> None:
    seed_source(aws, "src web/2", "wk_2")
    store(way, track("m1"))
    assert [partition for partition, _ in files_of(aws).partitions()] == []
    build(NINE)
    assert [partition for partition, _ in files_of(aws).partitions()] == [Partition("src_web", "2026-11-21")]
    odd = Partition("src web/2=é", "2026-11-21")
    assert Partition.of(odd.path) == odd
    assert "/" not in odd.path.split("/day=")[0]


def test_an_erased_person_is_nowhere_in_the_lake_and_does_not_come_back(
    way: Way, aws: Deployment, clock: type[Clock]
) -> None:
    for hour in (NINE, TEN):
        clock.set(f"{hour}:15:00")
        store(way, track(f"a-{hour}"), track(f"b-{hour}", userId="u2"))
        build(hour)
    clock.set("2026-11-21T11:15:00")
    store(way, track("a-not-built-yet"))
    person = way.person("user_id", "u1")
    assert person
    told = erase(files_of(aws), [], [person.id], "2026-11-21T11:30:00.000Z")
    assert (told.rows, told.searched) == (2, 2)
    left = [f"b-{NINE}", f"b-{TEN}"]
    assert ids(aws) == left
    for hour in (NINE, TEN, ELEVEN):
        build(hour)
    assert ids(aws) == left
    assert erase(files_of(aws), [], [person.id], "2026-11-21T11:30:00.000Z").rows == 0
    clock.set("2026-11-21T11:45:00")
    store(way, track("came-back"))
    build(ELEVEN)
    assert ids(aws) == [*left, "came-back"]


def test_an_erasure_while_an_hour_is_built_is_heeded(
    way: Way, aws: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    store(way, track("a"), track("a-late", timestamp="2026-11-19T01:00:00Z"), track("b", userId="u2"))
    person = way.person("user_id", "u1")
    assert person
    real, erased = LakeFiles.replace, []

    def replace(self: Any, manifest: Any, keys: tuple[str, ...]) -> bool:
        if not erased:  # staged already, and no manifest lists it yet
            erased.append(erase(files_of(aws), [], [person.id], "2026-11-21T09:45:00.000Z"))
        return real(self, manifest, keys)

    monkeypatch.setattr(LakeFiles, "replace", replace)
    build(NINE)
    assert erased[0].rows == 0
    assert ids(aws) == ["b"]
    assert [key for key in objects(aws, "lake/events/") if "2026-11-19" in key] == []


def test_what_has_expired_leaves_the_lake_within_thirty_days(way: Way, aws: Deployment, clock: type[Clock]) -> None:
    store(way, track("m1"), track("m2", timestamp="2026-11-20T09:00:00.000Z"))
    build(NINE)
    clock.set("2027-11-20T03:40:00")
    for _ in range(30):
        assert ids(aws) == ["m1", "m2"] or clock.at.isoformat() > "2027-11-21T09:30"
        compact()
        clock.at += timedelta(days=1)
    assert ids(aws) == []
    assert objects(aws, "lake/events/") == []


def test_what_a_killed_build_left_of_an_erased_person_goes_at_compaction(
    way: Way, aws: Deployment, clock: type[Clock], monkeypatch: pytest.MonkeyPatch
) -> None:
    store(way, track("a"), track("b", userId="u2"))
    person = way.person("user_id", "u1")
    assert person
    real = LakeFiles.replace

    def replace(self: Any, manifest: Any, keys: tuple[str, ...]) -> bool:
        erase(files_of(aws), [], [person.id], "2026-11-21T09:45:00.000Z")
        real(self, manifest, keys)
        raise Killed

    monkeypatch.setattr(LakeFiles, "replace", replace)
    with pytest.raises(Killed):
        build(NINE)
    monkeypatch.setattr(LakeFiles, "replace", real)
    assert ids(aws) == ["a", "b"]
    clock.set("2026-11-22T03:40:00")
    compact()
    assert ids(aws) == ["b"]
    assert len(objects(aws, "lake/events/")) == 1


def test_an_erasure_reaches_anchors_and_files_that_compaction_replaced(
    way: Way, aws: Deployment, clock: type[Clock]
) -> None:
    for hour in (NINE, TEN):
        clock.set(f"{hour}:15:00")
        store(way, track(f"a-{hour}"), track(f"b-{hour}", userId="u2"))
        build(hour)
    anchor = next(item["pk"] for item in items(aws, EVENTS) if '"u1"' in item["event"]).removeprefix("A#")
    clock.set("2026-11-22T03:40:00")
    compact()
    told = erase(files_of(aws), [anchor], [], "2026-11-22T04:00:00.000Z")
    assert (told.rows, told.files) == (2, 3)
    assert ids(aws) == [f"b-{NINE}", f"b-{TEN}"]
    keys = objects(aws, "lake/events/")
    assert keys == [*files_of(aws).manifest(Partition("src_web", "2026-11-21")).keys]


def test_a_day_whose_only_person_was_erased_takes_new_events(way: Way, aws: Deployment, clock: type[Clock]) -> None:
    store(way, track("m1"))
    build(NINE)
    person = way.person("user_id", "u1")
    assert person
    assert erase(files_of(aws), [], [person.id], "2026-11-21T10:00:00.000Z").rows == 1
    assert ids(aws) == []
    clock.set("2026-11-21T10:15:00")
    store(way, track("m2", userId="u2"))
    build(TEN)
    assert ids(aws) == ["m2"]


def test_an_hour_of_very_many_days_is_built_over_several_runs(
    way: Way, aws: Deployment, clock: type[Clock], monkeypatch: pytest.MonkeyPatch
) -> None:
    days = [f"2026-11-{day:02}" for day in range(1, 7)]
    store(way, *(track(day, timestamp=f"{day}T08:00:00.000Z") for day in days))
    clock.set("2026-11-21T10:10:00")
    whole = writing._write
    left = iter([])

    def killed_at_the_third(*args: Any) -> int:
        if next(left, None) is None:
            raise Killed
        return whole(*args)

    monkeypatch.setattr(writing, "_write", killed_at_the_third)
    for _ in range(2):
        left = iter([1, 1])
        with pytest.raises(Killed):
            build_lake({}, None)
    left = iter([1, 1])
    assert build_lake({}, None)["hours"][0]["files"] == 2
    assert sorted(ids(aws)) == days
