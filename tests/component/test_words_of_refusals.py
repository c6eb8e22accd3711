"""What people are told who write no programs: the field, what is wrong, and what mends it."""

import re
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from cli import access
from cli.main import app
from functions.manage_catalogue.handler import handler as manage_catalogue
from functions.manage_people.handler import handler as manage_people
from functions.manage_privacy.handler import handler as manage_privacy
from functions.read_profiles.handler import handler as read_profiles
from shared.domain.api_tokens import SCOPES
from tests.component.managing import TOKEN, give_token
from tests.conftest import Deployment
from tests.http_api import answer_by

OF_PYDANTIC = re.compile(
    r"Input should|String should|pattern|\^|valid (tuple|dictionary)|parse|\bNone\b|Field required"
)

COMMANDS: list[tuple[Any, str, str]] = [
    (
        manage_catalogue,
        "source add 파일",
        "item_id: What is said here can't be taken. Remedy: Small letters, digits, - and _",
    ),
    (manage_catalogue, "source add web --kind fax", "kind: “fax” can't stand here. Remedy: One of 'web', 'mobile'"),
    (manage_catalogue, "source show Web", "item_id: What is said here can't be taken. Remedy: Small letters"),
    (
        manage_catalogue,
        "source key revoke web KEY --yes",
        "key_id: What is said here can't be taken. Remedy: The id as",
    ),
    (manage_catalogue, "destination add crm --url x --fact Rumour", "There is no fact “Rumour”. Remedy: One of"),
    (manage_catalogue, "destination add crm --url https://x.example --purpose ads", "no purpose ads. Remedy: Make it"),
    (manage_privacy, "privacy show 17", "request_id: What is said here can't be taken. Remedy: The id as it was given"),
    (
        manage_privacy,
        "privacy request forget email:a@b.kr --regulation gdpr",
        "kind: What is said here can't be taken. Remedy: One of",
    ),
    (manage_privacy, "privacy request access mina --regulation gdpr", "An identifier is written <namespace>:<value>"),
    (manage_privacy, "privacy request access email:a@b.kr --regulation dsgvo", "gdpr"),
    (manage_privacy, "deliveries list CRM", "destination: What is said here can't be taken. Remedy: Small letters"),
    (manage_privacy, "deliveries list crm --status lost", "status: What is said here can't be taken. Remedy: One of"),
    (manage_privacy, "deliveries list nobody", "There is no destination nobody. Remedy: jogakbo destination list"),
    (read_profiles, "profile consents mina", "An identifier is written <namespace>:<value>"),
]


@pytest.mark.parametrize(("handler", "command", "words"), COMMANDS, ids=[command for _, command, _ in COMMANDS])
def test_a_command_that_is_refused_says_the_field_and_what_mends_it(
    aws: Deployment, monkeypatch: pytest.MonkeyPatch, handler: Any, command: str, words: str
) -> None:
    give_token(aws, TOKEN, *SCOPES)
    answer_by(monkeypatch, handler)
    monkeypatch.setenv("JOGAKBO_API_URL", "https://api.example.com")
    monkeypatch.setenv("JOGAKBO_API_TOKEN", TOKEN)
    monkeypatch.setattr(access.problems, "width", 400)
    told = CliRunner().invoke(app, command.split())
    assert told.exit_code == 1, told.output
    assert words in told.stderr, told.stderr
    assert not OF_PYDANTIC.search(told.stderr), told.stderr


REQUESTS: list[tuple[Any, str, str, Any, str, str]] = [
    (
        manage_people,
        "POST",
        "/v1/consents",
        {"identifier": "email:a@b.kr", "decisions": [{"purpose": "ads"}]},
        "decisions.0.state",
        "Add `state`.",
    ),
    (
        manage_people,
        "POST",
        "/v1/consents",
        {"identifier": "email:a@b.kr", "decisions": []},
        "decisions",
        "1 or more entries.",
    ),
    (
        manage_people,
        "POST",
        "/v1/consents",
        {"identifier": "email:a@b.kr", "decisions": [{"purpose": "ads", "state": "yes"}]},
        "decisions.0.state",
        "One of 'granted', 'refused' or 'withdrawn'.",
    ),
    (
        manage_people,
        "POST",
        "/v1/consents",
        {"identifier": "email:a@b.kr", "decisions": [{"purpose": "ads", "state": "granted"}], "messageId": "m"},
        "body",
        "`messageId` needs `at`: both tell whether a decision has been taken down before.",
    ),
    (
        manage_privacy,
        "POST",
        "/v1/privacy/requests",
        {"kind": "access", "identities": "a", "x": 1},
        "identities",
        "A list, such as [first, second].",
    ),
    (
        manage_catalogue,
        "PUT",
        "/v1/segments/x",
        {"name": "x", "where": {"identifier": "email"}, "include_anonymous": "no"},
        "include_anonymous",
        "true or false, without quotes.",
    ),
    (
        manage_catalogue,
        "PUT",
        "/v1/sources/x",
        {"name": "x", "truncates_ip": "no"},
        "truncates_ip",
        "true or false, without quotes.",
    ),
    (
        manage_catalogue,
        "PUT",
        "/v1/retention-classes/x",
        {"days": "730"},
        "days",
        "A whole number without quotes, such as 30.",
    ),
    (
        manage_catalogue,
        "PUT",
        "/v1/segments/x",
        {"name": "x", "where": {"identifier": "email"}, "split": {"a": True, "b": 1}},
        "split.a",
        "A whole number without quotes, such as 30.",
    ),
    (manage_people, "POST", "/v1/jobs", {"kind": "verify", "all": "yes"}, "all", "true or false, without quotes."),
    (manage_privacy, "GET", "/v1/privacy/requests?limit=many", None, "limit", "A whole number, such as 30."),
    (manage_privacy, "GET", "/v1/privacy/requests?limit=0", None, "limit", "1 or more."),
    (
        manage_catalogue,
        "POST",
        "/v1/tokens",
        {"name": "", "scopes": ["all"], "days": 0},
        "name",
        "1 or more characters.",
    ),
    (
        read_profiles,
        "GET",
        "/v1/profiles/email:a@b.kr?sections=shoes",
        None,
        "sections",
        "Of identifiers, traits, events, computed, consent, segments; several with commas.",
    ),
    (
        read_profiles,
        "GET",
        "/v1/profiles/email:a@b.kr/lineage?field=shoes",
        None,
        "field",
        "Of traits, identifiers, consent, computed, each with .<name>.",
    ),
]


@pytest.mark.parametrize(("handler", "method", "path", "body", "field", "fix"), REQUESTS)
def test_a_request_that_is_refused_says_the_field_and_what_mends_it(
    aws: Deployment,
    monkeypatch: pytest.MonkeyPatch,
    handler: Any,
    method: str,
    path: str,
    body: Any,
    field: str,
    fix: str,
) -> None:
    give_token(aws, TOKEN, *SCOPES)
    answer_by(monkeypatch, handler)
    headers = {"Authorization": f"Bearer {TOKEN}"}
    answer = httpx.request(method, f"https://api.example.com{path}", json=body, headers=headers, timeout=10)
    problem = answer.json()
    assert (answer.status_code, problem["field"], problem["fix"]) == (400, field, fix)
    assert not OF_PYDANTIC.search(answer.text), answer.text
