"""The profile snapshot: everybody once, without values of identifiers, and without whom an erasure took out."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cli.lake_cache import LakeCache
from shared.aws.objects import put_file
from shared.domain.profiles import Profile
from shared.domain.segments.definition import OfEvents, Segment, Window
from shared.domain.segments.windows import moment
from shared.lake import snapshot as kept
from shared.lake.erasing import erase, erasing
from shared.lake.files import SNAPSHOT_FILE
from shared.lake.opening import opened
from shared.lake.rewriting import fetch
from shared.lake.scratch import scratch
from shared.lake.segments.dry_running import Rules, dry_run
from shared.lake.segments.previewing import Overlap, preview
from shared.stores.outcome_log import OutcomeLog
from tests import segments
from tests.conftest import Deployment
from tests.lake import build, files_of, snapshot, store
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
    (after, first), *_ = erasing(files_of(aws), [], [ann], "2026-11-21T11:30:00.000Z")
    assert (first.rows, set(rows(aws))) == (1, {other})
    assert after not in dict(erasing(files_of(aws), [], [ann], "2026-11-21T11:30:00.000Z", after)), (
        "it goes on behind it"
    )
    assert snapshot() == 1, "the table still has them"

    def put(*args: Any) -> None:
        put_file(*args)
        monkeypatch.setattr(kept, "put_file", put_file)
        erase(files_of(aws), [], [other], "2026-11-21T11:31:00.000Z")

    monkeypatch.setattr(kept, "put_file", put)
    assert snapshot() == 0
    assert rows(aws) == {}


def test_a_segment_is_previewed_over_a_copy_of_the_lake(two: Way, aws: Deployment, tmp_path: Path) -> None:
    hour = OutcomeLog(aws.bucket).first_hour()
    assert hour
    build(hour)
    snapshot()
    bought = Segment("again", "", OfEvents("Order Completed", window=Window("P3650D")))
    one = (person(two, "u1").id,)
    with scratch() as space:
        assert preview(opened(files_of(aws), space), bought, [segments.BOUGHT_ONCE]).sample == one
    with LakeCache(files_of(aws), tmp_path).opened() as lake:
        told = preview(lake, bought, [segments.BOUGHT_ONCE])
        assert (told.sample, told.people, told.overlaps) == (one, 2, (Overlap("bought_once", 1, 1),))
        run = dry_run(lake, bought, [], Rules(), moment(0), datetime(2100, 1, 1, tzinfo=UTC))
        assert [(one.profile_id, one.is_entry) for one in run.crossings][:1] == [(told.sample[0], True)]
