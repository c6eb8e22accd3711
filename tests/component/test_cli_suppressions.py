"""`jogakbo suppressions`: who is kept out, letting them in again, and new keys that no worker misses."""

import json
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from typer.testing import CliRunner, Result

from cli import access, commands_suppressions
from cli.main import app
from shared.domain.identifiers import Identifier
from shared.domain.suppression import SETTLED
from shared.stores.suppression_store import open_suppressions
from shared.stores.tables import CATALOGUE, SUPPRESSIONS
from tests.conftest import Deployment
from tests.erased import KEYS

JANE = Identifier("email", "jane@example.com")


@pytest.fixture(autouse=True)
def outputs(aws: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    names = "CollectUrl ReadUrl BusName LogBucketName EventsTable ProfilesTable LedgerTable"
    found = dict.fromkeys(f"{names} StoreRetriesQueueUrl StitchRetriesQueueUrl".split(), "")
    monkeypatch.setattr(access, "stack_outputs", lambda stage: {**found, "CatalogueTable": aws.table(CATALOGUE)})


def ran(*arguments: str, answer: str = "") -> Result:
    return CliRunner().invoke(app, ("suppressions", *arguments, "--stage", "test"), input=answer)


def test_who_is_suppressed_is_told_and_let_in_once_somebody_says_yes(aws: Deployment) -> None:
    open_suppressions(aws.table(SUPPRESSIONS), KEYS).put([JANE], "2026-11-20T00:00:00.000Z", "r1")
    asked = ("email:Jane@example.com", "user_id:u1")
    assert ran("check", *asked).output.splitlines() == [f"{asked[0]} suppressed", f"{asked[1]} not suppressed"]
    assert ran("lift", *asked, answer="n\n").exit_code == 1
    assert ran("lift", *asked, "--yes").output.splitlines() == [f"{asked[0]} lifted", f"{asked[1]} was not suppressed"]
    assert "lifted at 20" in ran("check", asked[0]).output
    assert ran("check", "email:nobody").exit_code == 2


def test_a_new_key_is_used_once_every_worker_knows_it_and_the_old_one_stays(
    aws: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_suppressions(aws.table(SUPPRESSIONS), KEYS).put([JANE], "2026-11-20T00:00:00.000Z", "r1")
    assert "Version 2 is there." in ran("add-key").output
    early = ran("use-key")
    assert (early.exit_code, "yet" in early.output) == (1, True)
    monkeypatch.setattr(commands_suppressions, "written_at", lambda _: datetime.now(UTC) - SETTLED - timedelta(1))
    for _ in range(2):
        assert "Version 2 is in use." in ran("use-key").output
    keys = json.loads(boto3.client("secretsmanager").get_secret_value(SecretId=KEYS)["SecretString"])
    assert (keys["current"], sorted(keys)) == ("2", ["1", "2", "current"])
    assert ran("check", "email:jane@example.com").output == "email:jane@example.com suppressed\n"
