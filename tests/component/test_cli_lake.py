"""The commands over the lake and the outcomes: what they show of events that went the real way."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest

from cli import commands_events, commands_lake
from cli.lake_engines import athena_engine
from cli.lake_sql import QueryError
from functions.build_lake.handler import handler as build_lake
from shared.stores.tables import EVENTS
from tests.component.test_build_lake import ELEVEN, NINE, TEN, Clock
from tests.component.test_build_lake import clock as clock
from tests.component.test_build_lake import way as way
from tests.component.test_cli import outputs as outputs
from tests.component.test_cli import run
from tests.conftest import Deployment
from tests.lake import build, snapshot, store
from tests.pipeline import items, track
from tests.sleeping import instead_of_sleep
from tests.unit.structure.repository import ROOT
from tests.way import Way


@pytest.fixture(autouse=True)
def here(outputs: dict[str, str], clock: type[Clock], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A folder for the copy of the lake, and one clock for all."""
    monkeypatch.setattr("typer.get_app_dir", lambda name: str(tmp_path / name))
    for module in ("commands_events", "commands_lake", "lake_tail", "lake_trace"):
        monkeypatch.setattr(f"cli.{module}.datetime", Clock, raising=False)


def asked(query: str, *more: str) -> list[dict[str, Any]]:
    result = run("sql", query, "--engine", "duckdb", "--output", "json", *more)
    assert result.exit_code == 0, result.output
    found: list[dict[str, Any]] = json.loads(result.stdout)
    return found


def test_totals_of_the_lake_are_those_of_the_table(way: Way, aws: Deployment, clock: type[Clock]) -> None:
    for number, hour in enumerate((NINE, TEN, ELEVEN)):
        clock.set(f"{hour}:15:00")
        bought = [track(f"m{number}-{n}", userId=f"u{n}", properties={"total": f"{n}.1"}) for n in range(10)]
        store(way, *bought, {"type": "nonsense"})
        build(hour)
    assert asked("SELECT count(*) AS n, sum(amount) AS total FROM events") == [{"n": 30, "total": "138.0000"}]
    assert len(items(aws, EVENTS)) == 30
    table = run("sql", "SELECT name, count(*) AS n FROM events GROUP BY 1", "--engine", "duckdb")
    assert "Tea Bought" in table.output
    text = run("sql", "-", "--engine", "duckdb", "--output", "csv", answer="SELECT DISTINCT day FROM events")
    assert text.stdout == "day\n2026-11-21\n"


def test_an_event_of_before_a_merge_is_todays_persons(way: Way, clock: type[Clock]) -> None:
    store(way, track("m1", userId=None, anonymousId="a1"), track("m2", userId="u1"))
    build(NINE)
    then = asked("SELECT DISTINCT profile_id AS id FROM events")
    clock.set("2026-11-21T10:15:00")
    store(way, {"type": "identify", "userId": "u1", "anonymousId": "a1", "messageId": "m3"})
    build(TEN)
    person = way.person("user_id", "u1")
    assert person
    assert len(then) == 2
    assert asked("SELECT DISTINCT profile_id AS id FROM events") == [{"id": person.id}]
    assert len(asked("SELECT DISTINCT profile_id_then AS id FROM events")) == 2
    (merge,) = asked("SELECT winner, loser FROM merges")
    assert {merge["winner"], merge["loser"]} == {row["id"] for row in then}


def test_merges_of_merges_lead_to_who_it_is_now(way: Way, clock: type[Clock]) -> None:
    store(way, *(track(f"m{n}", userId=None, anonymousId=f"a{n}") for n in range(4)))
    build(NINE)
    assert len(asked("SELECT DISTINCT profile_id FROM events")) == 4
    for n in range(3):  # each device meets the next through an address
        clock.set(f"2026-11-2{n + 1}T10:15:00")
        seen_with = {"type": "identify", "traits": {"email": f"e{n}@example.com"}}
        store(way, {**seen_with, "anonymousId": f"a{n}", "messageId": f"x{n}"})
        store(way, {**seen_with, "anonymousId": f"a{n + 1}", "messageId": f"y{n}"})
        build(f"2026-11-2{n + 1}T10")
    person = way.person("anonymous_id", "a0")
    assert person
    assert asked("SELECT DISTINCT profile_id AS id FROM events") == [{"id": person.id}]
    assert asked("SELECT DISTINCT winner AS id, count(*) AS n FROM merges GROUP BY 1") == [{"id": person.id, "n": 3}]


def test_the_copy_follows_the_lake(way: Way, aws: Deployment, clock: type[Clock], tmp_path: Path) -> None:
    assert asked("SELECT count(*) AS n FROM events") == [{"n": 0}]
    store(way, track("m1"))
    build(NINE)
    assert asked("SELECT message_id FROM events") == [{"message_id": "m1"}]
    clock.set("2026-11-22T03:40:00")
    store(way, track("m2", timestamp="2026-11-21T01:00:00Z"))
    build("2026-11-22T03")
    build_lake({"compact": True}, None)
    assert len(asked("SELECT message_id FROM events")) == 2
    (copied,) = [path for path in tmp_path.rglob("*.parquet") if "events" in str(path)]
    assert asked('SELECT DISTINCT "$path" AS path FROM lake_events') == [
        {"path": f"s3://{aws.bucket}/{copied.relative_to(tmp_path / 'jogakbo' / 'lake' / aws.bucket)}"}
    ]
    assert (tmp_path / "jogakbo" / "lake" / aws.bucket).stat().st_mode & 0o077 == 0


def test_a_wrong_query_is_one_line_with_the_place(way: Way) -> None:
    for query, said in (("SELECT\n dayy FROM events", "line 2, column 2: "), ("SELECT foo(1)", "line 1, column 8: ")):
        result = run("sql", query, "--engine", "duckdb")
        assert result.exit_code == 1
        assert result.stderr.startswith(said)
        assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM read_text('{file}')",
        "SELECT * FROM query('SELECT * FROM read_csv(''{file}'')')",
        "SELECT * FROM read_parquet('https://example.com/a.parquet')",
    ],
)
def test_a_query_reads_the_lake_and_no_other_file(way: Way, tmp_path: Path, query: str) -> None:
    file = tmp_path / "private.csv"
    file.write_text("violet")
    result = run("sql", query.format(file=file), "--engine", "duckdb")
    assert result.exit_code == 1
    assert "disabled by configuration" in result.stderr
    assert "violet" not in result.output


def test_a_table_shows_values_as_they_are() -> None:
    assert "root:x:0 [b]" in run("sql", "SELECT 'root:x:0 [b]' AS a", "--engine", "duckdb").stdout


def examples() -> Iterator[str]:
    text = (ROOT / "docs" / "lake.md").read_text()
    yield from (part.split("```")[0] for part in text.split("```sql\n")[1:])


@pytest.mark.parametrize("query", list(examples()))
def test_an_example_of_the_documents_runs(way: Way, query: str) -> None:
    store(way, track("m1", properties={"total": 3, "plan": "gold"}), track("m2", event="Tea Seen"))
    build(NINE)
    snapshot()
    assert asked(query)


def test_the_tail_shows_each_outcome_once_and_no_value(way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    store(way, track("m1", properties={"secret": "violet"}), {"type": "nonsense", "messageId": "m2"})
    instead_of_sleep(monkeypatch, commands_events, lambda _: _later(way))
    shown = run("tail", "--source", "src_web", "--from", "2026-11-21T09:00", "--for", "600").stdout.splitlines()
    assert [line.split("  ")[1:] for line in shown if line.startswith(NINE)] == [
        ["src_web", "Tea Bought", "stored", "-", "m1"],
        ["src_web", "-", "quarantined", "unknown_type:type", "m2"],
        ["src_web", "Tea Bought", "stored", "-", "m3"],
    ]
    assert "violet" not in "".join(shown)
    assert run("tail", "--source", "other", "--from", "2026-11-21T09:00", "--for", "1").stdout == ""


def _later(way: Way) -> None:
    """Between the looks of the tail: another event comes, then an hour passes."""
    if Clock.at.isoformat() == "2026-11-21T09:30:00+00:00":
        Clock.set("2026-11-21T09:31:00")
        store(way, track("m3"))
    else:
        Clock.at += timedelta(hours=1)


def test_a_trace_tells_where_an_event_is(way: Way, aws: Deployment, clock: type[Clock]) -> None:
    records = store(way, track("m1"), {"type": "nonsense", "messageId": "m2"})
    lines = run("trace", "m1", "--engine", "duckdb").stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["outcome", "event", "profile"]
    build(NINE)
    outcome, event, profile, lake = run("trace", "m1", "--engine", "duckdb").stdout.splitlines()
    (item,) = items(aws, EVENTS)
    person = way.person("user_id", "u1")
    assert person
    assert records[0]["kinesis"]["sequenceNumber"] in outcome
    assert item["received_at"] in outcome
    assert f"{item['pk']}|{item['sk']} in the table until 2027-11-21" in event
    assert person.id in profile
    assert f"lake/events/source=src_web/day=2026-11-21/{NINE}.parquet" in lake
    (refused,) = run("trace", "m2", "--engine", "duckdb").stdout.splitlines()
    assert "quarantined (unknown_type:type)" in refused


def test_a_trace_of_what_is_gone_or_was_never_there_says_so(way: Way, aws: Deployment, clock: type[Clock]) -> None:
    store(way, track("m1"))
    build(NINE)
    (item,) = items(aws, EVENTS)
    boto3.client("dynamodb").delete_item(
        TableName=aws.table(EVENTS), Key={"pk": {"S": item["pk"]}, "sk": {"S": item["sk"]}}
    )
    clock.set("2026-11-23T09:30:00")
    event, lake = run("trace", "m1", "--engine", "duckdb").stdout.splitlines()
    assert "not in the table" in event
    assert lake.startswith("lake")
    missing = run("trace", "m'9", "--engine", "duckdb")
    assert missing.exit_code == 1
    assert "Nobody has seen m'9" in missing.stderr


def test_a_replay_sends_the_keys_of_a_range_into_stitching(way: Way, aws: Deployment) -> None:
    store(way, *(track(f"m{n}", userId=f"u{n}") for n in range(130)), track("old", timestamp="2026-11-19T00:00:00Z"))
    build(NINE)
    before = {person.id: person.state for person in way.everybody()}
    arguments = ("--source", "src_web", "--from", "2026-11-21", "--yes", "--engine", "duckdb", "--per-second", "100000")
    assert "Sent 130 events" in run("replay", *arguments).output
    messages = [json.loads(message["body"]) for message in way.waiting(aws.stitch_retries_url)]
    assert sorted(len(message["events"]) for message in messages) == [30, 100]
    sent = {(key["pk"], key["sk"]) for message in messages for key in message["events"]}
    assert sent == {(item["pk"], item["sk"]) for item in items(aws, EVENTS) if item["message_id"] != "old"}
    assert {person.id: person.state for person in way.everybody()} == before
    nothing = run("replay", "--source", "none", "--from", "2026-11-21", "--engine", "duckdb")
    assert "0 events" in nothing.output


def test_a_dry_run_tells_what_a_plan_would_have_done(way: Way, tmp_path: Path) -> None:
    store(way, track("m1", properties={"total": 3}), track("m2", properties={}), track("m3", event="Other"))
    build(NINE)
    plan = tmp_path / "shop.yaml"
    plan.write_text("name: Shop\ninvalid: quarantine\nevents:\n  Tea Bought: {type: object, required: [total]}\n")
    arguments = ("dry-run", "--source", "src_web", "--from", "2026-11-21", "--engine", "duckdb")
    said = run(*arguments, "--plan", str(plan)).output
    assert "2  stored" in said
    assert "1  quarantined\n" in said
    assert "e.g. m2" in said
    plan.write_text("name: Shop\nevents: 7\n")
    wrong = run(*arguments, "--plan", str(plan))
    assert (wrong.exit_code, f"{plan}:2: `events`: " in wrong.stderr) == (1, True)
    assert run(*arguments).exit_code == 2


def test_hours_are_built_by_the_function(way: Way, clock: type[Clock], monkeypatch: pytest.MonkeyPatch) -> None:
    store(way, track("m1"))
    clock.set("2026-11-21T11:30:00")
    monkeypatch.setattr(commands_lake, "_invoke", lambda deployed, message: build_lake(message, None))
    assert "Built 2 hours: 1 events" in run("lake", "build").output
    assert "Built 0 hours" in run("lake", "build").output
    assert "Built 3 hours: 1 events" in run("lake", "build", "--from", NINE).output


class FakeAthena:
    """Answers one query as Athena does: everything is text, the first row has the names."""

    def __init__(self, state: str = "SUCCEEDED", reason: str = "") -> None:
        self.states, self.reason, self.asked = ["RUNNING", state], reason, {}

    def start_query_execution(self, **request: Any) -> dict[str, str]:
        self.asked = request
        return {"QueryExecutionId": "1"}

    def get_query_execution(self, **request: Any) -> dict[str, Any]:
        status = {"State": self.states.pop(0), "StateChangeReason": self.reason}
        return {"QueryExecution": {"Status": status}}

    def get_paginator(self, name: str) -> "FakeAthena":
        return self

    def paginate(self, **request: Any) -> Iterator[dict[str, Any]]:
        kinds = [
            {"Name": "n", "Type": "bigint"},
            {"Name": "late", "Type": "boolean"},
            {"Name": "name", "Type": "varchar"},
        ]
        for rows in ([["n", "late", "name"], ["3", "true", "Tea"]], [["4", "false", None]]):
            data = [{"Data": [{"VarCharValue": v} if v is not None else {} for v in row]} for row in rows]
            yield {"ResultSet": {"ResultSetMetadata": {"ColumnInfo": kinds}, "Rows": data}}


def test_athena_is_asked_in_its_workgroup_and_its_text_gets_types(monkeypatch: pytest.MonkeyPatch) -> None:
    athena = FakeAthena()
    monkeypatch.setattr("cli.lake_engines.boto3.client", lambda service: athena)
    monkeypatch.setattr("cli.lake_engines.time.sleep", lambda seconds: None)
    table = athena_engine("production", "SELECT count(*) AS n, late, name FROM events GROUP BY 2, 3")
    assert table == (["n", "late", "name"], [(3, True, "Tea"), (4, False, None)])
    assert athena.asked["WorkGroup"] == "jogakbo-production"
    assert athena.asked["QueryExecutionContext"] == {"Database": "jogakbo_production"}
    assert "LEFT JOIN lake_merges" in athena.asked["QueryString"]


def test_what_athena_refuses_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    athena = FakeAthena("FAILED", "COLUMN_NOT_FOUND: line 1:99: Column 'dayy' cannot be resolved")
    monkeypatch.setattr("cli.lake_engines.boto3.client", lambda service: athena)
    monkeypatch.setattr("cli.lake_engines.time.sleep", lambda seconds: None)
    with pytest.raises(QueryError, match=r"^line 1, column 8: COLUMN_NOT_FOUND"):
        athena_engine("production", "SELECT dayy FROM events")
