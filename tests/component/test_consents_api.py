"""Decisions of consent over HTTP: taken down by the People API, told as records and receipts."""

import json
from typing import Any

import pytest
from typer.testing import CliRunner

from cli import access
from cli.main import app
from functions.read_profiles.handler import handler as read_profiles
from shared.domain.companies import Company
from shared.domain.consent_records import RecordKey
from shared.domain.destinations import Destination
from shared.domain.purposes import Purpose
from shared.domain.sources import Source
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.tables import CATALOGUE
from tests.component.test_read_profiles import give_token
from tests.conftest import Deployment, forget_everything
from tests.http_api import answer_by
from tests.jobs import Operator
from tests.pipeline import track
from tests.privacy import Officer
from tests.way import Way

ADS = Purpose("ads", {"en": "Ads"}, {"en": "May we?"}, wording="3", signals=("Advertising",), valid_months=1)
PROOF = {"wording": "3", "language": "en", "method": "form", "evidence": "form/77"}
GRANT = {"purpose": "ads", "state": "granted", **PROOF}
ACME = {"name": "Acme, Inc.", "address": "1 Sejong-daero, Seoul", "contact": "privacy@acme.example"}
AT = "2020-10-01T09:00:00.000Z"
PATH = "/v1/profiles/user_id:u1/consents"


@pytest.fixture
def way(aws: Deployment) -> Way:
    forget_everything()
    made = Way(aws)
    catalogue = CatalogueStore(aws.table(CATALOGUE))
    for item in (Source("consents", "Consents"), ADS, Purpose("old", {"en": "Old"}, state="disabled")):
        catalogue.put(item)
    catalogue.put(Destination("mailer", "Mailer", "https://x.example.com", (), "secret", purposes=("ads",)))
    made.collect(track("m1", userId="u1", context={"gpc": True}))
    made.drain().close()
    return made


def told(aws: Deployment, *scopes: Any) -> dict[str, Any]:
    token = f"jgb_reader-{len(scopes)}"
    give_token(aws, token, ("profiles:read", *scopes))
    event = {
        "version": "2.0",
        "rawPath": PATH,
        "headers": {"authorization": f"Bearer {token}"},
        "requestContext": {"http": {"method": "GET", "path": PATH}, "requestId": "r1", "stage": "$default"},
    }
    reply = read_profiles(event, None)
    assert reply["statusCode"] == 200, reply
    return dict(json.loads(reply["body"]))


def test_a_decision_becomes_an_event_a_record_and_a_receipt_for_the_person(
    aws: Deployment, way: Way, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Operator(aws)
    status, taken = desk.ask("POST", PATH, {"decisions": [GRANT], "at": AT, "messageId": "form-77"})
    assert status == 202
    desk.ask("POST", PATH, {"decisions": [GRANT], "at": AT, "messageId": "form-77"})
    way.drain()
    person = way.person("user_id", "u1")
    assert person
    assert (person.changes["consent:ads"].value, person.changes["consent:ads"].evidence) == (
        "expired",
        taken["record_id"],
    )
    newest, oldest = told(aws, "profiles:pii")["records"]
    assert (newest["decisions"][0]["signal"], oldest["id"]) == ("gpc", taken["record_id"])
    assert oldest["decisions"][0] == {
        **PROOF,
        "state": "granted",
        "signal": "ads",
        "event_state": "given",
        "purposes": [{"id": "ads", "wording": "3"}],
        "explicit": True,
        "jurisdiction": "",
        "expires": "",
    }
    assert told(aws)["records"][1]["decisions"][0]["evidence"] == "***"
    assert told(aws)["records"][1]["value"] != "u1"
    receipt = Officer(aws).get(f"/v1/privacy/consents/{taken['record_id']}/receipt")
    assert receipt["pii_principal_id"] == "user_id:u1"
    assert [one["event_state"] for one in receipt["events"]] == ["given", "expired"]
    assert receipt["events"][0]["validity_until"] == "2020-11-01T09:00:00.000Z"
    assert (receipt["parties"], receipt["missing"]) == ([], ["parties"])
    CatalogueStore(aws.table(CATALOGUE)).put(Company("acme", **ACME))
    answered = Officer(aws).get(f"/v1/privacy/consents/{taken['record_id']}/receipt")
    assert (answered["parties"], answered["missing"]) == ([{"party_id": "acme", "role": "controller", **ACME}], [])
    (purpose,) = receipt["purposes"]
    assert (purpose["text"], purpose["recipient_third_parties"]) == ({"en": "May we?"}, ["Mailer"])
    monkeypatch.setenv("JOGAKBO_API_URL", "https://api.example.com")
    monkeypatch.setenv("JOGAKBO_API_TOKEN", "jgb_reader-0")
    monkeypatch.setattr(access.console, "width", 400)
    answer_by(monkeypatch, read_profiles)
    printed = CliRunner().invoke(app, ["profile", "consents", "user_id:u1"])
    assert "ads (3)" in printed.output


def test_somebody_nobody_knows_yet_can_decide(aws: Deployment, way: Way) -> None:
    refusal = {"purpose": "ads", "state": "refused"}
    body = {"identifier": "email: New@Example.com", "decisions": [refusal]}
    status, taken = Operator(aws).ask("POST", "/v1/consents", body)
    assert status == 202
    way.drain()
    person = way.person("email", "new@example.com")
    assert person
    ((anchor, given),) = person.state.consent.items()
    assert RecordKey.parse(taken["record_id"]) == (anchor, given["ads"].time, taken["message_id"])
    assert given["ads"].state == "refused"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"decisions": [{"purpose": "old", "state": "granted"}]}, 400, "purpose_unknown"),
        ({"decisions": [GRANT], "at": "2099-01-01"}, 400, "time_in_future"),
        ({"decisions": [GRANT], "at": "today"}, 400, "time_invalid"),
        ({"decisions": [{**GRANT, "expires": "soon"}]}, 400, "time_invalid"),
        ({"decisions": [{**GRANT, "expires": "2020-01-01"}]}, 400, "time_invalid"),
        ({"decisions": [{**GRANT, "state": "expired"}]}, 400, "parameter_invalid"),
        ({"decisions": []}, 400, "parameter_invalid"),
        ({"decisions": [GRANT], "messageId": "m"}, 400, "parameter_invalid"),
        ({"decisions": [GRANT], "source": "nowhere"}, 409, "source_unknown"),
    ],
)
def test_what_cannot_be_taken_down_is_refused_with_the_reason(
    aws: Deployment, way: Way, body: Any, status: int, code: str
) -> None:
    got, problem = Operator(aws).ask("POST", PATH, body)
    assert (got, problem["code"]) == (status, code)
    if code == "purpose_unknown":
        assert problem["fix"] == "One of: ads."
    assert way.new_kinesis() == []


def test_without_its_scope_or_an_identifier_nothing_is_taken_down_or_told(aws: Deployment, way: Way) -> None:
    assert Operator(aws, ("contacts:write", "privacy:write")).ask("POST", PATH, {"decisions": [GRANT]})[0] == 403
    for identifier in ("profile_id:01KAK3J8V2N5Q0T4W6Y8Z1B3D5", "nobody", "email:undefined"):
        body = {"identifier": identifier, "decisions": [GRANT]}
        assert Operator(aws).ask("POST", "/v1/consents", body)[1]["code"] == "identifier_invalid"
    for record_id in ("x", RecordKey("a" * 24, AT, "m").id):
        assert Officer(aws).ask("GET", f"/v1/privacy/consents/{record_id}/receipt")[0] == 404
