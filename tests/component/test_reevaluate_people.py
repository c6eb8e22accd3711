"""Whom time alone changes is told at the moment, once, of whoever the person is by then, whatever fails in between."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from functions.reevaluate_people import sweeping
from functions.reevaluate_people.handler import handler
from functions.reevaluate_people.settings import doors
from functions.stitch_identities.settings import doors as stitching
from shared.aws.batching import StillFailingError
from shared.domain.events import Event
from shared.domain.profiles import Profile
from shared.domain.purposes import Purpose
from shared.domain.segments.definition import Amount, Group, OfEvents, Segment, Window
from shared.stores import due_marks
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.contention import ContentionError
from shared.stores.due_marks import DueMarks
from shared.stores.freezes import Freezes
from shared.stores.profile_store import ProfileStore
from shared.stores.recorded_changes import Change
from shared.stores.tables import CATALOGUE, LEDGER, PROFILES
from tests.component.stitching import a_warm_function, queued, stitched, stored, waiting, who
from tests.component.test_consent_records import said
from tests.conftest import Deployment
from tests.due import SCHEDULED, Clock, clock, taken
from tests.people import START, make_event
from tests.pipeline import items
from tests.way import Killed

__all__ = ["a_warm_function"]
pytestmark = pytest.mark.usefixtures("a_warm_function")

BOUGHT = OfEvents("Order Completed", window=Window("PT1H"))
FRESH = Segment("fresh", "Bought within the hour", BOUGHT, state="live")
LAPSED = replace(FRESH, id="lapsed", where=Group("not", (BOUGHT,)))


@pytest.fixture
def time(aws: Deployment) -> Iterator[Clock]:
    """It stands at ten to one; a_warm_function stitches at a minute past midnight."""
    for segment in (FRESH, LAPSED):
        CatalogueStore(aws.table(CATALOGUE)).put(segment)
    with clock(aws, "2026-11-21T00:50") as made:
        yield made


def bought(user: str, at: str, **more: str) -> Event:
    days = (datetime.fromisoformat(at).replace(tzinfo=UTC) - START) / timedelta(days=1)
    return make_event({"event": "Order Completed", "userId": user, **more}, days, f"{user}{at}")


def marks(aws: Deployment) -> list[str]:
    """Moments that are marked."""
    return [item["sk"].partition("#")[0] for item in items(aws, LEDGER) if item["pk"].startswith("T#")]


def told(user: str) -> tuple[list[str], str, int]:
    """The segments they are in, when they entered or left the one of fresh buyers, and their version."""
    person = who("user_id", user)
    return person.segments, person.changes["segment:fresh"].at, person.version


def test_people_leave_and_enter_at_the_moment_and_only_those_due_are_read(time: Clock, aws: Deployment) -> None:
    stitched(
        *stored(aws, bought("u1", "2026-11-20T23:52:03.250"), *(bought(f"v{n}", "2026-11-20T23:59") for n in range(9)))
    )
    before = told("u1")
    assert before[0] == ["fresh"]
    time.to("2026-11-21T00:52:03")
    assert told("u1") == before
    time.to("2026-11-21T00:52:04")
    assert told("u1") == (["lapsed"], "2026-11-21T00:52:04.000Z", 2)
    assert (who("user_id", "u1").due, marks(aws)) == ((), ["2026-11-21T00:59:00.000Z"] * 9)
    time.to("2026-11-21T01:00")
    assert [told(f"v{n}")[:2] for n in range(9)] == [(["lapsed"], "2026-11-21T00:59:00.000Z")] * 9
    assert (marks(aws), time.waiting) == ([], [])


def test_a_purchase_moves_no_mark_and_the_early_look_marks_the_next(time: Clock, aws: Deployment) -> None:
    stitched(*stored(aws, bought("u1", "2026-11-20T23:55")))
    stitched(*stored(aws, bought("u1", "2026-11-20T23:58")))
    assert marks(aws) == ["2026-11-21T00:55:00.000Z"]
    time.to("2026-11-21T00:56")
    assert (told("u1")[0], who("user_id", "u1").due) == (["fresh"], ("2026-11-21T00:58:00.000Z",))
    time.to("2026-11-21T00:59")
    assert told("u1")[:2] == (["lapsed"], "2026-11-21T00:58:00.000Z")


def test_a_sweep_that_dies_between_sending_and_deleting_is_made_up_and_told_once(
    time: Clock, aws: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    stitched(*stored(aws, bought("u1", "2026-11-20T23:52")))
    with monkeypatch.context() as patch:
        patch.setattr(DueMarks, "forget", lambda *_: (_ for _ in ()).throw(Killed))
        patch.setattr("functions.reevaluate_people.settings.SweepProgress.end", lambda *_: None)
        with pytest.raises(Killed):
            time.sweep()
    assert (len(time.waiting), marks(aws)) == (1, ["2026-11-21T00:52:00.000Z"])
    time.now += timedelta(seconds=59)
    assert time.sweep() == {"left": "another is under way"}
    time.now += timedelta(seconds=1)
    assert time.sweep()["due"] == 1
    assert (len(time.waiting), marks(aws)) == (2, [])
    time.to("2026-11-21T00:53")
    assert told("u1")[2] == 2


def test_who_committed_late_is_found_and_a_stand_still_is_made_up(time: Clock, aws: Deployment) -> None:
    time.to("2026-11-21T00:55")
    stitched(*stored(aws, bought("u1", "2026-11-20T23:52"), bought("u2", "2026-11-20T23:57")))
    assert time.sweep()["due"] == 2
    stitched(*stored(aws, bought("u3", "2026-11-21T00:00:30")))
    time.now = datetime(2026, 11, 21, 1, 15, tzinfo=UTC)  # nothing ran for twenty minutes
    assert time.sweep() == {"due": 1, "minutes": 28, "minutes_left": 0}
    time.take()
    assert [told(user)[0] for user in ("u1", "u2", "u3")] == [["lapsed"]] * 3


def test_a_sweep_whose_time_is_up_leaves_the_rest_to_the_next(time: Clock, aws: Deployment) -> None:
    stitched(*stored(aws, *(bought(f"u{n}", "2026-11-20T23:51") for n in range(12))))
    left = iter([60_000] * 30)

    class Context:
        def get_remaining_time_in_millis(self) -> int:
            return next(left, 0)

    first = time.sweep(Context())
    assert first["minutes_left"] > 0
    assert time.sweep()["due"] == 12 - first["due"] > 0
    assert marks(aws) == []


@pytest.mark.parametrize("busy", ["send_delayed", "DueMarks.forget", "DueMarks.of_minute"])
def test_what_aws_is_too_busy_for_is_the_next_sweeps(
    time: Clock, aws: Deployment, monkeypatch: pytest.MonkeyPatch, busy: str
) -> None:
    stitched(*stored(aws, bought("u1", "2026-11-20T23:52")))
    with monkeypatch.context() as patch:
        patch.setattr(*BUSY[busy])
        assert time.sweep()["due"] == 0
    assert marks(aws) == ["2026-11-21T00:52:00.000Z"]
    assert time.sweep()["due"] == 1
    time.to("2026-11-21T00:53")
    assert (told("u1")[2], marks(aws)) == (2, [])


def throttled(*_: object, **__: object) -> None:
    raise StillFailingError("a call", 1)


BUSY: dict[str, tuple[Any, str, Any]] = {
    "send_delayed": (sweeping, "send_delayed", throttled),
    "DueMarks.forget": (due_marks, "delete_items", throttled),
    "DueMarks.of_minute": (due_marks, "query", throttled),
}


def test_a_message_that_comes_before_its_moment_waits_for_it(time: Clock, aws: Deployment) -> None:
    stitched(*stored(aws, bought("u1", "2026-11-20T23:52")))
    time.sweep()
    ((due, body),) = time.waiting
    time.now = due - timedelta(milliseconds=1)
    assert taken(body) == []
    assert time.waiting == [(due, body), (time.now + timedelta(seconds=1), body)]
    assert told("u1")[0] == ["fresh"]


def test_one_who_can_not_be_written_comes_again_alone(
    time: Clock, aws: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    stitched(*stored(aws, *(bought(f"u{n}", f"2026-11-20T23:52:0{n}") for n in range(3))))
    busy, real = who("user_id", "u1").id, ProfileStore.put

    def put(self: ProfileStore, before: object, *rest: object) -> None:
        if busy in before.profiles:  # type: ignore[attr-defined]
            raise ContentionError
        real(self, before, *rest)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(ProfileStore, "put", put)
        time.sweep()
        bodies = [body for _, body in time.waiting]
        time.now += timedelta(minutes=3)
        assert [json.loads(body)["profile_ids"] for body in taken("{", *bodies)[1:]] == [[busy]]
    assert [told(f"u{n}")[0] for n in range(3)] == [["lapsed"], ["fresh"], ["lapsed"]]
    time.take()
    assert [told(f"u{n}")[2] for n in range(3)] == [2, 2, 2]


def test_somebody_who_is_folded_by_other_declarations_is_rebuilt_instead(time: Clock, aws: Deployment) -> None:
    stitched(*stored(aws, bought("u1", "2026-11-20T23:52")))
    CatalogueStore(aws.table(CATALOGUE)).put(
        replace(FRESH, id="carts", where=OfEvents("Product Added", Amount("gte", 2), window=Window("PT2H")))
    )
    doors.cache_clear()
    time.to("2026-11-21T00:53")
    assert [json.loads(body)["profile_id"] for body in waiting(aws)] == [who("user_id", "u1").id]
    assert told("u1")[0] == ["fresh"]


def test_nobody_and_the_samples_are_looked_at_without_harm(time: Clock) -> None:
    sample = json.loads(Path("events/triggers/reevaluate_people_due.json").read_text())
    time.now += timedelta(days=1)
    assert handler(sample, None) == {"batchItemFailures": []}
    assert handler(SCHEDULED, None)["due"] == 0


# Consent that time changes goes the same way.


@pytest.fixture
def granted(aws: Deployment) -> Iterator[Clock]:
    """On 2026-11-02, to be confirmed after two years, to end after three."""
    purpose = Purpose("ads", {"en": "Ads"}, signals=("Advertising",), reconfirm_months=24, valid_months=36)
    CatalogueStore(aws.table(CATALOGUE)).put(purpose)
    stitched(*stored(aws, said(1, ads=True, anonymousId="a1")))
    with clock(aws, "2026-11-22T00:00") as made:
        yield made


def stands(person: Profile) -> tuple[str, int]:
    change = person.changes["consent:ads"]
    return change.value, change.version


def test_after_24_months_a_grant_is_to_be_confirmed_and_after_36_it_ended(granted: Clock) -> None:
    granted.jump("2028-11-01T23:58")
    granted.to("2028-11-01T23:59:59")
    assert stands(who("anonymous_id", "a1")) == ("granted", 1)
    granted.to("2028-11-02T00:00")
    due = who("anonymous_id", "a1")
    assert stands(due) == ("due", 2)
    granted.jump("2029-11-01T23:59")
    granted.to("2029-11-02T00:00")
    ended = who("anonymous_id", "a1")
    assert (stands(ended), ended.due) == (("expired", 3), ())
    assert ended.changes["consent:ads"].evidence == due.changes["consent:ads"].evidence != ""


def test_a_purpose_that_is_changed_is_told_by_a_rebuild_and_marked_anew(granted: Clock, aws: Deployment) -> None:
    catalogue = CatalogueStore(aws.table(CATALOGUE))
    ads = catalogue.find(Purpose, "ads")
    assert ads
    catalogue.put(replace(ads, valid_months=1))
    stitching.cache_clear()
    person = who("anonymous_id", "a1")
    rebuild = json.dumps({"kind": "rebuild", "profile_id": person.id})
    queued(rebuild)
    assert who("anonymous_id", "a1").due == ("2026-12-02T00:00:00.000Z", "2028-11-02T00:00:00.000Z")
    queued(rebuild)
    assert who("anonymous_id", "a1").version == person.version + 1


def test_somebody_who_was_merged_is_told_of_as_who_they_are_and_a_frozen_person_waits(
    granted: Clock, aws: Deployment
) -> None:
    stitched(*stored(aws, *(make_event({"userId": "u1", "event": "Seen"}, 2 + day) for day in range(3))))
    stitched(*stored(aws, make_event({"type": "identify", "userId": "u1", "anonymousId": "a1"}, 9)))
    person = who("user_id", "u1")
    freezes = Freezes(aws.table(PROFILES), aws.table(LEDGER))
    freezes.put(
        person, "tests", Change("tests", granted.now, "frozen", before=person.version, after=person.version + 1)
    )
    granted.jump("2028-11-02T00:00")
    granted.to("2028-11-02T00:02:30")
    assert (stands(who("user_id", "u1"))[0], len(granted.waiting)) == ("granted", 1)
    frozen = stitching().profiles.profile(person.id)
    assert frozen
    freezes.put(frozen, "", Change("tests", granted.now, "unfrozen", before=frozen.version, after=frozen.version + 1))
    granted.to("2028-11-02T00:03:30")
    assert (stands(who("user_id", "u1"))[0], granted.waiting) == ("due", [])
