"""store_events writes down how each element ended: whatever is stored is written down, whatever fails in between."""

import json
from collections.abc import Callable
from threading import Barrier
from typing import Any

import pytest

from shared.aws import clients, objects
from shared.stores.event_store import to_event
from shared.stores.outcome_log import OutcomeLog
from shared.stores.tables import EVENTS
from tests.component.test_store_events_faults import Meddle, answering, deliver
from tests.component.test_store_events_faults import meddle as meddle
from tests.component.test_store_events_faults import source as source
from tests.conftest import Deployment
from tests.faults import Failing, client_error
from tests.pipeline import items, kinesis_records, record_bytes, retried, stored, stored_ids, track

Lines = list[dict[str, Any]]


def lines(aws: Deployment) -> Lines:
    log = OutcomeLog(aws.bucket)
    hours = {key.split("outcomes/")[1][:13] for key in keys(aws)}
    hour_of = "{0[0]}-{0[1]}-{0[2]}T{0[3]}".format
    objects = [found.key for hour in sorted(hours) for found in log.listed(hour_of(hour.split("/")))]
    return [dict(line) for key in objects for line in log.lines(key)]


def keys(aws: Deployment) -> list[str]:
    found = clients.s3().list_objects_v2(Bucket=aws.bucket, Prefix="outcomes/").get("Contents", [])
    return [entry["Key"] for entry in found]


def told(aws: Deployment) -> list[tuple[str, str | None]]:
    return sorted(((line["outcome"], line.get("message_id")) for line in lines(aws)), key=str)


def test_every_element_has_a_line_and_a_stored_one_has_its_item(aws: Deployment) -> None:
    stored(kinesis_records(record_bytes(track("m1"), track("m2"), track("m1"), {"type": "x", "messageId": "m3"}, 7)))
    wanted = [("duplicate", "m1"), ("quarantined", "m3"), ("quarantined", None), ("stored", "m1"), ("stored", "m2")]
    assert told(aws) == wanted
    for line in lines(aws):
        assert {"origin", "source_id", "received_at", "stored_at", "correlation_id"} <= line.keys()
        assert ("reason" in line) == (line["outcome"] == "quarantined")
        assert ("event" in line) == (line["outcome"] == "stored")
    assert {to_event(line).key for line in lines(aws) if line["outcome"] == "stored"} == {
        f"{item['pk']}|{item['sk']}" for item in items(aws, EVENTS)
    }


def test_a_batch_that_comes_again_is_told_from_its_first_time(aws: Deployment) -> None:
    records = kinesis_records(record_bytes(track("m1"), {"type": "x"}))
    for _ in range(3):
        stored(records)
    assert len(keys(aws)) == 1
    assert [line.get("redelivered") for line in lines(aws) if line["outcome"] == "stored"] == [True]


def test_a_batch_that_ends_otherwise_overwrites_nothing(aws: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    records = kinesis_records(record_bytes(track("m1")))
    stored(records)
    monkeypatch.setattr("shared.stores.live_sources.LiveSources.of_id", lambda self, source_id: None)
    stored(records)
    assert told(aws) == [("quarantined", "m1"), ("stored", "m1")]


def test_a_batch_whose_outcomes_cannot_be_written_comes_again(aws: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    failing = Failing(clients.s3(), "put_object", client_error("SlowDown"), times=1)
    monkeypatch.setattr("shared.stores.outcome_log.put_object", _through(failing))
    records = kinesis_records(record_bytes(track("m1"), track("m2")))
    with pytest.raises(Exception, match="SlowDown"):
        stored(records)
    assert stored_ids(aws) == ["m1", "m2"]
    assert stored(records) == []
    assert told(aws) == [("stored", "m1"), ("stored", "m2")]


def _through(client: Any) -> Callable[[str, str, bytes], None]:
    return lambda bucket, key, body: client.put_object(Bucket=bucket, Key=key, Body=body)


def test_what_was_contended_is_written_down_again_by_its_retry(
    aws: Deployment, meddle: Callable[[Meddle], None]
) -> None:
    meddle(answering("ThrottlingError", "m2", 4))
    stored(kinesis_records(record_bytes(track("m1"), track("m2"))))
    assert told(aws) == [("contended", "m2"), ("stored", "m1")]
    retried(aws)
    assert told(aws) == [("contended", "m2"), ("stored", "m1"), ("stored", "m1"), ("stored", "m2")]


def test_a_broken_records_neighbours_are_written_down(aws: Deployment, meddle: Callable[[Meddle], None]) -> None:
    meddle(answering("ValidationError", "m2", 1_000))
    deliver(kinesis_records(record_bytes(track("m1"), track("m2")), record_bytes(track("m3"))))
    assert stored_ids(aws) == ["m1", "m3"]
    assert {("stored", "m1"), ("stored", "m3"), ("broken", "m2")} == set(told(aws))


def test_the_objects_of_an_hour_are_fetched_side_by_side_and_read_in_order(
    aws: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, hour = OutcomeLog(aws.bucket), "2026-11-21T09"
    for number in range(16):
        log.put(f"batch-{number:02}", f"{hour}:30:00.000Z", [{"origin": str(number)}, {"origin": f"{number}b"}])
    one_by_one = [line for found in log.listed(hour) for line in log.lines(found.key)]
    together, fetch = Barrier(8, timeout=20), objects.get_object

    def met(bucket: str, key: str) -> bytes:
        together.wait()
        return fetch(bucket, key)

    monkeypatch.setattr(objects, "get_object", met)
    assert [json.loads(text) for texts in log.objects_of_hour(hour) for text in texts] == one_by_one
    assert len(one_by_one) == 32
