"""The `jogakbo` command over moto: what it makes, prints once, sends and cleans up."""

import json
import os
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
from typer.testing import CliRunner, Result

from cli import access, commands_operate
from cli.deployment import Deployment as Deployed
from cli.deployment import DeploymentError, of_file, of_stack, stack_outputs
from cli.main import app
from cli.provision import provision
from cli.smoke import smoke, temporary_write_key
from shared.contracts.queues import StoreRetry
from shared.domain.api_tokens import SCOPES
from shared.domain.sources import Source
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.keys import secret_hash
from shared.stores.tables import CATALOGUE, EVENTS, LEDGER, PROFILES
from tests.conftest import Deployment


@pytest.fixture
def outputs(aws: Deployment, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What the stack would say. The wide terminal keeps lines whole."""
    found = {
        "CollectUrl": "https://collect.example.com",
        "ReadUrl": "https://api.example.com",
        "BusName": aws.bus,
        "LogBucketName": aws.bucket,
        "CatalogueTable": aws.table(CATALOGUE),
        "EventsTable": aws.table(EVENTS),
        "ProfilesTable": aws.table(PROFILES),
        "LedgerTable": aws.table(LEDGER),
        "StoreRetriesQueueUrl": aws.store_retries_url,
        "StitchRetriesQueueUrl": aws.stitch_retries_url,
    }
    monkeypatch.setattr(access, "stack_outputs", lambda stage: found)
    monkeypatch.setenv("COLUMNS", "400")
    monkeypatch.setattr(access.console, "width", 400)
    return found


@pytest.fixture
def catalogue(aws: Deployment) -> CatalogueStore:
    return CatalogueStore(aws.table(CATALOGUE))


def run(*arguments: str, answer: str = "") -> Result:
    return CliRunner().invoke(app, arguments, input=answer)


def said(result: Result, name: str) -> str:
    found = re.search(rf"{name} +(\S+)", result.output)
    assert found, result.output
    return found[1]


def messages(queue_url: str) -> list[str]:
    answer = boto3.client("sqs").receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10)
    return [message["Body"] for message in answer.get("Messages", [])]


def test_init_gives_a_source_a_write_key_and_a_token_that_work(outputs: Any, catalogue: CatalogueStore) -> None:
    result = run("init", "--stage", "dev", "--token-days", "30")
    assert result.exit_code == 0, result.output
    key = catalogue.find_write_key(said(result, "write_key"))
    assert key is not None
    assert catalogue.find(Source, key.source_id) is not None
    token = catalogue.find_api_token(said(result, "api_token"))
    assert token is not None
    assert token.scopes == SCOPES
    assert token.expires_at[:10] == f"{datetime.now(UTC) + timedelta(days=30):%Y-%m-%d}"
    assert said(result, "api_url") == "https://api.example.com"


def test_init_makes_nothing_a_second_time_and_says_how_to(outputs: Any, catalogue: CatalogueStore) -> None:
    run("init")
    again = run("init")
    assert again.exit_code == 0
    assert "write_key " not in again.output
    assert "jogakbo source add" in again.output
    assert len(list(catalogue.list(Source))) == 1


def test_no_secret_is_stored_as_itself(aws: Deployment, outputs: Any) -> None:
    made = provision("dev", outputs)
    items = str(boto3.client("dynamodb").scan(TableName=aws.table(CATALOGUE))["Items"])
    assert made["write_key"] not in items
    assert made["api_token"] not in items
    assert secret_hash(made["write_key"]) in items


def test_more_tokens_can_be_added(outputs: Any, catalogue: CatalogueStore) -> None:
    token = catalogue.find_api_token(said(run("token", "add", "ci", "--scope", "events:read"), "api_token"))
    assert token is not None
    assert token.scopes == ("events:read",)
    bound = run(
        "token", "add", "agency", "--scope", "privacy:write", "--controller", "bakery", "--controller", "florist"
    )
    agency = catalogue.find_api_token(said(bound, "api_token"))
    assert agency is not None
    assert agency.controllers == ("bakery", "florist")
    for nobody in (("ci", "--controller", ""), ("ci", "--controller", "c" * 201), ("",)):
        assert run("token", "add", *nobody).exit_code == 2
    assert run("token", "add", "ci", "--scope", "everything").exit_code == 2
    assert run("token", "add", "ci", "--days", "9999999").exit_code == 2


def test_a_redrive_asks_first_and_then_sends_every_object_of_the_hours_in_the_range(
    aws: Deployment, outputs: Any
) -> None:
    hours = {"20/23": 1, "21/08": 1, "21/09": 12, "21/10": 1, "21/11": 1}
    for hour, number in hours.items():
        for n in range(number):
            boto3.client("s3").put_object(Bucket=aws.bucket, Key=f"log/2026/11/{hour}/s-{n}.jsonl.zst", Body=b"")
    asked = ("redrive", "--from", "2026-11-21T08:30", "--to", "2026-11-21T10:00")
    assert run(*asked, answer="n\n").exit_code == 1
    assert messages(aws.store_retries_url) == []
    result = run(*asked, answer="y\n")
    assert "14 objects" in result.output
    assert "Sent 14 messages" in result.output
    sent = []
    while batch := messages(aws.store_retries_url):
        sent += [StoreRetry.model_validate_json(body) for body in batch]
    keys = sorted(message.object for message in sent)
    assert len(keys) == len(set(keys)) == 14
    assert {key[12:17] for key in keys} == {"21/08", "21/09", "21/10"}
    assert {message.republish_from for message in sent} == {"2026-11-21T08:30:00.000Z"}


def test_a_redrive_from_the_beginning_of_time_to_its_end_takes_what_is_there(aws: Deployment, outputs: Any) -> None:
    boto3.client("s3").put_object(Bucket=aws.bucket, Key="log/2026/11/21/09/s-1.jsonl.zst", Body=b"")
    result = run("redrive", "--from", "0001-01-01", "--to", "9999-12-31T23:59", "--yes")
    assert "Sent 1 messages" in result.output


def test_a_redrive_of_a_range_without_arrivals_sends_nothing(aws: Deployment, outputs: Any) -> None:
    result = run("redrive", "--from", "2026-11-21T08:30", "--to", "2026-11-21T09:00")
    assert "0 objects" in result.output
    assert messages(aws.store_retries_url) == []
    assert run("redrive", "--from", "2026-11-21T10:00", "--to", "2026-11-21T09:00").exit_code == 2
    assert run("redrive", "--from", "yesterday").exit_code == 2


def publish(aws: Deployment, *traits: str) -> None:
    detail = {"metadata": {}, "data": {"profile_id": "p", "traits": list(traits)}}
    entry = {"EventBusName": aws.bus, "Source": "jogakbo", "DetailType": "Traits Changed", "Detail": json.dumps(detail)}
    boto3.client("events").put_events(Entries=[entry])  # type: ignore[list-item]


@pytest.fixture
def deployed(outputs: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Deployed:
    monkeypatch.setattr("cli.smoke._WAIT_SECONDS", 0)
    return of_stack("dev", outputs)


def nothing_left(aws: Deployment) -> bool:
    rules = boto3.client("events").list_rules(EventBusName=aws.bus)["Rules"]
    queues = boto3.client("sqs").list_queues(QueueNamePrefix="smoke").get("QueueUrls", [])
    return not rules and not queues


def test_smoke_hears_its_own_event_among_others_and_leaves_nothing(aws: Deployment, deployed: Deployed) -> None:
    def send(marker: str, trait: str) -> None:
        publish(aws, "somebody_elses")
        publish(aws, "plan", trait)

    assert 0 <= smoke(deployed, send) < 10
    assert nothing_left(aws)


def test_smoke_sends_again_where_the_rule_was_late(
    aws: Deployment, deployed: Deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cli.smoke._AGAIN_SECONDS", 0.1)
    sent: list[str] = []

    def send(marker: str, trait: str) -> None:
        sent.append(trait)
        if len(sent) == 3:
            publish(aws, trait)

    assert smoke(deployed, send) < 0.1 + 1
    assert len(set(sent)) == 3


def test_smoke_says_what_to_do_where_nothing_is_heard_and_leaves_nothing(aws: Deployment, deployed: Deployed) -> None:
    with pytest.raises(DeploymentError, match="Remedy"):
        smoke(deployed, lambda *_: None, patience=0.2)
    assert nothing_left(aws)


def test_smoke_uses_a_write_key_that_is_gone_afterwards(deployed: Deployed, outputs: Any) -> None:
    with pytest.raises(DeploymentError, match="jogakbo init"), temporary_write_key(deployed):
        pass
    provision("dev", outputs)
    with temporary_write_key(deployed) as write_key:
        assert deployed.catalogue.find_write_key(write_key) is not None
    assert deployed.catalogue.find_write_key(write_key) is None


def test_the_smoke_command_prints_the_seconds(outputs: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    provision("dev", outputs)
    monkeypatch.setattr(commands_operate, "smoke", lambda *_: 1.25)
    assert "dev works" in run("smoke", "--stage", "dev").output


def test_a_stack_that_is_not_there_is_said_in_a_sentence(aws: Deployment) -> None:
    result = run("init", "--stage", "nowhere")
    assert result.exit_code == 1
    assert "make deploy STAGE=nowhere" in result.stderr
    with pytest.raises(DeploymentError):
        stack_outputs("nowhere")
    with pytest.raises(DeploymentError, match="CollectUrl"):
        of_stack("dev", {})


def test_the_file_of_the_local_cloud_leads_there(tmp_path: Path, aws: Deployment) -> None:
    path = tmp_path / "outputs.json"
    with pytest.raises(DeploymentError, match="make up"):
        of_file(path)
    content = {
        "stage": "local",
        "collect_url": "http://127.0.0.1:1",
        "api_url": "http://127.0.0.1:2",
        "bus": "bus",
        "log_bucket": "log",
        "tables": {"catalogue": "table", "ledger": "counts", "events": "stored", "profiles": "people"},
        "queues": {"store_retries": "one", "stitch_retries": "two"},
    }
    path.write_text(json.dumps(content))
    assert of_file(path) == Deployed(
        "local",
        "http://127.0.0.1:1",
        "http://127.0.0.1:2",
        "bus",
        "log",
        "table",
        "stored",
        "people",
        "counts",
        "one",
        "two",
    )


def test_without_a_token_reading_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("JOGAKBO_API_URL", "JOGAKBO_API_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    result = run("profile", "show", "user_id:u1")
    assert result.exit_code == 1
    assert "JOGAKBO_API_TOKEN" in result.stderr


UNREACHABLE = "http://127.0.0.1:1"


@pytest.mark.parametrize(
    "arguments",
    [
        ("user_id:u1", "--api-url", UNREACHABLE, "--api-token", "x"),
        ("user_id:u1", "--api-url", "nonsense", "--api-token", "x"),
        ("user_id:u1", "--api-url", "http://[::1", "--api-token", "x"),
        ("user_id:u1", "--api-url", UNREACHABLE, "--api-token", "토큰"),
        ("user_id:\udcff", "--api-url", UNREACHABLE, "--api-token", "x"),
        ("user_id:u1", "--outputs", "nowhere.json"),
        ("user_id:u1", "--outputs", "."),
    ],
    ids="unreachable no-url broken-url token-in-hangul broken-text no-file folder".split(),
)
def test_where_nobody_answers_reading_says_so_in_one_line_with_a_remedy(arguments: tuple[str, ...]) -> None:
    result = run("profile", "show", *arguments)
    assert result.exit_code == 1
    assert "Remedy" in result.stderr
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize("answer", [httpx.Response(200, text="<html>"), httpx.Response(502, json=["no"])])
def test_an_answer_that_is_not_the_read_apis_is_told_as_one(
    monkeypatch: pytest.MonkeyPatch, answer: httpx.Response
) -> None:
    monkeypatch.setattr(httpx, "request", lambda *_, **__: answer)
    result = run("profile", "show", "user_id:u1", "--api-url", UNREACHABLE, "--api-token", "x")
    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 1


def test_without_a_region_or_credentials_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    result = run("token", "add", "ci")
    assert result.exit_code == 1
    assert "AWS_DEFAULT_REGION" in result.stderr
    assert len(result.stderr.splitlines()) == 1
