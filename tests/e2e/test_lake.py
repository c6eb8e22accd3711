"""Events sent to the deployed stack are asked for by SQL, followed, traced and replayed with the real command."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from local.outputs import Outputs
from tests.e2e.people import eventually, fresh, has, profile, send, track

pytestmark = pytest.mark.e2e
Command = Callable[..., str]


@pytest.fixture
def jogakbo(cloud: Outputs, tmp_path: Path) -> Command:
    """The command, as a person runs it; what it printed."""
    outputs = tmp_path / "outputs.json"
    outputs.write_text(json.dumps(asdict(cloud)))
    environment = {**os.environ, "XDG_CONFIG_HOME": str(tmp_path), "COLUMNS": "300"}

    def run(*arguments: str) -> str:
        command = [sys.executable, "-m", "cli.main", *arguments, "--outputs", str(outputs)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


def test_events_are_in_the_lake_once_with_todays_person_and_a_segment_of_them_is_tried(
    cloud: Outputs, jogakbo: Command, tmp_path: Path
) -> None:
    user, visitor, name = fresh("user"), fresh("visitor"), fresh("Tea Bought")
    start = datetime.now(UTC).isoformat()
    whole = {"type": "track", "event": name, "anonymousId": visitor}
    bought = [{**whole, "messageId": f"{visitor}-{n}", "properties": {"total": n}} for n in range(40)]
    assert send(cloud, {"batch": bought[:20]}).status_code == 200
    assert send(cloud, {"batch": bought}).status_code == 200  # the first half comes again
    eventually(lambda: _counted(cloud, visitor, name) == 40, "events are folded")
    jogakbo("lake", "build", "--from", start[:13])
    then = _asked(jogakbo, f"SELECT DISTINCT profile_id FROM events WHERE name = '{name}'")
    assert send(cloud, {"batch": [track(user, name, fresh("m"))]}).status_code == 200
    signed_in = {"type": "identify", "userId": user, "anonymousId": visitor, "messageId": fresh("m")}
    assert send(cloud, {"batch": [signed_in]}).status_code == 200
    person = has(cloud, f"user_id:{user}", **{name.replace(" ", "_"): 41})
    jogakbo("lake", "build", "--from", start[:13])
    question = f"""SELECT count(*) AS n, sum(amount) AS total, count(DISTINCT profile_id) AS people,
        max(profile_id) AS profile_id FROM events WHERE name = '{name}'"""
    assert _asked(jogakbo, question) == [
        {"n": 41, "total": "780.0000", "people": 1, "profile_id": person["profile_id"]}
    ]
    assert len(then) == 1
    jogakbo("lake", "snapshot")
    file = tmp_path / "buyers.yaml"
    where = {"event": name, "count": {"operator": "gte", "value": 41}, "window": {"last": "P1D"}}
    file.write_text(json.dumps({"name": "Buyers", "where": where}))
    told = jogakbo("segment", "preview", str(file), "--sample", "1", "--no-overlap")
    assert told.startswith("1 of ")
    assert f"{person['profile_id']}\n└── yes: " in told


def test_an_event_is_followed_traced_and_replayed(cloud: Outputs, jogakbo: Command) -> None:
    user, message_id, start = fresh("user"), fresh("m"), datetime.now(UTC).isoformat()
    assert send(cloud, {"batch": [track(user, "Tea Seen", message_id), {"type": "no"}]}).status_code == 200
    person = has(cloud, f"user_id:{user}", Tea_Seen=1)
    jogakbo("lake", "build", "--from", start[:13])
    followed = jogakbo("tail", "--source", cloud.source_id, "--from", start, "--for", "1").splitlines()
    assert [line.split("  ")[2:] for line in followed if message_id in line] == [
        ["Tea Seen", "stored", "-", message_id]
    ]
    assert any("quarantined  unknown_type:type" in line for line in followed)
    traced = jogakbo("trace", message_id)
    assert [line.split()[0] for line in traced.splitlines()] == ["outcome", "event", "profile", "lake"]
    assert traced.count(person["profile_id"]) == 2
    jogakbo("replay", "--source", cloud.source_id, "--from", start, "--yes")
    replayed = eventually(lambda: _written_again(cloud, user, person), "the person is rebuilt")
    assert replayed["events"] == person["events"]


def test_other_identity_rules_are_tried_on_the_lake(cloud: Outputs, jogakbo: Command, tmp_path: Path) -> None:
    jane, john, start = fresh("jane"), fresh("john"), datetime.now(UTC).isoformat()
    shared = {"properties": {"email": f"{fresh('family')}@example.com"}}
    for user in (jane, john):
        assert send(cloud, {"batch": [track(user, "Tea Seen", fresh("m"), **shared)]}).status_code == 200
        has(cloud, f"user_id:{user}", Tea_Seen=1)
    jogakbo("lake", "build", "--from", start[:13])
    rules = tmp_path / "default.yaml"
    rules.write_text("limits:\n  user_id: {most: 2}\n")
    told = jogakbo("identity", "dry-run", str(rules), "--from", start, "--source", cloud.source_id)
    assert "2 people would merge into 1." in told
    assert f"  user_id:{jane}, email:{shared['properties']['email']}\n  user_id:{john}\n" in told
    people = [profile(cloud, f"user_id:{user}") for user in (jane, john)]
    assert len({person["profile_id"] for person in people if person}) == 2


def _counted(cloud: Outputs, visitor: str, name: str) -> int:
    found = profile(cloud, f"anonymous_id:{visitor}") or {"events": {}}
    return int(found["events"].get(name, {"count": 0})["count"])


def _written_again(cloud: Outputs, user: str, before: dict[str, Any]) -> dict[str, Any] | None:
    found = profile(cloud, f"user_id:{user}")
    return found if found and found["version"] > before["version"] else None


def _asked(jogakbo: Command, query: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(jogakbo("sql", query, "--output", "json"))
    return found
