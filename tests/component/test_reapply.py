"""A backup of before an erasure is restored: whom it brings back is erased again before the tables take traffic."""

from typing import Any

import boto3
import pytest
from typer.testing import CliRunner, Result

from cli import access, commands_erasures
from cli.main import app
from shared.stores.tables import CATALOGUE, EVENTS, LEDGER, PROFILES
from tests.conftest import RECEIPT_KEY, SUPPRESSION_KEYS, Deployment
from tests.erasures import carried_out, erased, naming
from tests.pipeline import track
from tests.sleeping import instead_of_sleep
from tests.step_functions import FakeStepFunctions
from tests.way import Way

RESTORED = (EVENTS, PROFILES, LEDGER)


@pytest.fixture
def way(aws: Deployment, monkeypatch: pytest.MonkeyPatch) -> Any:
    urls = ("CollectUrl", "ReadUrl", "BusName", "LogBucketName", "StoreRetriesQueueUrl", "StitchRetriesQueueUrl")
    tables = {f"{table.name.capitalize()}Table": aws.table(table) for table in (*RESTORED, CATALOGUE)}
    monkeypatch.setattr(access, "stack_outputs", lambda stage: dict.fromkeys(urls, "any") | tables)
    monkeypatch.setattr(access.console, "width", 400)
    for name, text in (("suppression-keys", SUPPRESSION_KEYS), ("receipt-key", RECEIPT_KEY)):
        boto3.client("secretsmanager").create_secret(Name=f"jogakbo/dev/{name}", SecretString=text)
    made = Way(aws)
    yield made
    made.close()


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["privacy", *arguments])


def backup(aws: Deployment) -> dict[str, list[Any]]:
    return {name: boto3.client("dynamodb").scan(TableName=name)["Items"] for name in map(aws.table, RESTORED)}


def restore(kept: dict[str, list[Any]], *tables: str) -> None:
    for table in tables:
        for item in kept[table]:
            boto3.client("dynamodb").put_item(TableName=table, Item=item)


def test_whoever_a_restored_backup_brings_back_is_erased_again_and_nobody_else(
    way: Way, step_functions: FakeStepFunctions, monkeypatch: pytest.MonkeyPatch
) -> None:
    way.collect(
        track("j1", type="identify", userId="jane", traits={"email": "jane@example.com"}),
        track("j2", anonymousId="phone-of-jane"),
        track("k1", userId="kim"),
        track("l1", userId="lee-left"),
    )
    way.drain()
    way.collect(track("k2", type="identify", userId="kim", traits={"email": "jane@example.com"}))
    way.drain()
    kept = backup(way.aws)
    erased(way.aws, ("user_id", "jane"))
    erased(way.aws, ("anonymous_id", "phone-of-jane"), request_id="r2")
    assert run("reapply").output == "0 erased people are back.\n"

    def carry_out(_: float) -> None:
        for started in [*step_functions.started.values()]:
            carried_out(started["request_id"])

    instead_of_sleep(monkeypatch, commands_erasures, carry_out)
    restore(kept, way.aws.table(EVENTS))
    told = run("reapply", "--yes")
    assert (told.exit_code, "1 events still name erased people." in told.output) == (1, True), "nothing leads to k2"
    restore(kept, *kept)
    told = run("reapply", "--yes")
    assert told.exit_code == 0, told.output
    assert "2 erased people are back." in told.output
    assert naming(way.aws, "jane") == []
    assert way.person("user_id", "kim")
    assert run("reapply").output == "0 erased people are back.\n"
    proved = run("receipt", next(iter(step_functions.started)))
    assert (proved.exit_code, proved.output.splitlines()[-1]) == (0, "It is as it was signed.")
    boto3.client("secretsmanager").put_secret_value(SecretId="jogakbo/dev/receipt-key", SecretString="another")
    assert run("receipt", next(iter(step_functions.started))).exit_code == 1
    assert run("receipt", "unknown").exit_code == 1
