"""Contacts with people: logged by the People API or the command, stored like any event, read as theirs."""

import json

import pytest
from typer.testing import CliRunner, Result

from cli import access
from cli.main import app
from functions.manage_people.handler import handler as manage_people
from functions.read_profiles.handler import handler as read_profiles
from shared.domain.api_tokens import Scope
from shared.domain.sources import Source
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.tables import CATALOGUE
from tests.component.test_read_profiles import give_token
from tests.conftest import Deployment
from tests.http_api import answer_by
from tests.jobs import Operator
from tests.pipeline import stored_ids, track
from tests.way import Way

TOKEN = "jgb_a-service-desk"
CALL = {"channel": "phone", "direction": "inbound", "employee": "Jiwoo", "team": "Care", "note": "Late parcel"}


@pytest.fixture
def way(aws: Deployment, monkeypatch: pytest.MonkeyPatch) -> Way:
    made = Way(aws)
    CatalogueStore(aws.table(CATALOGUE)).put(Source("contacts", "Contacts"))
    made.collect(track(userId="u1"))
    made.drain().close()
    scopes: tuple[Scope, ...] = (
        "profiles:read",
        "profiles:pii",
        "events:read",
        "identities:read",
        "contacts:write",
        "audit:read",
    )
    give_token(aws, TOKEN, scopes)
    monkeypatch.setenv("JOGAKBO_API_URL", "https://api.example.com")
    monkeypatch.setenv("JOGAKBO_API_TOKEN", TOKEN)
    monkeypatch.setattr(access.console, "width", 400)
    answer_by(monkeypatch, lambda e, c: (manage_people if _is_post(e) else read_profiles)(e, c))
    return made


def _is_post(event: dict[str, object]) -> bool:
    return event["requestContext"]["http"]["method"] == "POST"  # type: ignore[index,no-any-return]


def run(*arguments: str) -> Result:
    done = CliRunner().invoke(app, ["profile", *arguments])
    assert done.exit_code == 0, done.output
    return done


def log(*more: str) -> str:
    logged = run("contact", "user_id:u1", "--channel", "phone", "--direction", "inbound", *more)
    return str(json.loads(logged.output)["message_id"])


def test_a_contact_is_an_event_of_the_person_and_counts_for_when_they_were_last_spoken_with(way: Way) -> None:
    message_id = log("--employee", "Jiwoo", "--team", "Care", "--note", "Late parcel")
    way.drain()
    told = json.loads(run("events", "user_id:u1", "--name", "Contact Logged").output)["events"]
    assert [(event["message_id"], event["source_id"]) for event in told] == [(message_id, "contacts")]
    assert told[0]["event"]["properties"] == CALL
    person = json.loads(run("show", "user_id:u1", "--section", "computed").output)
    assert person["computed"]["days_since_contact"]["value"] == 0


def test_the_same_contact_again_is_one_event(way: Way) -> None:
    for _ in range(2):
        assert log("--message-id", "call-1", "--at", "2026-11-21T09:30") == "call-1"
    way.drain()
    assert stored_ids(way.aws).count("call-1") == 1


def test_a_contact_that_cannot_be_logged_is_refused_with_the_reason(aws: Deployment, way: Way) -> None:
    desk = Operator(aws, ("contacts:write",))
    path = "/v1/profiles/user_id:u1/contacts"
    for body, status, code in (
        ({**CALL, "source": "src_nowhere"}, 409, "source_unknown"),
        ({**CALL, "at": "yesterday"}, 400, "time_invalid"),
        ({**CALL, "messageId": "m1"}, 400, "parameter_invalid"),
        ({**CALL, "direction": "sideways"}, 400, "parameter_invalid"),
    ):
        got, problem = desk.ask("POST", path, body)
        assert (got, problem["code"]) == (status, code)
    assert desk.ask("POST", "/v1/profiles/user_id:nobody/contacts", CALL)[0] == 404
    assert Operator(aws, ("profiles:read", "identities:write")).ask("POST", path, CALL)[0] == 403


def test_why_and_groups_are_told_by_the_command(way: Way) -> None:
    way.collect({"type": "group", "userId": "u1", "groupId": "acme", "traits": {"plan": "pro"}, "messageId": "g1"})
    way.drain()
    assert "This profile was made: nobody was known by user_id u1." in run("why", "user_id:u1").output
    assert json.loads(run("why", "user_id:u1", "--json").output)["counts"] == {"created": 1, "attached": 1}
    assert "explain_profile" in run("audit", "user_id:u1").output
    assert json.loads(run("audit", "user_id:u1", "--json").output)["entries"][0]["place"] == "find_profile"
    group = json.loads(run("group", "acme").output)
    assert (group["traits"]["plan"]["value"], len(group["members"])) == ("pro", 1)
