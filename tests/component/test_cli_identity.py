"""`jogakbo identity dry-run` over a lake that was built from events on the real way: what it tells, and changes not."""

from pathlib import Path
from typing import Any

import boto3
import pytest
from typer.testing import Result

from shared.domain.identity_rules import IdentityRules, Limit
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.tables import CATALOGUE, TABLES
from tests.component.test_build_lake import NINE, TEN, Clock
from tests.component.test_build_lake import clock as clock
from tests.component.test_build_lake import way as way
from tests.component.test_cli import outputs as outputs
from tests.component.test_cli import run
from tests.conftest import Deployment
from tests.lake import build, store
from tests.pipeline import items, track
from tests.way import Way

TWO_USERS = "limits:\n  user_id: {most: 2}\n  email: {most: 5}\n"


@pytest.fixture(autouse=True)
def here(outputs: dict[str, str], clock: type[Clock], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A folder for the copy of the lake."""
    monkeypatch.setattr("typer.get_app_dir", lambda name: str(tmp_path / name))


@pytest.fixture
def a_family(way: Way, clock: type[Clock]) -> None:
    """Two users of one address, in two hours; a third who is alone."""
    store(way, track("m1", userId="jane", properties={"email": "family@example.com"}), track("m2", userId="kim"))
    build(NINE)
    clock.set("2026-11-21T10:15:00")
    store(way, track("m3", userId="john", properties={"email": "family@example.com"}, timestamp=f"{TEN}:14:00Z"))
    build(TEN)


def dry_run(tmp_path: Path, rules: str, *more: str) -> Result:
    file = tmp_path / "tried.yaml"
    file.write_text(rules)
    return run("identity", "dry-run", str(file), *more)


def cells(result: Result, name: str) -> list[str]:
    (line,) = [line for line in result.output.splitlines() if name in line]
    return [cell.strip() for cell in line.strip("│").split("│")][1:]


@pytest.mark.usefixtures("a_family")
def test_who_would_merge_is_told_by_number_and_by_name(tmp_path: Path) -> None:
    result = dry_run(tmp_path, TWO_USERS)
    assert result.exit_code == 0, result.output
    assert "3 events in the order of storing" in result.output
    assert cells(result, "people  ") == ["3", "2"]
    assert cells(result, "limit:user_id") == ["1", "0"]
    assert "2 people would merge into 1." in result.output
    assert "0 people would split into 0." in result.output
    assert "  user_id:jane, email:family@example.com\n  user_id:john\n" in result.output
    assert "personal data" in result.output
    assert "Live, these events belong to 3 people." in result.output


@pytest.mark.usefixtures("a_family")
def test_with_ids_no_value_of_anybody_is_shown(way: Way, tmp_path: Path) -> None:
    result = dry_run(tmp_path, TWO_USERS, "--ids")
    people = [way.person("user_id", user) for user in ("jane", "john")]
    assert [line.strip() for line in result.output.splitlines() if line.startswith("  ")] == [p.id for p in people if p]
    for value in ("jane", "john", "family@", "personal data"):
        assert value not in result.output


@pytest.mark.usefixtures("a_family")
def test_a_range_and_a_source_bound_what_is_decided_on(tmp_path: Path) -> None:
    for bound in (("--to", "2026-11-21T10"), ("--from", "2026-11-21T10"), ("--source", "other")):
        result = dry_run(tmp_path, TWO_USERS, *bound)
        assert "0 people would merge into 0." in result.output, bound
    both = dry_run(tmp_path, TWO_USERS, "--from", "2026-11-21T09", "--to", "2026-11-21T11", "--source", "src_web")
    assert "2 people would merge into 1." in both.output


@pytest.mark.usefixtures("a_family")
def test_todays_rules_are_those_of_the_catalogue(aws: Deployment, tmp_path: Path) -> None:
    limits = {"user_id": Limit(2), "email": Limit(5)}
    CatalogueStore(aws.table(CATALOGUE)).put(IdentityRules(limits=limits))
    result = dry_run(tmp_path, TWO_USERS)
    assert cells(result, "people  ") == ["2", "2"]


@pytest.mark.usefixtures("a_family")
def test_a_value_that_would_be_blocked_names_nobody(tmp_path: Path) -> None:
    result = dry_run(tmp_path, "blocked: [KIM]\n")
    assert cells(result, "events that name nobody") == ["0", "1"]
    assert cells(result, "people  ") == ["3", "2"]


@pytest.mark.usefixtures("a_family")
def test_a_dry_run_changes_nothing(aws: Deployment, tmp_path: Path) -> None:
    def everything() -> list[Any]:
        objects = boto3.client("s3").list_objects_v2(Bucket=aws.bucket)["Contents"]
        stored = [(entry["Key"], entry["ETag"], entry["LastModified"]) for entry in objects]
        return [*(items(aws, table) for table in TABLES), stored]

    before = everything()
    assert dry_run(tmp_path, TWO_USERS).exit_code == 0
    assert everything() == before


def test_rules_that_are_none_are_refused_with_their_place(tmp_path: Path) -> None:
    result = dry_run(tmp_path, "limits:\n  user_id: {most: many}\n")
    assert result.exit_code == 1
    assert f"{tmp_path / 'tried.yaml'}:2: " in result.stderr


def test_an_empty_lake_has_nobody(tmp_path: Path) -> None:
    assert cells(dry_run(tmp_path, TWO_USERS), "people  ") == ["0", "0"]
