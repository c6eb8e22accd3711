"""`jogakbo quarantine` over the real handlers: what it prints and sends, and what it says where something is amiss."""

import json
from collections.abc import Iterator
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner, Result

from cli import access
from cli.main import app
from functions.review_quarantine import settings as reviewing
from functions.review_quarantine.handler import handler
from functions.store_events import settings as storing
from tests.conftest import Deployment
from tests.gateway import Gateway
from tests.pipeline import SOURCE, kinesis_records, record_bytes, stored, stored_ids, track
from tests.reviewing import RANGE, Reviewer
from tests.way import Way

WHEN = ("--source", SOURCE, "--from", RANGE["from"], "--to", RANGE["to"])


@pytest.fixture
def way(aws: Deployment) -> Iterator[Way]:
    for module in (storing, reviewing):
        module.doors.cache_clear()
    way = Way(aws)
    yield way
    way.close()


@pytest.fixture
def reviewer(way: Way, monkeypatch: pytest.MonkeyPatch) -> Reviewer:
    """The environment of somebody with a token. Whatever is sent is stored at once."""
    reviewer = Reviewer(way.aws)
    client = httpx.Client(transport=httpx.WSGITransport(app=Gateway(handler)))

    def request(method: str, url: str, **more: Any) -> httpx.Response:
        with redirect_stdout(StringIO()):  # metrics
            answer = client.request(method, url, **more)
            if method == "POST":
                way.drain()
        return answer

    monkeypatch.setattr(httpx, "request", request)
    monkeypatch.setenv("JOGAKBO_API_URL", "https://api.example.com")
    monkeypatch.setenv("JOGAKBO_API_TOKEN", reviewer.token)
    monkeypatch.setattr(access.console, "width", 400)
    return reviewer


def refuse(*events: Any) -> None:
    assert stored(kinesis_records(record_bytes(*events), first=-1_000)) == []


def run(*arguments: str, answer: str = "") -> Result:
    return CliRunner().invoke(app, ["quarantine", *arguments], input=answer)


def test_reasons_and_entries_are_told_in_whole_lines(reviewer: Reviewer) -> None:
    refuse(track("m1", type="buy"), track("m2", type="buy"), track("m3", timestamp="yesterday"), "hello")
    said = run("reasons", *WHEN).output.splitlines()
    assert said[0] == "unknown_type (type): 2 entries, 2 waiting, newest 2026-11-21T09:30:00.000Z"
    assert said[1].startswith("  Send one of identify")
    assert "not_an_object: 1 entry" in "".join(said)
    listed = run("list", *WHEN, "--reason", "unknown_type", "--limit", "1").output.splitlines()
    assert listed == [
        "2026-11-21T09:30:00.000Z  waiting    unknown_type (type)  m2",
        f"  {reviewer.entries(reason='unknown_type')[0]['id']}",
    ]
    nothing = run("list", *WHEN, "--state", "stored")
    assert nothing.stdout == ""
    assert nothing.stderr.startswith(f"Nothing of {SOURCE} is in quarantine")


def test_an_entry_is_shown_and_sent_again_edited(reviewer: Reviewer, way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse(track("m1", timestamp="yesterday"))
    entry_id = reviewer.entries()[0]["id"]
    assert json.loads(run("show", entry_id).output)["event"]["timestamp"] == "yesterday"
    monkeypatch.setenv("EDITOR", "sed -i s/yesterday/2026-11-20/")
    result = run("replay", entry_id, "--edit")
    assert (result.exit_code, result.output) == (0, "Sent 1: 1 stored.\n")
    assert stored_ids(way.aws) == ["m1"]


def test_an_event_from_a_file_is_sent_in_its_place_and_a_refusal_names_the_new_entry(
    reviewer: Reviewer, tmp_path: Path
) -> None:
    refuse(track("m1", timestamp="yesterday"))
    file = tmp_path / "mended.json"
    file.write_text(json.dumps(track("m1", timestamp="tomorrow")))
    entry_id = reviewer.entries()[0]["id"]
    said = run("replay", entry_id, "--event", str(file)).output
    assert "Sent 1: 1 refused again." in said
    assert f"jogakbo quarantine show {reviewer.show(entry_id)['refused_as']}" in said


def test_what_could_not_be_decoded_is_sent_as_a_source(reviewer: Reviewer, way: Way, tmp_path: Path) -> None:
    assert stored(kinesis_records(b"hello", first=-1_000)) == []
    file = tmp_path / "mended.json"
    file.write_text(json.dumps(track("m1")))
    entry_id = reviewer.entries(source="unknown")[0]["id"]
    refused = run("replay", entry_id, "--event", str(file))
    assert (refused.exit_code, "source_needed" in refused.stderr) == (1, True)
    assert "1 stored" in run("replay", entry_id, "--event", str(file), "--source", SOURCE).output
    assert stored_ids(way.aws) == ["m1"]


@pytest.mark.parametrize(
    ("editor", "said"),
    [
        ("true", "Nothing was changed"),
        ("sed -i s/{/[/", "This is no JSON"),
        ("sh -c 'echo 7 > $0'", "An event is a JSON object"),
        ("false", "false failed"),
        ("no-such-editor", "no-such-editor failed"),
        ("sed '", "failed"),
    ],
)
def test_an_edit_that_comes_to_nothing_sends_nothing(
    reviewer: Reviewer, way: Way, monkeypatch: pytest.MonkeyPatch, editor: str, said: str
) -> None:
    refuse(track("m1", timestamp="yesterday"))
    monkeypatch.setenv("EDITOR", editor)
    result = run("replay", reviewer.entries()[0]["id"], "--edit")
    assert (result.exit_code, said in result.stderr) == (1, True), result.stderr
    assert reviewer.entries()[0]["state"] == "waiting"


def test_what_was_typed_is_kept_where_it_is_no_json(reviewer: Reviewer, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse(track("m1", timestamp="yesterday"))
    monkeypatch.setenv("EDITOR", "sed -i s/{/[/")
    said = run("replay", reviewer.entries()[0]["id"], "--edit").stderr
    kept = Path(said.split("Remedy: mend ")[1].split(" and send")[0].strip())
    assert kept.read_text().startswith("[")
    kept.unlink()


def test_a_replay_by_query_asks_first_and_tells_how_all_of_them_ended(reviewer: Reviewer, way: Way) -> None:
    refuse(track("m1", type="buy"), track(None), track(None, userId="u2"))
    asked = ("replay", *WHEN, "--reason", "invalid_message_id")
    assert "2 of 2 entries wait." in run(*asked, answer="n\n").output
    assert stored_ids(way.aws) == []
    result = run(*asked, answer="y\n")
    assert "Sent 2: 2 stored." in result.output
    assert len(stored_ids(way.aws)) == 2
    again = run(*asked, "--yes").output
    assert "0 of 2 entries wait." in again
    assert "Sent 0: none." in again
    assert "0 of 0 entries wait." in run("replay", *WHEN, "--reason", "nothing").output


def test_what_a_query_passes_over_is_told(reviewer: Reviewer) -> None:
    assert stored(kinesis_records(b"hello", first=-1_000)) == []
    said = run("replay", "--source", "unknown", *WHEN[2:], "--yes").output
    assert "1 were passed over: they can only be sent edited." in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("list", "--source", ""), "jogakbo source list"),
        (("list", "--source", SOURCE, "--from", "yesterday"), "time_invalid"),
        (("show", "nothing"), "entry_not_found"),
        (("replay", "nothing", "--event", "nowhere.json"), "nowhere.json can't be read"),
        (("replay", "nothing"), "entry_not_found"),
    ],
)
def test_a_mistake_is_told_in_a_sentence(reviewer: Reviewer, arguments: tuple[str, ...], said: str) -> None:
    result = run(*arguments)
    assert (result.exit_code, said in result.stderr) == (1, True), result.stderr


def test_a_replay_of_nothing_in_particular_is_refused(reviewer: Reviewer) -> None:
    assert run("replay").exit_code == 2
    assert run("replay", "--source", SOURCE, "--edit").exit_code == 2
