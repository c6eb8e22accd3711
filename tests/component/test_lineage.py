"""The lineage of a person over the real handlers: what every store has of them, and who was given what."""

import json

import pytest
from typer.testing import CliRunner

from cli import access
from cli.main import app
from functions.read_profiles import lineage
from functions.read_profiles.handler import handler as read_profiles
from shared.domain.auditing import AuditEntry
from shared.domain.destinations import Destination
from shared.domain.purposes import Purpose
from shared.domain.sources import Source
from shared.stores.audit_log import AuditLog
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.tables import CATALOGUE, LEDGER
from tests.component.test_read_profiles import give_token
from tests.conftest import Deployment
from tests.http_api import answer_by
from tests.pipeline import track
from tests.way import Way

TOKEN = "jgb_auditor"
GIVEN = ("facts.Segment Entered", "identifiers.email", "traits.city")


@pytest.fixture
def profile_id(aws: Deployment) -> str:
    """Jane came as a visitor, signed in, shares a device with Bob, and went to the CRM."""
    way = Way(aws)
    catalogue = CatalogueStore(aws.table(CATALOGUE))
    way.collect(track("m1", anonymousId="a1"))
    way.collect(
        track(
            "m2", type="identify", userId="u1", anonymousId="a1", traits={"email": "jane@example.com", "city": "Seoul"}
        )
    )
    way.collect(track("m3", userId="u2", anonymousId="a1"))
    way.collect(track("m4", type="group", userId="u1", groupId="acme"))
    way.drain().close()
    source = catalogue.find(Source, "src_web")
    assert source
    catalogue.put(Purpose("ads", {"en": "Ads"}, traits=("city",)))
    catalogue.put(Destination("crm", "CRM", "https://x.example", (), "s", ("mail",), ("city",), ("email",)))
    person = way.person("user_id", "u1")
    assert person
    at = "2026-11-21T09:30:00.000Z"
    AuditLog(aws.table(LEDGER)).append(
        AuditEntry(
            person.id, at, "disclosed", "crm#f1", "deliver", "deliver", GIVEN, False, "crm", ("mail",), ("consent",)
        )
    )
    return person.id


@pytest.fixture(autouse=True)
def command(aws: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    give_token(aws, TOKEN, ("audit:read", "profiles:read"))
    monkeypatch.setenv("JOGAKBO_API_URL", "https://api.example.com")
    monkeypatch.setenv("JOGAKBO_API_TOKEN", TOKEN)
    monkeypatch.setattr(access.console, "width", 400)
    answer_by(monkeypatch, read_profiles)


def run(*arguments: str) -> str:
    done = CliRunner().invoke(app, ["profile", "lineage", "user_id:u1", *arguments])
    assert done.exit_code == 0, done.output
    return done.output


def test_every_store_that_has_something_of_a_person_is_named_and_everybody_it_went_to(
    profile_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = json.loads(run("--json"))
    assert told["profile_id"] == profile_id
    counts = {(one["store"], one["what"].split(",")[0]): one["count"] for one in told["stores"]}
    assert counts["events", "events"] == 3, "the third is Bob's"
    assert counts["profiles", "identifiers"] == 3
    assert counts["profiles", "groups that they belong to"] == 1
    assert counts["profiles", "profiles"] == 1 + len(told["merged_profile_ids"])
    assert counts["ledger", "entries of the audit log"] == 2, "the disclosure, and how the command found them"
    assert counts["ledger", "decisions on who is who"] >= 3
    assert counts["ledger", "records of consent"] == 0
    assert {"bucket: lake/events/", "Kinesis", "bucket: log/", "quarantine", "backups"} <= {
        store for store, _ in counts
    }
    (source,) = told["sources"]
    assert (source["source_id"], source["events"]) == ("src_web", 3)
    (crm,) = told["destinations"]
    assert (crm["purposes"], crm["bases"]) == (["mail"], ["consent"])
    assert tuple(one["field"] for one in crm["fields"]) == GIVEN
    assert told["complete"]
    assert "traits.city" in run()
    monkeypatch.setattr(lineage, "MOST_READ", 1)
    assert "There is more than is read" in run()


def test_the_lineage_of_a_field_leads_from_its_event_to_whom_it_was_given(profile_id: str) -> None:
    told = json.loads(run("--field", "traits.city", "--json"))
    assert [(one["source_id"], one["event"].split("#")[-1]) for one in told["origins"]] == [("src_web", "m2")]
    assert (told["needed_by"], told["purposes"], told["bases"]) == (["crm"], ["mail", "ads"], ["consent"])
    assert [(one["destination_id"], one["last"]) for one in told["destinations"]] == [
        ("crm", "2026-11-21T09:30:00.000Z")
    ]
    email = json.loads(run("--field", "identifiers.email", "--json"))
    assert [(one["value"], one["source_id"]) for one in email["origins"]] == [("j***@e***.com", "src_web")]
    assert [one["destination_id"] for one in email["destinations"]] == ["crm"]
    assert "src_web" in run("--field", "identifiers.email")
    missing = CliRunner().invoke(app, ["profile", "lineage", "user_id:u1", "--field", "traits.nothing"])
    assert "field_not_found" in missing.output
