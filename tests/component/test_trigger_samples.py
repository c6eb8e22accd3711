"""The samples of triggers in events/ go through the real handlers, one after the other, as they would on AWS."""

import json
from pathlib import Path
from typing import Any

import pytest

from cli.provision import add_token
from functions.collect_events.handler import handler as collect_events
from functions.review_quarantine.handler import handler as review_quarantine
from functions.store_events.handler import handler as store_events
from shared.domain.api_tokens import SCOPES
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.tables import CATALOGUE
from tests.conftest import Deployment
from tests.pipeline import collected, counts, refusals, seed_source, stored_ids

SAMPLES = Path(__file__).parents[2] / "events" / "triggers"


def sample(name: str) -> Any:
    return json.loads((SAMPLES / f"{name}.json").read_text())


@pytest.fixture(autouse=True)
def source(aws: Deployment) -> None:
    seed_source(aws, "src_demo", "wk_demo")


def test_the_sample_request_is_taken(aws: Deployment) -> None:
    assert collect_events(sample("collect_events"), None)["statusCode"] == 200
    assert len(collected(aws)) == 2


def test_the_sample_question_about_quarantine_is_answered_to_who_may_ask(aws: Deployment) -> None:
    asked = sample("review_quarantine")
    assert review_quarantine(asked, None)["statusCode"] == 401
    token = add_token(CatalogueStore(aws.table(CATALOGUE)), "tests", SCOPES, 1)
    reply = review_quarantine({**asked, "headers": {"authorization": f"Bearer {token}"}}, None)
    assert (reply["statusCode"], json.loads(reply["body"])["reasons"]) == (200, [])


def test_the_sample_batch_is_stored_and_the_sample_retry_finds_it_in_the_log(aws: Deployment) -> None:
    for name in ("store_events", "store_events_retry", "store_events"):
        assert store_events(sample(name), None) == {"batchItemFailures": []}
    assert stored_ids(aws) == ["m-1", "m-2", "m-3"]
    assert refusals(aws) == [("not_an_object", None)]
    assert counts(aws) == {"received": 4, "stored": 3, "duplicate": 0, "quarantined": 1}
