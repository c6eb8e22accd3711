"""The real handler of review_quarantine over moto: what was refused is found, counted and shown to who may see it."""

import json
import random
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from shared.domain.quarantine import EntryId, Quarantined
from shared.domain.times import to_text
from shared.stores.quarantine_store import QuarantineStore
from shared.stores.tables import QUARANTINE
from tests.conftest import Deployment
from tests.pipeline import SOURCE, collected, items, kinesis_records, record_bytes, seed_source, stored, track
from tests.reviewing import RANGE, Reviewer

SECRET = "mina@example.com"
BAD: dict[str, dict[str, Any]] = {
    "a type nobody knows": {"type": "buy"},
    "a time that is none": {"timestamp": "yesterday"},
    "another time that is none": {"timestamp": "tomorrow"},
}


@pytest.fixture
def reviewer(aws: Deployment) -> Reviewer:
    seed_source(aws)
    return Reviewer(aws)


def refuse(*events: Any, **head: Any) -> None:
    assert stored(kinesis_records(record_bytes(*events, **head))) == []


def refuse_all() -> None:
    refuse(*(track(name, **fields, email=SECRET) for name, fields in BAD.items()))


def test_refused_events_are_listed_newest_first_without_what_came(reviewer: Reviewer) -> None:
    refuse_all()
    entries = reviewer.entries()
    assert [entry["message_id"] for entry in entries] == list(reversed(BAD))
    assert {entry["state"] for entry in entries} == {"waiting"}
    assert (entries[-1]["reason"], entries[-1]["field"]) == ("unknown_type", "type")
    assert entries[-1]["fix"].startswith("Send one of")
    assert SECRET not in json.dumps(entries)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"reason": "unknown_type"}, 1),
        ({"field": "timestamp"}, 2),
        ({"reason": "unknown_type", "field": "timestamp"}, 0),
        ({"state": "waiting"}, 3),
        ({"state": "stored"}, 0),
        ({"source": "src_other"}, 0),
        ({"to": "2026-11-20"}, 0),
        ({"from": "2026-11-21", "to": "2026-11-21"}, 3),
        ({"from": "2026-11-21T09:30:00Z", "to": "2026-11-21T09:30:00Z"}, 3),
        ({"from": "2026-11-21T09:30:00.001Z"}, 0),
    ],
)
def test_a_query_finds_what_it_asks_for(reviewer: Reviewer, query: dict[str, str], found: int) -> None:
    refuse_all()
    assert len(reviewer.entries(**query)) == found


def test_pages_hold_each_entry_once_though_more_come_in_meanwhile(reviewer: Reviewer) -> None:
    refuse(*(track(f"m{number}", type="buy") for number in range(7)))
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        status, page = reviewer.ask(**RANGE, limit="3", **cursor)
        assert status == 200
        seen += [entry["message_id"] for entry in page["entries"]]
        assert stored(kinesis_records(record_bytes(track(f"later{len(seen)}", type="buy")), first=-len(seen))) == []
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert seen == [f"m{number}" for number in reversed(range(7))]


def test_a_page_ends_where_enough_was_read_and_goes_on(reviewer: Reviewer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("functions.review_quarantine.browsing.MOST_READ", 2)
    refuse_all()
    status, page = reviewer.ask(**RANGE, reason="unknown_type")
    assert (status, page["entries"]) == (200, [])
    status, page = reviewer.ask(**RANGE, reason="unknown_type", cursor=page["next_cursor"])
    assert [entry["reason"] for entry in page["entries"]] == ["unknown_type"]


def test_reasons_are_counted_with_what_mends_them(reviewer: Reviewer) -> None:
    refuse_all()
    status, body = reviewer.ask("/reasons", **RANGE)
    assert status == 200
    assert [(one["reason"], one["field"], one["entries"], one["waiting"]) for one in body["reasons"]] == [
        ("invalid_timestamp", "timestamp", 2, 2),
        ("unknown_type", "type", 1, 1),
    ]
    assert all(one["fix"] and one["newest"] == "2026-11-21T09:30:00.000Z" for one in body["reasons"])


def test_lines_of_a_broken_file_are_one_reason(reviewer: Reviewer) -> None:
    for line in (7, 8):
        context = {"file": {"name": "a.csv", "line": line}}
        row = {"messageId": f"row-{line}", "unreadable": {"reason": "ragged", "text": "a,b"}, "context": context}
        stored(kinesis_records(record_bytes(row), first=line))
    _, body = reviewer.ask("/reasons", **RANGE)
    assert [(one["reason"], one["field"], one["entries"]) for one in body["reasons"]] == [("unreadable_row", None, 2)]


def test_an_entry_is_shown_as_it_came_with_all_that_its_record_said(reviewer: Reviewer) -> None:
    event = track("m1", type="buy", email=SECRET)
    refuse(event, sent_at="2026-11-21T09:29:59.900Z", ip="203.0.113.7", gpc=True)
    entry = reviewer.entry()
    assert entry["event"] == event
    assert (entry["sent_at"], entry["ip"], entry["gpc"]) == ("2026-11-21T09:29:59.900Z", "203.0.113.7", True)
    assert (entry["correlation_id"], entry["source_id"]) == ("c1", SOURCE)
    assert entry["size"] == len(json.dumps(event, separators=(",", ":")))


ODD = [
    ("text that is no JSON", b"hello", {"text": "hello"}),
    ("bytes that are no text", b"\xff\xfe\xfd", {"base64": b64encode(b"\xff\xfe\xfd").decode()}),
    ("JSON with an infinity", b'{"v":1,"a":1e999}', {"text": '{"v":1,"a":1e999}'}),
    ("JSON of another shape", b'{"v":9}', {"event": {"v": 9}}),
    ("very deep JSON", b"[" * 900 + b"]" * 900, {"text": "[" * 900 + "]" * 900}),
]


@pytest.mark.parametrize(("data", "shown"), [case[1:] for case in ODD], ids=[case[0] for case in ODD])
def test_a_record_nobody_can_decode_is_shown_as_well_as_it_can_be(
    reviewer: Reviewer, data: bytes, shown: dict[str, Any]
) -> None:
    assert stored(kinesis_records(data)) == []
    entry = reviewer.entry(source="unknown")
    assert {name: entry[name] for name in ("event", "text", "base64")} == {
        "event": None,
        "text": None,
        "base64": None,
        **shown,
    }
    assert entry["reason"] == "undecodable_record"


def test_a_body_that_lies_in_the_bucket_is_shown(reviewer: Reviewer, aws: Deployment) -> None:
    noise = b64encode(random.Random(1).randbytes(400_000)).decode()
    refuse(track("m1", properties={"noise": noise}))
    assert "body" not in items(aws, QUARANTINE)[0]
    assert reviewer.entry()["event"]["properties"]["noise"] == noise


def test_of_a_huge_body_the_beginning_is_shown(reviewer: Reviewer) -> None:
    refuse(track("m1", properties={"noise": "가" * 400_000}))
    entry = reviewer.entry()
    assert (entry["event"], entry["size"] > 1_200_000, len(entry["text"]) < 10_000) == (None, True, True)
    assert entry["text"].startswith('{"type":"track"')


def test_an_expired_entry_is_gone(reviewer: Reviewer, aws: Deployment) -> None:
    old = Quarantined(
        source_id=SOURCE,
        received_at="2026-11-21T09:30:00.000Z",
        origin="shardId-0:1:0",
        reason="unknown_type",
        field="type",
        fix="…",
        message_id="m1",
        correlation_id="c1",
        body=b"{}",
        quarantined_at=to_text(datetime.now(UTC) - timedelta(days=31)),
    )
    QuarantineStore(aws.table(QUARANTINE), aws.bucket).put([old])
    assert reviewer.entries() == []
    assert reviewer.ask(f"/{old.id}")[0] == 404
    assert reviewer.replay(str(old.id))[0] == 404
    assert collected(aws) == []


UNKNOWN_IDS = [
    "x",
    "%00",
    "nothing",
    str(EntryId(SOURCE, "2026-11-21T09:30:00.000Z", "shardId-0:1:0")),
    str(EntryId(SOURCE, "2026-99-99T09:30:00.000Z", "shardId-0:1:0")),
    b64encode(b"a\nb\nc").decode(),
    "a" * 1_900,
]


@pytest.mark.parametrize("entry_id", UNKNOWN_IDS)
def test_an_unknown_id_is_a_404(reviewer: Reviewer, entry_id: str) -> None:
    for reply in (reviewer.ask(f"/{entry_id}"), reviewer.replay(entry_id)):
        assert (reply[0], reply[1]["code"]) == (404, "entry_not_found")


@pytest.mark.parametrize(
    ("query", "code", "field"),
    [
        ({"source": ""}, "parameter_invalid", "source"),
        ({"from": "yesterday"}, "time_invalid", "from"),
        ({"to": "2026-13-01"}, "time_invalid", "to"),
        ({"from": "2026-11-22", "to": "2026-11-20"}, "range_invalid", "from"),
        ({"from": "2026-01-01", "to": "2026-11-20"}, "range_invalid", "from"),
        ({"from": "0001-01-01"}, "range_invalid", "from"),
        ({"limit": "0"}, "parameter_invalid", "limit"),
        ({"limit": "many"}, "parameter_invalid", "limit"),
        ({"state": "lost"}, "parameter_invalid", "state"),
        ({"cursor": "nonsense"}, "cursor_invalid", "cursor"),
        ({"cursor": b64encode(b'["2026-99-99#x", "2026-11-21"]').decode()}, "cursor_invalid", "cursor"),
        ({"cursor": b64encode(b"[" * 1_000).decode()}, "cursor_invalid", "cursor"),
    ],
)
def test_a_bad_parameter_is_a_400_that_names_it(
    reviewer: Reviewer, query: dict[str, str], code: str, field: str
) -> None:
    refuse_all()
    status, body = reviewer.ask(**{**RANGE, **query})
    assert (status, body["code"], body["field"]) == (400, code, field)


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_the_ends_of_time_hold_nothing(reviewer: Reviewer, day: str) -> None:
    assert reviewer.entries(**{"from": day, "to": day}) == []


def test_without_a_time_the_last_month_is_asked_for(reviewer: Reviewer) -> None:
    recent = to_text(datetime.now(UTC) - timedelta(days=29))
    refuse(track("m1", type="buy"), received_at=recent)
    status, body = reviewer.ask(source=SOURCE)
    assert (status, [entry["received_at"] for entry in body["entries"]]) == (200, [recent])


def test_without_a_token_or_its_scope_nothing_is_told_and_nothing_sent(reviewer: Reviewer, aws: Deployment) -> None:
    refuse_all()
    entry_id = reviewer.entries()[0]["id"]
    may_read, may_write = Reviewer(aws, ("quarantine:read",)), Reviewer(aws, ("quarantine:write", "profiles:read"))
    for path in ("", "/reasons", f"/{entry_id}"):
        assert reviewer.ask(path, token="jgb_wrong", **RANGE)[1]["code"] == "token_unknown"
        assert may_write.ask(path, **RANGE)[1]["code"] == "scope_missing"
    for path, body in ((f"/{entry_id}/replay", {}), ("/replay", RANGE)):
        assert reviewer.ask(path, "POST", body, token="jgb_wrong")[0] == 401
        assert may_read.ask(path, "POST", body)[1]["code"] == "scope_missing"
    assert collected(aws) == []
    assert {entry["state"] for entry in may_read.entries()} == {"waiting"}


def test_logs_hold_nothing_of_what_came(reviewer: Reviewer, caplog: pytest.LogCaptureFixture) -> None:
    refuse_all()
    for entry in reviewer.entries():
        reviewer.show(entry["id"])
        reviewer.replay(entry["id"], event={**track("m9"), "email": SECRET})
    reviewer.replay_all()
    written = "".join(str(vars(record)) for record in caplog.records)
    assert "Answered" in written
    for secret in (SECRET, "Tea Bought", reviewer.token, "/v1/quarantine"):
        assert secret not in written


def test_what_breaks_inside_is_a_500_problem(reviewer: Reviewer) -> None:
    boto3.client("dynamodb").delete_table(TableName="jogakbo-test-quarantine")
    status, body = reviewer.ask(**RANGE)
    assert (status, body["code"]) == (500, "internal")
