"""A source that can't do without a purpose: what refuses it leaves nothing but the refusal, anywhere."""

import json
from typing import Any

import pytest
import zstandard

from functions.reconcile_counts.handler import handler as reconcile_counts
from functions.store_events import streaming
from shared.domain.mapping import Mapping
from shared.domain.purposes import Purpose
from shared.domain.sources import Source
from shared.domain.tracking_plans import TrackingPlan
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.contention import ContentionError
from shared.stores.tables import CATALOGUE, EVENTS, LEDGER, QUARANTINE
from tests.conftest import Deployment
from tests.pipeline import SOURCE, configured, items, kinesis_records, record_bytes, retried, seed_source, stored, track

NO = {"consent": {"categoryPreferences": {"ads": False}}, "page": {"url": "https://shop.example/secret"}}


def objects(aws: Deployment) -> str:
    """The text of everything in the bucket."""
    import boto3

    s3 = boto3.client("s3")
    found = [s3.get_object(Bucket=aws.bucket, Key=one["Key"])["Body"].read() for one in _listed(s3, aws.bucket)]
    return "".join(zstandard.ZstdDecompressor().decompressobj().decompress(body).decode() for body in found)


def _listed(s3: Any, bucket: str) -> list[Any]:
    return [one for one in s3.list_objects_v2(Bucket=bucket).get("Contents", []) if one["Key"].endswith(".zst")]


def test_what_refuses_is_kept_as_a_refusal_alone_counted_as_reduced_and_told_from_its_repeats(
    aws: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    seed_source(aws)
    CatalogueStore(aws.table(CATALOGUE)).put(Purpose("ads", {"en": "Ads"}))
    configured(aws, Source, SOURCE, reduces_without="ads")
    refusing = track("m1", event="Secret Bought", properties={"what": "secret"}, context=NO)
    whole = track("m2", properties={"what": "tea"})
    data = record_bytes(refusing, whole, ip="203.0.113.7")
    with monkeypatch.context() as busy:  # the look-up of who is erased fails: the record waits in the log
        busy.setattr(streaming, "_RETRY_DELAY_SECONDS", 0)
        busy.setattr(streaming, "screen", lambda *_: (_ for _ in ()).throw(ContentionError()))
        assert stored(kinesis_records(data)) == []
    assert retried(aws) == []
    assert stored(kinesis_records(data)) == []  # the same record again
    assert stored(kinesis_records(data, first=1)) == []  # the client's retry
    kept = {item["message_id"]: json.loads(item["event"]) for item in items(aws, EVENTS)}
    assert kept["m2"]["properties"] == {"what": "tea"}
    assert {*kept["m1"]} == {"type", "event", "userId", "messageId", "timestamp", "context"}
    assert kept["m1"]["event"] == "Reduced"
    assert kept["m1"]["context"] == {"consent": NO["consent"]}
    assert "secret" not in objects(aws).lower()
    (count,) = [item for item in items(aws, LEDGER) if item["pk"] == f"C#{SOURCE}"]
    ended = {name: count[name] for name in ("received", "stored", "reduced", "duplicate", "quarantined")}
    assert ended == {"received": 4, "stored": 1, "reduced": 1, "duplicate": 2, "quarantined": 0}
    reconcile_counts({"hour": "2026-11-21T09"}, None)
    (hour,) = [item for item in items(aws, LEDGER) if item["pk"] == f"R#{SOURCE}"]
    assert hour["gap"] == 0


def test_what_refuses_is_reduced_though_it_names_nobody_or_breaks_the_plan_and_never_quarantined_whole(
    aws: Deployment,
) -> None:
    seed_source(aws)
    catalogue = CatalogueStore(aws.table(CATALOGUE))
    catalogue.put(Purpose("ads", {"en": "Ads"}))
    catalogue.put(TrackingPlan("shop", "Shop", {}, unplanned="quarantine"))
    configured(aws, Source, SOURCE, reduces_without="ads", tracking_plan="shop", forbidden_numbers="quarantine")
    said = {"properties": {"what": "secret", "card": "4111 1111 1111 1111"}, "context": NO}
    nobody = track("m1", userId="null", type="page", **said)
    assert stored(kinesis_records(record_bytes(nobody, track("m2", event="Secret Bought", **said)))) == []
    kept = {item["message_id"]: json.loads(item["event"]) for item in items(aws, EVENTS)}
    assert [body["context"] for body in kept.values()] == [{"consent": NO["consent"]}] * 2
    assert items(aws, QUARANTINE) == []
    assert "secret" not in f"{kept}{objects(aws)}".lower()


def test_what_refuses_as_its_mapping_makes_it_is_reduced_and_stays_so_when_it_is_taken_again(
    aws: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    seed_source(aws)
    catalogue = CatalogueStore(aws.table(CATALOGUE))
    catalogue.put(Purpose("ads", {"en": "Ads"}))
    state = "context.consent.decisions.ads.state"
    rules = (
        {"op": "default", "field": "type", "value": "track"},
        {"op": "default", "field": "event", "value": "Secret Bought"},
        {"op": "rename", "from": "who", "to": "userId"},
        {"op": "rename", "from": "day", "to": "timestamp"},
        {"op": "cast", "field": "timestamp", "as": "time", "format": "%d.%m.%Y"},
        {"op": "rename", "from": "ads", "to": state},
        {"op": "cast", "field": state, "as": "boolean"},
    )
    catalogue.put(Mapping("rows", "Rows", rules))
    configured(aws, Source, SOURCE, reduces_without="ads", mapping="rows")
    row = {"messageId": "m1", "who": "u1", "day": "20.11.2026", "ads": "no", "what": "secret"}
    data = record_bytes(row, {**row, "messageId": "m2", "ads": "yes"})
    with monkeypatch.context() as busy:
        busy.setattr(streaming, "_RETRY_DELAY_SECONDS", 0)
        busy.setattr(streaming, "screen", lambda *_: (_ for _ in ()).throw(ContentionError()))
        assert stored(kinesis_records(data)) == []
    assert retried(aws) == []
    kept = {item["message_id"]: item for item in items(aws, EVENTS)}
    no, yes = json.loads(kept["m1"]["event"]), json.loads(kept["m2"]["event"])
    assert ({*no}, no["event"]) == ({"type", "event", "userId", "messageId", "timestamp", "context"}, "Reduced")
    assert no["context"] == {"consent": {"decisions": {"ads": {"state": False}}}}
    assert kept["m1"]["time"] == "2026-11-20T00:00:00.000Z"
    assert (yes["event"], yes["properties"]) == ("Secret Bought", {"what": "secret"})
    assert stored(kinesis_records(data, first=1)) == []  # the client's retry
    (count,) = [item for item in items(aws, LEDGER) if item["pk"] == f"C#{SOURCE}"]
    ended = {name: count[name] for name in ("received", "stored", "reduced", "duplicate", "quarantined")}
    assert ended == {"received": 4, "stored": 1, "reduced": 1, "duplicate": 2, "quarantined": 0}
