"""`jogakbo source webhook` over moto: what it makes is what the collector takes."""

import json
import re

import boto3
import pytest
from typer.testing import CliRunner, Result

from cli.main import app
from functions.collect_events import settings as collecting
from shared.domain.incoming_webhooks import secret_name
from shared.domain.sources import Source, WebhookScheme
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.tables import CATALOGUE
from tests.component.test_cli import outputs  # noqa: F401 - a fixture
from tests.component.test_collect_webhooks import delivery, unsigned
from tests.conftest import Deployment
from tests.pipeline import sent

PARTNER = "src_partner"
pytestmark = pytest.mark.usefixtures("outputs")


@pytest.fixture(autouse=True)
def catalogue(aws: Deployment) -> CatalogueStore:
    store = CatalogueStore(aws.table(CATALOGUE))
    store.put(Source(PARTNER, "A partner", "webhook"))
    return store


def run(*arguments: str, answer: str = "") -> Result:
    collecting.doors.cache_clear()  # the minute is over
    return CliRunner().invoke(app, ["source", "webhook", PARTNER, "--stage", "test", *arguments], input=answer)


def shown(result: Result, name: str = "secret") -> str:
    assert result.exit_code == 0, result.output
    found = re.search(rf"^  {name} +(\S+)$", result.output, re.MULTILINE)
    assert found, result.output
    return found[1]


def kept() -> list[str]:
    text = boto3.client("secretsmanager").get_secret_value(SecretId=secret_name("test", PARTNER))["SecretString"]
    found: list[str] = json.loads(text)
    return found


def test_a_secret_is_made_and_shown_once_and_signs_what_the_collector_takes() -> None:
    made = run("--scheme", "standard")
    secret = shown(made)
    assert shown(made, "url") == f"https://collect.example.com/v1/webhooks/{PARTNER}"
    assert sent(delivery({"a": 1}, secret))[0] == 200
    assert secret not in run("--list-field", "rows").output
    assert kept() == [secret]


def test_a_rotated_secret_is_good_beside_the_one_before(catalogue: CatalogueStore) -> None:
    first = shown(run("--scheme", "standard"))
    second = shown(run("--rotate"))
    assert [sent(delivery({"a": 1}, secret))[0] for secret in (first, second)] == [200, 200]
    third = shown(run("--rotate"))
    assert [sent(delivery({"a": 1}, secret))[0] for secret in (first, second, third)] == [401, 200, 200]


def test_the_senders_own_secret_is_taken_and_asked_for_where_it_should_not_be_seen() -> None:
    assert shown(run("--scheme", "gitlab", "--secret", "theirs")) == "theirs"
    assert sent(unsigned(b"{}", x_gitlab_token="theirs"))[0] == 200
    run("--secret", "-", answer="another\n")
    assert kept() == ["another", "theirs"]


def test_a_scheme_is_changed_option_by_option(catalogue: CatalogueStore) -> None:
    run("--scheme", "hmac", "--header", "X-Signature", "--encoding", "base64")
    run("--list-field", "rows", "--timestamp-header", "X-Time", "--signed", "{body}:{timestamp}")
    found = catalogue.find(Source, PARTNER)
    assert found is not None
    assert found.webhook == WebhookScheme(
        "hmac", "X-Signature", "base64", timestamp_header="X-Time", signed="{body}:{timestamp}", list_field="rows"
    )


def test_a_scheme_of_another_kind_has_a_secret_of_its_own() -> None:
    first = shown(run("--scheme", "github"))
    second = shown(run("--scheme", "standard"))
    assert kept() == [second] != [first]


def test_a_removed_webhook_is_gone_with_its_secret() -> None:
    secret = shown(run("--scheme", "standard"))
    assert run("--remove").exit_code == 0
    status, problem = sent(delivery({"a": 1}, secret))
    assert (status, problem["code"]) == (404, "no_webhook_scheme")
    with pytest.raises(boto3.client("secretsmanager").exceptions.ResourceNotFoundException):
        kept()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "Remedy: --scheme"),
        (["--scheme", "rsa"], "There is no scheme rsa"),
        (["--scheme", "hmac"], "needs a header"),
        (["--scheme", "github", "--encoding", "base32"], "Remedy: hex or base64"),
        (["--scheme", "slack", "--signed", "{timestamp}"], "once, {body}"),
        (["--scheme", "standard", "--secret", "short"], "no secret of Standard Webhooks"),
        (["--scheme", "github", "--secret", " "], "protects nothing"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence_and_nothing_is_kept(arguments: list[str], said: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 1
    assert said in result.output
    with pytest.raises(boto3.client("secretsmanager").exceptions.ResourceNotFoundException):
        kept()


def test_a_source_that_is_not_there_is_named() -> None:
    result = CliRunner().invoke(app, ["source", "webhook", "src_none", "--stage", "test", "--scheme", "github"])
    assert result.exit_code == 1
    assert "There is no source src_none" in result.output
