"""Commands on requests about people, over the real functions and moto."""

import pytest
from typer.testing import CliRunner, Result

from cli import access
from cli.main import app
from functions.manage_privacy.handler import handler as manage_privacy
from shared.domain.sources import Source
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.tables import CATALOGUE
from tests.conftest import Deployment
from tests.erasures import carried_out
from tests.http_api import answer_by
from tests.pipeline import track
from tests.privacy import Officer
from tests.way import Way


@pytest.fixture
def officer(aws: Deployment, monkeypatch: pytest.MonkeyPatch) -> Officer:
    way = Way(aws)
    CatalogueStore(aws.table(CATALOGUE)).put(Source("privacy", "Privacy requests"))
    way.collect(track("m1", type="identify", traits={"email": "jane@example.com"}))
    way.drain().close()
    officer = Officer(aws)
    monkeypatch.setenv("JOGAKBO_API_URL", "https://api.example.com/")
    monkeypatch.setenv("JOGAKBO_API_TOKEN", officer.token)
    monkeypatch.setattr(access.console, "width", 400)
    answer_by(monkeypatch, manage_privacy)
    return officer


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["privacy", *arguments])


def test_a_request_is_made_verified_and_its_export_given(officer: Officer) -> None:
    made = run("request", "access", "email:jane@example.com", "--regulation", "kr")
    assert made.exit_code == 0, made.output
    request_id = made.output.split()[0]
    assert run("request", "access", "user_id:u1").exit_code == 2  # by which law isn't guessed
    again = run("request", "access", "user_id:u1", "--regulation", "gdpr")
    assert (again.exit_code, f"409 request_open: The access request {request_id}" in again.output) == (1, True)
    assert f"{request_id} verified, pending" in run("verify", request_id, "--method", "identity_document").output
    carried_out(request_id)
    listed = run("list").output
    assert request_id in listed
    assert "0 open: 0 overdue, 0 due within three days" in listed
    assert request_id not in run("list", "--open").output
    assert '"state": "completed"' in run("show", request_id).output
    links = run("export", request_id).output
    assert "html: https://api.example.com/v1/privacy/exports/" in links
    assert "?format=json" in links


def test_a_request_is_refused_cancelled_and_taken_up_by_command(officer: Officer) -> None:
    asked = ("request", "correction", "user_id:u1", "--regulation", "kr", "--trait", "age=30", "--trait", "city=Busan")
    first = run(*asked).output.split()[0]
    shown = run("show", first).output
    assert '"age": 30' in shown
    assert '"city": "Busan"' in shown
    assert "refused, cancelled" in run("verify", first, "--method", "phone_call", "--refuse").output
    second = run(*asked).output.split()[0]
    assert run("verify", second, "--method", "Jane rang from 010-1234-5678").exit_code == 2
    assert run("resume", second).exit_code == 1
    assert "unverified, cancelled" in run("cancel", second).output
    assert run("request", "correction", "user_id:u1", "--regulation", "kr", "--trait", "city").exit_code == 2
