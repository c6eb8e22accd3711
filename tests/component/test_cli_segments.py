"""The commands that try a segment before it is published, over events that went the real way."""

from pathlib import Path
from typing import Any

import pytest

from cli import commands_segment_previews
from cli.lake_cache import LakeCache
from cli.lake_engines import duckdb_engine
from functions.manage_catalogue.handler import handler as manage_catalogue
from shared.stores.outcome_log import OutcomeLog
from tests.component.test_cli import outputs as outputs
from tests.component.test_cli import run
from tests.conftest import Deployment
from tests.jobs import on_the_command_line
from tests.lake import build, files_of, snapshot, store
from tests.pipeline import track
from tests.sleeping import instead_of_sleep
from tests.trials import run_all
from tests.way import Way

SHOES = """
name: Buyers of shoes
state: draft
where:
  event: Order Completed
  where: [{property: properties.category, type: text, operator: eq, value: shoes}]
"""


def test_a_draft_in_a_file_is_tried_and_says_why_before_anything_is_kept_for_it(
    aws: Deployment, outputs: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("typer.get_app_dir", lambda name: str(tmp_path / name))
    way = Way(aws)
    bought: dict[str, Any] = {"event": "Order Completed", "properties": {"category": "shoes"}}
    store(way, *(track(f"m{n}", userId=f"u{n}", **bought) for n in range(2)), track("m9", userId="v"))
    way.close()
    hour = OutcomeLog(aws.bucket).first_hour()
    assert hour
    build(hour)
    file = tmp_path / "shoes.yaml"
    file.write_text(SHOES)
    assert "There is no profile snapshot yet" in run("segment", "preview", str(file), "--here").output
    snapshot()
    told = run("segment", "preview", str(file), "--here", "--sample", "1").output
    assert "2 of 3 people as of" in told
    assert "2 would enter and 0 leave: about" in told
    assert "bought_once" in told
    assert "yes: number of Order Completed whose properties.category is shoes is at least 1; it is 1" in told
    turned = run("segment", "dry-run", str(file), "--here", "--from", "2026-12-01", "--to", "2026-11-01")
    assert (turned.exit_code, "isn't later" in turned.output) == (2, True)
    told = run("segment", "dry-run", str(file), "--here", "--from", "2026-11-01", "--to", "2026-12-01").output
    assert "3 of 3 people" in told
    assert "2 entered and 0 left. Nothing was changed." in told
    assert "There is no segment nothing." in run("segment", "preview", "nothing", "--here").output


def test_with_a_token_alone_the_api_tries_it(aws: Deployment, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    way = Way(aws)
    bought: dict[str, Any] = {"event": "Order Completed", "properties": {"category": "shoes"}}
    store(way, track("m0", userId="u0", **bought), track("m9", userId="v"))
    way.close()
    hour = OutcomeLog(aws.bucket).first_hour()
    assert hour
    build(hour)
    on_the_command_line(aws, monkeypatch, manage_catalogue)
    instead_of_sleep(monkeypatch, commands_segment_previews, lambda _: run_all(aws))
    file = tmp_path / "shoes.yaml"
    file.write_text(SHOES)
    refused = run("segment", "preview", str(file))
    assert (refused.exit_code, "no_snapshot: There is no profile snapshot yet" in refused.output) == (1, True)
    snapshot()
    told = run("segment", "preview", str(file)).output
    assert "1 of 2 people as of" in told
    assert "yes: number of Order Completed whose properties.category is shoes is at least 1; it is 1" in told
    told = run("segment", "dry-run", str(file), "--from", "2026-11-01", "--to", "2026-12-01").output
    assert "1 entered and 0 left. Nothing was changed." in told
    assert "404 item_not_found" in run("segment", "preview", "nothing").output
    text = run("segment", "sql", str(file)).output
    assert ("lake_events" in text, "JSON_EXTRACT_SCALAR" in text) == (True, True), "as Athena reads it"
    assert len(duckdb_engine(LakeCache(files_of(aws), tmp_path / "lake"), text).rows) == 1
    assert "lake_profiles" in run("segment", "sql", "bought_once", "--at", "2026-11-01").output
    assert "There is no segment nothing." in run("segment", "sql", "nothing").output
    assert "is before 1970" in run("segment", "sql", str(file), "--at", "0001-01-01").output
    file.write_text(SHOES.replace("value: shoes", r'value: "a\tb"'))
    assert "'a\tb'" in run("segment", "sql", str(file)).output, "every character of it means something"
