"""Nothing of an erased person comes in: looked for in every table and every object after each way in."""

import json
from typing import Any

import boto3
import pytest
import zstandard

from functions.reconcile_counts.handler import handler as reconcile_counts
from shared.aws import clients
from shared.domain.identifiers import Identifier
from shared.domain.mapping import Mapping
from shared.domain.quarantine import EntryId
from shared.domain.sources import Source
from shared.domain.tracking_plans import TrackingPlan
from shared.stores.catalogue_store import CatalogueStore
from shared.stores.suppression_store import SuppressionStore, open_suppressions
from shared.stores.tables import CATALOGUE, EVENTS, LEDGER, QUARANTINE, SUPPRESSIONS, TABLES
from tests.conftest import Deployment
from tests.faults import Failing, client_error
from tests.pipeline import (
    SOURCE,
    configured,
    items,
    kinesis_records,
    record_bytes,
    refusals,
    retried,
    seed_source,
    stored,
    stored_ids,
    track,
)

JANE = Identifier("email", "jane@example.com")
U1 = Identifier("user_id", "u1")
RULES = (
    {"op": "rename", "from": "customer", "to": "userId"},
    {"op": "default", "field": "type", "value": "track"},
    {"op": "default", "field": "event", "value": "Order Completed"},
)
ERASED_AT, LIFTED_AT = "2026-11-20T00:00:00.000Z", "2026-11-21T00:00:00.000Z"


@pytest.fixture
def suppressions(aws: Deployment) -> SuppressionStore:
    seed_source(aws)
    return open_suppressions(aws.table(SUPPRESSIONS), "jogakbo/test/suppression-keys")


def endings(aws: Deployment) -> dict[str, int]:
    """What was counted, without zeros; the numbers add up."""
    names = ("received", "stored", "duplicate", "quarantined", "suppressed", "reduced", "waiting")
    counted = [item for item in items(aws, LEDGER) if item["pk"].startswith("C#")]
    totals = {name: sum(item.get(name, 0) for item in counted) for name in names}
    assert totals["received"] == sum(totals.values()) - totals["received"]
    return {name: number for name, number in totals.items() if number}


def objects(aws: Deployment) -> dict[str, str]:
    """The text of every object of the bucket."""
    s3 = boto3.client("s3")
    keys = [found["Key"] for found in s3.list_objects_v2(Bucket=aws.bucket).get("Contents", [])]
    bodies = {key: s3.get_object(Bucket=aws.bucket, Key=key)["Body"].read() for key in keys}
    return {key: zstandard.ZstdDecompressor().decompress(body).decode() for key, body in bodies.items()}


def everything(aws: Deployment) -> str:
    """Whatever any table or object says, quarantined bodies opened."""
    rows = [item for table in TABLES if table is not CATALOGUE for item in items(aws, table)]
    bodies = [zstandard.ZstdDecompressor().decompress(item["body"]).decode() for item in rows if "body" in item]
    return "\n".join([*map(str, rows), *bodies, *objects(aws).values()]).lower()


def outcomes(aws: Deployment) -> list[dict[str, Any]]:
    texts = [text for key, text in objects(aws).items() if key.startswith("outcomes/")]
    return sorted((json.loads(line) for text in texts for line in text.split("\n")), key=lambda line: line["origin"])


def test_of_an_erased_person_no_byte_is_kept_and_each_event_is_counted(
    aws: Deployment, suppressions: SuppressionStore
) -> None:
    suppressions.put([U1], ERASED_AT, "r1")
    batch = record_bytes(
        track("m1", properties={"secret": "blue"}),
        track("m2", userId="u2"),
        track("m3", event="", properties={"secret": "refused blue"}),
        '{"userId":"u1","messageId":"m4","properties":{"secret":"blue","n":NaN}}',
    )
    alone = record_bytes(track("m5", properties={"secret": "blue"}), ip="203.0.113.99")
    for _ in range(2):
        assert stored(kinesis_records(batch, alone)) == []
    assert endings(aws) == {"received": 5, "stored": 1, "suppressed": 4}
    assert stored_ids(aws) == ["m2"]
    assert refusals(aws) == []
    said = everything(aws)
    assert [word for word in ("blue", "u1", "m1", "m3", "m4", "m5", "203.0.113.99") if f'"{word}' in said] == []
    assert "blue" not in said
    suppressed = [line for line in outcomes(aws) if line["outcome"] == "suppressed"]
    assert len(suppressed) == 4
    assert {frozenset(line) for line in suppressed} == {
        frozenset({"outcome", "origin", "source_id", "received_at", "stored_at", "correlation_id"})
    }


def test_who_names_an_erased_person_beside_is_stored_without_them(
    aws: Deployment, suppressions: SuppressionStore
) -> None:
    suppressions.put([JANE], ERASED_AT, "r1")
    named = track("m1", properties={"email": "Jane@Example.com", "note": "from jane@example.com", "total": 5})
    refused = track("m2", event="", properties={"email": "jane@example.com", "total": 6})
    data = record_bytes(named, refused, track("m3"))
    assert stored(kinesis_records(data)) == []
    assert endings(aws) == {"received": 3, "stored": 1, "quarantined": 1, "reduced": 1}
    assert "jane" not in everything(aws)
    kept = json.loads(next(item["event"] for item in items(aws, EVENTS) if item["message_id"] == "m1"))
    assert kept["properties"] == {"note": "from [erased]", "total": 5}
    [line] = [line for line in outcomes(aws) if line["outcome"] == "reduced"]
    assert json.loads(line["event"]) == kept
    # The client sends it again: a repeat, told by the digest of what it sent.
    assert stored(kinesis_records(record_bytes(named), first=5)) == []
    assert endings(aws) == {"received": 4, "stored": 1, "duplicate": 1, "quarantined": 1, "reduced": 1}
    assert "jane" not in everything(aws)


def test_after_a_lift_later_events_come_in_and_late_ones_of_before_do_not(
    aws: Deployment, suppressions: SuppressionStore
) -> None:
    suppressions.put([U1], ERASED_AT, "r1")
    suppressions.lift([U1], LIFTED_AT)
    late = track("m1", timestamp=LIFTED_AT)
    refused_late = track("m2", timestamp=LIFTED_AT, event="")
    new = track("m3", timestamp="2026-11-21T00:00:00.001Z")
    assert stored(kinesis_records(record_bytes(late, refused_late, new, track("m4", event="")))) == []
    assert endings(aws) == {"received": 4, "stored": 1, "quarantined": 1, "suppressed": 2}
    assert stored_ids(aws) == ["m3"]
    assert [item["message_id"] for item in items(aws, QUARANTINE)] == ["m4"]


def test_while_nobody_can_be_looked_up_nothing_is_stored_and_a_retry_takes_the_erased_out_of_the_log(
    aws: Deployment, suppressions: SuppressionStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    suppressions.put([U1, JANE], ERASED_AT, "r1")
    data = record_bytes(
        track("m1", properties={"secret": "blue"}),
        track("m2", userId="u2", properties={"email": "jane@example.com"}),
        track("m3", userId="u2", event="", properties={"email": "jane@example.com"}),
        track("m4", userId="u3"),
    )
    real = clients.dynamodb()
    with monkeypatch.context() as patch:
        throttled = Failing(real, "batch_get_item", client_error("ThrottlingException"))
        patch.setattr(clients, "dynamodb", lambda: throttled)
        patch.setattr("shared.aws.dynamo.dynamodb", lambda: throttled)
        assert stored(kinesis_records(data)) == []
        assert endings(aws) == {"received": 4, "waiting": 4}
        assert (stored_ids(aws), refusals(aws)) == ([], [])
        [key] = objects(aws)
        send_to_retries(aws, key)
        assert retried(aws) != [], "the message comes again"
    send_to_retries(aws, key)
    assert retried(aws) == []
    assert endings(aws) == {"received": 4, "stored": 1, "quarantined": 1, "suppressed": 1, "reduced": 1}
    assert stored_ids(aws) == ["m2", "m4"]
    said = everything(aws)
    assert "blue" not in said
    assert "jane" not in said


def test_a_redrive_and_a_replay_bring_nobody_back_and_their_entry_of_quarantine_goes(
    aws: Deployment, suppressions: SuppressionStore
) -> None:
    assert stored(kinesis_records(record_bytes(track("m1"), track("m2", userId="u2"), track("m3", event="")))) == []
    counted = endings(aws)
    assert counted == {"received": 3, "stored": 2, "quarantined": 1}
    [entry] = items(aws, QUARANTINE)
    suppressions.put([U1], ERASED_AT, "r1")
    forget_events(aws, U1)

    [key] = [key for key in objects(aws) if key.startswith("log/")]
    send_to_retries(aws, key, republish_from="2026-11-21T00:00:00.000Z")
    assert retried(aws) == []
    assert stored_ids(aws) == ["m2"]
    assert endings(aws) == counted
    assert '"u1"' not in objects(aws)[key]
    checked = reconcile_counts({"hour": "2026-11-21T09"}, None)["hours"]["2026-11-21T09"]
    assert checked == {SOURCE: {"gap": 0, "open": 1}}, "m2 isn't folded yet; what was erased isn't missed"

    replay_of = str(EntryId(SOURCE, entry["received_at"], entry["sk"].partition("#")[2]))
    again = record_bytes(track("m3"), replay=True, replay_of=replay_of)
    assert stored(kinesis_records(again, first=9)) == []
    assert endings(aws) == {**counted, "received": 4, "suppressed": 1}
    assert items(aws, QUARANTINE) == []
    assert stored_ids(aws) == ["m2"]


def test_what_a_mapping_made_names_people_also_where_a_plan_refuses_it(
    aws: Deployment, suppressions: SuppressionStore
) -> None:
    catalogue = CatalogueStore(aws.table(CATALOGUE))
    catalogue.put(Mapping("rows", "Rows", RULES))
    catalogue.put(TrackingPlan("tea", "Tea", events={}, unplanned="quarantine", invalid="allow"))
    configured(aws, Source, SOURCE, mapping="rows", tracking_plan="tea")
    suppressions.put([U1], ERASED_AT, "r1")
    assert (
        stored(
            kinesis_records(record_bytes({"customer": "u1", "messageId": "m1"}, {"customer": "u2", "messageId": "m2"}))
        )
        == []
    )
    assert endings(aws) == {"received": 2, "quarantined": 1, "suppressed": 1}
    assert '"u1"' not in everything(aws)


def send_to_retries(aws: Deployment, key: str, **more: str) -> None:
    """A message for the whole object of the log."""
    body = json.dumps({"v": 1, "kind": "store", "object": key, **more})
    boto3.client("sqs").send_message(QueueUrl=aws.store_retries_url, MessageBody=body)


def forget_events(aws: Deployment, anchor: Identifier) -> None:
    """As an erasure does."""
    for item in items(aws, EVENTS):
        if json.loads(item["identifiers"])[0][:2] == [anchor.namespace, anchor.value]:
            key = {name: {"S": item[name]} for name in ("pk", "sk")}
            boto3.client("dynamodb").delete_item(TableName=aws.table(EVENTS), Key=key)
