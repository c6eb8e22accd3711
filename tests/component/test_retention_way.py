"""From a source's retention class to a rebuild after its events are gone: store, stitch, build the lake, sweep."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest

from functions.sweep_retention.handler import handler as sweep_retention
from shared.aws.dynamo import to_attributes
from shared.domain.sources import RetentionClass, Source
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.expiry_index import ExpiryIndex
from shared.stores.tables import CATALOGUE, EVENTS
from tests.conftest import Deployment
from tests.glue import FakeGlue
from tests.lake import build, store
from tests.pipeline import SOURCE, items, kinesis_records, record_bytes, seed_source, track
from tests.way import Way

SHORT_ENDS, LONG_ENDS = "2026-12-21", "2027-11-21"


class Clock(datetime):
    """Stands where the test puts it, for every function."""

    at = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)

    @classmethod
    def now(cls, tz: Any = None) -> datetime:
        return cls.at


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> type[Clock]:
    modules = ("store_events.streaming", "build_lake.handler", "sweep_retention.handler")
    for module in (*modules, "stitch_identities.people"):
        monkeypatch.setattr(f"functions.{module}.datetime", Clock)
    monkeypatch.setattr("shared.people.rebuilding.datetime", Clock)
    monkeypatch.setattr(Clock, "at", Clock.at)
    return Clock


def test_what_expires_by_its_class_is_still_counted_by_a_rebuild(
    aws: Deployment, glue: FakeGlue, clock: type[Clock]
) -> None:
    way = Way(aws)
    catalogue = CatalogueStore(aws.table(CATALOGUE))
    catalogue.put(RetentionClass("short", 30))
    source = catalogue.find(Source, SOURCE)
    assert source
    catalogue.put(replace(source, retention_class="short"))
    seed_source(aws, "src_long", "wk_long")
    sale = {"total": "19900", "currency": "KRW"}
    traits = {"type": "identify", "userId": "u1", "anonymousId": "d1", "traits": {"city": "Seoul"}}
    store(way, track("m1", properties=sale), {**traits, "messageId": "m2"}, track("m3", userId=None, anonymousId="d1"))
    way.store(kinesis_records(record_bytes(track("m4", properties=sale), source_id="src_long"), first=1_000))
    way.stitch(way.new_inserts())
    build("2026-11-21T09")
    index = ExpiryIndex(aws.bucket)
    assert [due.day for due in index.due("9999")] == [SHORT_ENDS, LONG_ENDS]
    live = way.person("user_id", "u1")
    assert live
    assert live.state.event_count == 4

    clock.at = datetime(2026, 12, 8, tzinfo=UTC)
    assert sweep_retention({}, None) == {"done": 1, "left": 0}
    clock.at = datetime(2026, 12, 25, tzinfo=UTC)
    for item in items(aws, EVENTS):
        if item["ttl"] <= clock.at.timestamp():
            key = to_attributes({"pk": item["pk"], "sk": item["sk"]})
            boto3.client("dynamodb").delete_item(TableName=aws.table(EVENTS), Key=key)
    assert [item["message_id"] for item in items(aws, EVENTS)] == ["m4"]
    message = json.dumps({"kind": "rebuild", "profile_id": live.id})
    way.stitch([{"eventSource": "aws:sqs", "messageId": "q1", "body": message}])
    assert way.person("user_id", "u1") == live
    assert str(live.state.events["Tea Bought"].sums["KRW"]) == "39800.0000"
    assert [due.day for due in index.due("9999")] == [LONG_ENDS]
    way.close()
