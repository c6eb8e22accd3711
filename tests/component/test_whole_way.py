"""Requests to facts, with every stage killed, repeated, delayed and reordered: nothing lost, nothing doubled."""

import random
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from functions.stitch_identities import settings as stitching
from functions.store_events import settings as storing
from shared.contracts.queues import StoreRetry
from tests.conftest import Deployment
from tests.pipeline import counts, stored_ids, track
from tests.way import Killed, Way


@pytest.fixture
def way(aws: Deployment) -> Iterator[Way]:
    forget()
    way = Way(aws)
    yield way
    way.close()
    forget()


def forget() -> None:
    """A new process: what a warm one keeps is gone."""
    storing.doors.cache_clear()
    stitching.doors.cache_clear()


def bought(user: str, message_id: str) -> dict[str, Any]:
    return track(message_id, event="Order Completed", userId=user)


def totals(way: Way, user: str) -> dict[str, int]:
    person = way.person("user_id", user)
    return {name: tally.total for name, tally in person.state.events.items()} if person else {}


def redrive(way: Way, since: str) -> None:
    """What `jogakbo redrive` sends: every object of the log by arrival."""
    listed = boto3.client("s3").list_objects_v2(Bucket=way.aws.bucket, Prefix="log/")["Contents"]
    for entry in listed:
        message = StoreRetry(object=entry["Key"], republish_from=since)
        boto3.client("sqs").send_message(QueueUrl=way.aws.store_retries_url, MessageBody=message.model_dump_json())


def test_a_request_becomes_facts(way: Way) -> None:
    way.collect(bought("u1", "m1"), {**bought("u1", "m2"), "anonymousId": "a1"})
    facts = way.drain().facts()
    assert [fact["type"] for fact in facts] == ["Profile Created", "Segment Entered"]
    assert totals(way, "u1") == {"Order Completed": 2}


def test_a_rebatched_retry_changes_no_counter(way: Way) -> None:
    m1, m2, m3 = (bought("u1", f"m{n}") for n in (1, 2, 3))
    for batch in ([m1, m2], [m1], [m1, m2, m3]):
        assert way.collect(*batch) == 200
        way.drain()
    assert totals(way, "u1") == {"Order Completed": 3}
    assert counts(way.aws) == {"received": 6, "stored": 3, "duplicate": 3, "quarantined": 0}
    assert [fact["type"] for fact in way.facts()] == ["Profile Created", "Segment Entered"]


def test_publish_changes_stopped_for_a_day_with_its_stream_gone_is_made_good_by_a_redrive(way: Way) -> None:
    way.collect(bought("u1", "m1"))
    way.drain().facts()
    way.collect(bought("u2", "m2"), track("m3", userId="u1", event="Seen"))
    way.drain(publish=False)
    way.new_changes()  # the stream's day is over: nobody will ever see these
    assert way.facts() == []
    redrive(way, since=first_write(way, "u2"))
    again = way.drain().facts()
    assert [fact["type"] for fact in again] == ["Profile Created", "Segment Entered"]
    assert {fact["metadata"]["cause"] for fact in again} == {"replay"}
    assert totals(way, "u1") == {"Order Completed": 1, "Seen": 1}
    assert counts(way.aws)["received"] == 3


def first_write(way: Way, user: str) -> str:
    person = way.person("user_id", user)
    assert person is not None
    return person.created_at


def test_what_was_published_before_the_lost_time_is_not_published_again(way: Way) -> None:
    way.collect(bought("u1", "m1"))
    first = {fact["metadata"]["id"] for fact in way.drain().facts()}
    way.collect(bought("u2", "m2"))
    way.drain(publish=False)
    way.new_changes()
    redrive(way, since=first_write(way, "u2"))
    assert first.isdisjoint(fact["metadata"]["id"] for fact in way.drain().facts())


def test_a_redrive_of_what_was_published_gives_the_same_ids_so_partners_drop_it(way: Way) -> None:
    way.collect(bought("u1", "m1"))
    first = {fact["metadata"]["id"] for fact in way.drain().facts()}
    redrive(way, since="2000-01-01T00:00:00.000Z")
    assert {fact["metadata"]["id"] for fact in way.drain().facts()} == first


def test_stitching_stopped_with_its_stream_gone_is_made_good_by_a_redrive(way: Way) -> None:
    way.collect(bought("u1", "m1"), {**bought("u1", "m2"), "anonymousId": "a1"})
    way.store(way.new_kinesis())
    way.new_inserts()  # lost
    redrive(way, since="2000-01-01T00:00:00.000Z")
    facts = way.drain().facts()
    assert totals(way, "u1") == {"Order Completed": 2}
    assert way.person("anonymous_id", "a1") == way.person("user_id", "u1")
    assert {"Profile Created", "Segment Entered"} <= {fact["type"] for fact in facts}


def misbehave(way: Way, draw: random.Random, stage: Any, records: list[dict[str, Any]]) -> None:
    """Deliver records as a bad day would: cut anywhere, killed in the middle, repeated, some once more later."""
    again: list[dict[str, Any]] = []
    while records:
        size = draw.randint(1, len(records))
        batch = records[:size]
        if draw.random() < 0.6:
            way.killer.left, way.killer.after = draw.randint(0, 7), draw.random() < 0.5
        try:
            failed = stage(batch)
        except Killed:
            forget()
            continue
        finally:
            way.killer.left = 1_000_000
        if failed:
            continue
        again += [record for record in batch if draw.random() < 0.3]
        records = records[size:]
    if again:
        draw.shuffle(again)
        stage(again)


def bad_day(way: Way, seed: int) -> None:
    draw = random.Random(seed)
    people = ["u1", "u2", "u3"]
    sent_events = [
        {**bought(draw.choice(people), f"m{n}"), "anonymousId": draw.choice(["a1", "a2", "a3", "a4"])}
        if draw.random() < 0.5
        else track(f"m{n}", event="Seen", userId=None, anonymousId=draw.choice(["a1", "a2", "a3", "a4"]))
        for n in range(24)
    ]
    assert way.killer.kills == 0
    for start in range(0, 24, 6):
        batch = sent_events[start : start + 6]
        way.collect(*batch)
        if draw.random() < 0.5:
            way.collect(*batch[: draw.randint(1, 6)])
        misbehave(way, draw, way.store, way.new_kinesis())
        misbehave(way, draw, way.stitch, way.new_inserts())
        misbehave(way, draw, way.publish, way.new_changes())
    way.drain()
    assert way.killer.kills > 0
    check(way, sent_events)


def check(way: Way, sent_events: list[dict[str, Any]]) -> None:
    assert stored_ids(way.aws) == sorted(event["messageId"] for event in sent_events)
    ledger = counts(way.aws)
    assert ledger["received"] == ledger["stored"] + ledger["duplicate"] + ledger["quarantined"]
    assert ledger["stored"] == len(sent_events)
    assert sum(person.state.event_count for person in way.everybody()) == len(sent_events)
    assert {u: totals(way, u).get("Order Completed", 0) for u in ("u1", "u2", "u3")} == {
        u: sum(e["userId"] == u for e in sent_events) for u in ("u1", "u2", "u3")
    }
    entered: dict[str, set[str]] = {}
    for fact in way.facts():
        if fact["type"] == "Segment Entered":
            entered.setdefault(fact["data"]["profile_id"], set()).add(fact["metadata"]["id"])
    buyers = {
        p.id for u in ("u1", "u2", "u3") if (p := way.person("user_id", u)) and totals(way, u).get("Order Completed")
    }
    assert buyers <= entered.keys()
    assert all(len(ids) == 1 for ids in entered.values())


@pytest.mark.parametrize("seed", range(6))
def test_a_bad_day_loses_nothing_and_doubles_nothing(way: Way, seed: int) -> None:
    bad_day(way, seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 160))
def test_many_bad_days_lose_nothing_and_double_nothing(way: Way, seed: int) -> None:
    bad_day(way, seed)
