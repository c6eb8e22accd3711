"""The real handler of sweep_retention over moto: what expired is still counted after a rebuild, whatever broke."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest

from functions.stitch_identities.settings import doors as stitching
from functions.sweep_retention import handler as sweeper
from functions.sweep_retention.settings import doors
from shared.aws.dynamo import to_attributes
from shared.domain.events import Event
from shared.domain.identifiers import Identifier
from shared.domain.profiles import Profile
from shared.stores.event_store import EventStore, to_item
from shared.stores.expiry_index import Due, ExpiryIndex
from shared.stores.keys import BASELINE, identifier_pk
from shared.stores.profile_store import ContentionError, ProfileStore, WriteReason
from shared.stores.suppression_store import open_suppressions
from shared.stores.tables import EVENTS, PROFILES, SUPPRESSIONS
from tests.component.stitched import stitch_into
from tests.conftest import Deployment
from tests.erased import KEYS
from tests.people import NOW, hashed, make_event
from tests.pipeline import items

SAMPLE = json.loads(Path("events/triggers/sweep_retention.json").read_text())
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def a_clock_of_a_year_later(aws: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    set_clock(monkeypatch, NOW + 355 * DAY)


def set_clock(monkeypatch: pytest.MonkeyPatch, moment: datetime) -> None:
    clock = type("Clock", (datetime,), {"now": classmethod(lambda cls, tz=None: moment)})
    monkeypatch.setattr("functions.sweep_retention.handler.datetime", clock)
    monkeypatch.setattr("shared.people.rebuilding.datetime", clock)


def bought(total: int, **who: str) -> Event:
    sale = {"total": total, "currency": "KRW"}
    return make_event({"event": "Order Completed", **who, "properties": sale}, days=total, message_id=f"m{total}")


def signed_in(**who: str) -> Event:
    return make_event({"type": "identify", **who, "traits": {"city": "Seoul"}}, days=5, message_id="id")


def kept_for(aws: Deployment, days: int, *events: Event) -> str:
    """Stitch the events, store them under a class of so many days and index them; the profile id of the last."""
    profile_id = stitch_into(aws, *events)
    for event in events:
        boto3.client("dynamodb").put_item(TableName=aws.table(EVENTS), Item=to_attributes(to_item(event, days)))
        expires = (NOW + days * DAY).date().isoformat()
        ExpiryIndex(aws.bucket).put(expires, f"of-{event.message_id}", [event.anchor or ""])
    return profile_id


def expire(aws: Deployment, *events: Event) -> None:
    for event in events:
        key = to_attributes({"pk": event.pk, "sk": event.sk})
        boto3.client("dynamodb").delete_item(TableName=aws.table(EVENTS), Key=key)


def rebuilt(aws: Deployment, profile_id: str) -> Profile:
    stitching().rebuilder.rebuild(profile_id, WriteReason("rebuild"))
    return read(aws, profile_id)


def read(aws: Deployment, profile_id: str) -> Profile:
    profile = ProfileStore(aws.table(PROFILES)).profile(profile_id)
    assert profile is not None
    return profile


def sweep(milliseconds: int = 900_000) -> dict[str, Any]:
    context = SimpleNamespace(get_remaining_time_in_millis=lambda: milliseconds)
    return sweeper.handler(SAMPLE, context)


def index_of(aws: Deployment) -> list[Due]:
    return list(ExpiryIndex(aws.bucket).due("9999"))


def test_traits_counts_and_sums_of_expired_events_stay_through_a_rebuild(aws: Deployment) -> None:
    old = [signed_in(userId="u1", anonymousId="d1"), bought(1, userId="u1"), bought(2, anonymousId="d1")]
    profile_id = kept_for(aws, 365, *old)
    assert kept_for(aws, 730, bought(3, userId="u1")) == profile_id
    live = read(aws, profile_id)
    assert sweep() == {"done": 3, "left": 0}
    assert rebuilt(aws, profile_id) == live
    expire(aws, *old)
    assert rebuilt(aws, profile_id) == live
    assert str(live.state.events["Order Completed"].sums["KRW"]) == "6.0000"
    assert live.state.traits["city"].value == "Seoul"
    assert [due.day for due in index_of(aws)] == [(NOW + 730 * DAY).date().isoformat()]


def test_without_a_sweep_the_same_rebuild_would_lose_them(aws: Deployment) -> None:
    old = bought(1, userId="u1")
    profile_id = kept_for(aws, 365, old, bought(2, userId="u1"))
    expire(aws, old)
    assert rebuilt(aws, profile_id).state.event_count == 1


def test_a_sweep_that_comes_after_the_expiry_still_folds_what_dynamodb_has_left(
    aws: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = bought(1, userId="u1")
    live = read(aws, kept_for(aws, 365, old))
    set_clock(monkeypatch, NOW + 366 * DAY)
    assert rebuilt(aws, live.id) == live
    sweep()
    expire(aws, old)
    assert rebuilt(aws, live.id) == live


def test_a_sweep_done_again_reads_no_event_and_counts_nothing_twice(
    aws: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = bought(1, userId="u1")
    live = read(aws, kept_for(aws, 365, event))
    (due,) = index_of(aws)
    sweep()
    ExpiryIndex(aws.bucket).put(due.day, "again", [event.anchor or ""])
    with monkeypatch.context() as patch:
        patch.setattr(EventStore, "kept_of_anchor", None)
        assert sweep() == {"done": 1, "left": 0}
    assert rebuilt(aws, live.id) == live


def test_a_sweep_killed_after_any_write_is_finished_by_the_next(
    aws: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = [bought(n, userId=f"u{n}") for n in (1, 2, 3)]
    people = [read(aws, kept_for(aws, 365, event)) for event in events]
    real = ProfileStore.put_baseline
    written = []

    def killed(self: ProfileStore, *args: Any) -> None:
        real(self, *args)
        written.append(args)
        if len(written) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(ProfileStore, "put_baseline", killed)
    with pytest.raises(KeyboardInterrupt):
        sweep()
    assert len(index_of(aws)) >= 1
    assert sweep()["left"] == 0
    assert index_of(aws) == []
    expire(aws, *events)
    assert [rebuilt(aws, person.id) for person in people] == people


def test_who_loses_a_race_with_another_sweep_folds_nothing_twice(
    aws: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = bought(1, userId="u1")
    live = read(aws, kept_for(aws, 365, event))
    real = ProfileStore.put_baseline
    lost = []

    def beaten(self: ProfileStore, before: Any, after: Any) -> None:
        if not lost:
            real(self, before, after)  # the other sweep, which read the same
        try:
            real(self, before, after)
        except ContentionError:
            lost.append(after)
            raise

    monkeypatch.setattr(ProfileStore, "put_baseline", beaten)
    assert sweep() == {"done": 1, "left": 0}
    assert len(lost) == 1
    expire(aws, event)
    assert rebuilt(aws, live.id) == live


def test_one_anchor_that_cannot_be_swept_holds_up_no_other_and_is_told(
    aws: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = bought(1, userId="u1"), bought(2, userId="u2")
    live = read(aws, kept_for(aws, 365, good))
    kept_for(aws, 365, bad)
    key = to_attributes({"pk": bad.pk, "sk": bad.sk})
    values = to_attributes({":event": "{"})
    table = aws.table(EVENTS)
    boto3.client("dynamodb").update_item(
        TableName=table,
        Key=key,
        UpdateExpression="SET event = :event",
        ExpressionAttributeValues=values,
    )
    with pytest.raises(sweeper.UnsweptError, match="1 anchors"):
        sweep()
    assert [due.key for due in index_of(aws)] == [f"expiring/{(NOW + 365 * DAY).date()}/of-m1-0.txt.zst"]
    expire(aws, good)
    assert rebuilt(aws, live.id) == live


def test_what_is_left_when_time_runs_out_is_told_once_it_gets_late(
    aws: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept_for(aws, 365, bought(1, userId="u1"))
    assert sweep(milliseconds=1_000) == {"done": 0, "left": 1}
    set_clock(monkeypatch, NOW + 358 * DAY)
    with pytest.raises(sweeper.UnsweptError, match="1 objects of the index are late"):
        sweep(milliseconds=1_000)


def test_after_a_merge_the_winner_keeps_what_the_loser_had_before_the_sweep(aws: Deployment) -> None:
    old = [bought(1, userId="u1"), bought(2, anonymousId="d1")]
    kept_for(aws, 365, old[0])
    kept_for(aws, 365, old[1])
    sweep()
    winner = kept_for(aws, 730, signed_in(userId="u1", anonymousId="d1"))
    live = read(aws, winner)
    expire(aws, *old)
    assert rebuilt(aws, winner) == live
    assert live.state.event_count == 3


def test_each_period_of_a_contested_device_keeps_what_expired_of_it(aws: Deployment) -> None:
    first = [signed_in(userId="u1", anonymousId="d1"), bought(6, anonymousId="d1")]
    alone = bought(9, anonymousId="d1")
    alice = kept_for(aws, 365, *first)
    sweep()
    kept_for(aws, 730, make_event({"event": "Seen", "userId": "u2", "anonymousId": "d1"}, days=8, message_id="s"))
    apart = kept_for(aws, 365, alone)
    people = [read(aws, alice), read(aws, apart)]
    assert alice != apart
    sweep()
    expire(aws, *first, alone)
    assert [rebuilt(aws, person.id) for person in people] == people


def test_the_index_of_a_day_is_cut_into_objects_that_one_run_can_do(aws: Deployment) -> None:
    index = doors().index
    index.put("2027-01-02", "2026-01-02T09", [f"{n:024d}" for n in range(20_001)])
    index.put("2027-01-01", "x", ["a"])
    found = list(index.due("2027-01-02"))
    assert [(due.day, len(index.anchors(due))) for due in found] == [
        ("2027-01-01", 1),
        ("2027-01-02", 20_000),
        ("2027-01-02", 1),
    ]
    assert [due.day for due in index.due("2027-01-01")] == ["2027-01-01"]


def test_nothing_is_folded_of_what_expires_of_somebody_who_is_being_erased(aws: Deployment) -> None:
    kept_for(aws, 365, bought(1, userId="u1"), bought(2, userId="u2"))
    erased = Identifier("user_id", "u1")
    open_suppressions(aws.table(SUPPRESSIONS), KEYS).put([erased], "2026-11-20T00:00:00.000Z", "r1")
    assert sweep() == {"done": 2, "left": 0}
    swept = [item["pk"] for item in items(aws, PROFILES) if item["sk"].startswith(BASELINE)]
    assert swept == [identifier_pk(hashed(Identifier("user_id", "u2")).hash)]
