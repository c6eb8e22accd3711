"""Every HTTP API against its own OpenAPI description, by Schemathesis: whatever is sent, the reply is one of those
described, in the shape described, and never a failure of ours."""

import json
from pathlib import Path
from typing import Any

import boto3
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.openapi.checks import JsonSchemaError, UndefinedContentType, UndefinedStatusCode
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi import checks

from cli.provision import add_token
from functions.collect_events.handler import handler as collect_events
from functions.manage_catalogue.handler import handler as manage_catalogue
from functions.manage_people.handler import handler as manage_people
from functions.manage_privacy.handler import handler as manage_privacy
from functions.read_profiles.handler import handler as read_profiles
from functions.review_quarantine.handler import handler as review_quarantine
from shared.domain.api_tokens import SCOPES
from shared.domain.incoming_webhooks import secret_name
from shared.domain.sources import Source, WebhookScheme
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.tables import CATALOGUE
from tests.certifying import certify
from tests.conftest import Deployment
from tests.gateway import Gateway, Handler
from tests.pipeline import SOURCE, WRITE_KEY, basic, kinesis_records, record_bytes, seed_source, stored, track
from tests.reviewing import Reviewer
from tests.way import Way

CHECKS = [
    not_a_server_error,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.status_code_conformance,
]
SAME_CODE = r"/v1/([iapsg]|identify|screen|group|alias|b|import)$|/beacon|pixel/.*(identify|page|screen|group|alias)$"
"""Paths that differ from another one by a word in a table alone."""

few = settings(
    max_examples=8,
    derandomize=True,
    deadline=None,
    database=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=(HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much),
)


def api(name: str, handler: Handler) -> BaseSchema:
    schema = schemathesis.openapi.from_dict(json.loads(Path(f"docs/openapi/{name}.json").read_text()))
    schema.app = Gateway(handler)
    return schema


collect = api("collect", collect_events).exclude(path_regex=SAME_CODE)
read = api("read", read_profiles)
catalogue = api("catalogue", manage_catalogue)
quarantine = api("quarantine", review_quarantine)
people = api("people", manage_people)
privacy = api("privacy", manage_privacy)
opendsr = api("opendsr", manage_privacy)


@pytest.fixture
def seeded(aws: Deployment) -> None:
    seed_source(aws)


@pytest.fixture
def certified(aws: Deployment) -> None:
    certify()


@pytest.fixture
def partner(aws: Deployment) -> None:
    scheme = WebhookScheme("secret", "X-Token", list_field="rows")
    CatalogueStore(aws.table(CATALOGUE)).put(Source("src_partner", "A partner", "webhook", webhook=scheme))
    name = secret_name("test", "src_partner")
    boto3.client("secretsmanager").create_secret(Name=name, SecretString='["a secret"]')


@pytest.fixture
def token(aws: Deployment) -> str:
    """A token with every scope."""
    return add_token(CatalogueStore(aws.table(CATALOGUE)), "tests", SCOPES, 1)


@pytest.fixture
def somebody(aws: Deployment) -> None:
    """One person, u1."""
    way = Way(aws)
    way.collect(track(), track("m2", type="identify", traits={"email": "mina@example.com"}))
    way.drain()
    way.close()


@pytest.fixture
def refused(aws: Deployment) -> tuple[str, str]:
    """The id of an entry in quarantine, and a token with every scope."""
    seed_source(aws)
    stored(kinesis_records(record_bytes(track("m1", type="buy"))))
    reviewer = Reviewer(aws)
    return reviewer.entries()[0]["id"], reviewer.token


@collect.parametrize()
@few
def test_the_collector_says_what_its_description_says(case: Case, seeded: None) -> None:
    case.call_and_validate(checks=CHECKS)
    case.call_and_validate(checks=CHECKS, headers={"authorization": basic(WRITE_KEY)})


@collect.include(path="/v1/webhooks/{source}").parametrize()
@few
def test_a_sender_who_has_the_secret_gets_a_described_reply(case: Case, partner: None) -> None:
    case.path_parameters["source"] = "src_partner"
    case.call_and_validate(checks=CHECKS, headers={"x-token": "a secret"})


@read.parametrize()
@few
def test_the_read_api_says_what_its_description_says(case: Case, somebody: None, token: str) -> None:
    headers = {"authorization": f"Bearer {token}"}
    case.call_and_validate(checks=CHECKS, headers=headers)
    if "identifier" in case.path_parameters:
        case.path_parameters["identifier"] = "user_id%3Au1"
        case.call_and_validate(checks=CHECKS, headers=headers)


@catalogue.parametrize()
@few
def test_the_catalogue_api_says_what_its_description_says(case: Case, seeded: None, token: str) -> None:
    headers = {"authorization": f"Bearer {token}"}
    case.call_and_validate(checks=CHECKS, headers=headers)
    if "item_id" in case.path_parameters:
        case.path_parameters["item_id"] = SOURCE
        case.call_and_validate(checks=CHECKS, headers=headers)


@quarantine.parametrize()
@few
def test_the_quarantine_api_says_what_its_description_says(case: Case, refused: tuple[str, str]) -> None:
    entry_id, token = refused
    headers = {"authorization": f"Bearer {token}"}
    case.call_and_validate(checks=CHECKS, headers=headers)
    if "entry_id" in case.path_parameters:
        case.path_parameters["entry_id"] = entry_id
        case.call_and_validate(checks=CHECKS, headers=headers)


@people.parametrize()
@few
def test_the_people_api_says_what_its_description_says(case: Case, somebody: None, token: str) -> None:
    headers = {"authorization": f"Bearer {token}"}
    case.call_and_validate(checks=CHECKS, headers=headers)
    if "identifier" in case.path_parameters:
        case.path_parameters["identifier"] = "user_id%3Au1"
        case.call_and_validate(checks=CHECKS, headers=headers)


@privacy.parametrize()
@few
def test_the_privacy_api_says_what_its_description_says(case: Case, somebody: None, token: str) -> None:
    case.call_and_validate(checks=CHECKS, headers={"authorization": f"Bearer {token}"})


@opendsr.parametrize()
@few
def test_opendsr_says_what_its_description_says(case: Case, certified: None, token: str) -> None:
    case.call_and_validate(checks=CHECKS, headers={"authorization": f"Bearer {token}"})


BROKEN: list[tuple[Any, type[Exception]]] = [
    ({"statusCode": 418, "headers": {"content-type": "application/problem+json"}, "body": "{}"}, UndefinedStatusCode),
    ({"statusCode": 200, "headers": {"content-type": "text/html"}, "body": "<p>"}, UndefinedContentType),
    ({"statusCode": 400, "headers": {"content-type": "application/problem+json"}, "body": "{}"}, JsonSchemaError),
]


@pytest.mark.parametrize(("reply", "found"), BROKEN, ids=[found.__name__ for _, found in BROKEN])
def test_a_reply_that_breaks_the_description_is_seen(reply: dict[str, Any], found: type[Exception]) -> None:
    operation = api("collect", lambda event, context: reply)["/v1/batch"]["POST"]
    with pytest.RaisesGroup(found):
        operation.Case(body={"batch": []}).call_and_validate(checks=CHECKS)
