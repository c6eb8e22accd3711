"""The samples of triggers in events/ go through the real handlers, one after the other, as they would on AWS."""

import json
from pathlib import Path
from typing import Any

import pytest

from functions.collect_events.handler import handler as collect_events
from functions.store_events.handler import handler as store_events
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


def test_the_sample_batch_is_stored_and_the_sample_retry_finds_it_in_the_log(aws: Deployment) -> None:
    for name in ("store_events", "store_events_retry", "store_events"):
        assert store_events(sample(name), None) == {"batchItemFailures": []}
    assert stored_ids(aws) == ["m-1", "m-2", "m-3"]
    assert refusals(aws) == [("not_an_object", None)]
    assert counts(aws) == {"received": 4, "stored": 3, "duplicate": 0, "quarantined": 1}
