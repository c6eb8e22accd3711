"""The register of data flows over the real handler and by the command: as JSON, as a table, and as a page."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cli import access
from cli.main import app
from functions.manage_privacy.handler import handler as manage_privacy
from shared.domain.destinations import Destination
from shared.domain.purposes import Purpose
from shared.domain.sources import Source
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.flow_counts import FlowCounts
from shared.stores.tables import CATALOGUE, LEDGER
from tests.conftest import REGION, Deployment
from tests.http_api import answer_by
from tests.privacy import Officer

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["data-flows", *arguments])


def test_the_register_is_told_as_json_as_a_table_and_as_a_page(
    aws: Deployment, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    catalogue, counts = CatalogueStore(aws.table(CATALOGUE)), FlowCounts(aws.table(LEDGER))
    catalogue.put(Source("web", "Web", tracking_plan="shop"))
    catalogue.put(Purpose("ads", {"en": "Ads"}))
    facts = ("Segment Entered",)
    catalogue.put(Destination("crm", "CRM", "https://x.example", facts, "s", ("ads",), ("a<b", "city"), region="Seoul"))
    for _ in range(2):
        counts.add("crm", "web", {"traits.a<b": 2, "traits.city": 1}, ("ads",), NOW)
    counts.add("gone", "", {f"traits.t{number}": 1 for number in range(70)}, (), NOW)
    monkeypatch.setenv("JOGAKBO_API_URL", "https://api.example.com")
    monkeypatch.setenv("JOGAKBO_API_TOKEN", Officer(aws, ("privacy:read",)).token)
    monkeypatch.setattr(access.console, "width", 400)
    answer_by(monkeypatch, manage_privacy)
    told = json.loads(run("--json").output)
    assert (told["region"], told["stage"], told["undeclared"], len(told["flows"])) == (REGION, "test", 70, 73)
    declared = {flow["field"]: flow for flow in told["flows"] if not flow["undeclared"]}
    assert (
        declared["traits.a<b"] | {"count": 4, "region": "Seoul", "bases": ["consent"], "kept_days": 365}
        == declared["traits.a<b"]
    )
    assert declared["facts.Segment Entered"]["last"] is None
    assert told["flows"][0]["undeclared"] == ["destination_unknown"]
    assert "destination_unknown" in run().output
    page = tmp_path / "flows.html"
    written = run("--html", str(page))
    assert written.exit_code == 0, written.output
    html = page.read_text()
    assert html.startswith("<!doctype html>")
    assert "70 of 73 stand out" in html
    assert "traits.a&lt;b" in html
    assert not [word for word in ("<script", "http:", "https:", "src=", "href=") if word in html], "it stands by itself"
    monkeypatch.setenv("JOGAKBO_API_TOKEN", Officer(aws, ("catalogue:read",)).token)
    assert "scope_missing" in run("--html", str(page)).output
