"""From a refusal to the event it would have been: sent again as it came, edited, by query, repeated and killed."""

import json
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from functions.review_quarantine import settings as reviewing
from functions.stitch_identities import settings as stitching
from functions.store_events import settings as storing
from shared.aws import clients
from shared.contracts.records import decode
from shared.domain.sources import Source
from shared.domain.tracking_plans import TrackingPlan
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.tables import CATALOGUE, EVENTS, QUARANTINE
from tests.conftest import Deployment
from tests.faults import Failing, client_error
from tests.pipeline import SOURCE, counts, items, kinesis_records, record_bytes, refusals, stored, stored_ids, track
from tests.reviewing import RANGE, Reviewer
from tests.way import Killed, Way

RECEIVED = "2026-11-21T09:30:00.000Z"
LATELY = {"from": None, "to": None}
HEAD = {"sent_at": "2026-11-21T09:29:59.900Z", "ip": "203.0.113.7", "gpc": True}


@pytest.fixture
def way(aws: Deployment) -> Iterator[Way]:
    forget()
    way = Way(aws)
    yield way
    way.close()
    forget()


@pytest.fixture
def reviewer(aws: Deployment, way: Way) -> Reviewer:
    return Reviewer(aws)


def forget() -> None:
    """A new process: what a warm one keeps is gone."""
    for module in (storing, stitching, reviewing):
        module.doors.cache_clear()


def arrive(*events: Any, **head: Any) -> None:
    """A record that went before those of the test's own stream."""
    assert stored(kinesis_records(record_bytes(*events, **head), first=-1_000)) == []


def set_source(aws: Deployment, live: bool) -> None:
    catalogue = CatalogueStore(aws.table(CATALOGUE))
    known = catalogue.find(Source, SOURCE)
    assert known is not None
    catalogue.put(replace(known, state="live" if live else "disabled"))
    forget()


def refuse_while_disabled(aws: Deployment, *events: Any, **head: Any) -> None:
    """Good events of a source that is off, and on again afterwards."""
    set_source(aws, live=False)
    arrive(*events, **head)
    set_source(aws, live=True)


def hold_to(aws: Deployment, plan: TrackingPlan) -> None:
    catalogue = CatalogueStore(aws.table(CATALOGUE))
    catalogue.put(plan)
    known = catalogue.find(Source, SOURCE)
    assert known is not None
    catalogue.put(replace(known, tracking_plan=plan.id))
    forget()


def without_marks(aws: Deployment) -> list[dict[str, Any]]:
    """The stored events, but for where and when they were stored."""
    moving = {"origin", "stored_at", "ttl", "replayed"}
    return [{name: value for name, value in item.items() if name not in moving} for item in items(aws, EVENTS)]


def test_a_replay_makes_the_event_that_it_would_have_been(way: Way, reviewer: Reviewer) -> None:
    event = track("m1", anonymousId="a1", context={"locale": "ko"}, properties={"total": 5})
    arrive(event, **HEAD)
    expected = without_marks(way.aws)
    assert expected[0]["sent_at"] == HEAD["sent_at"]
    assert json.loads(expected[0]["event"])["context"] == {"locale": "ko", "ip": "203.0.113.7", "gpc": True}
    clear(way.aws)
    refuse_while_disabled(way.aws, event, **HEAD)
    assert refusals(way.aws) == [("unknown_source", None)]
    assert reviewer.replay(reviewer.entries()[0]["id"]) == (
        202,
        {"id": reviewer.entries()[0]["id"], "message_id": "m1"},
    )
    way.drain()
    assert without_marks(way.aws) == expected
    assert items(way.aws, EVENTS)[0]["replayed"] is True


def clear(aws: Deployment) -> None:
    for item in items(aws, EVENTS):
        clients.dynamodb().delete_item(
            TableName=aws.table(EVENTS), Key={"pk": {"S": item["pk"]}, "sk": {"S": item["sk"]}}
        )


def test_the_facts_of_a_replay_say_so_and_those_of_others_do_not(way: Way, reviewer: Reviewer) -> None:
    refuse_while_disabled(way.aws, track("m1", event="Order Completed", userId="u1"))
    reviewer.replay(reviewer.entries()[0]["id"])
    way.collect(track("m2", userId="u2"))
    facts = way.drain().facts()
    assert {(fact["type"], fact["metadata"]["cause"]) for fact in facts} == {
        ("Profile Created", "replay"),
        ("Segment Entered", "replay"),
        ("Profile Created", "live"),
    }
    assert {fact["metadata"]["correlation_id"] for fact in facts if fact["metadata"]["cause"] == "replay"} == {"c1"}


def test_a_replay_of_old_events_does_not_look_like_a_lag(
    way: Way, reviewer: Reviewer, capsys: pytest.CaptureFixture[str]
) -> None:
    refuse_while_disabled(way.aws, track("m1", userId="u1"))
    reviewer.replay(reviewer.entries()[0]["id"])
    way.drain()
    assert "ReceivedToProfile" not in capsys.readouterr().out
    way.collect(track("m2", userId="u2"))
    way.drain()
    assert "ReceivedToProfile" in capsys.readouterr().out


def test_a_replay_is_stored_once_however_often_it_is_sent(way: Way, reviewer: Reviewer) -> None:
    refuse_while_disabled(way.aws, track("m1"))
    entry_id = reviewer.entries()[0]["id"]
    for _ in range(3):
        assert reviewer.replay(entry_id)[0] == 202
        way.drain()
    assert stored_ids(way.aws) == ["m1"]
    person = way.person("user_id", "u1")
    assert person is not None
    assert person.state.events["Tea Bought"].total == 1
    entry = reviewer.show(entry_id)
    assert (entry["state"], entry["replayed_by"], entry["refused_as"]) == ("stored", "reviewer", None)
    assert counts(way.aws) == {"received": 4, "stored": 1, "duplicate": 2, "quarantined": 1}


def test_an_event_that_came_in_meanwhile_ends_as_a_duplicate(way: Way, reviewer: Reviewer) -> None:
    refuse_while_disabled(way.aws, track("m1"))
    way.collect(track("m1"))
    way.drain()
    reviewer.replay(reviewer.entries()[0]["id"])
    way.drain()
    assert stored_ids(way.aws) == ["m1"]
    assert reviewer.entry()["state"] == "duplicate"


def test_refused_again_it_is_a_new_entry_and_both_point_at_each_other(way: Way, reviewer: Reviewer) -> None:
    arrive(track("m1", timestamp="yesterday"))
    first = reviewer.entries()[0]["id"]
    assert reviewer.entry()["state"] == "waiting"
    reviewer.replay(first)
    assert reviewer.show(first)["state"] == "sent"
    way.drain()
    second = reviewer.show(first)["refused_as"]
    assert reviewer.show(first)["state"] == "refused"
    entry = reviewer.show(second)
    assert (entry["state"], entry["replay_of"], entry["event"]) == ("waiting", first, reviewer.show(first)["event"])


def test_an_edited_event_is_stored_in_the_place_of_the_refused_one(way: Way, reviewer: Reviewer) -> None:
    arrive(track("m1", timestamp="yesterday"), **HEAD)
    status, body = reviewer.replay(reviewer.entries()[0]["id"], event=track("m1", timestamp="2026-11-20T09:30:00Z"))
    assert (status, body["message_id"]) == (202, "m1")
    way.drain()
    (item,) = items(way.aws, EVENTS)
    assert (item["message_id"], item["received_at"], item["sent_at"]) == ("m1", RECEIVED, HEAD["sent_at"])
    assert item["original_time"] == "2026-11-20T09:30:00.000Z"
    assert reviewer.entry()["state"] == "stored"


def test_an_edited_event_is_judged_like_any_other(way: Way, reviewer: Reviewer) -> None:
    arrive(track("m1", timestamp="yesterday"))
    entry_id = reviewer.entries()[0]["id"]
    reviewer.replay(entry_id, event=track("m1", type="buy"))
    way.drain()
    assert stored_ids(way.aws) == []
    assert reviewer.show(reviewer.show(entry_id)["refused_as"])["reason"] == "unknown_type"


def test_an_event_without_a_message_id_gets_the_same_one_each_time(way: Way, reviewer: Reviewer) -> None:
    arrive(track(None), track("m" * 101))
    for _ in range(2):
        for entry in reviewer.entries():
            reviewer.replay(entry["id"])
        way.drain()
    ids = stored_ids(way.aws)
    assert len(ids) == 2
    assert all(message_id.startswith("replay-") for message_id in ids)


def test_an_event_without_a_message_id_keeps_the_one_it_got_when_it_is_refused_again(
    way: Way, reviewer: Reviewer
) -> None:
    arrive(track(None, timestamp="yesterday"))
    entry_id = reviewer.entries()[0]["id"]
    mended = track(None, timestamp="2026-11-20T09:30:00Z")
    reviewer.replay(entry_id)
    way.drain()
    again = reviewer.show(reviewer.show(entry_id)["refused_as"])
    reviewer.replay(again["id"], event={**again["event"], "timestamp": mended["timestamp"]})
    reviewer.replay(entry_id, event=mended)
    way.drain()
    assert len(stored_ids(way.aws)) == 1
    assert refusals(way.aws) == [("invalid_message_id", "messageId"), ("invalid_timestamp", "timestamp")]


def test_what_a_plan_refused_is_stored_once_the_plan_is_mended_and_its_facts_say_replay(
    way: Way, reviewer: Reviewer
) -> None:
    order = {"type": "object", "required": ["total"], "properties": {"total": {"type": "integer"}}}
    plan = TrackingPlan("shop", "Shop", {"Order Completed": order}, invalid="quarantine")
    hold_to(way.aws, plan)
    way.collect(*(track(f"m{n}", event="Order Completed", properties={"total": n + 0.5}) for n in range(3)))
    way.collect(track("m3", event="Order Completed", properties={"total": 3}))
    assert [fact["metadata"]["cause"] for fact in way.drain().facts()] == ["live", "live"]
    assert stored_ids(way.aws) == ["m3"]
    _, counted = reviewer.ask("/reasons", source=SOURCE)
    (reason,) = counted["reasons"]
    assert (reason["field"], reason["entries"], reason["waiting"]) == ("properties.total", 3, 3)
    order["properties"] = {"total": {"type": "number"}}
    hold_to(way.aws, replace(plan, version=1))
    for _ in range(2):
        reviewer.replay_all(**LATELY, reason=reason["reason"])
        way.drain()
    assert stored_ids(way.aws) == ["m0", "m1", "m2", "m3"]
    assert {fact["metadata"]["cause"] for fact in way.facts()} <= {"replay"}
    person = way.person("user_id", "u1")
    assert person is not None
    assert person.state.events["Order Completed"].total == 4


def test_a_forbidden_number_in_an_edited_event_reaches_neither_stream_nor_table(way: Way, reviewer: Reviewer) -> None:
    arrive(track("m1", type="buy"))
    card = "4111111111111111"
    reviewer.replay(reviewer.entries()[0]["id"], event=track("m1", properties={"note": f"card {card}"}))
    records = way.new_kinesis()
    assert [decode(b64decode(record["kinesis"]["data"])).elements[0].text.count(card) for record in records] == [0]
    way.store(records)
    assert stored_ids(way.aws) == ["m1"]
    assert card not in str(items(way.aws, EVENTS))


def test_what_nobody_could_decode_can_only_be_sent_edited_and_as_a_source(way: Way, reviewer: Reviewer) -> None:
    assert stored(kinesis_records(b'{"v":7,"tea":true}', first=-1_000)) == []
    entry_id = reviewer.entries(source="unknown")[0]["id"]
    assert reviewer.replay(entry_id)[1]["code"] == "event_needed"
    status, body = reviewer.replay(entry_id, event=track("m1"))
    assert (status, body["code"], body["field"]) == (400, "source_needed", "source_id")
    assert reviewer.replay(entry_id, event=track("m1"), source_id=SOURCE)[0] == 202
    way.drain()
    (item,) = items(way.aws, EVENTS)
    assert (item["source_id"], item["message_id"]) == (SOURCE, "m1")
    assert reviewer.show(entry_id)["state"] == "stored"


def test_what_is_too_large_is_refused_before_it_is_sent(way: Way, reviewer: Reviewer) -> None:
    arrive(track("m1", properties={"noise": "가" * 300_000}))
    entry_id = reviewer.entries()[0]["id"]
    assert reviewer.replay(entry_id)[1]["code"] == "event_too_large"
    assert reviewer.show(entry_id)["state"] == "waiting"
    assert reviewer.replay(entry_id, event=track("m1"))[0] == 202
    way.drain()
    assert stored_ids(way.aws) == ["m1"]


@pytest.mark.parametrize("body", [None, "", "{}"])
def test_a_replay_without_a_body_is_one_as_it_came(way: Way, reviewer: Reviewer, body: str | None) -> None:
    refuse_while_disabled(way.aws, track("m1"))
    assert reviewer.ask(f"/{reviewer.entries()[0]['id']}/replay", "POST", body)[0] == 202
    way.drain()
    assert stored_ids(way.aws) == ["m1"]


MALFORMED: list[tuple[Any, str, str]] = [
    ({"event": "buy"}, "parameter_invalid", "event"),
    ({"event": [1]}, "parameter_invalid", "event"),
    ({"evnet": {}}, "parameter_invalid", "evnet"),
    ({"source_id": ""}, "parameter_invalid", "source_id"),
    ({"source_id": 7, "event": {}}, "parameter_invalid", "source_id"),
    ("{", "malformed_json", ""),
    ("[]", "malformed_json", ""),
    ('{"event":{"n":NaN}}', "malformed_json", ""),
    ('{"event":{"n":' + "[" * 200_000 + "]" * 200_000 + "}}", "body_too_large", ""),
    ('{"event":{"n":' + "[" * 70 + "]" * 70 + "}}", "malformed_json", ""),
]


@pytest.mark.parametrize(("body", "code", "field"), MALFORMED, ids=range(len(MALFORMED)))
def test_a_malformed_edit_is_refused_and_changes_nothing(
    way: Way, reviewer: Reviewer, body: Any, code: str, field: str
) -> None:
    arrive(track("m1", type="buy"))
    before = items(way.aws, QUARANTINE)
    status, problem = reviewer.ask(f"/{reviewer.entries()[0]['id']}/replay", "POST", body)
    assert (status in (400, 413), problem["code"]) == (True, code)
    assert field in problem["message"]
    assert items(way.aws, QUARANTINE) == before
    assert way.new_kinesis() == []


def test_a_query_sends_all_that_wait_page_by_page_and_nothing_else(way: Way, reviewer: Reviewer) -> None:
    refuse_while_disabled(way.aws, *(track(f"m{number}") for number in range(5)))
    assert stored(kinesis_records(record_bytes(track("bad", type="buy")), first=-500)) == []
    assert len(reviewer.replay_all(reason="unknown_source", limit=2)) == 5
    way.drain()
    assert stored_ids(way.aws) == [f"m{number}" for number in range(5)]
    assert {entry["state"] for entry in reviewer.entries(reason="unknown_source")} == {"stored"}
    assert [entry["state"] for entry in reviewer.entries(reason="unknown_type")] == ["waiting"]
    assert reviewer.replay_all(reason="unknown_source") == []


def test_a_query_passes_over_what_can_only_be_sent_edited(way: Way, reviewer: Reviewer) -> None:
    assert stored(kinesis_records(b"hello", first=-1_000)) == []
    status, page = reviewer.ask("/replay", "POST", {**RANGE, "source": "unknown"})
    assert (status, page["sent"], len(page["passed_over"])) == (202, [], 1)


def test_what_a_rule_still_refuses_does_not_go_round(way: Way, reviewer: Reviewer) -> None:
    arrive(*(track(f"m{number}", type="buy") for number in range(3)))
    cursor: str | None = None
    sent = 0
    while True:
        _, page = reviewer.ask("/replay", "POST", {**RANGE, "limit": 1, "cursor": cursor})
        sent += len(page["sent"])
        way.drain()  # its new entries come before the query has ended
        if (cursor := page["next_cursor"]) is None:
            break
    assert sent == 3
    assert sorted(entry["state"] for entry in reviewer.entries()) == ["refused"] * 3 + ["waiting"] * 3


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "source"),
        ({"source": SOURCE, "limit": 0}, "limit"),
        ({"source": SOURCE, "limit": 201}, "limit"),
        ({"source": SOURCE, "from": "yesterday"}, "from"),
        ({"source": SOURCE, "cursor": "x"}, "cursor"),
        ({"source": SOURCE, "all": True}, "all"),
    ],
)
def test_a_bad_query_is_a_400_that_names_the_field(reviewer: Reviewer, body: dict[str, Any], field: str) -> None:
    status, problem = reviewer.ask("/replay", "POST", body)
    assert (status, problem["field"]) == (400, field)


@pytest.mark.parametrize("after", [False, True], ids=["before the call", "after the call"])
def test_a_replay_by_query_killed_between_any_two_calls_and_repeated_stores_each_event_once(
    way: Way, reviewer: Reviewer, after: bool
) -> None:
    wanted = [f"m{number}" for number in range(3)]
    refuse_while_disabled(way.aws, *map(track, wanted))
    way.killer.after = after
    for calls in range(60):
        way.killer.left = calls
        kills = way.killer.kills
        try:
            reviewer.replay_all(limit=2)
        except Killed:
            forget()
        way.killer.left = 1_000_000
        if way.killer.kills == kills:
            break
    else:
        raise AssertionError("it never came through")
    way.drain()
    assert way.killer.kills > 5
    assert stored_ids(way.aws) == wanted
    assert {entry["state"] for entry in reviewer.entries()} == {"stored"}
    assert way.person("user_id", "u1").state.events["Tea Bought"].total == 3  # type: ignore[union-attr]


def test_what_kinesis_did_not_take_is_taken_again_by_the_next_query(
    way: Way, reviewer: Reviewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse_while_disabled(way.aws, track("m1"))
    failing = Failing(clients.kinesis(), "put_records", client_error("InternalFailure"), times=1)
    with monkeypatch.context() as patch:
        patch.setattr("shared.aws.streams.kinesis", lambda: failing)
        status, body = reviewer.ask("/replay", "POST", RANGE)
    assert (status, body["code"]) == (500, "internal")
    assert reviewer.entry()["state"] == "sent"
    assert len(reviewer.replay_all()) == 1
    way.drain()
    assert stored_ids(way.aws) == ["m1"]


def test_store_events_killed_while_it_tells_the_end_tells_it_when_the_record_comes_again(
    way: Way, reviewer: Reviewer
) -> None:
    refuse_while_disabled(way.aws, track("m1"))
    reviewer.replay(reviewer.entries()[0]["id"])
    records = way.new_kinesis()
    for calls in range(30):
        way.killer.left, kills = calls, way.killer.kills
        try:
            way.store(records)
        except Killed:
            forget()
        if way.killer.kills == kills:
            break
    way.killer.left = 1_000_000
    assert way.killer.kills > 5
    assert stored_ids(way.aws) == ["m1"]
    assert reviewer.entry()["state"] == "stored"


def test_a_record_that_names_no_entry_of_ours_is_stored_all_the_same(way: Way) -> None:
    arrive(track("m1"), replay=True, replay_of="nonsense")
    assert stored_ids(way.aws) == ["m1"]
    assert items(way.aws, QUARANTINE) == []
