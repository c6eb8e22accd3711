"""The profile snapshot: everybody once, without values of identifiers, and without whom an erasure took out."""

import json
from typing import Any

import pytest

from shared.aws.objects import put_file
from shared.domain.profiles import Profile
from shared.lake import snapshot as kept
from shared.lake.erasing import erase
from shared.lake.files import SNAPSHOT_FILE
from shared.lake.rewriting import fetch
from shared.lake.scratch import scratch
from tests import segments
from tests.conftest import Deployment
from tests.lake import files_of, snapshot, store
from tests.pipeline import track
from tests.way import Way

ANN = "ann@example.com"


def rows(aws: Deployment) -> dict[str, dict[str, Any]]:
    """By profile id."""
    lake = files_of(aws)
    with scratch() as space:
        (path,) = fetch(lake, space, [SNAPSHOT_FILE])
        found = space.database.execute(
            "SELECT * REPLACE (snapshot_at::VARCHAR AS snapshot_at) FROM read_parquet(?)", [path]
        )
        names = [name for name, *_ in found.description or ()]
        return {row[0]: dict(zip(names, row, strict=True)) for row in found.fetchall()}


def person(way: Way, user_id: str) -> Profile:
    found = way.person("user_id", user_id)
    assert found
    return found


@pytest.fixture
def two(aws: Deployment) -> Any:
    segments.declare(aws)
    way = Way(aws)
    context = {"consent": {"categoryPreferences": {"Advertising": True}}}
    traits = {"city": "Seoul", "since": None}
    store(
        way,
        {"type": "identify", "userId": "u1", "traits": {**traits, "email": ANN}, "context": context},
        track("m1", userId="u1", event="Order Completed", properties={"total": 12.5, "currency": "KRW"}),
        track("m2", userId="u2"),
    )
    yield way
    way.close()


def test_it_has_everybody_with_what_their_profile_says_and_no_value_of_an_identifier(two: Way, aws: Deployment) -> None:
    assert snapshot() == 2
    found = rows(aws)
    ann, other = found[person(two, "u1").id], found[person(two, "u2").id]
    assert (ann["namespaces"], ann["segments"], ann["events"]) == (["email", "user_id"], ["bought_once"], 2)
    assert json.loads(ann["traits"])["city"] == "Seoul"
    assert json.loads(ann["tallies"])["Order Completed"]["sums"] == {"KRW": "12.5000"}
    assert json.loads(ann["consent"]) == {"Advertising": {"state": "granted", "expires_at": ""}}
    assert json.loads(ann["computed"])["monetary"] == 12.5
    assert ann["bytes"] > 500
    assert (other["segments"], other["events"], other["traits"]) == ([], 1, "{}")
    assert "u1" not in json.dumps({name: value for name, value in ann.items() if name != "traits"}, default=str)


def test_an_erased_person_leaves_it_and_is_in_none_that_is_taken_meanwhile(
    two: Way, aws: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshot()
    ann, other = person(two, "u1").id, person(two, "u2").id
    assert erase(files_of(aws), [], [ann], "2026-11-21T11:30:00.000Z").rows == 1
    assert set(rows(aws)) == {other}
    assert snapshot() == 1, "the table still has them"

    def put(*args: Any) -> None:
        put_file(*args)
        monkeypatch.setattr(kept, "put_file", put_file)
        erase(files_of(aws), [], [other], "2026-11-21T11:31:00.000Z")

    monkeypatch.setattr(kept, "put_file", put)
    assert snapshot() == 0
    assert rows(aws) == {}
